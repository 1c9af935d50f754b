//! `tare image inspect`.

use crate::commands::inspected;
use crate::failure::Outcome;
use crate::globals::Globals;
use engine::images::inspect;

/// Arguments of `image inspect`.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// json, or a Go template
    #[arg(short, long, default_value = "", hide_default_value = true)]
    format: String,
    /// Images
    #[arg(required = true, value_name = "IMAGE")]
    images: Vec<String>,
}

pub(crate) fn run(globals: &Globals, arguments: Arguments) -> Outcome {
    let engine = globals.engine()?;
    inspected::print(&arguments.format, &arguments.images, |name| Ok(inspect::inspect(&engine, name)?))
}

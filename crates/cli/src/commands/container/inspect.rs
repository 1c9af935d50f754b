//! `tare container inspect`.

use crate::commands::inspected;
use crate::failure::Outcome;
use crate::globals::Globals;
use engine::containers::inspect;

/// Arguments of `container inspect`.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// json, or a Go template
    #[arg(short, long, default_value = "", hide_default_value = true)]
    format: String,
    /// Show sizes
    #[arg(short, long)]
    size: bool,
    /// Names or ids
    #[arg(required = true, value_name = "CONTAINER")]
    containers: Vec<String>,
}

pub(crate) fn run(globals: &Globals, arguments: Arguments) -> Outcome {
    let engine = globals.engine()?;
    inspected::print(&arguments.format, &arguments.containers, |name| {
        Ok(inspect::inspect(&engine, name, arguments.size)?)
    })
}

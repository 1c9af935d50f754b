//! `tare volume inspect`.

use crate::commands::inspected;
use crate::failure::Outcome;
use crate::globals::Globals;
use engine::volumes;

/// Arguments of `volume inspect`.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// json, or a Go template
    #[arg(short, long, default_value = "", hide_default_value = true)]
    format: String,
    /// Volumes
    #[arg(required = true, value_name = "VOLUME")]
    volumes: Vec<String>,
}

pub(crate) fn run(globals: &Globals, arguments: Arguments) -> Outcome {
    let engine = globals.engine()?;
    let find = |name: &str| Ok(super::document(&engine, &volumes::find(&engine, name)?));
    inspected::print(&arguments.format, &arguments.volumes, find)
}

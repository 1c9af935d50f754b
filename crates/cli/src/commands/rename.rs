//! `tare rename`.

use crate::failure::Outcome;
use crate::globals::Globals;
use engine::containers::rename;

/// Arguments of `rename`.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Name or id
    container: String,
    /// Its new name
    #[arg(value_name = "NEW_NAME")]
    name: String,
}

pub(crate) fn run(globals: &Globals, arguments: Arguments) -> Outcome {
    rename::rename(&globals.engine()?, &arguments.container, &arguments.name)?;
    Ok(0)
}

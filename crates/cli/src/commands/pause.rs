//! `tare pause`.

use super::each::each;
use crate::failure::Outcome;
use crate::globals::Globals;
use engine::containers::pause;

/// Arguments of `pause`.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Names or ids
    #[arg(required = true, value_name = "CONTAINER")]
    containers: Vec<String>,
}

pub(crate) fn run(globals: &Globals, arguments: Arguments) -> Outcome {
    let engine = globals.engine()?;
    each(&arguments.containers, |name| Ok(pause::pause(&engine, name)?))
}

//! `tare kill`.

use super::each::each_at_once;
use crate::failure::{Failure, Outcome};
use crate::globals::Globals;
use engine::Error;
use engine::containers::kill;

/// Arguments of `kill`.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Signal to send
    #[arg(short, long, default_value = "KILL")]
    signal: String,
    /// Names or ids
    #[arg(required = true, value_name = "CONTAINER")]
    containers: Vec<String>,
}

pub(crate) fn run(globals: &Globals, arguments: Arguments) -> Outcome {
    let signal = kill::parse_signal(&arguments.signal)?;
    let engine = globals.engine()?;
    each_at_once(&arguments.containers, |name| {
        kill::kill(&engine, name, signal).map_err(|error| match error {
            Error::Conflict(reason) => Failure::new(format!("cannot kill container: {name}: {reason}")),
            error => error.into(),
        })
    })
}

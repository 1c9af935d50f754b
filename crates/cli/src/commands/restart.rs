//! `tare restart`.

use super::each::each_at_once;
use crate::failure::Outcome;
use crate::globals::Globals;
use engine::Engine;
use engine::containers::restart;

/// Arguments of `restart`.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Signal that asks the process to end (default: the container's)
    #[arg(short, long)]
    signal: Option<String>,
    /// Seconds to wait before it is killed; -1 waits for ever (default: the container's, or 10)
    #[arg(short, long, alias = "time", allow_negative_numbers = true, value_name = "SECONDS")]
    timeout: Option<i64>,
    /// Names or ids
    #[arg(required = true, value_name = "CONTAINER")]
    containers: Vec<String>,
}

pub(crate) fn run(globals: &Globals, arguments: Arguments) -> Outcome {
    let engine = globals.engine()?;
    each_at_once(&arguments.containers, |name| again(&engine, name, &arguments))
}

fn again(engine: &Engine, name: &str, arguments: &Arguments) -> Outcome<()> {
    restart::restart(engine, name, arguments.signal.as_deref(), arguments.timeout)?;
    Ok(())
}

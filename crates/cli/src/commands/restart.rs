//! `tare restart`.

use super::each::each_at_once;
use crate::failure::{Failure, Outcome};
use crate::globals::Globals;
use engine::Engine;
use engine::containers::start::{self, Streams};
use engine::containers::{find, kill};

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
    each_at_once(&arguments.containers, |name| restart(&engine, name, &arguments))
}

fn restart(engine: &Engine, name: &str, arguments: &Arguments) -> Outcome<()> {
    let container = find(engine, name)?;
    let id = &container.record.id;
    if container.record.host.auto_remove && container.status.is_running() {
        return Err(Failure::new(format!(
            "cannot restart container {name}: with --rm it is removed as soon as it ends; restarting it is not supported yet"
        )));
    }
    kill::stop(engine, id, arguments.signal.as_deref(), arguments.timeout)?;
    start::start(engine, id, &Streams::default())?;
    Ok(())
}

//! `tare start`.

use super::attend::attend;
use super::each::each;
use super::explain::explain;
use crate::failure::{Failure, Outcome};
use crate::globals::Globals;
use crate::session::{Session, Wanted};
use engine::containers::start::{self, Streams};
use engine::containers::{Status, attach, find};
use engine::{Engine, Which};

/// Arguments of `start`.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Attach standard output and error, and pass signals on
    #[arg(short, long)]
    attach: bool,
    /// Attach standard input
    #[arg(short, long)]
    interactive: bool,
    /// Keys that detach from a terminal
    #[arg(long, default_value = "ctrl-p,ctrl-q", value_name = "KEYS")]
    detach_keys: String,
    /// Names or ids
    #[arg(required = true, value_name = "CONTAINER")]
    containers: Vec<String>,
}

pub(crate) fn run(globals: &Globals, arguments: Arguments) -> Outcome {
    let engine = globals.engine()?;
    if !arguments.attach && !arguments.interactive {
        return each(&arguments.containers, |name| start_one(&engine, name));
    }
    let [name] = arguments.containers.as_slice() else {
        return Err(Failure::new("you cannot start and attach multiple containers at once"));
    };
    start_attached(&engine, name, &arguments)
}

/// Starts a container that does not run; one that runs is left alone.
fn start_one(engine: &Engine, name: &str) -> Outcome<()> {
    if is_running(engine, name)? {
        return Ok(());
    }
    match start::start(engine, name, &Streams::default()) {
        // somebody else was faster
        Err(engine::Error::Conflict(_)) if is_running(engine, name)? => Ok(()),
        result => Ok(result.map(drop)?),
    }
}

fn is_running(engine: &Engine, name: &str) -> Outcome<bool> {
    match find(engine, name)?.status {
        Status::Paused => Err(Failure::new("cannot start a paused container, try unpause instead")),
        status => Ok(status.is_running()),
    }
}

fn start_attached(engine: &Engine, name: &str, arguments: &Arguments) -> Outcome {
    let is_running = is_running(engine, name)?;
    let record = find(engine, name)?.record;
    let streams = Which { input: arguments.interactive && record.open_input, output: true, error: true };
    let wanted = Wanted { streams, terminal: record.terminal, proxy_signals: !record.terminal };
    let (session, ends) = Session::prepare(wanted, &arguments.detach_keys)?;
    let connection = if is_running {
        attach::attach(engine, name, &ends.streams())?
    } else {
        start::start(engine, name, &ends.streams())?
    };
    drop(ends);
    let code = attend(session, &connection)?.unwrap_or(0);
    if !is_running {
        explain(engine, &record, code);
    }
    Ok(code)
}

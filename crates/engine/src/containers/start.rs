//! Starting a container: a supervisor is made, and says how it went.

use super::directory::{Directory, Lock};
use super::status::Container;
use super::{find, reconcile};
use crate::Engine;
use crate::error::{At, Error, Result};
use runtime::control::{Connection, Event, Failure, Request, Which};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

/// The supervisor's `argv[0]`: how the program knows its role.
pub const SUPERVISOR: &str = "tare-supervisor";

/// Pipe ends of a client, to be attached.
#[derive(Debug, Default)]
pub struct Streams<'a> {
    /// What the container's standard input is read from.
    pub input: Option<BorrowedFd<'a>>,
    /// What its standard output is written to.
    pub output: Option<BorrowedFd<'a>>,
    /// What its standard error is written to.
    pub error: Option<BorrowedFd<'a>>,
}

impl<'a> Streams<'a> {
    /// Which ones there are.
    #[must_use]
    pub fn which(&self) -> Which {
        Which { input: self.input.is_some(), output: self.output.is_some(), error: self.error.is_some() }
    }

    /// Their descriptors in the order of the control protocol.
    #[must_use]
    pub fn descriptors(&self) -> Vec<BorrowedFd<'a>> {
        [self.input, self.output, self.error].into_iter().flatten().collect()
    }
}

/// Starts a container and attaches streams to it. The connection that comes back tells its end.
///
/// # Errors
/// [`Error::Conflict`] if it runs already, [`Error::NotExecuted`] if its program cannot be executed, [`Error::NotStarted`] with the failing step.
pub fn start(engine: &Engine, reference: &str, streams: &Streams<'_>) -> Result<Connection> {
    let id = find::find_id(engine, reference)?;
    let directory = Directory::new(engine, &id);
    start_locked(engine, &id, streams, directory.lock()?)
}

/// As [`start`], for a caller that holds the lock of the container with this full id.
///
/// # Errors
/// As [`start`].
pub fn start_locked(engine: &Engine, id: &str, streams: &Streams<'_>, lock: Lock) -> Result<Connection> {
    let directory = Directory::new(engine, id);
    let container = Container::read(engine, id)?;
    if container.status.is_running() {
        return Err(Error::Conflict(format!("container {} is already running", container.record.name)));
    }
    reconcile::settle(engine, &container)?;
    let result = launch(engine, id, streams);
    drop(lock);
    result.inspect_err(|error| record_failure(&directory, error))
}

/// A start that failed leaves its reason and exit code, as Docker's.
fn record_failure(directory: &Directory, error: &Error) {
    if let Ok(mut state) = directory.state() {
        state.error = error.to_string();
        state.exit_code = match error {
            Error::NotExecuted { code, .. } => i32::from(*code),
            _ => 128,
        };
        // the error itself is what the user hears
        let _ = directory.write_state(&state, crate::document::Lasting::Boot);
    }
}

fn launch(engine: &Engine, id: &str, streams: &Streams<'_>) -> Result<Connection> {
    let arguments = ["container", id];
    let connection = spawn_supervisor(engine, &arguments)?;
    connection.send(&Request::Attach { streams: streams.which() }, &streams.descriptors())?;
    await_running(&connection)?;
    Ok(connection)
}

/// Waits for the word that it runs.
pub(crate) fn await_running(connection: &Connection) -> Result<i32> {
    match connection.next()? {
        Some(Event::Running { pid }) => Ok(pid),
        Some(Event::Failed(failure)) => Err(failed(failure)),
        Some(Event::Exited { .. }) | None => Err(Error::NotStarted {
            container: "the container".into(),
            reason: "its supervisor ended before it had started".into(),
        }),
    }
}

pub(crate) fn failed(Failure { message, not_executed }: Failure) -> Error {
    match not_executed {
        Some((_, code)) => Error::NotExecuted { message, code: u8::try_from(code).unwrap_or(126) },
        None => Error::Invalid(message),
    }
}

/// Executes this program as a supervisor, from a read-only clone of its mount (docs/adr/0009), connected by its standard input.
pub(crate) fn spawn_supervisor(engine: &Engine, arguments: &[&str]) -> Result<Connection> {
    let layout = engine.layout();
    let program = sys::mount::read_only_file(&layout.program).at("clone the mount of", &layout.program)?;
    let (ours, theirs) = sys::socket::pair().at("make", "a socket pair")?;
    spawn(&program, layout, arguments, theirs)?;
    Ok(Connection::over(ours))
}

fn spawn(program: &OwnedFd, layout: &crate::Layout, arguments: &[&str], socket: OwnedFd) -> Result<()> {
    // resolved by the child before its descriptors close; nothing else of this process is inherited
    let path = format!("/proc/self/fd/{}", program.as_fd().as_raw_fd());
    let child = Command::new(&path)
        .arg0(SUPERVISOR)
        .arg(&layout.data_root)
        .arg(&layout.exec_root)
        .arg(&layout.program)
        .args(arguments)
        .env_clear()
        .stdin(Stdio::from(socket))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .at("execute", &layout.program)?;
    // it outlives this process, or this process outlives it and does not care
    drop(child);
    Ok(())
}

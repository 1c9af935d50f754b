//! Ending containers and sending them signals.

use super::directory::Directory;
use super::find;
use super::status::{Container, Status};
use crate::Engine;
use crate::error::{At, Error, Result};
use std::os::fd::{AsFd, OwnedFd};
use std::time::Duration;
use sys::Errno;
use sys::identity::Identity;

/// How long a supervisor may take to record the end of its container: the disk may be slow.
const LONGEST_END: Duration = Duration::from_secs(60);

/// Signal and number (signal(7), x86 and ARM).
const SIGNALS: [(&str, i32); 31] = [
    ("HUP", 1),
    ("INT", 2),
    ("QUIT", 3),
    ("ILL", 4),
    ("TRAP", 5),
    ("ABRT", 6),
    ("BUS", 7),
    ("FPE", 8),
    ("KILL", 9),
    ("USR1", 10),
    ("SEGV", 11),
    ("USR2", 12),
    ("PIPE", 13),
    ("ALRM", 14),
    ("TERM", 15),
    ("STKFLT", 16),
    ("CHLD", 17),
    ("CONT", 18),
    ("STOP", 19),
    ("TSTP", 20),
    ("TTIN", 21),
    ("TTOU", 22),
    ("URG", 23),
    ("XCPU", 24),
    ("XFSZ", 25),
    ("VTALRM", 26),
    ("PROF", 27),
    ("WINCH", 28),
    ("IO", 29),
    ("PWR", 30),
    ("SYS", 31),
];

/// The number of a signal given as a number, `TERM`, `SIGTERM`, `RTMIN+3` or `RTMAX-1`, in any case.
///
/// # Errors
/// [`Error::Invalid`] with Docker's words.
pub fn parse_signal(text: &str) -> Result<i32> {
    let invalid = || Error::Invalid(format!("invalid signal: {text}"));
    let upper = text.to_ascii_uppercase();
    let name = upper.strip_prefix("SIG").unwrap_or(&upper);
    let number = if let Ok(number) = name.parse::<i32>() {
        number
    } else if let Some((_, number)) = SIGNALS.iter().find(|(known, _)| *known == name) {
        *number
    } else if let Some(rest) = name.strip_prefix("RTMIN") {
        34 + if rest.is_empty() { 0 } else { rest.parse::<i32>().map_err(|_| invalid())? }
    } else if let Some(rest) = name.strip_prefix("RTMAX") {
        64 + if rest.is_empty() { 0 } else { rest.parse::<i32>().map_err(|_| invalid())? }
    } else {
        return Err(invalid());
    };
    if (1..=64).contains(&number) { Ok(number) } else { Err(invalid()) }
}

/// Sends a signal to the first process of a running container.
///
/// # Errors
/// [`Error::Conflict`] if it does not run.
pub fn kill(engine: &Engine, reference: &str, signal: i32) -> Result<()> {
    let container = find(engine, reference)?;
    let Some(init) = container.init else {
        return Err(container.not_running());
    };
    let pidfd = init.open().at("open the first process of", reference)?;
    sys::signal::send(pidfd.as_fd(), signal).at("send a signal to", reference)?;
    if signal == 9 { thaw(engine, &container) } else { Ok(()) }
}

/// Asks a container to end by its stop signal, and makes it after `timeout` (none: its own, 10 seconds by default; negative: waits for ever). Returns when it has ended and that is recorded.
///
/// # Errors
/// [`Error::Invalid`] for a stop signal that is none. A container that does not run is no error.
pub fn stop(engine: &Engine, reference: &str, signal: Option<&str>, timeout: Option<i64>) -> Result<()> {
    stop_container(engine, &find(engine, reference)?, signal, timeout)
}

/// As [`stop`], a container that was looked at.
pub(super) fn stop_container(
    engine: &Engine,
    container: &Container,
    signal: Option<&str>,
    timeout: Option<i64>,
) -> Result<()> {
    let Some(init) = container.init else { return Ok(()) };
    let execution = &container.record.execution;
    let signal = parse_signal(signal.or(execution.stop_signal.as_deref()).unwrap_or("TERM"))?;
    let timeout = timeout.or(execution.stop_timeout).unwrap_or(10);
    if let Some(pidfd) = living(init, &container.record.name)? {
        send(&pidfd, signal, &container.record.name)?;
        thaw(engine, container)?;
        let timeout = Duration::from_secs(u64::try_from(timeout).unwrap_or(u32::MAX.into()));
        if runtime::wait::ended_within(pidfd.as_fd(), timeout).at("wait for", &container.record.name)? {
            return settled(engine, container).map(drop);
        }
    }
    end(engine, container)
}

/// Kills a running container and waits until its end is recorded.
pub(crate) fn end(engine: &Engine, container: &Container) -> Result<()> {
    let name = &container.record.name;
    let init = container.init.map(|init| living(init, name)).transpose()?.flatten();
    if let Some(pidfd) = init {
        send(&pidfd, 9, name)?;
        thaw(engine, container)?;
    }
    settled(engine, container).map(drop)
}

/// A process, if it has not ended. Where nobody can tell it must not be waited for, nor taken for dead.
fn living(process: Identity, name: &str) -> Result<Option<OwnedFd>> {
    match process.open() {
        Ok(pidfd) => Ok(Some(pidfd)),
        Err(Errno::SRCH) => Ok(None),
        Err(errno) => Err(Error::io("open a process of", name, errno)),
    }
}

/// Sends a signal to a process, which may have ended meanwhile.
fn send(pidfd: &OwnedFd, signal: i32, name: &str) -> Result<()> {
    match sys::signal::send(pidfd.as_fd(), signal) {
        Err(Errno::SRCH) => Ok(()),
        sent => sent.at("send a signal to", name),
    }
}

/// Paused processes hear no signal; version 1 of the freezer keeps even killed ones.
fn thaw(engine: &Engine, container: &Container) -> Result<()> {
    match container.status {
        Status::Paused => Ok(container.cgroup(engine)?.freeze(false)?),
        _ => Ok(()),
    }
}

/// Waits until the supervisor has done its last duty: then its process has ended. False if it takes longer than can be.
pub(super) fn settled(engine: &Engine, container: &Container) -> Result<bool> {
    let record = &container.record;
    let supervisor = Directory::new(engine, &record.id).supervisor()?;
    let supervisor = supervisor.map(|supervisor| living(supervisor, &record.name)).transpose()?;
    let Some(pidfd) = supervisor.flatten() else { return Ok(true) };
    runtime::wait::ended_within(pidfd.as_fd(), LONGEST_END).at("wait for", &record.name)
}

/// Waits until a container has ended and returns its exit code; at once if it does not run.
///
/// # Errors
/// [`Error::NoContainer`] if there is none.
pub fn wait(engine: &Engine, reference: &str) -> Result<i32> {
    let container = find(engine, reference)?;
    if !container.status.is_running() {
        return Ok(container.state.exit_code);
    }
    let directory = Directory::new(engine, &container.record.id);
    if let Some(connection) = runtime::control::Connection::open(&directory.run)? {
        while let Some(event) = connection.next()? {
            if let runtime::control::Event::Exited { code } = event {
                return Ok(code);
            }
        }
    }
    settled(engine, &container)?;
    super::reconcile::reconcile(engine)?;
    Ok(directory.state()?.exit_code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signals_in_every_form() {
        for (text, number) in
            [("9", 9), ("kill", 9), ("SIGTERM", 15), ("sigrtmin+3", 37), ("RTMAX-1", 63), ("64", 64)]
        {
            assert_eq!(parse_signal(text).unwrap(), number, "{text}");
        }
        for bad in ["", "0", "65", "SIGNOPE", "-9", "RTMIN+40"] {
            assert!(parse_signal(bad).is_err(), "{bad}");
        }
    }
}

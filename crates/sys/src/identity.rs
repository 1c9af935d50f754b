//! A process as a value that outlives it: id and start time.

use crate::process::{Pid, PidfdFlags, pidfd_open};
use rustix::fd::OwnedFd;
use rustix::io::{Errno, Result};
use std::fmt;
use std::io::Read;
use std::str::FromStr;

/// A process id and the time when the process with it was started, in clock ticks since boot (proc(5), `/proc/<pid>/stat` field 22).
/// Together they never name another process in the same boot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Identity {
    /// The process id in the caller's pid namespace.
    pub pid: i32,
    /// Start time.
    pub start: u64,
}

impl Identity {
    /// The calling process.
    ///
    /// # Errors
    /// `EIO` if `/proc` is not what it should be.
    pub fn own() -> Result<Self> {
        Self::of(rustix::process::getpid().as_raw_nonzero().get())
    }

    /// The process that has this id now.
    ///
    /// # Errors
    /// `ESRCH` if there is none.
    pub fn of(pid: i32) -> Result<Self> {
        let stat = stat_of(pid).map_err(|_| Errno::SRCH)?;
        Ok(Self { pid, start: start_time(&stat).ok_or(Errno::IO)?.1 })
    }

    /// Whether the process still runs; a zombie does not.
    #[must_use]
    pub fn is_alive(&self) -> bool {
        stat_of(self.pid)
            .ok()
            .and_then(|stat| start_time(&stat))
            .is_some_and(|(state, start)| start == self.start && state != b'Z' && state != b'X')
    }

    /// A pidfd of it.
    ///
    /// # Errors
    /// `ESRCH` if it has ended.
    pub fn open(&self) -> Result<OwnedFd> {
        let pid = Pid::from_raw(self.pid).ok_or(Errno::SRCH)?;
        let pidfd = pidfd_open(pid, PidfdFlags::empty())?;
        // the id may have been reused before the descriptor was there, but not after
        if self.is_alive() { Ok(pidfd) } else { Err(Errno::SRCH) }
    }
}

/// `/proc/<pid>/stat`. A proc file has no size to go by, and this one fits. A process may have any bytes in its name.
fn stat_of(pid: i32) -> std::io::Result<String> {
    let mut stat = Vec::with_capacity(1024);
    std::fs::File::open(format!("/proc/{pid}/stat"))?.read_to_end(&mut stat)?;
    Ok(String::from_utf8_lossy(&stat).into_owned())
}

/// State and start time from the content of `/proc/<pid>/stat`; the command in parentheses may contain anything.
fn start_time(stat: &str) -> Option<(u8, u64)> {
    let after = &stat[stat.rfind(')')? + 1..];
    let mut fields = after.split_ascii_whitespace();
    let state = *fields.next()?.as_bytes().first()?;
    Some((state, fields.nth(18)?.parse().ok()?))
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.pid, self.start)
    }
}

impl FromStr for Identity {
    type Err = Errno;

    fn from_str(text: &str) -> Result<Self> {
        let (pid, start) = text.trim().split_once('-').ok_or(Errno::INVAL)?;
        Ok(Self {
            pid: pid.parse().map_err(|_| Errno::INVAL)?,
            start: start.parse().map_err(|_| Errno::INVAL)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_with_parentheses_does_not_confuse() {
        let stat = "7 (a) b (c) S 1 7 7 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 4242 1 1";
        assert_eq!(start_time(stat), Some((b'S', 4242)));
    }

    #[test]
    fn this_process_lives_and_survives_text() {
        let own = Identity::own().unwrap();
        assert!(own.is_alive());
        assert_eq!(own.to_string().parse(), Ok(own));
        assert!(!Identity { start: own.start + 1, ..own }.is_alive());
        own.open().unwrap();
    }
}

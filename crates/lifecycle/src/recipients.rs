//! Who is given what of a new process: its id, a descriptor of it, the other end of its terminal.

use crate::error::{At, Error, Result};
use runtime::Streams;
use std::fs;
use std::io::{ErrorKind, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};
use sys::clone::Child;

/// Those who are named by the caller.
#[derive(Debug, Clone, Default)]
pub struct Recipients {
    /// Socket that gets the other end of its terminal.
    pub console_socket: Option<PathBuf>,
    /// A file for its process id.
    pub pid_file: Option<PathBuf>,
    /// Socket that gets a descriptor of it.
    pub pidfd_socket: Option<PathBuf>,
}

impl Recipients {
    /// Somebody must have the other end of a terminal: the caller as long as he waits, whoever listens at the socket otherwise. `unserved` is that there is a
    /// terminal, and that the caller does not wait.
    pub(crate) fn check_console(&self, unserved: bool) -> Result<()> {
        let wrong = match (unserved, &self.console_socket) {
            (true, None) => "cannot allocate tty if runtime will detach without setting console socket",
            (false, Some(_)) => "cannot use console socket if runtime will not detach or allocate tty",
            _ => return Ok(()),
        };
        Err(Error::Invalid(wrong.into()))
    }

    /// The streams of a process with a terminal or without. Whoever is handed the terminal wants it raw.
    pub(crate) fn streams(&self, terminal: bool) -> Streams {
        match (terminal, &self.console_socket) {
            (false, _) => Streams::Inherited,
            (true, Some(_)) => Streams::Terminal,
            (true, None) => Streams::PlainTerminal,
        }
    }

    /// Gives everybody what is theirs; a terminal that nobody was given is returned.
    pub(crate) fn give(&self, process: &Child, terminal: Option<OwnedFd>) -> Result<Option<OwnedFd>> {
        let kept = match (&self.console_socket, terminal) {
            (Some(socket), Some(terminal)) => {
                runtime::hand_over(socket, b"/dev/ptmx", terminal.as_fd())?;
                None
            }
            (_, terminal) => terminal,
        };
        if let Some(socket) = &self.pidfd_socket {
            runtime::hand_over(socket, b"pidfd", process.pidfd.as_fd())?;
        }
        if let Some(path) = &self.pid_file {
            write_pid(path, process.pid.as_raw_nonzero().get())?;
        }
        Ok(kept)
    }
}

/// Writes a process id, whole or not at all.
fn write_pid(path: &Path, pid: i32) -> Result<()> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let temporary = path.with_file_name(format!(".{name}"));
    // what somebody else has put there is replaced, not written through
    match fs::remove_file(&temporary) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error).at("remove", temporary),
        _ => {}
    }
    let mut file = fs::File::create_new(&temporary).at("make", &temporary)?;
    file.write_all(pid.to_string().as_bytes()).at("write", &temporary)?;
    fs::rename(&temporary, path).at("rename to", path)
}

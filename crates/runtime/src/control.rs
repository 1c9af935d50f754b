//! What commands and a container's supervisor say to each other, over `control` in the container's directory of the exec root.
//!
//! One message a request (JSON), descriptors beside it. A connection has one task: it attaches, or it executes, and then hears how
//! that ends.

use crate::error::{At, Error, Result};
use serde::{Deserialize, Serialize};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;
use sys::Errno;

/// The socket's name.
pub const SOCKET: &str = "control";

/// From a command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Request {
    /// Connects pipes to the container's streams. The descriptors come in this order, for those that are true: standard input (to read from), output, error (to write to).
    Attach {
        /// Which streams.
        streams: Which,
    },
    /// Runs another process. Descriptors: a file with the OCI `process` object as JSON, then with a terminal as for [`Request::Attach`] (input, output), without one the process's own three streams.
    Exec {
        /// Which streams a terminal is connected to.
        streams: Which,
    },
    /// The size of the terminal.
    Resize {
        /// Lines.
        rows: u16,
        /// Characters in a line.
        columns: u16,
    },
    /// A signal for the process of this connection: the exec's, or the container's first.
    Signal {
        /// Its number.
        number: i32,
    },
}

/// Which of the three standard streams.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Which {
    /// Standard input.
    pub input: bool,
    /// Standard output.
    pub output: bool,
    /// Standard error.
    pub error: bool,
}

/// From the supervisor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Event {
    /// The container has been started, the streams are attached, or the exec runs.
    Running {
        /// The process's id on the host.
        pid: i32,
    },
    /// It could not be done.
    Failed(Failure),
    /// The process has ended.
    Exited {
        /// Its exit code, or 128 and the number of the signal that ended it.
        code: i32,
    },
}

/// Why something could not be done, in a form that crosses a socket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// What to tell the user.
    pub message: String,
    /// The program and errno, if executing it was what failed.
    pub not_executed: Option<(String, i32)>,
}

impl From<&Error> for Failure {
    fn from(error: &Error) -> Self {
        let not_executed = match error {
            Error::Exec { program, errno } => Some((program.clone(), errno.raw_os_error())),
            _ => None,
        };
        Self { message: error.to_string(), not_executed }
    }
}

/// A command's end of a connection.
#[derive(Debug)]
pub struct Connection {
    socket: OwnedFd,
}

impl Connection {
    /// Connects to the supervisor whose container directory is at `path`; `None` if nobody listens there.
    ///
    /// # Errors
    /// What the system reports.
    pub fn open(path: &Path) -> Result<Option<Self>> {
        let directory = match sys::mount::open_directory(path) {
            Err(Errno::NOENT) => return Ok(None),
            other => other.at("open", path)?,
        };
        match sys::socket::connect(directory.as_fd(), SOCKET) {
            Ok(socket) => Ok(Some(Self { socket })),
            Err(Errno::NOENT | Errno::CONNREFUSED) => Ok(None),
            Err(errno) => Err(errno).at("connect to", path.join(SOCKET)),
        }
    }

    /// A connection over a socket that is connected already: the one that a supervisor is started with.
    #[must_use]
    pub fn over(socket: OwnedFd) -> Self {
        Self { socket }
    }

    /// Sends a request.
    ///
    /// # Errors
    /// What the system reports: `EPIPE` if the supervisor is gone.
    pub fn send(&self, request: &Request, descriptors: &[BorrowedFd<'_>]) -> Result<()> {
        let text = serde_json::to_vec(request).expect("a request serialises");
        sys::socket::send(self.socket.as_fd(), &text, descriptors).at("send to", "the supervisor")
    }

    /// Waits for the next event; `None` if the supervisor has closed the connection.
    ///
    /// # Errors
    /// What the system reports, or [`Error::Invalid`] for something else than an event.
    pub fn next(&self) -> Result<Option<Event>> {
        match sys::socket::receive(self.socket.as_fd()) {
            Ok(None) | Err(Errno::CONNRESET) => Ok(None),
            Ok(Some(message)) => serde_json::from_slice(&message.bytes)
                .map(Some)
                .map_err(|_| Error::Invalid("the supervisor sent something else than an event".into())),
            Err(errno) => Err(errno).at("receive from", "the supervisor"),
        }
    }
}

impl AsFd for Connection {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

/// Sends an event to a command. It may be gone, which is no error. If it is not, and the event does not get through, the connection ends: whoever waits for
/// the event hears that at least.
pub fn tell(socket: BorrowedFd<'_>, event: &Event) {
    let text = serde_json::to_vec(event).expect("an event serialises");
    if sys::socket::send(socket, &text, &[]).is_err() {
        sys::socket::end(socket);
    }
}

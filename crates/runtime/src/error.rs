//! What can go wrong while a container is made, run or ended.

use std::path::PathBuf;
use sys::Errno;

/// The result of a runtime operation.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A failed runtime operation.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A step of the container's init failed.
    #[error("{step}: {object}{}: {errno}", if object.is_empty() { "" } else { ": not possible" })]
    Step {
        /// Name of the step.
        step: String,
        /// What it was about.
        object: String,
        /// The kernel's reason.
        errno: Errno,
    },
    /// The program could not be executed.
    #[error("exec: {program:?}: {errno}")]
    Exec {
        /// The program as it was asked for.
        program: String,
        /// The kernel's reason.
        errno: Errno,
    },
    /// The init ended without a word.
    #[error("the container's init ended before the program was started")]
    InitLost,
    /// A hook could not be executed, failed, or did not end.
    #[error("error running {kind} hook #{index}: {}: {reason}", path.display())]
    Hook {
        /// Which of the six kinds.
        kind: &'static str,
        /// Its position among its kind, from 0.
        index: usize,
        /// Its program.
        path: PathBuf,
        /// What was wrong.
        reason: String,
    },
    /// The process that decides about notified system calls does not answer.
    #[error("failed to connect with seccomp agent: {0}")]
    Agent(String),
    /// The service manager did not make the control group.
    #[error("{0}")]
    Manager(String),
    /// The bundle asks for something impossible.
    #[error("invalid configuration: {0}")]
    Invalid(String),
    /// A user or group is not in the root's account files, or these cannot be read.
    #[error("{0}")]
    Account(String),
    /// The system refused.
    #[error("{doing} {path}: {source}", path = path.display())]
    Io {
        /// What was tried.
        doing: &'static str,
        /// On which file or object.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
}

/// Says what was done to what when a system call failed.
pub(crate) trait At<T> {
    /// Turns the system's error into ours.
    fn at(self, doing: &'static str, path: impl Into<PathBuf>) -> Result<T>;
}

impl<T, E: Into<std::io::Error>> At<T> for std::result::Result<T, E> {
    fn at(self, doing: &'static str, path: impl Into<PathBuf>) -> Result<T> {
        self.map_err(|source| Error::Io { doing, path: path.into(), source: source.into() })
    }
}

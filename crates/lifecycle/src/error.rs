//! What can go wrong with an operation.

use std::path::PathBuf;

/// The result of an operation.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A failed operation.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// There is no container with this id.
    #[error("container {0:?} does not exist")]
    NoContainer(String),
    /// The id is taken.
    #[error("container with given ID already exists: {0}")]
    Exists(String),
    /// The container is in another state than the operation needs.
    #[error("{0}")]
    State(String),
    /// What was asked for makes no sense.
    #[error("{0}")]
    Invalid(String),
    /// A file that is no JSON, or not what it should be.
    #[error("{}: {reason}", path.display())]
    Document {
        /// The file.
        path: PathBuf,
        /// Where and why.
        reason: String,
    },
    /// The program could not be executed.
    #[error("{0}")]
    NotExecuted(String),
    /// The runtime.
    #[error(transparent)]
    Runtime(runtime::Error),
    /// The service manager.
    #[error(transparent)]
    Systemd(#[from] systemd::Error),
    /// The network.
    #[error(transparent)]
    Network(#[from] network::Error),
    /// The system refused.
    #[error("{doing} {}: {source}", path.display())]
    Io {
        /// What was tried.
        doing: &'static str,
        /// On which file or object.
        path: PathBuf,
        /// The reason.
        source: std::io::Error,
    },
}

impl From<runtime::Error> for Error {
    /// What cannot be executed is said in runc's words, which scripts and engines look for.
    fn from(error: runtime::Error) -> Self {
        match error {
            runtime::Error::Exec { program, errno: sys::Errno::NOENT } if !program.contains('/') => {
                Self::NotExecuted(format!("exec: {program:?}: executable file not found in $PATH"))
            }
            runtime::Error::Exec { program, errno } => {
                let reason = match errno {
                    sys::Errno::NOENT => "no such file or directory".to_owned(),
                    sys::Errno::ACCESS => "permission denied".to_owned(),
                    sys::Errno::NOEXEC => "exec format error".to_owned(),
                    other => other.to_string(),
                };
                Self::NotExecuted(format!("exec {program}: {reason}"))
            }
            other => Self::Runtime(other),
        }
    }
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

//! What can go wrong with a build.

use std::path::PathBuf;

/// The result of a part of a build.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A failed build.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The Dockerfile is wrong, or asks for what this version does not do. The text shows the line.
    #[error(transparent)]
    Dockerfile(#[from] dockerfile::Error),
    /// A step failed.
    #[error("{message}")]
    Step {
        /// What the step said, on one line.
        message: String,
        /// The lines of the Dockerfile around it, the step's own marked.
        excerpt: String,
        /// The exit code of its command, if it had one.
        code: Option<i32>,
    },
    /// The context cannot be read.
    #[error("{0}")]
    Context(String),
    /// Another step failed, or the user asked for it.
    #[error("canceled")]
    Canceled,
    /// The engine.
    #[error(transparent)]
    Engine(#[from] engine::Error),
    /// The system refused.
    #[error("{doing} {path}: {source}", path = path.display())]
    Io {
        /// What was tried.
        doing: &'static str,
        /// On which file.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
}

impl From<engine::store::Error> for Error {
    fn from(error: engine::store::Error) -> Self {
        use engine::store::Error as Store;
        match error {
            Store::Canceled => Self::Canceled,
            Store::InTheWay { .. } => Self::Context(error.to_string()),
            other => Self::Engine(other.into()),
        }
    }
}

impl From<engine::images::Error> for Error {
    fn from(error: engine::images::Error) -> Self {
        match error {
            engine::images::Error::Registry(registry::Error::Canceled) => Self::Canceled,
            other => Self::Engine(other.into()),
        }
    }
}

impl From<engine::store::changeset::Error> for Error {
    fn from(error: engine::store::changeset::Error) -> Self {
        Self::Engine(error.into())
    }
}

/// Says what was done to which file when a system call failed.
pub(crate) trait At<T> {
    /// Turns the system's error into ours.
    fn at(self, doing: &'static str, path: impl Into<PathBuf>) -> Result<T>;
}

impl<T, E: Into<std::io::Error>> At<T> for std::result::Result<T, E> {
    fn at(self, doing: &'static str, path: impl Into<PathBuf>) -> Result<T> {
        self.map_err(|source| Error::Io { doing, path: path.into(), source: source.into() })
    }
}

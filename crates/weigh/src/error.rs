//! What can go wrong with weighing and stripping.

use std::path::PathBuf;

/// The result of an operation of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A failed operation.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The engine refused something.
    #[error(transparent)]
    Engine(#[from] engine::Error),
    /// The image's files cannot be read.
    #[error(transparent)]
    Closure(#[from] closure::Error),
    /// What was asked for makes no sense.
    #[error("{0}")]
    Invalid(String),
    /// A probe could not be carried out in the image as it is.
    #[error("probe {number} ({probe}) does not work in {image}: {reason}")]
    Probe {
        /// Which one, from 1.
        number: usize,
        /// In words.
        probe: String,
        /// Where.
        image: String,
        /// What happened.
        reason: String,
    },
    /// The derived image does not do what the image does.
    #[error("the derived image differs from {image} in probe {number} ({probe}): {difference}")]
    Differs {
        /// Which one, from 1.
        number: usize,
        /// In words.
        probe: String,
        /// The image that it was derived from.
        image: String,
        /// How.
        difference: String,
    },
    /// Somebody asked for the end.
    #[error("canceled")]
    Canceled,
    /// The system refused something.
    #[error("{doing} {path}: {source}", path = path.display())]
    Io {
        /// What was to be done.
        doing: &'static str,
        /// With what.
        path: PathBuf,
        /// The refusal.
        source: std::io::Error,
    },
}

impl From<engine::images::Error> for Error {
    fn from(error: engine::images::Error) -> Self {
        Self::Engine(error.into())
    }
}

impl From<engine::store::Error> for Error {
    fn from(error: engine::store::Error) -> Self {
        Self::Engine(error.into())
    }
}

impl Error {
    /// The kind of the failure, for whoever maps it to an exit code.
    #[must_use]
    pub fn kind(&self) -> engine::Kind {
        match self {
            Self::Engine(error) => error.kind(),
            Self::Invalid(_) | Self::Probe { .. } => engine::Kind::Invalid,
            Self::Differs { .. } => engine::Kind::Conflict,
            Self::Closure(_) | Self::Canceled | Self::Io { .. } => engine::Kind::Internal,
        }
    }
}

/// Adds what was done and with what to an error of the system.
pub(crate) trait At<T> {
    fn at(self, doing: &'static str, path: impl Into<PathBuf>) -> Result<T>;
}

impl<T, E: Into<std::io::Error>> At<T> for std::result::Result<T, E> {
    fn at(self, doing: &'static str, path: impl Into<PathBuf>) -> Result<T> {
        self.map_err(|error| Error::Io { doing, path: path.into(), source: error.into() })
    }
}

//! What can go wrong with an operation on images.

use std::path::PathBuf;

/// The result of an operation on images.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A failed operation.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// There is no image with this name or id.
    #[error("No such image: {0}")]
    NoImage(String),
    /// There is no manifest list with this name.
    #[error("{0}: no such manifest list")]
    NoList(String),
    /// An image is not to be had for a platform; the whole message.
    #[error("{0}")]
    NotOffered(String),
    /// A name is taken, or somebody uses the image.
    #[error("{0}")]
    Conflict(String),
    /// What was asked for, or what came from outside, makes no sense.
    #[error("{0}")]
    Invalid(String),
    /// Known, and not done by this version.
    #[error("{0}")]
    Unsupported(String),
    /// The operation was canceled.
    #[error("canceled")]
    Canceled,
    /// The store.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// A layer or archive.
    #[error(transparent)]
    Changeset(#[from] store::changeset::Error),
    /// A registry.
    #[error(transparent)]
    Registry(#[from] registry::Error),
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

impl Error {
    pub(crate) fn io(
        doing: &'static str,
        path: impl Into<PathBuf>,
        source: impl Into<std::io::Error>,
    ) -> Self {
        Self::Io { doing, path: path.into(), source: source.into() }
    }
}

/// Says what was done to which file when a system call failed.
pub(crate) trait At<T> {
    /// Turns the system's error into ours.
    fn at(self, doing: &'static str, path: impl Into<PathBuf>) -> Result<T>;
}

impl<T, E: Into<std::io::Error>> At<T> for std::result::Result<T, E> {
    fn at(self, doing: &'static str, path: impl Into<PathBuf>) -> Result<T> {
        self.map_err(|source| Error::io(doing, path, source))
    }
}

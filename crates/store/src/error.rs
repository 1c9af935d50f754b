//! What can go wrong with the store.

use oci::{DiffId, Digest};
use std::path::PathBuf;

/// The result of a store operation.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A failed store operation.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Content does not have the digest that it was announced with.
    #[error("content has digest {found}, expected {expected}")]
    DigestMismatch {
        /// The announced digest.
        expected: Digest,
        /// The digest of the bytes.
        found: Digest,
    },
    /// A blob is not in the store.
    #[error("blob {0} is not in the store")]
    NoBlob(Digest),
    /// A layer is not in the store.
    #[error("layer {0} is not in the store; load or build its image again")]
    NoLayer(DiffId),
    /// A document is larger than we read.
    #[error("{what} has more than {limit} bytes")]
    TooLarge {
        /// Which document.
        what: String,
        /// The limit in bytes.
        limit: u64,
    },
    /// The store was made by another version.
    #[error("{root} has store format {found}, this version knows format 1; use the version that made it, or another --data-root", root = root.display())]
    Format {
        /// The data root.
        root: PathBuf,
        /// What its version file says.
        found: String,
    },
    /// A file of the store does not say what it should.
    #[error("{path} is damaged: {reason}", path = path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A layer's tar is refused or cannot be made.
    #[error(transparent)]
    Changeset(#[from] crate::changeset::Error),
    /// What is copied and what is in its place are not of one sort: one of them is a directory.
    #[error("cannot copy the {wanted} {path} over {existing}", path = path.display())]
    InTheWay {
        /// The source, as the copier was told to call it.
        path: PathBuf,
        /// `file` or `directory`.
        wanted: &'static str,
        /// What is in its place.
        existing: &'static str,
    },
    /// The copier was told to stop.
    #[error("canceled")]
    Canceled,
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

//! What can go wrong with a closure.

use std::path::PathBuf;
use sys::Errno;

/// The result of an operation of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a root cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The system refused something.
    #[error("{doing} {path}: {errno}", path = path.display())]
    Io {
        /// What was to be done.
        doing: &'static str,
        /// With which path, inside the root.
        path: PathBuf,
        /// The refusal.
        errno: Errno,
    },
    /// There are more files than are looked at.
    #[error("the root has more than {0} files")]
    TooMany(usize),
}

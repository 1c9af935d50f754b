//! What can go wrong with a changeset.

use std::io;
use std::path::PathBuf;
use sys::Errno;

/// Why a changeset could not be read, unpacked or written.
///
/// Offsets count bytes of the uncompressed archive and point at the entry's first header block.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The archive ends where more was promised: inside an entry, or without its end marker.
    #[error("archive is truncated at byte {offset}")]
    Truncated {
        /// Where the archive ended.
        offset: u64,
    },
    /// Something that is no tar header, or one that contradicts itself.
    #[error("malformed archive at byte {offset}: {reason}")]
    Malformed {
        /// Where the block or record begins.
        offset: u64,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// Bytes other than zero follow the end marker.
    #[error("unexpected content after the end of the archive, at byte {offset}")]
    Trailing {
        /// Where the block with that content begins.
        offset: u64,
    },
    /// The archive asks for more than the [`Limits`](super::Limits) allow.
    #[error("archive exceeds the limit of {limit} {what}, at byte {offset}")]
    Limit {
        /// Where the limit was met.
        offset: u64,
        /// What is limited, with its unit.
        what: &'static str,
        /// The limit.
        limit: u64,
    },
    /// An entry that must not, or cannot, be placed: a name that leaves the root, a whiteout of nothing, an
    /// unknown kind.
    #[error("entry \"{entry}\" at byte {offset}: {reason}")]
    Refused {
        /// The entry's name, printable.
        entry: String,
        /// Where its header is.
        offset: u64,
        /// Why it is refused.
        reason: &'static str,
    },
    /// A directory would replace something else, or the other way round, and the caller forbade it.
    #[error("entry \"{entry}\" at byte {offset}: cannot overwrite {existing} with {wanted}")]
    Overwrite {
        /// The entry's name, printable.
        entry: String,
        /// Where its header is.
        offset: u64,
        /// What is there.
        existing: &'static str,
        /// What the archive has.
        wanted: &'static str,
    },
    /// The kernel refused a step of placing an entry.
    #[error("entry \"{entry}\" at byte {offset}: {doing}: {source}")]
    Entry {
        /// The entry's name, printable.
        entry: String,
        /// Where its header is.
        offset: u64,
        /// The step.
        doing: &'static str,
        /// The kernel's answer.
        source: io::Error,
    },
    /// A file that a layer cannot carry.
    #[error("cannot put \"{path}\" into an archive: {reason}")]
    Unrepresentable {
        /// Its path below the root, printable.
        path: String,
        /// Why not.
        reason: &'static str,
    },
    /// A compression that is known but cannot be read here.
    #[error("{0}")]
    Compression(&'static str),
    /// Reading or writing outside an entry.
    #[error("{doing} {}: {source}", path.display())]
    Io {
        /// The step.
        doing: &'static str,
        /// The file, below the root; `archive` for the stream itself.
        path: PathBuf,
        /// The kernel's or the stream's answer.
        source: io::Error,
    },
}

impl Error {
    /// An error of the archive stream itself.
    pub(super) fn stream(doing: &'static str, source: io::Error) -> Self {
        Self::Io { doing, path: PathBuf::from("archive"), source }
    }
}

/// Why one entry was not placed, before its name and offset are known.
#[derive(Debug)]
pub(super) enum Fault {
    /// See [`Error::Refused`].
    Refused(&'static str),
    /// See [`Error::Overwrite`].
    Overwrite { existing: &'static str, wanted: &'static str },
    /// See [`Error::Entry`].
    Kernel { doing: &'static str, errno: Errno },
    /// An error of the archive, which knows its own place.
    Archive(Error),
}

impl Fault {
    /// Adds which entry it was.
    pub(super) fn of(self, entry: &[u8], offset: u64) -> Error {
        let entry = printable(entry);
        match self {
            Self::Refused(reason) => Error::Refused { entry, offset, reason },
            Self::Overwrite { existing, wanted } => Error::Overwrite { entry, offset, existing, wanted },
            Self::Kernel { doing, errno } => Error::Entry { entry, offset, doing, source: errno.into() },
            Self::Archive(error) => error,
        }
    }
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self::Archive(error)
    }
}

/// Names the step in which a system call was refused.
pub(super) trait Doing<T> {
    /// Turns an errno into a [`Fault`] of the step `doing`.
    fn doing(self, doing: &'static str) -> Result<T, Fault>;
}

impl<T> Doing<T> for Result<T, Errno> {
    fn doing(self, doing: &'static str) -> Result<T, Fault> {
        self.map_err(|errno| Fault::Kernel { doing, errno })
    }
}

/// A name for messages: escaped, and cut where it is absurdly long.
pub(super) fn printable(name: &[u8]) -> String {
    const SHOWN: usize = 300;
    let shown = String::from_utf8_lossy(&name[..name.len().min(SHOWN)]).escape_debug().to_string();
    if name.len() > SHOWN { shown + "..." } else { shown }
}

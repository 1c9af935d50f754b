//! What can go wrong with an operation, and what kind of failure it is for whoever maps it to an exit code or a status.

use std::path::PathBuf;

/// The result of an engine operation.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The kind of a failure. Each door maps it once: exit code, HTTP status, gRPC code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// There is no such thing.
    NotFound,
    /// It is in another state than the operation needs, or its name is taken.
    Conflict,
    /// What was asked for makes no sense.
    Invalid,
    /// A privilege is missing.
    Denied,
    /// Something outside does not answer.
    Unavailable,
    /// Known, and not done by this version.
    Unsupported,
    /// Ours, or the system's.
    Internal,
}

/// A failed operation.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// There is no container with this name or id.
    #[error("No such container: {0}")]
    NoContainer(String),
    /// There is no volume with this name.
    #[error("get {0}: no such volume")]
    NoVolume(String),
    /// Nothing at a path in a container.
    #[error("Could not find the file {path} in container {container}")]
    NoFile {
        /// The container as it was asked for.
        container: String,
        /// The path.
        path: String,
    },
    /// A state or name is in the way.
    #[error("{0}")]
    Conflict(String),
    /// What was asked for makes no sense.
    #[error("{0}")]
    Invalid(String),
    /// Known, and not done by this version.
    #[error("{0}")]
    Unsupported(String),
    /// The program could not be executed; the text has the cause.
    #[error("{message}")]
    NotExecuted {
        /// The whole diagnosis.
        message: String,
        /// 126 or 127.
        code: u8,
    },
    /// The container could not be started.
    #[error("cannot start {container}: {reason}")]
    NotStarted {
        /// Name of the container.
        container: String,
        /// Which step failed and why.
        reason: String,
    },
    /// The operation was cancelled.
    #[error("canceled")]
    Canceled,
    /// The store.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// A layer or archive.
    #[error(transparent)]
    Changeset(#[from] store::changeset::Error),
    /// An image.
    #[error(transparent)]
    Image(#[from] images::Error),
    /// The runtime.
    #[error(transparent)]
    Runtime(#[from] runtime::Error),
    /// The network.
    #[error(transparent)]
    Network(#[from] network::Error),
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
    /// Its kind.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self {
            Self::NoContainer(_) | Self::NoVolume(_) | Self::NoFile { .. } => Kind::NotFound,
            Self::Image(error) => of_image(error),
            Self::Conflict(_) => Kind::Conflict,
            Self::Invalid(_) | Self::NotExecuted { .. } | Self::Changeset(_) => Kind::Invalid,
            Self::Runtime(runtime::Error::Account(_)) => Kind::Invalid,
            Self::Unsupported(_) => Kind::Unsupported,
            Self::Store(error) => of_store(error),
            Self::Io { source, .. } if source.kind() == std::io::ErrorKind::PermissionDenied => Kind::Denied,
            _ => Kind::Internal,
        }
    }

    pub(crate) fn io(
        doing: &'static str,
        path: impl Into<PathBuf>,
        source: impl Into<std::io::Error>,
    ) -> Self {
        Self::Io { doing, path: path.into(), source: source.into() }
    }
}

fn of_store(error: &store::Error) -> Kind {
    use store::Error as Store;
    match error {
        Store::NoBlob(_) | Store::NoLayer(_) => Kind::NotFound,
        Store::DigestMismatch { .. }
        | Store::TooLarge { .. }
        | Store::Changeset(_)
        | Store::InTheWay { .. } => Kind::Invalid,
        _ => Kind::Internal,
    }
}

fn of_image(error: &images::Error) -> Kind {
    use images::Error as Image;
    match error {
        Image::NoImage(_) | Image::NoList(_) | Image::NotOffered(_) => Kind::NotFound,
        Image::Conflict(_) => Kind::Conflict,
        Image::Invalid(_) | Image::Changeset(_) => Kind::Invalid,
        Image::Unsupported(_) => Kind::Unsupported,
        Image::Store(error) => of_store(error),
        Image::Registry(error) => match error.kind() {
            registry::Kind::NotFound => Kind::NotFound,
            registry::Kind::Denied => Kind::Denied,
            registry::Kind::Unavailable => Kind::Unavailable,
            registry::Kind::Invalid => Kind::Invalid,
            registry::Kind::Canceled | registry::Kind::Internal => Kind::Internal,
        },
        Image::Io { source, .. } if source.kind() == std::io::ErrorKind::PermissionDenied => Kind::Denied,
        _ => Kind::Internal,
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

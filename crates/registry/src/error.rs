//! What can go wrong between here and a registry.

use oci::Digest;
use std::path::PathBuf;

/// The result of asking a registry.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A request that was not answered as it should be.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The registry has no such thing, or does not say so to us.
    #[error("{what}: not found in the registry")]
    NotFound {
        /// What was asked for.
        what: String,
    },
    /// The registry wants other credentials, or any.
    #[error("{what}: {host} denies access: {reason}")]
    Denied {
        /// What was asked for.
        what: String,
        /// Who denied it.
        host: String,
        /// The registry's words.
        reason: String,
    },
    /// This host is not to be spoken to.
    #[error("{host} is blocked by {by}", by = by.display())]
    Blocked {
        /// The host, or the beginning of names.
        host: String,
        /// The file that says so.
        by: PathBuf,
    },
    /// The registry cannot be reached, or does not answer sensibly, however often it was asked.
    #[error("{what}: {host}: {reason}")]
    Unavailable {
        /// What was asked for.
        what: String,
        /// Who was asked.
        host: String,
        /// The last failure.
        reason: String,
    },
    /// The registry's answer is not what the specification says, or a lie.
    #[error("{what}: {host} answers wrongly: {reason}")]
    Wrong {
        /// What was asked for.
        what: String,
        /// Who was asked.
        host: String,
        /// What is wrong with the answer.
        reason: String,
    },
    /// Content does not have the digest that it was asked for by.
    #[error("{what}: {host} sends content with digest {found}, expected {expected}")]
    DigestMismatch {
        /// What was asked for.
        what: String,
        /// Who was asked.
        host: String,
        /// The digest that it should have.
        expected: Digest,
        /// The digest that it has.
        found: Digest,
    },
    /// A file of settings cannot be used.
    #[error("{path}: {reason}", path = path.display())]
    Settings {
        /// The file.
        path: PathBuf,
        /// What is wrong with it, with its place.
        reason: String,
    },
    /// A program that keeps credentials failed.
    #[error("{program}: {reason}")]
    Helper {
        /// Its name.
        program: String,
        /// What it said.
        reason: String,
    },
    /// The wait was canceled.
    #[error("canceled")]
    Canceled,
    /// This side failed: a file to send cannot be read, a thread cannot be made.
    #[error("{doing}: {source}")]
    Local {
        /// What was tried.
        doing: String,
        /// The system's reason.
        source: std::io::Error,
    },
}

/// The kind of a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// There is no such thing.
    NotFound,
    /// Credentials are missing or wrong, or the host is blocked.
    Denied,
    /// It may work later or elsewhere.
    Unavailable,
    /// The answer, or a file of settings, makes no sense.
    Invalid,
    /// The wait was canceled.
    Canceled,
    /// This side's.
    Internal,
}

impl Error {
    /// Its kind.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self {
            Self::NotFound { .. } => Kind::NotFound,
            Self::Denied { .. } | Self::Blocked { .. } => Kind::Denied,
            Self::Unavailable { .. } => Kind::Unavailable,
            Self::Wrong { .. } | Self::DigestMismatch { .. } | Self::Settings { .. } => Kind::Invalid,
            Self::Canceled => Kind::Canceled,
            Self::Helper { .. } | Self::Local { .. } => Kind::Internal,
        }
    }

    pub(crate) fn local(doing: impl Into<String>, source: impl Into<std::io::Error>) -> Self {
        Self::Local { doing: doing.into(), source: source.into() }
    }

    pub(crate) fn settings(path: impl Into<PathBuf>, reason: impl std::fmt::Display) -> Self {
        Self::Settings { path: path.into(), reason: reason.to_string() }
    }
}

/// Reads a file of settings, if it is there.
pub(crate) fn read_settings(path: &std::path::Path) -> Result<Option<Vec<u8>>> {
    match std::fs::read(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Error::settings(path, error)),
    }
}

/// What the transport says of a server that closes a connection of HTTP/2: the reason that TLS was given is lost.
const CLOSED: [&str; 3] =
    ["operation was canceled: connection closed", "channel closed", "stream closed because of a broken pipe"];

/// An error of the transport in one line: reqwest's own words hide the cause.
pub(crate) fn causes(error: &(dyn std::error::Error + 'static)) -> String {
    use std::error::Error as _;
    // its own words are "error sending request for url (...)", which is told anyway
    let first = error.downcast_ref::<reqwest::Error>().and_then(|error| error.source()).unwrap_or(error);
    let mut text = first.to_string();
    let mut next = first.source();
    while let Some(cause) = next {
        let words = cause.to_string();
        if !text.contains(&words) {
            text = format!("{text}: {words}");
        }
        next = cause.source();
    }
    if CLOSED.iter().any(|words| text.ends_with(words)) {
        text += " before an answer came; some servers do that to who shows no certificate";
    }
    text
}

/// A text from outside for a message: printable, and cut where it is absurdly long.
pub(crate) fn cut(text: &str) -> String {
    const SHOWN: usize = 300;
    let mut shown: String = text.trim().chars().take(SHOWN).collect();
    if text.trim().chars().count() > SHOWN {
        shown.push_str("...");
    }
    shown.escape_debug().to_string().replace("\\\"", "\"").replace("\\'", "'")
}

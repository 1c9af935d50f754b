//! What can go wrong between a runtime and the service manager.

use std::path::PathBuf;

/// The result of a request.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A failed request.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The host has another service manager, or none.
    #[error(
        "systemd not running on this host, cannot use systemd cgroups manager; leave --systemd-cgroup out"
    )]
    NotRunning,
    /// Neither the bus nor the manager's own socket can be reached.
    #[error("failed to connect to dbus: {}: {source}", path.display())]
    Connect {
        /// The last socket that was tried.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// The connection broke, or the answer did not come in time.
    #[error("dbus: {doing}: {source}")]
    Connection {
        /// What was done.
        doing: &'static str,
        /// The system's reason.
        source: std::io::Error,
    },
    /// The other side sent something that is no message.
    #[error("dbus: {0}")]
    Protocol(&'static str),
    /// A request was refused.
    #[error("systemd: {method} {unit}: {reason} ({name})")]
    Refused {
        /// The method of the manager.
        method: &'static str,
        /// The unit.
        unit: String,
        /// Name of the error, such as `org.freedesktop.systemd1.UnitExists`.
        name: String,
        /// In words.
        reason: String,
    },
    /// A unit was not started or stopped.
    #[error("systemd: the job for {unit} ended as {result:?}")]
    Job {
        /// The unit.
        unit: String,
        /// `canceled`, `timeout`, `failed`, `dependency`, `skipped` ….
        result: String,
    },
    /// A configuration names something that is no unit, slice or property.
    #[error("{0}")]
    Invalid(String),
}

//! Containers: one file per operation.

pub mod attach;
pub mod commit;
pub mod copy;
pub mod create;
pub mod diff;
pub mod directory;
pub mod exec;
pub mod export;
pub mod find;
pub mod inspect;
pub mod kill;
pub mod logs;
pub mod names;
pub mod pause;
pub mod prune;
pub mod reconcile;
pub mod remove;
pub mod rename;
pub mod restart;
pub mod root;
pub mod size;
pub mod start;
pub mod status;
#[cfg(test)]
mod tests;
pub mod top;
pub mod volumes;

pub use crate::record;
pub use crate::record::{HostSettings, MountKind, MountPoint, NetworkMode, Record, State};
pub use find::{find, list};
pub use status::{Container, Status};

/// Now, RFC 3339 with nanoseconds.
#[must_use]
pub fn now() -> String {
    jiff::Timestamp::now().to_string()
}

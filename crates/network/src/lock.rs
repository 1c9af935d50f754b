//! The locks of a store's network, and of all stores of one network namespace.

use crate::error::{Result, io};
use std::io::ErrorKind;
use std::path::Path;
use sys::fd::OwnedFd;
use sys::fs::{FlockOperation, flock};
use sys::lock::LockFile;

/// The lock of a store's bridge: held exclusively while it is made or removed, shared while somebody takes his place on it.
pub(crate) fn change_bridge(state: &Path) -> Result<LockFile> {
    take(state, "bridge.lock", LockFile::exclusive)
}

/// As [`change_bridge`], shared.
pub(crate) fn use_bridge(state: &Path) -> Result<LockFile> {
    take(state, "bridge.lock", LockFile::shared)
}

/// The lock under which an address is looked at and removed.
pub(crate) fn change_addresses(state: &Path) -> Result<LockFile> {
    take(state, "addresses.lock", LockFile::exclusive)
}

/// Takes a lock of the state directory, which is made if it is missing.
fn take(state: &Path, name: &str, lock: fn(&Path) -> std::io::Result<LockFile>) -> Result<LockFile> {
    let path = state.join(name);
    match lock(&path) {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            std::fs::create_dir_all(state).map_err(io("make directory", state))?;
            lock(&path).map_err(io("lock", &path))
        }
        taken => taken.map_err(io("lock", &path)),
    }
}

/// Waits for the lock of the thread's network namespace: what stores of one machine choose from what is free,
/// they choose one after another. The lock is the namespace's own inode, so it needs no place that all stores know.
pub(crate) fn choose_in_namespace() -> Result<OwnedFd> {
    let path = Path::new("/proc/thread-self/ns/net");
    let file = sys::netlink::current_namespace().map_err(io("open", path))?;
    sys::io::retry_on_intr(|| flock(&file, FlockOperation::LockExclusive)).map_err(io("lock", path))?;
    Ok(file)
}

//! Locks that end with the process: flock(2) on a file, or on a network namespace.

use crate::error::{Result, io};
use std::path::Path;
use sys::fd::OwnedFd;
use sys::fs::{CWD, FlockOperation, Mode, OFlags, flock};

/// Holds a lock until it is dropped.
#[derive(Debug)]
pub(crate) struct Lock {
    file: OwnedFd,
}

impl Lock {
    /// Waits for the lock of a file, which is made if it is missing.
    pub(crate) fn take(path: &Path) -> Result<Self> {
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::CLOEXEC;
        let file =
            sys::fs::openat(CWD, path, flags, Mode::RUSR | Mode::WUSR).map_err(io("open the lock", path))?;
        Self::wait(file, path)
    }

    /// Waits for the lock under which a store's bridge is changed. Makes the state directory, if it is missing.
    pub(crate) fn take_bridge(state: &Path) -> Result<Self> {
        std::fs::create_dir_all(state).map_err(io("make directory", state))?;
        Self::take(&state.join("bridge.lock"))
    }

    /// Waits for the lock of the thread's network namespace: what stores of one machine choose from what is free,
    /// they choose one after another. The lock is the namespace's own inode, so it needs no place that all stores know.
    pub(crate) fn take_namespace() -> Result<Self> {
        let path = Path::new("/proc/thread-self/ns/net");
        let file = sys::netlink::current_namespace().map_err(io("open", path))?;
        Self::wait(file, path)
    }

    fn wait(file: OwnedFd, path: &Path) -> Result<Self> {
        sys::io::retry_on_intr(|| flock(&file, FlockOperation::LockExclusive)).map_err(io("lock", path))?;
        Ok(Self { file })
    }

    /// The locked file, which may hold a few bytes of its own.
    pub(crate) fn file(&self) -> &OwnedFd {
        &self.file
    }
}

//! Namespaces of the calling thread.

use crate::clone::last_error;
use rustix::fd::BorrowedFd;
use rustix::io::{Errno, Result};
use rustix::thread::{LinkNameSpaceType, ThreadNameSpaceType, UnshareFlags};

/// Moves the calling thread into new namespaces (unshare(2)).
///
/// # Errors
/// `EINVAL` for `CLONE_FILES`, which would leave descriptors behind that other threads think are theirs; otherwise what the system call reports.
pub fn unshare(namespaces: UnshareFlags) -> Result<()> {
    if namespaces.contains(UnshareFlags::FILES) {
        return Err(Errno::INVAL);
    }
    // SAFETY: without CLONE_FILES the descriptor table stays shared, and no memory is involved.
    let result = unsafe { libc::unshare(namespaces.bits() as i32) };
    if result == 0 { Ok(()) } else { Err(last_error()) }
}

/// Joins the namespace that a descriptor of `/proc/<pid>/ns/<kind>` names (setns(2)).
///
/// # Errors
/// What setns(2) reports.
pub fn join(namespace: BorrowedFd<'_>, kind: Option<LinkNameSpaceType>) -> Result<()> {
    rustix::thread::move_into_link_name_space(namespace, kind)
}

/// Joins several namespaces of the process behind a pidfd at once (setns(2), Linux 5.8).
///
/// # Errors
/// What setns(2) reports.
pub fn join_process(pidfd: BorrowedFd<'_>, kinds: ThreadNameSpaceType) -> Result<()> {
    rustix::thread::move_into_thread_name_spaces(pidfd, kinds)
}

//! Reaping processes.

use std::os::fd::BorrowedFd;
use sys::Errno;
use sys::process::{WaitId, WaitIdOptions, waitid};

/// Waits until the process behind a pidfd has ended, reaps it, and returns its exit code: its own, or 128 and the signal that ended it.
///
/// # Errors
/// `ECHILD` if it is no child of the caller.
pub fn reap(pidfd: BorrowedFd<'_>) -> Result<i32, Errno> {
    loop {
        match waitid(WaitId::PidFd(pidfd), WaitIdOptions::EXITED) {
            Err(Errno::INTR) => {}
            Err(errno) => return Err(errno),
            Ok(None) => return Err(Errno::CHILD),
            Ok(Some(status)) => {
                return Ok(match (status.exit_status(), status.terminating_signal()) {
                    (Some(code), _) => code,
                    (None, Some(signal)) => 128 + signal,
                    (None, None) => 255,
                });
            }
        }
    }
}

/// Kills the process behind a pidfd, a child of the caller, and reaps it. One that has ended already only needs to be reaped.
pub fn end(pidfd: BorrowedFd<'_>) {
    let _ = sys::signal::send(pidfd, 9);
    // whoever is no child is not ours to reap
    let _ = reap(pidfd);
}

/// Waits until the process behind a pidfd has ended or the time is over; true if it has ended.
///
/// # Errors
/// What poll(2) reports.
pub fn ended_within(pidfd: BorrowedFd<'_>, time: std::time::Duration) -> Result<bool, Errno> {
    use sys::event::{PollFd, PollFlags, Timespec, poll};
    let deadline = std::time::Instant::now() + time;
    loop {
        let left = deadline.saturating_duration_since(std::time::Instant::now());
        let timeout = Timespec {
            tv_sec: i64::try_from(left.as_secs()).unwrap_or(i64::MAX),
            tv_nsec: i64::from(left.subsec_nanos()),
        };
        match poll(&mut [PollFd::from_borrowed_fd(pidfd, PollFlags::IN)], Some(&timeout)) {
            Ok(ready) => return Ok(ready > 0),
            Err(Errno::INTR) => {}
            Err(errno) => return Err(errno),
        }
    }
}

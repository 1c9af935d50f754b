//! A probe's program while it runs: every wait for it ends too when somebody asks for the end.

use super::Bench;
use crate::error::{At, Error, Result};
use engine::step::Step;
use std::net::Ipv4Addr;
use std::os::fd::BorrowedFd;
use std::time::{Duration, Instant};
use sys::event::{PollFd, PollFlags, Timespec, poll};

/// How long a program may take to end when it is asked to.
const GRACE: Duration = Duration::from_secs(10);
/// `SIGTERM`.
const TERMINATE: i32 = 15;

/// A program that is exercised.
pub(super) struct Running<'a> {
    pub(super) bench: &'a Bench<'a>,
    pub(super) step: Step,
    /// When the probe has to be over.
    pub(super) deadline: Instant,
}

impl Running<'_> {
    /// The program's address on the bridge, or the host's own.
    pub(super) fn address(&self) -> Ipv4Addr {
        self.step.address().unwrap_or(Ipv4Addr::LOCALHOST)
    }

    /// Waits for the program's end until a time; whether it has ended.
    ///
    /// # Errors
    /// [`Error::Canceled`], and what poll(2) reports.
    pub(super) fn ends_until(&self, until: Instant) -> Result<bool> {
        self.is_ready(self.step.as_fd(), until)
    }

    /// Waits until a time for a descriptor to become readable; whether it has.
    ///
    /// # Errors
    /// As [`Running::ends_until`].
    pub(super) fn is_ready(&self, descriptor: BorrowedFd<'_>, until: Instant) -> Result<bool> {
        loop {
            let left = until.saturating_duration_since(Instant::now());
            let timeout = Timespec {
                tv_sec: i64::try_from(left.as_secs()).unwrap_or(i64::MAX),
                tv_nsec: i64::from(left.subsec_nanos()),
            };
            let mut watched =
                [self.bench.stop, descriptor].map(|fd| PollFd::from_borrowed_fd(fd, PollFlags::IN));
            match poll(&mut watched, Some(&timeout)) {
                Err(sys::Errno::INTR) => continue,
                other => other.at("wait for", "a probe")?,
            };
            let [is_canceled, is_ready] = watched.map(|fd| !fd.revents().is_empty());
            if is_canceled {
                return Err(Error::Canceled);
            }
            if is_ready || left.is_zero() {
                return Ok(is_ready);
            }
        }
    }

    /// Asks the program to end, as `stop` would, and ends what is left of it. How it ends then is its own affair.
    ///
    /// # Errors
    /// As [`Running::ends_until`].
    pub(super) fn end(self) -> Result<()> {
        let name = self.bench.execution.stop_signal.as_deref().unwrap_or_default();
        let signal = engine::containers::kill::parse_signal(name).unwrap_or(TERMINATE);
        let grace = if self.step.handles(signal) { GRACE } else { Duration::ZERO };
        // it may have ended by itself
        let _ = self.step.signal(signal);
        self.ends_until(Instant::now() + grace).map(|_| ())
    }
}

impl std::fmt::Debug for Running<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Running").field("step", &self.step).finish_non_exhaustive()
    }
}

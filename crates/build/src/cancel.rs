//! A token that every wait of a build can poll.

use crate::error::{Error, Result};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::atomic::{AtomicBool, Ordering};

/// Cancels a build. Its descriptor becomes readable when that happens.
#[derive(Debug)]
pub struct Cancel {
    canceled: AtomicBool,
    event: OwnedFd,
}

impl Cancel {
    /// A token that nobody has used.
    ///
    /// # Errors
    /// If the system has no descriptor left.
    pub fn new() -> std::io::Result<Self> {
        let event = sys::event::eventfd(0, sys::event::EventfdFlags::CLOEXEC)?;
        Ok(Self { canceled: AtomicBool::new(false), event })
    }

    /// Cancels.
    pub fn cancel(&self) {
        self.canceled.store(true, Ordering::Release);
        // the counter cannot overflow by as many cancellations as there can be
        let _ = sys::io::write(&self.event, &1_u64.to_ne_bytes());
    }

    /// Whether somebody has cancelled.
    #[must_use]
    pub fn is_canceled(&self) -> bool {
        self.canceled.load(Ordering::Acquire)
    }
}

impl AsFd for Cancel {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.event.as_fd()
    }
}

/// Stops all steps: because the user asked for it, or because one failed.
#[derive(Debug)]
pub(crate) struct Stop<'a> {
    pub(crate) asked: &'a Cancel,
    pub(crate) failed: Cancel,
}

impl Stop<'_> {
    pub(crate) fn check(&self) -> Result<()> {
        if self.asked.is_canceled() || self.failed.is_canceled() { Err(Error::Canceled) } else { Ok(()) }
    }
}

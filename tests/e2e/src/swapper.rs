//! Somebody who swaps two paths all the time, as another container with the same volume can.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::JoinHandle;
use sys::fs::{CWD, RenameFlags, renameat_with};

/// A thread that exchanges two paths until it is dropped.
#[derive(Debug)]
pub struct Swapper {
    ended: Arc<AtomicBool>,
    swaps: Arc<AtomicUsize>,
    thread: Option<JoinHandle<()>>,
}

impl Swapper {
    /// Begins.
    #[must_use]
    pub fn new(one: &Path, other: &Path) -> Self {
        let (ended, swaps) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
        let (one, other): (PathBuf, PathBuf) = (one.into(), other.into());
        let (end, count) = (Arc::clone(&ended), Arc::clone(&swaps));
        let thread = std::thread::spawn(move || {
            while !end.load(Ordering::Relaxed) {
                if renameat_with(CWD, &one, CWD, &other, RenameFlags::EXCHANGE).is_ok() {
                    count.fetch_add(1, Ordering::Relaxed);
                }
            }
        });
        Self { ended, swaps, thread: Some(thread) }
    }

    /// How often they were exchanged.
    #[must_use]
    pub fn swaps(&self) -> usize {
        self.swaps.load(Ordering::Relaxed)
    }
}

impl Drop for Swapper {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            // a panic in it has been printed
            let _ = thread.join();
        }
    }
}

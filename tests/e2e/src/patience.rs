//! Waiting for what another process does in its own time.

use std::thread;
use std::time::{Duration, Instant};

/// Longer than anything takes that works, on the slowest machine.
pub(crate) const LIMIT: Duration = Duration::from_secs(30);
const PAUSE: Duration = Duration::from_millis(5);

/// Waits until `found` finds something.
///
/// # Panics
/// If it does not within half a minute; `what` says what was waited for.
#[track_caller]
pub fn eventually<T>(what: &str, mut found: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + LIMIT;
    loop {
        if let Some(value) = found() {
            return value;
        }
        assert!(Instant::now() < deadline, "waited in vain for this: {what}");
        thread::sleep(PAUSE);
    }
}

/// Waits until `left` is empty, for a shorter time; what is left then.
pub(crate) fn until_none<T>(limit: Duration, mut left: impl FnMut() -> Vec<T>) -> Vec<T> {
    let deadline = Instant::now() + limit;
    loop {
        let found = left();
        if found.is_empty() || Instant::now() >= deadline {
            return found;
        }
        thread::sleep(PAUSE);
    }
}

/// Waits until `found` finds something, or the limit is over.
pub(crate) fn until_some<T>(mut found: impl FnMut() -> Option<T>) -> Option<T> {
    let deadline = Instant::now() + LIMIT;
    loop {
        let value = found();
        if value.is_some() || Instant::now() >= deadline {
            return value;
        }
        thread::sleep(Duration::from_millis(1));
    }
}

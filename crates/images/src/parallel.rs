//! Several things at the same time, until one fails.

use crate::error::{Error, Result};
use registry::Stop;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

/// How many are worked on at the same time: more than there are processors, since they wait for networks.
const SIDE_BY_SIDE: usize = 4;

/// Works on every item, in order but several at a time. After a failure none is begun, and those that are worked on are stopped.
///
/// # Errors
/// The first failure.
pub(crate) fn each<T: Sync>(items: &[T], work: impl Fn(&T, &Stop) -> Result<()> + Sync) -> Result<()> {
    let next = AtomicUsize::new(0);
    let failed: Mutex<Option<Error>> = Mutex::new(None);
    let stop = Stop::default();
    let take = || {
        while let Some(item) = items.get(next.fetch_add(1, Ordering::Relaxed)) {
            if stop.is_set() {
                return;
            }
            if let Err(error) = work(item, &stop) {
                failed.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
                stop.set();
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..SIDE_BY_SIDE.min(items.len()) {
            // with fewer threads it takes longer
            let _ = std::thread::Builder::new().spawn_scoped(scope, take);
        }
        take();
    });
    failed.into_inner().unwrap_or_else(PoisonError::into_inner).map_or(Ok(()), Err)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_are_worked_on_or_the_first_failure_ends_it() {
        let items: Vec<usize> = (0..100).collect();
        let sum = AtomicUsize::new(0);
        each(&items, |item, _| {
            sum.fetch_add(*item, Ordering::Relaxed);
            Ok(())
        })
        .unwrap();
        assert_eq!(sum.into_inner(), 4950);
        let failed = each(&items, |item, _| if *item == 7 { Err(Error::Canceled) } else { Ok(()) });
        assert!(matches!(failed, Err(Error::Canceled)));
    }
}

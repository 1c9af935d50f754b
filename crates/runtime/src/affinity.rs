//! Which processors a process runs on.

use crate::error::{Error, Result};
use sys::process::Pid;
use sys::thread::{CpuSet, sched_setaffinity};

/// Lets a process run on every processor that its control group has, whatever its starter was bound to.
pub(crate) fn reset(pid: Pid) {
    let mut all = CpuSet::new();
    for processor in 0..CpuSet::MAX_CPU {
        all.set(processor);
    }
    // where it is refused the process runs where its starter did
    let _ = sched_setaffinity(Some(pid), &all);
}

/// Binds a process to a list of processors (`0-2,4`).
///
/// # Errors
/// [`Error::Invalid`] for something else than a list, or if the kernel refuses it.
pub(crate) fn set(pid: Pid, list: &str) -> Result<()> {
    let set = parse(list)
        .ok_or_else(|| Error::Invalid(format!("CPU affinity {list:?} is no list of processors")))?;
    sched_setaffinity(Some(pid), &set)
        .map_err(|errno| Error::Invalid(format!("CPU affinity {list:?}: {errno}")))
}

fn parse(list: &str) -> Option<CpuSet> {
    let mut set = CpuSet::new();
    for part in list.split(',').map(str::trim).filter(|part| !part.is_empty()) {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (first, last): (usize, usize) = (first.parse().ok()?, last.parse().ok()?);
        if first > last || last >= CpuSet::MAX_CPU {
            return None;
        }
        (first..=last).for_each(|processor| set.set(processor));
    }
    (set.count() > 0).then_some(set)
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn lists() {
        assert_eq!(parse("0-2, 4").unwrap().count(), 4);
        for bad in ["", "x", "3-1", "0-99999", "-1"] {
            assert!(parse(bad).is_none(), "{bad:?}");
        }
    }
}

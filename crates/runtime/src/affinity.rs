//! Which processors a process runs on.

use crate::error::{Error, Result};
use crate::list_format;
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
    let mut set = CpuSet::new();
    let ranges = list_format::parse(list, CpuSet::MAX_CPU).filter(|ranges| !ranges.is_empty());
    let ranges = ranges.ok_or_else(|| {
        Error::Invalid(format!("CPU affinity {list:?} is no list of processors; it is like 0-2,4"))
    })?;
    ranges.into_iter().flatten().for_each(|processor| set.set(processor));
    sched_setaffinity(Some(pid), &set)
        .map_err(|errno| Error::Invalid(format!("CPU affinity {list:?}: {errno}")))
}

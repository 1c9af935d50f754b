//! Scheduling of processors, disks and memory: sched_setattr(2), ioprio_set(2), set_mempolicy(2).

use crate::clone::last_error;
use rustix::io::Result;

/// `struct sched_attr` without its size (sched_setattr(2), Linux 3.14).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Policy {
    /// `SCHED_OTHER` 0, `SCHED_FIFO` 1, `SCHED_RR` 2, `SCHED_BATCH` 3, `SCHED_ISO` 4, `SCHED_IDLE` 5, `SCHED_DEADLINE` 6.
    pub policy: u32,
    /// `SCHED_FLAG_*`.
    pub flags: u64,
    /// Nice value, -20 to 19.
    pub nice: i32,
    /// Static priority of the real-time policies.
    pub priority: u32,
    /// Nanoseconds of the deadline policy.
    pub runtime: u64,
    /// Nanoseconds of the deadline policy.
    pub deadline: u64,
    /// Nanoseconds of the deadline policy.
    pub period: u64,
}

/// Sets the scheduling policy of the calling thread.
///
/// # Errors
/// What sched_setattr(2) reports.
pub fn set_policy(policy: Policy) -> Result<()> {
    #[repr(C)]
    struct Attributes {
        size: u32,
        policy: u32,
        flags: u64,
        nice: i32,
        priority: u32,
        runtime: u64,
        deadline: u64,
        period: u64,
    }
    let attributes = Attributes {
        size: size_of::<Attributes>() as u32,
        policy: policy.policy,
        flags: policy.flags,
        nice: policy.nice,
        priority: policy.priority,
        runtime: policy.runtime,
        deadline: policy.deadline,
        period: policy.period,
    };
    // SAFETY: the structure says its own size and outlives the call.
    let result = unsafe { libc::syscall(libc::SYS_sched_setattr, 0, &raw const attributes, 0) };
    if result == 0 { Ok(()) } else { Err(last_error()) }
}

/// Sets the I/O priority of the calling thread: class 1 (real time), 2 (best effort) or 3 (idle), and a level in it.
///
/// # Errors
/// What ioprio_set(2) reports.
pub fn set_io_priority(class: u16, level: u16) -> Result<()> {
    const WHO_PROCESS: i32 = 1;
    let priority = i32::from(class) << 13 | i32::from(level);
    // SAFETY: the call takes numbers and touches no memory.
    let result = unsafe { libc::syscall(libc::SYS_ioprio_set, WHO_PROCESS, 0, priority) };
    if result == 0 { Ok(()) } else { Err(last_error()) }
}

/// Sets the memory policy of the calling thread: a mode (`MPOL_*` with its flags) over nodes, bit by bit.
///
/// # Errors
/// What set_mempolicy(2) reports.
pub fn set_memory_policy(mode: i32, nodes: &[u64]) -> Result<()> {
    let bits = if nodes.is_empty() { 0 } else { nodes.len() * 64 + 1 };
    let nodes = if nodes.is_empty() { std::ptr::null() } else { nodes.as_ptr() };
    // SAFETY: the kernel reads as many bits as the array has, which outlives the call; of none it is told by a null pointer.
    let result = unsafe { libc::syscall(libc::SYS_set_mempolicy, mode, nodes, bits) };
    if result == 0 { Ok(()) } else { Err(last_error()) }
}

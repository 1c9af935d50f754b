//! How the kernel treats a process beside others: scheduling, I/O priority, execution domain, memory policy.

use crate::list_format;
use crate::step::{About, Failure, Outcome};
use oci::runtime::{
    IOPriorityClass, LinuxMemoryPolicy, LinuxPersonalityDomain, LinuxSchedulerFlag, LinuxSchedulerPolicy,
    MemoryPolicyFlagType, MemoryPolicyModeType, Process,
};
use sys::Errno;
use sys::scheduling::Policy;

/// Memory nodes that a kernel can have at most (`MAX_NUMNODES` on x86-64).
const MOST_NODES: usize = 1024;

/// Applies what the process asks for.
pub(super) fn apply(process: &Process) -> Outcome {
    if let Some(scheduler) = process.scheduler() {
        let policy = match scheduler.policy() {
            LinuxSchedulerPolicy::SchedOther => 0,
            LinuxSchedulerPolicy::SchedFifo => 1,
            LinuxSchedulerPolicy::SchedRr => 2,
            LinuxSchedulerPolicy::SchedBatch => 3,
            LinuxSchedulerPolicy::SchedIso => 4,
            LinuxSchedulerPolicy::SchedIdle => 5,
            LinuxSchedulerPolicy::SchedDeadline => 6,
        };
        let wanted = Policy {
            policy,
            flags: scheduler.flags().iter().flatten().fold(0, |flags, flag| flags | flag_bit(*flag)),
            nice: scheduler.nice().unwrap_or(0),
            priority: scheduler.priority().and_then(|n| u32::try_from(n).ok()).unwrap_or(0),
            runtime: scheduler.runtime().unwrap_or(0),
            deadline: scheduler.deadline().unwrap_or(0),
            period: scheduler.period().unwrap_or(0),
        };
        sys::scheduling::set_policy(wanted).about(format!("scheduler {:?}", scheduler.policy()))?;
    }
    if let Some(priority) = process.io_priority() {
        let class = match priority.class() {
            IOPriorityClass::IoprioClassRt => 1,
            IOPriorityClass::IoprioClassBe => 2,
            IOPriorityClass::IoprioClassIdle => 3,
        };
        let level = u16::try_from(priority.priority()).map_err(|_| Failure::from(Errno::INVAL));
        sys::scheduling::set_io_priority(class, level.about("ioPriority")?).about("ioPriority")?;
    }
    Ok(())
}

/// `SCHED_FLAG_*` (include/uapi/linux/sched.h).
fn flag_bit(flag: LinuxSchedulerFlag) -> u64 {
    match flag {
        LinuxSchedulerFlag::SchedResetOnFork => 0x01,
        LinuxSchedulerFlag::SchedFlagReclaim => 0x02,
        LinuxSchedulerFlag::SchedFlagDLOverrun => 0x04,
        LinuxSchedulerFlag::SchedFlagKeepPolicy => 0x08,
        LinuxSchedulerFlag::SchedFlagKeepParams => 0x10,
        LinuxSchedulerFlag::SchedFlagUtilClampMin => 0x20,
        LinuxSchedulerFlag::SchedFlagUtilClampMax => 0x40,
    }
}

/// Sets the memory policy that the specification asks for (set_mempolicy(2); the numbers are those of linux/mempolicy.h).
pub(super) fn set_memory_policy(policy: &LinuxMemoryPolicy) -> Outcome {
    let mode = match policy.mode() {
        MemoryPolicyModeType::MpolDefault => 0,
        MemoryPolicyModeType::MpolPreferred => 1,
        MemoryPolicyModeType::MpolBind => 2,
        MemoryPolicyModeType::MpolInterleave => 3,
        MemoryPolicyModeType::MpolLocal => 4,
        MemoryPolicyModeType::MpolPreferredMany => 5,
        MemoryPolicyModeType::MpolWeightedInterleave => 6,
    };
    let flags = policy.flags().iter().flatten().fold(0, |flags, flag| {
        flags
            | match flag {
                MemoryPolicyFlagType::MpolFStaticNodes => 1 << 15,
                MemoryPolicyFlagType::MpolFRelativeNodes => 1 << 14,
                MemoryPolicyFlagType::MpolFNumaBalancing => 1 << 13,
            }
    });
    let ranges = list_format::parse(policy.nodes().as_deref().unwrap_or_default(), MOST_NODES);
    let mut nodes = Vec::new();
    for node in ranges.ok_or(Errno::INVAL).about("memoryPolicy.nodes")?.into_iter().flatten() {
        nodes.resize(nodes.len().max(node / 64 + 1), 0);
        nodes[node / 64] |= 1_u64 << (node % 64);
    }
    sys::scheduling::set_memory_policy(mode | flags, &nodes).about("memoryPolicy")
}

/// Sets the execution domain that the specification asks for.
pub(super) fn set_personality(personality: &oci::runtime::LinuxPersonality) -> Outcome {
    let domain = match personality.domain() {
        LinuxPersonalityDomain::PerLinux => sys::personality::LINUX,
        LinuxPersonalityDomain::PerLinux32 => sys::personality::LINUX_32,
    };
    sys::personality::set(domain).about("personality")
}

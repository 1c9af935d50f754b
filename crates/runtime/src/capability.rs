//! Capabilities by name and number.

use oci::runtime::{Capabilities, Capability};
use sys::thread::CapabilitySet;

/// Every capability with its name, in the kernel's order (include/uapi/linux/capability.h; the index is the number).
pub const ALL: [(&str, Capability); 41] = [
    ("CHOWN", Capability::Chown),
    ("DAC_OVERRIDE", Capability::DacOverride),
    ("DAC_READ_SEARCH", Capability::DacReadSearch),
    ("FOWNER", Capability::Fowner),
    ("FSETID", Capability::Fsetid),
    ("KILL", Capability::Kill),
    ("SETGID", Capability::Setgid),
    ("SETUID", Capability::Setuid),
    ("SETPCAP", Capability::Setpcap),
    ("LINUX_IMMUTABLE", Capability::LinuxImmutable),
    ("NET_BIND_SERVICE", Capability::NetBindService),
    ("NET_BROADCAST", Capability::NetBroadcast),
    ("NET_ADMIN", Capability::NetAdmin),
    ("NET_RAW", Capability::NetRaw),
    ("IPC_LOCK", Capability::IpcLock),
    ("IPC_OWNER", Capability::IpcOwner),
    ("SYS_MODULE", Capability::SysModule),
    ("SYS_RAWIO", Capability::SysRawio),
    ("SYS_CHROOT", Capability::SysChroot),
    ("SYS_PTRACE", Capability::SysPtrace),
    ("SYS_PACCT", Capability::SysPacct),
    ("SYS_ADMIN", Capability::SysAdmin),
    ("SYS_BOOT", Capability::SysBoot),
    ("SYS_NICE", Capability::SysNice),
    ("SYS_RESOURCE", Capability::SysResource),
    ("SYS_TIME", Capability::SysTime),
    ("SYS_TTY_CONFIG", Capability::SysTtyConfig),
    ("MKNOD", Capability::Mknod),
    ("LEASE", Capability::Lease),
    ("AUDIT_WRITE", Capability::AuditWrite),
    ("AUDIT_CONTROL", Capability::AuditControl),
    ("SETFCAP", Capability::Setfcap),
    ("MAC_OVERRIDE", Capability::MacOverride),
    ("MAC_ADMIN", Capability::MacAdmin),
    ("SYSLOG", Capability::Syslog),
    ("WAKE_ALARM", Capability::WakeAlarm),
    ("BLOCK_SUSPEND", Capability::BlockSuspend),
    ("AUDIT_READ", Capability::AuditRead),
    ("PERFMON", Capability::Perfmon),
    ("BPF", Capability::Bpf),
    ("CHECKPOINT_RESTORE", Capability::CheckpointRestore),
];

/// The set as the kernel's bits.
pub(crate) fn bits(set: &Option<Capabilities>) -> CapabilitySet {
    let numbers = ALL
        .iter()
        .enumerate()
        .filter(|(_, (_, capability))| set.as_ref().is_some_and(|set| set.contains(capability)))
        .map(|(number, _)| 1_u64 << number);
    CapabilitySet::from_bits_retain(numbers.fold(0, |all, bit| all | bit))
}

/// What this process may pass on: the capabilities of its bounding set (a container cannot get what its engine does not have).
#[must_use]
pub fn bounding() -> Capabilities {
    ALL.iter()
        .enumerate()
        .filter(|(number, _)| {
            let capability = CapabilitySet::from_bits_retain(1 << number);
            sys::thread::capability_is_in_bounding_set(capability).unwrap_or(false)
        })
        .map(|(_, (_, capability))| *capability)
        .collect()
}

/// The capability with this name, with or without `CAP_`, in any case.
#[must_use]
pub fn by_name(name: &str) -> Option<Capability> {
    let name = name.to_ascii_uppercase();
    let name = name.strip_prefix("CAP_").unwrap_or(&name);
    ALL.iter().find(|(known, _)| *known == name).map(|(_, capability)| *capability)
}

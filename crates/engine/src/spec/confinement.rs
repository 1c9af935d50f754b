//! Powers: capabilities, masked kernel files, kernel settings, the system call filter.

use crate::error::{Error, Result};
use crate::record::{HostSettings, NetworkMode, SeccompMode};
use oci::runtime::{Capabilities, Capability, LinuxCapabilities, LinuxCapabilitiesBuilder, LinuxSeccomp};
use std::collections::HashMap;

/// What a container can do by default: Docker's 14.
const DEFAULT: [Capability; 14] = [
    Capability::Chown,
    Capability::DacOverride,
    Capability::Fsetid,
    Capability::Fowner,
    Capability::Mknod,
    Capability::NetRaw,
    Capability::Setgid,
    Capability::Setuid,
    Capability::Setfcap,
    Capability::Setpcap,
    Capability::NetBindService,
    Capability::SysChroot,
    Capability::Kill,
    Capability::AuditWrite,
];

const MASKED: [&str; 12] = [
    "/proc/acpi",
    "/proc/asound",
    "/proc/interrupts",
    "/proc/kcore",
    "/proc/keys",
    "/proc/latency_stats",
    "/proc/sched_debug",
    "/proc/scsi",
    "/proc/timer_list",
    "/proc/timer_stats",
    "/sys/devices/virtual/powercap",
    "/sys/firmware",
];

const READ_ONLY: [&str; 5] = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"];

/// The sets: inheritable and ambient are empty (CVE-2022-24769).
pub(crate) fn capabilities(host: &HostSettings) -> Result<LinuxCapabilities> {
    let set = capability_set(host)?;
    LinuxCapabilitiesBuilder::default()
        .bounding(set.clone())
        .effective(set.clone())
        .permitted(set)
        .inheritable(Capabilities::new())
        .ambient(Capabilities::new())
        .build()
        .map_err(super::invalid)
}

/// The sets of a process that begins as this user. Who is not root executes its program without powers, as it would lose them by executing it: so it is
/// refused what is closed to it, and Docker does the same.
pub(crate) fn capabilities_of(host: &HostSettings, uid: u32) -> Result<LinuxCapabilities> {
    let mut sets = capabilities(host)?;
    if uid != 0 {
        sets.set_effective(Some(Capabilities::new()));
        sets.set_permitted(Some(Capabilities::new()));
    }
    Ok(sets)
}

/// `--privileged`, `--cap-add`, `--cap-drop` as Docker combines them: ALL first, then single names; dropping wins over the default, adding over dropping ALL.
fn capability_set(host: &HostSettings) -> Result<Capabilities> {
    let is_all = |name: &String| name.eq_ignore_ascii_case("all") || name.eq_ignore_ascii_case("cap_all");
    if host.privileged {
        return Ok(runtime::capability::bounding());
    }
    let mut set: Capabilities = if host.cap_add.iter().any(is_all) {
        runtime::capability::bounding()
    } else if host.cap_drop.iter().any(is_all) {
        Capabilities::new()
    } else {
        DEFAULT.into_iter().collect()
    };
    for name in host.cap_drop.iter().filter(|n| !is_all(n)) {
        set.remove(&capability(name)?);
    }
    for name in host.cap_add.iter().filter(|n| !is_all(n)) {
        set.insert(capability(name)?);
    }
    Ok(set)
}

fn capability(name: &str) -> Result<Capability> {
    runtime::capability::by_name(name)
        .ok_or_else(|| Error::Invalid(format!("invalid capability: {name:?}; capabilities(7) lists them")))
}

pub(crate) fn masked(host: &HostSettings, throttles: &[String]) -> Vec<String> {
    if host.privileged || host.unmasked {
        return Vec::new();
    }
    MASKED.iter().map(|path| (*path).to_owned()).chain(throttles.iter().cloned()).collect()
}

pub(crate) fn read_only(host: &HostSettings) -> Vec<String> {
    if host.privileged || host.unmasked {
        return Vec::new();
    }
    READ_ONLY.iter().map(|path| (*path).to_owned()).collect()
}

/// The user's settings, and what Docker sets since 20.10 so that an ordinary user in a container can ping and listen on port 80.
/// A name that is not of a namespace of the container would change the host, and is refused.
pub(super) fn sysctls(host: &HostSettings) -> Result<HashMap<String, String>> {
    let mut sysctls = HashMap::new();
    if host.network != NetworkMode::Host {
        sysctls.insert("net.ipv4.ip_unprivileged_port_start".into(), "0".into());
        sysctls.insert("net.ipv4.ping_group_range".into(), "0 2147483647".into());
    }
    for (name, value) in &host.sysctls {
        let is_ipc = name.starts_with("kernel.msg")
            || name.starts_with("kernel.sem")
            || name.starts_with("kernel.shm")
            || name.starts_with("fs.mqueue.");
        let is_net = name.starts_with("net.") && host.network != NetworkMode::Host;
        let is_plain =
            name.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b)) && !name.contains("..");
        let value_is_plain = !value.contains(['+', '\n', '\0']);
        if !is_plain || !value_is_plain || !(is_ipc || is_net) {
            return Err(Error::Invalid(format!(
                "sysctl '{name}={value}' is not allowed: only settings of the container's own IPC and network namespaces are"
            )));
        }
        sysctls.insert(name.clone(), value.clone());
    }
    Ok(sysctls)
}

/// The profile to compile; none for unconfined.
pub(crate) fn seccomp_profile(
    host: &HostSettings,
    capabilities: &LinuxCapabilities,
    kernel: (u32, u32),
) -> Result<Option<LinuxSeccomp>> {
    match &host.seccomp {
        _ if host.privileged => Ok(None),
        SeccompMode::Unconfined => Ok(None),
        SeccompMode::Default => {
            let names = names(capabilities);
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            Ok(Some(seccomp::default_profile(&names, arch()?, kernel)))
        }
        SeccompMode::Profile(text) => serde_json::from_str(text)
            .map(Some)
            .map_err(|e| Error::Invalid(format!("the seccomp profile is not valid: {e}"))),
    }
}

/// The architecture that filters are compiled for.
fn arch() -> Result<seccomp::Arch> {
    seccomp::Arch::native().ok_or_else(|| {
        Error::Unsupported(
            "no seccomp profile for this CPU yet; run with --security-opt seccomp=unconfined".into(),
        )
    })
}

/// The effective capabilities' names, `CAP_CHOWN`, in the kernel's order.
fn names(capabilities: &LinuxCapabilities) -> Vec<String> {
    runtime::capability::ALL
        .iter()
        .filter(|(_, capability)| {
            capabilities.effective().as_ref().is_some_and(|set| set.contains(capability))
        })
        .map(|(name, _)| format!("CAP_{name}"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(add: &[&str], drop: &[&str]) -> Result<usize> {
        let strings = |list: &[&str]| list.iter().map(|s| (*s).to_owned()).collect();
        let host = HostSettings { cap_add: strings(add), cap_drop: strings(drop), ..HostSettings::default() };
        capability_set(&host).map(|set| set.len())
    }

    #[test]
    fn adding_and_dropping() {
        assert_eq!(set(&[], &[]).unwrap(), 14);
        assert_eq!(set(&["net_admin"], &["CAP_MKNOD", "chown"]).unwrap(), 13);
        assert_eq!(set(&["NET_ADMIN"], &["ALL"]).unwrap(), 1);
        assert!(set(&["NO_SUCH"], &[]).is_err());
    }

    #[test]
    fn a_sysctl_cannot_smuggle_another() {
        for (name, value) in [
            ("kernel.shm_rmid_forced", "1+kernel.core_pattern=x"),
            ("kernel.core_pattern", "x"),
            ("net/../kernel/core_pattern", "x"),
            ("net..ipv4", "1"),
        ] {
            let host =
                HostSettings { sysctls: [(name.into(), value.into())].into(), ..HostSettings::default() };
            assert!(sysctls(&host).is_err(), "{name}={value}");
        }
    }
}

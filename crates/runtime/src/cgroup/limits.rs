//! Resource limits as values of cgroup files. Pure: the decision is tested, writing is one loop.

use oci::runtime::{LinuxDeviceCgroup, LinuxDeviceType, LinuxResources};

/// One file to write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Setting {
    /// Controller of version 1; empty on the unified hierarchy.
    pub(super) controller: &'static str,
    pub(super) file: String,
    pub(super) value: String,
}

/// Version 1 files, in the order in which the kernel accepts them.
pub(super) fn separate(resources: &LinuxResources) -> Vec<Setting> {
    let mut settings = Vec::new();
    let mut set = |controller, file: &str, value: String| {
        settings.push(Setting { controller, file: file.into(), value });
    };
    for rule in resources.devices().iter().flatten() {
        let file = if rule.allow() { "devices.allow" } else { "devices.deny" };
        set("devices", file, device_rule(rule));
    }
    if let Some(memory) = resources.memory() {
        let numbers = [
            ("memory.limit_in_bytes", memory.limit()),
            // never below the limit, so after it
            ("memory.memsw.limit_in_bytes", memory.swap()),
            ("memory.soft_limit_in_bytes", memory.reservation()),
        ];
        for (file, number) in numbers {
            if let Some(number) = number {
                set("memory", file, number.to_string());
            }
        }
        if let Some(swappiness) = memory.swappiness() {
            set("memory", "memory.swappiness", swappiness.to_string());
        }
        if memory.disable_oom_killer() == Some(true) {
            set("memory", "memory.oom_control", "1".into());
        }
    }
    if let Some(cpu) = resources.cpu() {
        for (file, number) in [
            ("cpu.shares", cpu.shares().map(|n| n.to_string())),
            ("cpu.cfs_period_us", cpu.period().map(|n| n.to_string())),
            ("cpu.cfs_quota_us", cpu.quota().map(|n| n.to_string())),
        ] {
            if let Some(number) = number {
                set("cpu", file, number);
            }
        }
        for (file, list) in [("cpuset.cpus", cpu.cpus()), ("cpuset.mems", cpu.mems())] {
            if let Some(list) = list {
                set("cpuset", file, list.clone());
            }
        }
    }
    if let Some(pids) = resources.pids() {
        set("pids", "pids.max", maximum(pids.limit()));
    }
    settings
}

/// Files of the unified hierarchy.
pub(super) fn unified(resources: &LinuxResources) -> Vec<Setting> {
    let mut settings = Vec::new();
    let mut set = |file: &str, value: String| {
        settings.push(Setting { controller: "", file: file.into(), value });
    };
    if let Some(memory) = resources.memory() {
        if let Some(limit) = memory.limit() {
            set("memory.max", maximum(limit));
        }
        if let Some(swap) = memory.swap() {
            // the specification's number is memory and swap together
            let own = if swap < 0 { swap } else { swap - memory.limit().unwrap_or(0).max(0) };
            set("memory.swap.max", maximum_or_zero(own));
        }
        if let Some(reservation) = memory.reservation() {
            set("memory.low", reservation.to_string());
        }
    }
    if let Some(cpu) = resources.cpu() {
        if let Some(shares) = cpu.shares().filter(|shares| *shares > 0) {
            set("cpu.weight", weight(shares).to_string());
        }
        if let Some(quota) = cpu.quota() {
            set("cpu.max", format!("{} {}", maximum(quota), cpu.period().unwrap_or(100_000)));
        }
        for (file, list) in [("cpuset.cpus", cpu.cpus()), ("cpuset.mems", cpu.mems())] {
            if let Some(list) = list {
                set(file, list.clone());
            }
        }
    }
    if let Some(pids) = resources.pids() {
        set("pids.max", maximum(pids.limit()));
    }
    for (file, value) in resources.unified().iter().flatten() {
        set(file, value.clone());
    }
    settings
}

/// Shares (2 to 262144, default 1024) as a weight (1 to 10000, default 100), by the formula that runc and crun agreed on in 2025:
/// a quadratic curve in the logarithm that meets both ends and the defaults.
fn weight(shares: u64) -> u64 {
    if shares <= 2 {
        return 1;
    }
    if shares >= 262_144 {
        return 10_000;
    }
    #[expect(clippy::cast_precision_loss, reason = "at most 18 bits")]
    let logarithm = (shares as f64).log2();
    let exponent = (logarithm * logarithm + 125.0 * logarithm) / 612.0 - 7.0 / 34.0;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 1 and 10000")]
    let weight = 10_f64.powf(exponent).ceil() as u64;
    weight
}

fn maximum(number: i64) -> String {
    if number <= 0 { "max".into() } else { number.to_string() }
}

fn maximum_or_zero(number: i64) -> String {
    if number < 0 { "max".into() } else { number.to_string() }
}

/// A rule in the words of `devices.allow`: `c 1:3 rwm`.
fn device_rule(rule: &LinuxDeviceCgroup) -> String {
    let kind = match rule.typ() {
        Some(LinuxDeviceType::C | LinuxDeviceType::U) => "c",
        Some(LinuxDeviceType::B) => "b",
        _ => return "a".into(),
    };
    let number = |n: Option<i64>| n.filter(|n| *n >= 0).map_or("*".into(), |n| n.to_string());
    let access = rule.access().as_deref().unwrap_or("rwm");
    format!("{kind} {}:{} {access}", number(rule.major()), number(rule.minor()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use oci::runtime::{LinuxCpuBuilder, LinuxMemoryBuilder, LinuxPidsBuilder, LinuxResourcesBuilder};

    fn resources() -> LinuxResources {
        LinuxResourcesBuilder::default()
            .memory(LinuxMemoryBuilder::default().limit(64 << 20).swap(128 << 20).build().unwrap())
            .cpu(LinuxCpuBuilder::default().quota(50_000).period(100_000_u64).cpus("0").build().unwrap())
            .pids(LinuxPidsBuilder::default().limit(10).build().unwrap())
            .devices(vec![])
            .build()
            .unwrap()
    }

    fn lines(settings: &[Setting]) -> Vec<String> {
        settings.iter().map(|s| format!("{}={}", s.file, s.value)).collect()
    }

    #[test]
    fn swap_is_counted_apart_on_the_unified_hierarchy() {
        assert_eq!(
            lines(&unified(&resources())),
            [
                "memory.max=67108864",
                "memory.swap.max=67108864",
                "cpu.max=50000 100000",
                "cpuset.cpus=0",
                "pids.max=10"
            ]
        );
    }

    #[test]
    fn version_one_wants_memory_before_swap() {
        assert_eq!(
            lines(&separate(&resources()))[..2],
            ["memory.limit_in_bytes=67108864", "memory.memsw.limit_in_bytes=134217728"]
        );
    }

    #[test]
    fn default_shares_are_the_default_weight() {
        assert_eq!((weight(2), weight(1024), weight(262_144)), (1, 100, 10_000));
    }
}

//! Resource limits as values of cgroup files. Pure: the decision is tested, writing is one loop.

use oci::runtime::{LinuxBlockIo, LinuxDeviceCgroup, LinuxDeviceType, LinuxResources};

/// One file to write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Setting {
    /// Controller of version 1; empty on the unified hierarchy.
    pub(super) controller: &'static str,
    pub(super) file: String,
    pub(super) value: String,
    /// A file and its value to be written first if the kernel refuses this one.
    pub(super) before: Option<(String, String)>,
}

/// Settings in the order in which they are made.
#[derive(Default)]
struct List(Vec<Setting>);

impl List {
    fn set(&mut self, controller: &'static str, file: &str, value: impl ToString) {
        self.0.push(Setting { controller, file: file.into(), value: value.to_string(), before: None });
    }

    fn last(&mut self) -> &mut Setting {
        self.0.last_mut().expect("a setting has just been made")
    }

    fn set_some(&mut self, controller: &'static str, file: &str, value: Option<impl ToString>) {
        if let Some(value) = value {
            self.set(controller, file, value);
        }
    }
}

/// Version 1 files, in the order in which the kernel accepts them.
pub(super) fn separate(resources: &LinuxResources) -> Vec<Setting> {
    let mut list = List::default();
    for rule in resources.devices().iter().flatten() {
        list.set("devices", if rule.allow() { "devices.allow" } else { "devices.deny" }, device_rule(rule));
    }
    separate_memory(&mut list, resources);
    if let Some(cpu) = resources.cpu() {
        list.set_some("cpu", "cpu.shares", cpu.shares().filter(|shares| *shares > 0));
        list.set_some("cpu", "cpu.cfs_burst_us", cpu.burst());
        for (period, quota) in [
            (
                ("cpu.cfs_period_us", cpu.period().filter(|period| *period > 0)),
                ("cpu.cfs_quota_us", cpu.quota().filter(|quota| *quota != 0)),
            ),
            (
                ("cpu.rt_period_us", cpu.realtime_period().filter(|period| *period > 0)),
                ("cpu.rt_runtime_us", cpu.realtime_runtime().filter(|runtime| *runtime != 0)),
            ),
        ] {
            list.set_some("cpu", period.0, period.1);
            // a shorter period than what may run in it is refused
            if let (Some(_), Some(quota_value)) = (period.1, quota.1) {
                list.last().before = Some((quota.0.into(), quota_value.to_string()));
            }
            list.set_some("cpu", quota.0, quota.1);
        }
        list.set_some("cpu", "cpu.idle", cpu.idle());
        list.set_some("cpuset", "cpuset.cpus", cpu.cpus().as_ref().filter(|cpus| !cpus.is_empty()));
        list.set_some("cpuset", "cpuset.mems", cpu.mems().as_ref().filter(|mems| !mems.is_empty()));
    }
    if let Some(pids) = resources.pids() {
        list.set("pids", "pids.max", processes(pids.limit()));
    }
    separate_io(&mut list, resources);
    for limit in resources.hugepage_limits().iter().flatten() {
        let file = format!("hugetlb.{}.limit_in_bytes", limit.page_size());
        list.set("hugetlb", &file, limit.limit());
    }
    if let Some(network) = resources.network() {
        list.set_some("net_cls", "net_cls.classid", network.class_id().filter(|id| *id > 0));
        for priority in network.priorities().iter().flatten() {
            let value = format!("{} {}", priority.name(), priority.priority());
            list.set("net_prio", "net_prio.ifpriomap", value);
        }
    }
    list.0
}

fn separate_memory(list: &mut List, resources: &LinuxResources) {
    let Some(memory) = resources.memory() else { return };
    let (limit, swap) = (memory.limit().filter(|n| *n != 0), memory.swap().filter(|n| *n != 0));
    // without a limit of memory there is none of both
    let swap = if limit == Some(-1) && swap.is_none() { Some(-1) } else { swap };
    if let Some(limit) = limit {
        let before = swap.map(|swap| ("memory.memsw.limit_in_bytes".into(), swap.to_string()));
        let (file, value) = ("memory.limit_in_bytes".into(), limit.to_string());
        list.0.push(Setting { controller: "memory", file, value, before });
    }
    // never below the limit, so after it
    list.set_some("memory", "memory.memsw.limit_in_bytes", swap);
    list.set_some("memory", "memory.soft_limit_in_bytes", memory.reservation().filter(|n| *n != 0));
    list.set_some("memory", "memory.kmem.tcp.limit_in_bytes", memory.kernel_tcp().filter(|n| *n != 0));
    list.set_some("memory", "memory.swappiness", memory.swappiness());
    if memory.disable_oom_killer() == Some(true) {
        list.set("memory", "memory.oom_control", "1");
    }
    if memory.use_hierarchy() == Some(true) {
        list.set("memory", "memory.use_hierarchy", "1");
    }
}

fn separate_io(list: &mut List, resources: &LinuxResources) {
    let Some(io) = resources.block_io() else { return };
    list.set_some("blkio", "blkio.weight", io.weight().filter(|weight| *weight > 0));
    list.set_some("blkio", "blkio.leaf_weight", io.leaf_weight().filter(|weight| *weight > 0));
    for device in io.weight_device().iter().flatten() {
        let number = format!("{}:{}", device.major(), device.minor());
        list.set_some("blkio", "blkio.weight_device", device.weight().map(|w| format!("{number} {w}")));
        let leaf = device.leaf_weight().map(|w| format!("{number} {w}"));
        list.set_some("blkio", "blkio.leaf_weight_device", leaf);
    }
    for (file, _, device, rate) in throttles(io) {
        list.set("blkio", file, format!("{device} {rate}"));
    }
}

/// The devices that are held back: file of version 1, key in `io.max`, device, rate a second.
fn throttles(io: &LinuxBlockIo) -> impl Iterator<Item = (&'static str, &'static str, String, u64)> {
    let kinds = [
        ("blkio.throttle.read_bps_device", "rbps", io.throttle_read_bps_device()),
        ("blkio.throttle.write_bps_device", "wbps", io.throttle_write_bps_device()),
        ("blkio.throttle.read_iops_device", "riops", io.throttle_read_iops_device()),
        ("blkio.throttle.write_iops_device", "wiops", io.throttle_write_iops_device()),
    ];
    kinds.into_iter().flat_map(|(file, key, devices)| {
        let devices = devices.iter().flatten();
        devices.map(move |d| (file, key, format!("{}:{}", d.major(), d.minor()), d.rate()))
    })
}

/// Files of the unified hierarchy.
pub(super) fn unified(resources: &LinuxResources) -> Vec<Setting> {
    let mut list = List::default();
    if let Some(memory) = resources.memory() {
        let limit = memory.limit().filter(|n| *n != 0);
        if let Some(swap) = memory.swap().filter(|n| *n != 0) {
            // the specification's number is memory and swap together
            let own = if swap < 0 { swap } else { swap - limit.unwrap_or(0).max(0) };
            list.set("", "memory.swap.max", maximum_or_zero(own));
        } else if limit == Some(-1) {
            list.set("", "memory.swap.max", "max");
        }
        list.set_some("", "memory.max", limit.map(maximum));
        list.set_some("", "memory.low", memory.reservation().filter(|n| *n != 0).map(maximum));
    }
    if let Some(cpu) = resources.cpu() {
        list.set_some("", "cpu.idle", cpu.idle());
        list.set_some("", "cpu.weight", cpu.shares().filter(|shares| *shares > 0).map(weight));
        let (quota, period) = (cpu.quota().filter(|n| *n != 0), cpu.period().filter(|n| *n > 0));
        if quota.is_some() || period.is_some() {
            let value = format!("{} {}", maximum(quota.unwrap_or(-1)), period.unwrap_or(100_000));
            list.set("", "cpu.max", value);
        }
        list.set_some("", "cpu.max.burst", cpu.burst());
        list.set_some("", "cpuset.cpus", cpu.cpus().as_ref().filter(|cpus| !cpus.is_empty()));
        list.set_some("", "cpuset.mems", cpu.mems().as_ref().filter(|mems| !mems.is_empty()));
    }
    if let Some(pids) = resources.pids() {
        list.set("", "pids.max", processes(pids.limit()));
    }
    unified_io(&mut list, resources);
    for limit in resources.hugepage_limits().iter().flatten() {
        list.set("", &format!("hugetlb.{}.max", limit.page_size()), limit.limit());
    }
    rdma(&mut list, "", resources);
    for (file, value) in resources.unified().iter().flatten() {
        list.set("", file, value);
    }
    list.0
}

fn rdma(list: &mut List, controller: &'static str, resources: &LinuxResources) {
    for (device, limit) in resources.rdma().iter().flatten() {
        let number = |n: Option<u32>| n.map_or("max".into(), |n| n.to_string());
        let (handles, objects) = (number(limit.hca_handles()), number(limit.hca_objects()));
        list.set(controller, "rdma.max", format!("{device} hca_handle={handles} hca_object={objects}"));
    }
}

fn unified_io(list: &mut List, resources: &LinuxResources) {
    let Some(io) = resources.block_io() else { return };
    if let Some(weight) = io.weight().filter(|weight| *weight > 0) {
        // 10 to 1000 becomes 1 to 10000
        let value = 1 + (u64::from(weight).saturating_sub(10)) * 9999 / 990;
        list.set("", "io.weight", value);
    }
    for device in io.weight_device().iter().flatten() {
        let weight = device.weight().map(|weight| format!("{}:{} {weight}", device.major(), device.minor()));
        list.set_some("", "io.bfq.weight", weight);
    }
    for (_, key, device, rate) in throttles(io) {
        list.set("", "io.max", format!("{device} {key}={rate}"));
    }
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

/// No process at all cannot run: the specification's 0 is the least that can.
fn processes(limit: i64) -> String {
    if limit < 0 { "max".into() } else { limit.max(1).to_string() }
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
    // as runc: what is no access is passed over
    let access: String =
        rule.access().as_deref().unwrap_or("rwm").chars().filter(|c| "rwm".contains(*c)).collect();
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
                "memory.swap.max=67108864",
                "memory.max=67108864",
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

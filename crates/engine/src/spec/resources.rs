//! Limits and devices.

use crate::error::{At, Error, Result};
use crate::record::{Device, HostSettings, Ulimit};
use oci::runtime::{
    LinuxCpuBuilder, LinuxDevice, LinuxDeviceBuilder, LinuxDeviceCgroup, LinuxDeviceCgroupBuilder,
    LinuxDeviceType, LinuxMemoryBuilder, LinuxPidsBuilder, LinuxResources, LinuxResourcesBuilder,
    PosixRlimit, PosixRlimitBuilder, PosixRlimitType,
};
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};

/// A device of the host as it was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FoundDevice {
    path: PathBuf,
    is_block: bool,
    major: i64,
    minor: i64,
    mode: u32,
    owner: (u32, u32),
    access: String,
}

impl FoundDevice {
    fn kind(&self) -> LinuxDeviceType {
        if self.is_block { LinuxDeviceType::B } else { LinuxDeviceType::C }
    }

    pub(super) fn node(&self) -> LinuxDevice {
        LinuxDeviceBuilder::default()
            .path(self.path.clone())
            .typ(self.kind())
            .major(self.major)
            .minor(self.minor)
            .file_mode(self.mode)
            .uid(self.owner.0)
            .gid(self.owner.1)
            .build()
            .expect("all fields are given")
    }
}

/// Looks a device up on the host; a directory stands for all devices in it.
pub(crate) fn find_device(device: &Device) -> Result<Vec<FoundDevice>> {
    let metadata = std::fs::metadata(&device.host).at("look up device", &device.host)?;
    if metadata.is_dir() {
        let mut found = Vec::new();
        for entry in std::fs::read_dir(&device.host).at("list", &device.host)?.flatten() {
            let child = Device {
                host: entry.path(),
                container: device.container.join(entry.file_name()),
                access: device.access.clone(),
            };
            // links and plain files in a directory of devices are none
            if entry.file_type().is_ok_and(|t| t.is_char_device() || t.is_block_device() || t.is_dir()) {
                found.extend(find_device(&child)?);
            }
        }
        return Ok(found);
    }
    let kind = metadata.file_type();
    if !kind.is_char_device() && !kind.is_block_device() {
        return Err(Error::Invalid(format!("not a device node: {}", device.host.display())));
    }
    Ok(vec![FoundDevice {
        path: device.container.clone(),
        is_block: kind.is_block_device(),
        major: i64::from(sys::fs::major(metadata.rdev())),
        minor: i64::from(sys::fs::minor(metadata.rdev())),
        mode: metadata.mode() & 0o777,
        owner: (metadata.uid(), metadata.gid()),
        access: device.access.clone(),
    }])
}

/// Directories of `/dev` whose devices belong to a container itself.
const OWN: [&str; 4] = ["console", "mqueue", "pts", "shm"];

/// Every device of the host, for `--privileged`.
pub(crate) fn all_devices() -> Result<Vec<FoundDevice>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir("/dev").at("list", "/dev")?.flatten() {
        let name = entry.file_name();
        let kind = entry.file_type();
        let is_wanted = kind.is_ok_and(|t| t.is_char_device() || t.is_block_device() || t.is_dir());
        if is_wanted && !OWN.iter().any(|own| name == *own) {
            let path = entry.path();
            let device = Device { host: path.clone(), container: path, access: "rwm".into() };
            found.extend(find_device(&device)?);
        }
    }
    Ok(found)
}

/// Directories that tell about the temperature of the processors (a side channel): one for each.
pub(crate) fn throttles() -> Vec<String> {
    let path = Path::new("/sys/devices/system/cpu");
    let entries = std::fs::read_dir(path).into_iter().flatten().flatten();
    entries
        .map(|entry| entry.path().join("thermal_throttle"))
        .filter(|path| path.exists())
        .map(|path| path.to_string_lossy().into_owned())
        .collect()
}

pub(super) fn resources(host: &HostSettings, devices: &[FoundDevice]) -> LinuxResources {
    let mut resources = LinuxResourcesBuilder::default().build().expect("nothing is required");
    resources.set_devices(Some(device_rules(host, devices)));
    if host.memory.is_some() || host.memory_reservation.is_some() {
        let mut memory = LinuxMemoryBuilder::default().build().expect("nothing is required");
        memory.set_limit(host.memory);
        memory.set_reservation(host.memory_reservation);
        // Docker: twice the memory unless something else is said
        memory.set_swap(host.memory_swap.or(host.memory.map(|limit| limit.saturating_mul(2))));
        resources.set_memory(Some(memory));
    }
    let mut cpu = LinuxCpuBuilder::default().build().expect("nothing is required");
    cpu.set_shares(host.cpu_shares);
    cpu.set_period(host.cpu_period);
    cpu.set_quota(host.cpu_quota);
    if let Some(nano) = host.nano_cpus {
        cpu.set_period(Some(100_000));
        cpu.set_quota(Some(nano / 10_000));
    }
    cpu.set_cpus(host.cpuset_cpus.clone());
    cpu.set_mems(host.cpuset_mems.clone());
    resources.set_cpu(Some(cpu));
    if let Some(limit) = host.pids_limit.filter(|limit| *limit > 0) {
        let pids = LinuxPidsBuilder::default().limit(limit).build().expect("the limit is given");
        resources.set_pids(Some(pids));
    }
    resources
}

/// Docker's rules: nothing, but making nodes, the usual devices, terminals, and what was asked for.
fn device_rules(host: &HostSettings, devices: &[FoundDevice]) -> Vec<LinuxDeviceCgroup> {
    use LinuxDeviceType::{A, B, C};
    if host.privileged {
        return vec![rule(true, A, None, None, "rwm")];
    }
    let mut rules = vec![
        rule(false, A, None, None, "rwm"),
        rule(true, C, None, None, "m"),
        rule(true, B, None, None, "m"),
    ];
    let usual = [(1, 3), (1, 5), (1, 7), (1, 8), (1, 9), (5, 0), (5, 1), (5, 2)];
    rules.extend(usual.map(|(major, minor)| rule(true, C, Some(major), Some(minor), "rwm")));
    rules.push(rule(true, C, Some(136), None, "rwm"));
    rules.extend(devices.iter().map(|d| rule(true, d.kind(), Some(d.major), Some(d.minor), &d.access)));
    rules
}

fn rule(
    allow: bool,
    kind: LinuxDeviceType,
    major: Option<i64>,
    minor: Option<i64>,
    access: &str,
) -> LinuxDeviceCgroup {
    let mut rule = LinuxDeviceCgroupBuilder::default()
        .allow(allow)
        .typ(kind)
        .access(access)
        .build()
        .expect("what is required is given");
    rule.set_major(major);
    rule.set_minor(minor);
    rule
}

pub(crate) fn limits(ulimits: &[Ulimit]) -> Result<Vec<PosixRlimit>> {
    ulimits
        .iter()
        .map(|limit| {
            let kind = limit_kind(&limit.name)
                .ok_or_else(|| Error::Invalid(format!("invalid ulimit type: {}", limit.name)))?;
            PosixRlimitBuilder::default()
                .typ(kind)
                .soft(limit.soft)
                .hard(limit.hard)
                .build()
                .map_err(super::invalid)
        })
        .collect()
}

fn limit_kind(name: &str) -> Option<PosixRlimitType> {
    use PosixRlimitType as Type;
    Some(match name {
        "cpu" => Type::RlimitCpu,
        "fsize" => Type::RlimitFsize,
        "data" => Type::RlimitData,
        "stack" => Type::RlimitStack,
        "core" => Type::RlimitCore,
        "rss" => Type::RlimitRss,
        "nproc" => Type::RlimitNproc,
        "nofile" => Type::RlimitNofile,
        "memlock" => Type::RlimitMemlock,
        "as" => Type::RlimitAs,
        "locks" => Type::RlimitLocks,
        "sigpending" => Type::RlimitSigpending,
        "msgqueue" => Type::RlimitMsgqueue,
        "nice" => Type::RlimitNice,
        "rtprio" => Type::RlimitRtprio,
        "rttime" => Type::RlimitRttime,
        _ => return None,
    })
}

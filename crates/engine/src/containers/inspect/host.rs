//! `HostConfig`: how a container is confined and connected.

use super::{list_or_null, object};
use crate::containers::record::{HostSettings, MountKind, MountPoint, Record, SeccompMode};
use crate::spec;
use serde_json::{Map, Value, json};

pub(super) fn show(record: &Record) -> Value {
    let host = &record.host;
    let tmpfs = (!host.tmpfs.is_empty()).then(|| json!(host.tmpfs));
    let sysctls = (!host.sysctls.is_empty()).then(|| json!(host.sysctls));
    let parts = [
        connections(record),
        confinement(host),
        optional("Tmpfs", tmpfs),
        namespaces(host),
        optional("Sysctls", sysctls),
        json!({ "Runtime": "tare", "Isolation": "" }),
        processor(host),
        limits(host),
        optional("Init", host.init.then(|| json!(true))),
    ];
    let entries = parts.into_iter().flat_map(|part| match part {
        Value::Object(entries) => entries,
        _ => Map::new(),
    });
    Value::Object(entries.collect())
}

/// A key that Docker leaves out when nobody said anything.
fn optional(key: &str, value: Option<Value>) -> Value {
    value.map_or_else(|| json!({}), |value| object([(key, value)]))
}

fn connections(record: &Record) -> Value {
    let host = &record.host;
    object([
        ("Binds", list_or_null(&record.mounts.iter().filter_map(bind).collect::<Vec<_>>())),
        ("ContainerIDFile", json!("")),
        ("LogConfig", json!({ "Type": "json-file", "Config": log(host) })),
        ("NetworkMode", json!(host.network.name())),
        ("PortBindings", json!({})),
        ("RestartPolicy", json!({ "Name": "no", "MaximumRetryCount": 0 })),
        ("AutoRemove", json!(host.auto_remove)),
        ("VolumeDriver", json!("")),
        ("VolumesFrom", Value::Null),
        ("ConsoleSize", json!([0, 0])),
        ("CapAdd", list_or_null(&capabilities(&host.cap_add))),
        ("CapDrop", list_or_null(&capabilities(&host.cap_drop))),
        ("CgroupnsMode", json!("private")),
        ("Dns", json!(host.dns)),
        ("DnsOptions", json!(host.dns_options)),
        ("DnsSearch", json!(host.dns_search)),
        (
            "ExtraHosts",
            list_or_null(
                &host
                    .extra_hosts
                    .iter()
                    .map(|(name, address)| format!("{name}:{address}"))
                    .collect::<Vec<_>>(),
            ),
        ),
        ("GroupAdd", list_or_null(&host.groups)),
    ])
}

fn confinement(host: &HostSettings) -> Value {
    object([
        ("IpcMode", json!("private")),
        ("Cgroup", json!("")),
        ("Links", Value::Null),
        ("OomScoreAdj", json!(host.oom_score_adj.unwrap_or(0))),
        ("PidMode", json!("")),
        ("Privileged", json!(host.privileged)),
        ("PublishAllPorts", json!(false)),
        ("ReadonlyRootfs", json!(host.read_only)),
        ("SecurityOpt", list_or_null(&security(host))),
    ])
}

fn namespaces(host: &HostSettings) -> Value {
    json!({ "UTSMode": "", "UsernsMode": "", "ShmSize": host.shm_size.unwrap_or(spec::SHM_SIZE) })
}

fn processor(host: &HostSettings) -> Value {
    object([
        ("CpuShares", json!(host.cpu_shares.unwrap_or(0))),
        ("Memory", json!(host.memory.unwrap_or(0))),
        ("NanoCpus", json!(host.nano_cpus.unwrap_or(0))),
        ("CgroupParent", json!("")),
        ("BlkioWeight", json!(0)),
        ("BlkioWeightDevice", json!([])),
        ("BlkioDeviceReadBps", json!([])),
        ("BlkioDeviceWriteBps", json!([])),
        ("BlkioDeviceReadIOps", json!([])),
        ("BlkioDeviceWriteIOps", json!([])),
        ("CpuPeriod", json!(host.cpu_period.unwrap_or(0))),
        ("CpuQuota", json!(host.cpu_quota.unwrap_or(0))),
        ("CpuRealtimePeriod", json!(0)),
        ("CpuRealtimeRuntime", json!(0)),
        ("CpusetCpus", json!(host.cpuset_cpus.as_deref().unwrap_or_default())),
        ("CpusetMems", json!(host.cpuset_mems.as_deref().unwrap_or_default())),
    ])
}

fn limits(host: &HostSettings) -> Value {
    object([
        ("Devices", devices(host)),
        ("DeviceCgroupRules", Value::Null),
        ("DeviceRequests", Value::Null),
        ("MemoryReservation", json!(host.memory_reservation.unwrap_or(0))),
        ("MemorySwap", json!(memory_and_swap(host))),
        ("MemorySwappiness", Value::Null),
        ("OomKillDisable", Value::Null),
        ("PidsLimit", json!(host.pids_limit)),
        ("Ulimits", ulimits(host)),
        ("CpuCount", json!(0)),
        ("CpuPercent", json!(0)),
        ("IOMaximumIOps", json!(0)),
        ("IOMaximumBandwidth", json!(0)),
        ("MaskedPaths", paths(host, spec::masked(host, &spec::throttles()))),
        ("ReadonlyPaths", paths(host, spec::read_only(host))),
    ])
}

fn paths(host: &HostSettings, paths: Vec<String>) -> Value {
    if host.privileged { Value::Null } else { json!(paths) }
}

/// Without a wish of its own a container with a memory limit gets as much swap.
fn memory_and_swap(host: &HostSettings) -> i64 {
    host.memory_swap.or(host.memory.map(|memory| memory.saturating_mul(2))).unwrap_or(0)
}

/// As it could be given to `-v`.
fn bind(mount: &MountPoint) -> Option<String> {
    let source = match &mount.kind {
        MountKind::Bind => mount.source.to_string_lossy().into_owned(),
        MountKind::Volume { name, anonymous: false } => name.clone(),
        MountKind::Volume { .. } | MountKind::Tmpfs => return None,
    };
    let options: Vec<&str> = [if mount.read_only { "ro" } else { "" }, &mount.propagation]
        .into_iter()
        .filter(|o| !o.is_empty())
        .collect();
    let colon = if options.is_empty() { "" } else { ":" };
    Some(format!("{source}:{}{colon}{}", mount.destination.display(), options.join(",")))
}

fn log(host: &HostSettings) -> Value {
    let mut bounds = Map::new();
    if let Some(files) = host.log_files {
        bounds.insert("max-file".into(), json!(files.to_string()));
    }
    if let Some(size) = host.log_size {
        bounds.insert("max-size".into(), json!(size.to_string()));
    }
    Value::Object(bounds)
}

/// Docker keeps them as the kernel calls them.
fn capabilities(names: &[String]) -> Vec<String> {
    let full = |name: &String| {
        let upper = name.to_ascii_uppercase();
        if upper == "ALL" || upper.starts_with("CAP_") { upper } else { format!("CAP_{upper}") }
    };
    names.iter().map(full).collect()
}

fn security(host: &HostSettings) -> Vec<String> {
    let seccomp = match &host.seccomp {
        SeccompMode::Default => None,
        SeccompMode::Unconfined => Some("seccomp=unconfined".to_owned()),
        SeccompMode::Profile(profile) => Some(format!("seccomp={profile}")),
    };
    let others = [(host.no_new_privileges, "no-new-privileges"), (host.unmasked, "systempaths=unconfined")];
    let others = others.into_iter().filter(|(set, _)| *set).map(|(_, name)| name.to_owned());
    seccomp.into_iter().chain(others).collect()
}

fn devices(host: &HostSettings) -> Value {
    let device = |device: &crate::containers::record::Device| {
        json!({
            "PathOnHost": device.host.to_string_lossy(),
            "PathInContainer": device.container.to_string_lossy(),
            "CgroupPermissions": device.access,
        })
    };
    host.devices.iter().map(device).collect()
}

fn ulimits(host: &HostSettings) -> Value {
    // none is -1
    let number = |limit: u64| i64::try_from(limit).unwrap_or(-1);
    let ulimit = |limit: &crate::containers::record::Ulimit| json!({ "Name": limit.name, "Hard": number(limit.hard), "Soft": number(limit.soft) });
    host.ulimits.iter().map(ulimit).collect()
}

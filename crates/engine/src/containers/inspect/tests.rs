//! The shape of `inspect`, against golden files.

use super::*;
use crate::containers::record::{Device, HostSettings, SeccompMode, State, Ulimit};
use crate::containers::tests::testbed::{self, Testbed};
use crate::document::Lasting;
use oci::image::{Empty, Execution};
use std::collections::BTreeMap;

/// What differs between machines and runs is replaced; the golden file says the rest, with the order of the keys.
fn golden(bed: &Testbed, shown: &Value, expected: &str) {
    let data = bed.engine.layout().data_root.to_string_lossy().into_owned();
    let mut shown = shown.clone();
    let masked = &mut shown["HostConfig"]["MaskedPaths"];
    if let Value::Array(paths) = masked {
        paths.retain(|path| !path.as_str().is_some_and(|path| path.contains("thermal_throttle")));
    }
    let network =
        shown["NetworkSettings"]["Networks"]["bridge"]["NetworkID"].as_str().unwrap_or("none").to_owned();
    let text =
        serde_json::to_string_pretty(&shown).unwrap().replace(&data, "<data>").replace(&network, "<network>");
    assert_eq!(text, expected.trim_end());
}

#[test]
fn a_container_with_nothing_special() {
    let Some(bed) = Testbed::new() else { return };
    bed.record(Record { platform: "linux/amd64".parse().unwrap(), ..testbed::record("web") });
    golden(&bed, &inspect(&bed.engine, "web", false).unwrap(), include_str!("tests/plain.json"));
}

fn everything(bed: &Testbed) -> Record {
    let host = HostSettings {
        auto_remove: true,
        init: true,
        cap_add: vec!["net_admin".into(), "ALL".into()],
        no_new_privileges: true,
        seccomp: SeccompMode::Unconfined,
        memory: Some(64 << 20),
        pids_limit: Some(10),
        ulimits: vec![Ulimit { name: "nofile".into(), soft: 10, hard: u64::MAX }],
        devices: vec![Device {
            host: "/dev/null".into(),
            container: "/dev/zero".into(),
            access: "rwm".into(),
        }],
        sysctls: BTreeMap::from([("net.core.somaxconn".into(), "5".into())]),
        tmpfs: BTreeMap::from([("/scratch".into(), "size=1m".into())]),
        extra_hosts: vec![("db".into(), "10.0.0.1".into())],
        log_files: Some(2),
        ..HostSettings::default()
    };
    let execution = Execution {
        user: "33".into(),
        exposed_ports: BTreeMap::from([("80/tcp".into(), Empty {})]),
        env: vec!["A=b".into()],
        cmd: Some(vec!["serve".into()]),
        volumes: BTreeMap::from([("/data".into(), Empty {})]),
        labels: BTreeMap::from([("tier".into(), "front".into())]),
        stop_signal: Some("SIGQUIT".into()),
        stop_timeout: Some(3),
        ..Execution::default()
    };
    let tmpfs = |destination: &str| MountPoint {
        kind: MountKind::Tmpfs,
        source: "".into(),
        destination: destination.into(),
        read_only: false,
        propagation: String::new(),
        options: Vec::new(),
    };
    let bind = MountPoint { kind: MountKind::Bind, source: "/srv".into(), read_only: true, ..tmpfs("/srv") };
    let mounts = vec![bind, bed.volume("kept", "/data", false), tmpfs("/scratch"), tmpfs("/other")];
    Record { host, execution, mounts, platform: "linux/amd64".parse().unwrap(), ..testbed::record("all") }
}

#[test]
fn a_container_with_everything_that_has_ended() {
    let Some(bed) = Testbed::new() else { return };
    let record = bed.record(everything(&bed));
    let state = State {
        started: Some("2026-01-02T03:04:06Z".into()),
        finished: Some("2026-01-02T03:04:07Z".into()),
        exit_code: 137,
        oom_killed: true,
        ..State::default()
    };
    bed.directory_of(&record).write_state(&state, Lasting::Boot).unwrap();
    golden(&bed, &inspect(&bed.engine, "all", false).unwrap(), include_str!("tests/everything.json"));
}

#[test]
fn sizes_stand_after_the_graph_driver() {
    let Some(bed) = Testbed::new() else { return };
    let layer = bed.layer(|root| std::fs::write(root.join("file"), [0; 1000]).unwrap());
    let record = bed.container("web", &[layer], Vec::new());
    let upper = bed.directory_of(&record).data.join("rw/upper");
    std::fs::write(upper.join("own"), [0; 234]).unwrap();
    std::fs::hard_link(upper.join("own"), upper.join("again")).unwrap();
    let shown = inspect(&bed.engine, "web", true).unwrap();
    let keys: Vec<&String> = shown.as_object().unwrap().keys().collect();
    let at = keys.iter().position(|key| *key == "GraphDriver").unwrap();
    assert_eq!(keys[at + 1..], ["SizeRw", "SizeRootFs", "Mounts", "Config", "NetworkSettings"]);
    assert_eq!((&shown["SizeRw"], &shown["SizeRootFs"]), (&json!(234), &json!(1234)));
}

#[test]
fn a_running_container_has_a_process() {
    let Some(bed) = Testbed::new() else { return };
    let layer = bed.layer(|root| std::fs::write(root.join("exe"), "").unwrap());
    let record = bed.container("web", &[layer], Vec::new());
    let running = bed.run(&record);
    let shown = inspect(&bed.engine, "web", false).unwrap();
    assert_eq!((&shown["State"]["Status"], &shown["State"]["Running"]), (&json!("running"), &json!(true)));
    let pid = shown["State"]["Pid"].as_u64().unwrap();
    assert_eq!(shown["NetworkSettings"]["SandboxKey"], json!(format!("/proc/{pid}/ns/net")));
    drop(running);
}

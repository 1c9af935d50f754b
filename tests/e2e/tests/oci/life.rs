//! The life of a container: create, start, kill, delete, and what looks at it.

use e2e::{Bundle, eventually};
use serde_json::{Value, json};
use std::fs;

#[test]
fn created_then_started_then_deleted() {
    let Some(mut bundle) = Bundle::new() else { return };
    bundle.set("/process/args", json!(["sh", "-c", "echo started > /started; sleep 1000"]));
    bundle.detached(["create", "--pid-file", "pid", "bundle"]).ok();
    assert_eq!(bundle.status(), "created");
    assert!(!bundle.root("started").exists(), "its program waits");
    let state: Value = serde_json::from_str(&bundle.oci(["state", "bundle"]).text()).unwrap();
    assert_eq!(fs::read_to_string(bundle.directory().join("pid")).unwrap(), state["pid"].to_string());
    assert_eq!(state["bundle"], bundle.name());
    bundle.oci(["start", "bundle"]).ok();
    assert_eq!(bundle.status(), "running");
    eventually("its program runs", || bundle.root("started").exists().then_some(()));
    bundle.oci(["start", "bundle"]).fails(1, "cannot start an already running container");
    bundle.oci(["delete", "bundle"]).fails(1, "not stopped");
    bundle.oci(["kill", "bundle", "KILL"]).ok();
    eventually("it has stopped", || (bundle.status() == "stopped").then_some(()));
    bundle.oci(["start", "bundle"]).fails(1, "cannot start a container that has stopped");
    bundle.oci(["kill", "bundle", "TERM"]).fails(1, "not running");
    bundle.oci(["delete", "bundle"]).ok();
    bundle.oci(["state", "bundle"]).fails(1, "does not exist");
    bundle.nothing_is_left();
}

#[test]
fn run_gives_back_the_exit_code() {
    let Some(mut bundle) = Bundle::new() else { return };
    assert_eq!(bundle.sh("echo out; echo err >&2; exit 7").code, 7);
    let said = bundle.sh("cat; echo $HOME $PATH");
    assert_eq!(said.out, "/root /usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n");
    bundle.nothing_is_left();
}

#[test]
fn one_id_is_one_container() {
    let Some(mut bundle) = Bundle::new() else { return };
    bundle.sleep();
    bundle.oci(["create", "bundle"]).fails(1, "already exists");
    for bad in ["", ".", "..", "a/b", "a b", "../bundle"] {
        bundle.oci(["create", bad]).fails(1, "container");
    }
    assert_eq!(bundle.oci(["list", "--quiet"]).text(), "bundle");
    let listed: Value = serde_json::from_str(&bundle.oci(["list", "--format", "json"]).text()).unwrap();
    assert_eq!(listed[0]["status"], "running");
    bundle.oci(["delete", "--force", "bundle"]).ok();
    bundle.oci(["delete", "--force", "bundle"]).ok();
    bundle.oci(["delete", "bundle"]).fails(1, "does not exist");
    bundle.nothing_is_left();
}

#[test]
fn killed_without_a_group_of_its_own() {
    let Some(mut bundle) = Bundle::new() else { return };
    let namespaces = bundle.config["linux"]["namespaces"].as_array_mut().unwrap();
    namespaces.retain(|namespace| namespace["type"] != "pid");
    bundle.set("/process/args", json!(["sleep", "1000"]));
    bundle.detached(["--cgroup-manager", "disabled", "run", "--detach", "bundle"]).ok();
    bundle.oci(["kill", "bundle", "KILL"]).ok();
    eventually("it has stopped", || (bundle.status() == "stopped").then_some(()));
    bundle.oci(["delete", "bundle"]).ok();
    bundle.nothing_is_left();
}

#[test]
fn paused_and_resumed() {
    let Some(mut bundle) = Bundle::new() else { return };
    bundle.sleep();
    bundle.oci(["resume", "bundle"]).fails(1, "not paused");
    bundle.oci(["pause", "bundle"]).ok();
    assert_eq!(bundle.status(), "paused");
    bundle.oci(["exec", "bundle", "true"]).fails(255, "paused");
    bundle.oci(["resume", "bundle"]).ok();
    assert_eq!(bundle.status(), "running");
    bundle.oci(["pause", "bundle"]).ok();
    bundle.oci(["delete", "--force", "bundle"]).ok();
    bundle.nothing_is_left();
}

#[test]
fn processes_and_numbers() {
    let Some(mut bundle) = Bundle::new() else { return };
    bundle.sleep();
    let ids: Vec<i32> =
        serde_json::from_str(&bundle.oci(["ps", "--format", "json", "bundle"]).text()).unwrap();
    assert_eq!(ids.len(), 1);
    assert!(bundle.oci(["ps", "bundle"]).text().contains("sleep 1000"));
    let event: Value = serde_json::from_str(&bundle.oci(["events", "--stats", "bundle"]).text()).unwrap();
    assert_eq!(event["type"], "stats");
    assert_eq!(event["data"]["pids"]["current"], 1);
    assert!(event["data"]["memory"]["usage"]["usage"].as_u64().unwrap() > 0);
}

#[test]
fn limits_are_set_and_changed() {
    let Some(mut bundle) = Bundle::new() else { return };
    bundle.set("/linux/resources/pids", json!({"limit": 20}));
    bundle.set("/linux/resources/memory", json!({"limit": 32 << 20}));
    bundle.sleep();
    let event =
        || -> Value { serde_json::from_str(&bundle.oci(["events", "--stats", "bundle"]).text()).unwrap() };
    assert_eq!(event()["data"]["pids"]["limit"], 20);
    assert_eq!(event()["data"]["memory"]["usage"]["limit"], 32 << 20);
    bundle.oci(["update", "--pids-limit", "30", "--memory", "64M", "bundle"]).ok();
    assert_eq!(event()["data"]["pids"]["limit"], 30);
    assert_eq!(event()["data"]["memory"]["usage"]["limit"], 64 << 20);
    bundle.oci(["update", "--memory", "much", "bundle"]).fails(1, "invalid size");
    // as with runc, rules of devices are for the creation
    let resources = json!({"devices": [{"allow": false, "access": "rwm"}], "pids": {"limit": 25}});
    let mut update = bundle.command(["update", "--resources", "-", "bundle"]);
    e2e::ask(&mut update, resources.to_string().as_bytes()).ok();
    assert_eq!(event()["data"]["pids"]["limit"], 25);
    bundle.oci(["exec", "bundle", "cat", "/dev/null"]).ok();
    bundle.oci(["update", "--resources", "-", "--pids-limit", "3", "bundle"]).fails(1, "cannot be used with");
}

#[test]
fn one_that_was_not_started_is_ended_by_a_signal() {
    let Some(bundle) = Bundle::new() else { return };
    for signal in ["TERM", "INT"] {
        bundle.detached(["create", "bundle"]).ok();
        bundle.oci(["kill", "bundle", signal]).ok();
        e2e::eventually("it ends", || (bundle.status() == "stopped").then_some(()));
        bundle.oci(["delete", "bundle"]).ok();
    }
}

#[test]
fn what_is_not_supported_says_so() {
    let Some(mut bundle) = Bundle::new() else { return };
    bundle.oci(["checkpoint", "bundle"]).fails(1, "not supported");
    bundle.oci(["--systemd-cgroup", "run", "bundle"]).fails(1, "slice:prefix:name");
    bundle.set("/linux/cgroupsPath", json!("system.slice:tare:bundle"));
    if !std::path::Path::new("/run/systemd/system").exists() {
        bundle.oci(["--systemd-cgroup", "run", "bundle"]).fails(1, "systemd not running");
    }
    bundle.oci(["frobnicate"]).fails(1, "unknown command");
    bundle.oci(["--frobnicate", "list"]).fails(1, "unknown flag");
    assert!(bundle.oci(["--version"]).text().contains("spec: 1.2"));
    let features: Value = serde_json::from_str(&bundle.oci(["features"]).text()).unwrap();
    assert_eq!(features["linux"]["cgroup"]["v2"], true);
}

/// What containerd, Podman and Docker read when something fails.
#[test]
fn errors_are_in_the_log() {
    let Some(bundle) = Bundle::new() else { return };
    let log = bundle.directory().join("log.json");
    let name = log.display().to_string();
    bundle.oci(["--log", &name, "--log-format", "json", "start", "bundle"]).fails(1, "does not exist");
    let line: Value = serde_json::from_str(fs::read_to_string(&log).unwrap().trim()).unwrap();
    assert_eq!(line["level"], "error");
    assert!(line["msg"].as_str().unwrap().contains("does not exist"));
    bundle.oci(["--log", "/nonexistent/log", "list"]).fails(1, "/nonexistent/log");
}

/// Processes that make others faster than they can be looked up, and no pid namespace whose end would be theirs.
#[test]
fn a_fork_bomb_is_ended_as_a_whole() {
    let Some(mut bundle) = Bundle::new() else { return };
    let namespaces = bundle.config["linux"]["namespaces"].as_array().unwrap().clone();
    let kept: Vec<_> = namespaces.into_iter().filter(|n| n["type"] != "pid").collect();
    bundle.set("/linux/namespaces", json!(kept));
    bundle.set("/linux/resources/pids", json!({"limit": 60}));
    bundle.set(
        "/process/args",
        json!(["sh", "-c", "f() { f & f & sleep 1; }; while :; do f; done 2>/dev/null"]),
    );
    for _ in 0..3 {
        bundle.detached(["run", "--detach", "bundle"]).ok();
        e2e::eventually("there are many", || (bundle.oci(["ps", "bundle"]).lines().len() > 20).then_some(()));
        bundle.oci(["delete", "--force", "bundle"]).ok();
        bundle.nothing_is_left();
    }
}

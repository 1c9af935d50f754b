//! What whoever watches a container is told: statistics, the memory's end, its own end, that it is ready.

use e2e::{Bundle, eventually};
use serde_json::{Value, json};
use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

/// Longer than it takes on any machine.
const LIMIT: Duration = Duration::from_secs(30);

#[test]
fn statistics_then_the_end_of_memory_then_the_end() {
    let Some(mut bundle) = Bundle::new() else { return };
    bundle.set("/linux/resources/memory", json!({"limit": 32 << 20, "swap": 32 << 20}));
    bundle.sleep();
    let mut events = bundle.engine().spawn(["oci", "events", "--interval", "100ms", "bundle"]);
    let mut lines = BufReader::new(events.output()).lines();
    let mut next = || -> Value { serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap() };
    for _ in 0..3 {
        assert_eq!(next()["type"], "stats");
    }
    // one endless line, of which it keeps all
    assert_eq!(bundle.oci(["exec", "bundle", "tail", "/dev/zero"]).code, 137);
    let told = (0..300).map(|_| next()).find(|event| event["type"] == "oom").expect("it is told");
    assert_eq!(told, json!({"type": "oom", "id": "bundle"}));
    assert_eq!(bundle.status(), "running");
    bundle.oci(["kill", "bundle", "KILL"]).ok();
    drop(lines);
    assert_eq!(events.finish().code, 0);
    bundle.oci(["events", "bundle"]).fails(1, "not running");
    bundle.oci(["events", "--interval", "0", "bundle"]).fails(1, "invalid interval");
}

fn create_as_service(bundle: &Bundle, manager: &Path) {
    let mut create = bundle.command(["create", "bundle"]);
    create.env("NOTIFY_SOCKET", manager).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    assert!(create.status().unwrap().success());
}

/// A service manager asks the kernel who has told it: whoever tells it waits until it has read that.
#[test]
fn a_service_is_ready_when_its_container_is() {
    let Some(mut bundle) = Bundle::new() else { return };
    let path = bundle.engine().path("manager.sock");
    bundle.set("/process/args", json!(["sleep", "1000"]));
    let manager = UnixDatagram::bind(&path).unwrap();
    manager.set_read_timeout(Some(LIMIT)).unwrap();
    let read = || {
        let mut bytes = [0; 4096];
        let length = manager.recv(&mut bytes).unwrap();
        String::from_utf8_lossy(&bytes[..length]).into_owned()
    };
    create_as_service(&bundle, &path);
    let start = bundle.engine().spawn(["oci", "start", "bundle"]);
    eventually("its program runs", || (bundle.status() == "running").then_some(()));
    let state: Value = serde_json::from_str(&bundle.oci(["state", "bundle"]).text()).unwrap();
    let pid = &state["pid"];
    let socket = format!("/proc/{pid}/root/run/notify/notify.sock");
    let service = UnixDatagram::unbound().unwrap();
    eventually("it is listened to", || service.send_to(b"STATUS=almost", &socket).ok());
    service.send_to(b"STATUS=done\nREADY=1", &socket).unwrap();
    assert_eq!(read(), format!("READY=1\nMAINPID={pid}\n"));
    assert!(start.process().is_alive(), "it waits for us");
    assert_eq!(read(), "BARRIER=1");
    start.finish().ok();
    bundle.oci(["delete", "--force", "bundle"]).ok();
    bundle.nothing_is_left();
}

/// Nobody waits for a container that has ended without being ready.
#[test]
fn a_service_that_ends_is_not_waited_for() {
    let Some(mut bundle) = Bundle::new() else { return };
    let path = bundle.engine().path("manager.sock");
    let _manager = UnixDatagram::bind(&path).unwrap();
    bundle.set("/process/args", json!(["sh", "-c", "echo $NOTIFY_SOCKET > /where"]));
    create_as_service(&bundle, &path);
    bundle.oci(["start", "bundle"]).ok();
    assert_eq!(fs::read_to_string(bundle.root("where")).unwrap(), "/run/notify/notify.sock\n");
    eventually("it has stopped", || (bundle.status() == "stopped").then_some(()));
    bundle.oci(["delete", "bundle"]).ok();
    bundle.nothing_is_left();
}

//! What a configuration asks for: namespaces, mounts, devices, paths, filters.

use e2e::{Bundle, MAPPED};
use serde_json::{Value, json};
use std::fs;

fn add_mount(bundle: &mut Bundle, destination: &str, kind: &str, source: &str, options: &[&str]) {
    let mount = json!({"destination": destination, "type": kind, "source": source, "options": options});
    bundle.set("/mounts/-", mount);
}

#[test]
fn a_user_namespace_with_mapped_root() {
    let Some(mut bundle) = Bundle::new() else { return };
    bundle.map_users();
    let script =
        "cat /proc/self/uid_map | tr -s ' '; id -u; echo x > /dev/null && echo device; touch /tmp/made";
    assert_eq!(bundle.sh(script).text(), " 0 100000 65536\n0\ndevice");
    let metadata = fs::metadata(bundle.root("tmp/made")).unwrap();
    assert_eq!(std::os::unix::fs::MetadataExt::uid(&metadata), MAPPED);
}

#[test]
fn a_time_namespace_with_offsets() {
    let Some(mut bundle) = Bundle::new() else { return };
    bundle.set("/linux/namespaces/-", json!({"type": "time"}));
    bundle.set(
        "/linux/timeOffsets",
        json!({"boottime": {"secs": 1_000_000, "nanosecs": 0}, "monotonic": {"secs": 5, "nanosecs": 0}}),
    );
    let up: f64 = bundle.sh("cut -d' ' -f1 /proc/uptime").text().parse().unwrap();
    assert!(up > 1_000_000.0, "{up}");
}

#[test]
fn namespaces_are_joined_by_path() {
    let Some(mut first) = Bundle::new() else { return };
    first.sleep();
    let state: Value = serde_json::from_str(&first.oci(["state", "bundle"]).text()).unwrap();
    let mut second = Bundle::new().unwrap();
    let kinds = [("pid", "pid"), ("network", "net"), ("ipc", "ipc"), ("uts", "uts")];
    let mut namespaces: Vec<Value> = kinds
        .iter()
        .map(|(kind, file)| json!({"type": kind, "path": format!("/proc/{}/ns/{file}", state["pid"])}))
        .collect();
    namespaces.push(json!({"type": "mount"}));
    second.set("/linux/namespaces", json!(namespaces));
    second.config.as_object_mut().unwrap().remove("hostname");
    let processes = second.sh("ps | grep -c 'sleep 1000'; readlink /proc/self/ns/net").text();
    let net = fs::read_link(format!("/proc/{}/ns/net", state["pid"])).unwrap();
    assert!(processes.ends_with(net.to_str().unwrap()), "{processes}");
    second.set(
        "/linux/namespaces",
        json!([{"type": "mount"}, {"type": "network", "path": format!("/proc/{}/ns/uts", state["pid"])}]),
    );
    second.oci(["run", "bundle"]).fails(1, "join namespaces");
}

#[test]
fn owners_of_a_bind_mount_are_mapped() {
    let Some(mut bundle) = Bundle::new() else { return };
    let source = bundle.engine().path("shared");
    fs::create_dir(&source).unwrap();
    fs::write(source.join("file"), "").unwrap();
    std::os::unix::fs::chown(source.join("file"), Some(7), Some(7)).unwrap();
    let mapping = json!([{"containerID": 7, "hostID": 1007, "size": 1}]);
    let mount = json!({
        "destination": "/shared", "type": "bind", "source": source, "options": ["bind", "idmap"],
        "uidMappings": mapping, "gidMappings": mapping,
    });
    bundle.set("/mounts/-", mount);
    assert_eq!(bundle.sh("stat -c %u:%g /shared/file").text(), "1007:1007");
}

#[test]
fn mounts_have_their_options() {
    let Some(mut bundle) = Bundle::new() else { return };
    let source = bundle.engine().path("tree");
    fs::create_dir_all(&source).unwrap();
    let source = source.display().to_string();
    add_mount(&mut bundle, "/plain", "bind", &source, &["rbind"]);
    add_mount(&mut bundle, "/ro", "bind", &source, &["rbind", "ro", "nosuid", "noexec"]);
    add_mount(&mut bundle, "/rro", "none", &source, &["rbind", "rro"]);
    add_mount(&mut bundle, "/small", "tmpfs", "tmpfs", &["size=64k", "mode=700", "ro"]);
    add_mount(&mut bundle, "/etc", "tmpfs", "tmpfs", &["tmpcopyup", "mode=755"]);
    add_mount(&mut bundle, "/not/there/yet", "bind", "/etc/passwd", &["bind", "ro"]);
    let script = "touch /plain/a && echo plain; touch /ro/b 2>/dev/null || echo ro; touch /rro/b 2>/dev/null || echo rro; \
         touch /small/b 2>/dev/null || echo small; stat -c %a /small; grep -c web /etc/passwd; [ -s /not/there/yet ] && echo made";
    assert_eq!(bundle.sh(script).text(), "plain\nro\nrro\nsmall\n700\n1\nmade");
    add_mount(&mut bundle, "/bad", "nosuchfs", "x", &[]);
    bundle.oci(["run", "bundle"]).fails(1, "/bad");
    bundle.nothing_is_left();
}

#[test]
fn the_root_is_read_only_and_devices_are_made() {
    let Some(mut bundle) = Bundle::new() else { return };
    bundle.set("/root/readonly", json!(true));
    bundle.set("/linux/devices", json!([{"path": "/dev/own", "type": "c", "major": 1, "minor": 3, "fileMode": 0o666, "uid": 3, "gid": 4}]));
    let script = "touch /file 2>/dev/null || echo ro; stat -c '%a %u:%g %t,%T' /dev/own; echo x > /dev/own && echo written; \
         ls -d /dev/fd /dev/ptmx /dev/full";
    assert_eq!(bundle.sh(script).text(), "ro\n666 3:4 1,3\nwritten\n/dev/fd\n/dev/full\n/dev/ptmx");
}

#[test]
fn masked_and_read_only_paths() {
    let Some(mut bundle) = Bundle::new() else { return };
    fs::create_dir(bundle.root("hidden")).unwrap();
    fs::write(bundle.root("hidden/secret"), "secret").unwrap();
    fs::write(bundle.root("file"), "secret").unwrap();
    bundle.set("/linux/maskedPaths", json!(["/hidden", "/file", "/file", "/not/there"]));
    bundle.set("/linux/readonlyPaths", json!(["/tmp"]));
    let script = "ls /hidden | wc -l; wc -c < /file; touch /tmp/x 2>/dev/null || echo ro; grep -c ' /file ' /proc/self/mounts";
    assert_eq!(bundle.sh(script).text(), "0\n0\nro\n1");
}

#[test]
fn sysctls_are_of_the_container_s_namespaces() {
    let Some(mut bundle) = Bundle::new() else { return };
    bundle.set("/linux/sysctl", json!({"net.ipv4.ip_default_ttl": "99", "kernel.shmmni": "17"}));
    assert_eq!(bundle.sh("cat /proc/sys/net/ipv4/ip_default_ttl /proc/sys/kernel/shmmni").text(), "99\n17");
    assert_ne!(fs::read_to_string("/proc/sys/net/ipv4/ip_default_ttl").unwrap().trim(), "99");
    for bad in ["kernel.core_pattern", "kernel.hostname", "vm.swappiness"] {
        bundle.set("/linux/sysctl", json!({bad: "x"}));
        bundle.oci(["run", "bundle"]).fails(1, bad);
    }
}

#[test]
fn a_filter_decides() {
    let Some(mut bundle) = Bundle::new() else { return };
    bundle.set("/linux/seccomp", json!({
        "defaultAction": "SCMP_ACT_ALLOW",
        "syscalls": [
            {"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO", "errnoRet": 28},
            {"names": ["openat2", "capset", "setgroups", "close_range"], "action": "SCMP_ACT_KILL_PROCESS"},
        ],
    }));
    bundle.set("/process/noNewPrivileges", json!(false));
    let said = bundle.sh("mkdir /x 2>&1; grep Seccomp: /proc/self/status | cut -f2");
    assert_eq!(said.text(), "mkdir: can't create directory '/x': No space left on device\n2");
}

#[test]
fn an_agent_gets_the_listener_of_a_filter() {
    let Some(mut bundle) = Bundle::new() else { return };
    let socket = bundle.engine().path("agent");
    let listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
    bundle.set(
        "/linux/seccomp",
        json!({
            "defaultAction": "SCMP_ACT_ALLOW", "listenerPath": socket, "listenerMetadata": "who",
            "syscalls": [{"names": ["getcwd"], "action": "SCMP_ACT_NOTIFY"}],
        }),
    );
    bundle.detached(["create", "bundle"]).ok();
    bundle.oci(["start", "bundle"]).ok();
    let (connection, _) = listener.accept().unwrap();
    let message = sys::socket::receive(std::os::fd::AsFd::as_fd(&connection)).unwrap().unwrap();
    let state: Value = serde_json::from_slice(&message.bytes).unwrap();
    assert_eq!((&state["metadata"], &state["state"]["id"]), (&json!("who"), &json!("bundle")));
    assert_eq!(state["fds"], json!(["seccompFd"]));
    assert_eq!(message.descriptors.len(), 1);
}

/// A device of the host becomes the container's: with another name, up, with its addresses. A veth pair stands for hardware, in a network of this test's own.
#[test]
fn network_devices_are_moved() {
    let Some(mut bundle) = Bundle::new() else { return };
    let host = "ip link add tare-a type veth peer name tare-b && ip link set tare-a address 02:00:00:00:00:07 mtu 1400 up && \
                ip address add 192.0.2.7/24 dev tare-a && ip address add 192.0.2.9/24 dev tare-a valid_lft 100 preferred_lft 100 && exec \"$@\"";
    let run = |bundle: &mut Bundle, devices: serde_json::Value| {
        bundle.set("/linux/netDevices", devices);
        bundle.set("/process/args", json!(["sh", "-c", "ip -o address; ip link show dev eth7"]));
        let command = bundle.command(["run", "bundle"]);
        let mut outer = std::process::Command::new("unshare");
        outer.args(["--net", "sh", "-c", host, "sh"]).arg(command.get_program()).args(command.get_args());
        e2e::ask(outer.current_dir(bundle.directory()), b"")
    };
    let said = run(&mut bundle, json!({"tare-a": {"name": "eth7"}}));
    let text = said.clone().text();
    assert!(text.contains("192.0.2.7/24") && !text.contains("192.0.2.9"), "{said:?}");
    assert!(
        text.contains("02:00:00:00:00:07") && text.contains("mtu 1400") && text.contains("UP"),
        "{said:?}"
    );
    for (devices, reason) in [
        (json!({"tare-x": {}}), "tare-x does not exist"),
        (json!({"tare-a": {"name": "lo"}}), "File exists"),
        (json!({"tare-a": {"name": "a/b"}}), "is not valid"),
    ] {
        run(&mut bundle, devices).fails(1, reason);
        bundle.nothing_is_left();
    }
    let namespaces = bundle.config["linux"]["namespaces"].as_array().unwrap().clone();
    let kept: Vec<_> = namespaces.into_iter().filter(|n| n["type"] != "network").collect();
    bundle.set("/linux/namespaces", json!(kept));
    run(&mut bundle, json!({"tare-a": {}})).fails(1, "without a private NET namespace");
    bundle.set("/linux/netDevices", json!({}));
    bundle.set("/linux/intelRdt", json!({"closID": "x"}));
    bundle.oci(["run", "bundle"]).fails(1, "intelRdt is not supported");
}

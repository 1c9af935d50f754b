//! `--network bridge|host|none`, name files (behaviour F-1, F-2, N-*).

use e2e::{TestEngine, eventually};
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;

/// Answers every connection with a line.
fn serve(listener: TcpListener) {
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            // a client that does not listen is its own fault
            let _ = stream.write_all(b"from the host\n");
        }
    });
}

fn address(engine: &TestEngine, id: &str) -> String {
    let hosts = engine.init(id).read("root/etc/hosts");
    let line =
        hosts.lines().find(|line| line.ends_with(&id[..12])).expect("its own name is in its hosts file");
    line.split('\t').next().unwrap().to_owned()
}

#[test]
fn none_has_only_loopback() {
    let Some(engine) = TestEngine::new() else { return };
    let seen = engine.sh(&[], "ls /sys/class/net; cat /sys/class/net/lo/operstate; ip route; ping -c1 -W1 127.0.0.1 >/dev/null && echo up");
    assert_eq!(seen.lines(), ["lo", "unknown", "up"]);
    let listener = TcpListener::bind("0.0.0.0:0").unwrap();
    let port = listener.local_addr().unwrap().port().to_string();
    serve(listener);
    assert_ne!(engine.run(&[], &["nc", "-w", "1", "10.255.255.254", &port]).code, 0);
    assert!(!Path::new("/sys/class/net").join(engine.bridge()).exists(), "no bridge is made for it");
}

#[test]
fn host_is_the_host_s() {
    let Some(engine) = TestEngine::new() else { return };
    let seen =
        engine.tare(["run", "--rm", "--network", "host", "busybox", "readlink", "/proc/self/ns/net"]).text();
    assert_eq!(seen, fs::read_link("/proc/self/ns/net").unwrap().display().to_string());
    let hosts = engine.tare(["run", "--rm", "--network", "host", "busybox", "cat", "/etc/hosts"]).out;
    assert_eq!(hosts, fs::read_to_string("/etc/hosts").unwrap());
    engine
        .tare(["run", "--rm", "--network", "host", "--sysctl", "net.ipv4.ip_forward=1", "busybox", "true"])
        .fails(125, "not allowed");
}

#[test]
fn the_bridge_reaches_the_host_through_its_gateway() {
    let Some(engine) = TestEngine::new() else { return };
    let listener = TcpListener::bind("0.0.0.0:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    serve(listener);
    let script = format!(
        "gateway=$(ip route | sed -n 's/^default via \\([0-9.]*\\) .*/\\1/p'); nc -w 5 $gateway {port} < /dev/null"
    );
    assert_eq!(engine.sh(&["--network", "bridge"], &script).text(), "from the host");
}

#[test]
fn containers_on_the_bridge_reach_each_other() {
    let Some(engine) = TestEngine::new() else { return };
    let server = engine.start(&[], &["sh", "-c", "while :; do echo from the other | nc -l -p 8000; done"]);
    let to = address(&engine, &server);
    let said = eventually("the server answers", || {
        let said = engine.sh(&["--network", "bridge"], &format!("nc -w 5 {to} 8000 < /dev/null"));
        (said.code == 0).then_some(said)
    });
    assert_eq!(said.text(), "from the other");
    // nobody else does
    assert_ne!(engine.run(&[], &["nc", "-w", "1", &to, "8000"]).code, 0);
}

#[test]
fn the_interface_has_an_address_and_goes_with_the_container() {
    let Some(engine) = TestEngine::new() else { return };
    let id = engine.start(&[], &["sleep", "1000"]);
    let ports = Path::new("/sys/class/net").join(engine.bridge()).join("brif");
    assert_eq!(fs::read_dir(&ports).unwrap().count(), 1);
    let address = address(&engine, &id);
    let seen = engine.sh(&["--network", "bridge"], "ip -o -4 addr show eth0; ip route").text();
    assert!(seen.contains("default via ") && !seen.contains(&format!("{address}/")), "{seen}");
    engine.init(&id).kill();
    engine.await_end(&id);
    eventually("its interface is gone", || (fs::read_dir(&ports).unwrap().count() == 0).then_some(()));
}

#[test]
fn many_containers_have_many_addresses() {
    let Some(engine) = TestEngine::new() else { return };
    let ids: Vec<String> = std::thread::scope(|scope| {
        let starts: Vec<_> = (0..8).map(|_| scope.spawn(|| engine.start(&[], &["sleep", "1000"]))).collect();
        starts.into_iter().map(|start| start.join().unwrap()).collect()
    });
    let mut addresses: Vec<String> = ids.iter().map(|id| address(&engine, id)).collect();
    addresses.sort();
    addresses.dedup();
    assert_eq!(addresses.len(), 8, "{addresses:?}");
}

#[test]
fn the_hosts_file_is_docker_s() {
    let Some(engine) = TestEngine::new() else { return };
    let flags = [
        "--network",
        "bridge",
        "-h",
        "web",
        "--add-host",
        "db:10.1.2.3",
        "--add-host",
        "six=fd00::1",
        "--add-host",
        "gate:host-gateway",
    ];
    let seen = engine.sh(&flags, "ip route | sed -n 's/^default via \\([0-9.]*\\) .*/\\1/p'; ip -o -4 addr show eth0 | sed 's/.*inet \\([0-9.]*\\).*/\\1/'; cat /etc/hosts").lines();
    let (gateway, own, hosts) = (&seen[0], &seen[1], &seen[2..]);
    let expected = [
        "127.0.0.1\tlocalhost",
        "::1\tlocalhost ip6-localhost ip6-loopback",
        "fe00::\tip6-localnet",
        "ff00::\tip6-mcastprefix",
        "ff02::1\tip6-allnodes",
        "ff02::2\tip6-allrouters",
        &format!("{own}\tweb"),
        "10.1.2.3\tdb",
        "fd00::1\tsix",
        &format!("{gateway}\tgate"),
    ];
    assert_eq!(hosts, expected);
    engine.run(&["--add-host", "db:nowhere"], &["true"]).fails(125, "invalid IP address in add-host");
}

#[test]
fn name_servers_are_the_host_s_or_what_was_asked_for() {
    let Some(engine) = TestEngine::new() else { return };
    let seen = engine.run(&["--network", "bridge"], &["cat", "/etc/resolv.conf"]).text();
    assert!(seen.contains("nameserver ") && !seen.contains("nameserver 127."), "{seen}");
    let flags = [
        "--network",
        "bridge",
        "--dns",
        "9.9.9.9",
        "--dns-search",
        "example.test",
        "--dns-option",
        "ndots:3",
    ];
    let seen = engine.run(&flags, &["cat", "/etc/resolv.conf"]).lines();
    assert!(seen.contains(&"nameserver 9.9.9.9".to_owned()), "{seen:?}");
    assert_eq!(seen.iter().filter(|line| line.starts_with("nameserver")).count(), 1, "{seen:?}");
    assert!(
        seen.contains(&"search example.test".to_owned()) && seen.contains(&"options ndots:3".to_owned()),
        "{seen:?}"
    );
}

#[test]
fn two_engines_do_not_share_host_objects() {
    let (Some(one), Some(two)) = (TestEngine::new(), TestEngine::new()) else { return };
    assert_ne!(one.bridge(), two.bridge());
    let ids = [one.start(&[], &["sleep", "1000"]), two.start(&[], &["sleep", "1000"])];
    let net = |address: String| address.rsplit_once('.').unwrap().0.rsplit_once('.').unwrap().0.to_owned();
    assert_ne!(net(address(&one, &ids[0])), net(address(&two, &ids[1])), "their subnets differ");
    drop(one);
    assert!(Path::new("/sys/class/net").join(two.bridge()).exists());
    assert!(two.init(&ids[1]).is_alive());
}

#[test]
fn a_table_that_somebody_flushed_is_made_again() {
    let Some(engine) = TestEngine::new() else { return };
    engine.sh(&["--network", "bridge"], "true").ok();
    let table = engine.table();
    let list = || Command::new("nft").args(["list", "table", "ip", &table]).output().unwrap();
    assert!(String::from_utf8_lossy(&list().stdout).contains("masquerade"));
    assert!(Command::new("nft").args(["delete", "table", "ip", &table]).status().unwrap().success());
    engine.sh(&["--network", "bridge"], "true").ok();
    assert!(String::from_utf8_lossy(&list().stdout).contains("masquerade"));
}

#[test]
fn a_user_can_ping_and_listen_on_a_low_port() {
    let Some(engine) = TestEngine::new() else { return };
    let flags = ["-u", "web", "--cap-drop", "ALL"];
    assert_eq!(engine.sh(&flags, "nc -l -p 80 & sleep 0.1; netstat -ltn | grep -c :80").text(), "1");
    let seen = engine.run(
        &flags,
        &["cat", "/proc/sys/net/ipv4/ping_group_range", "/proc/sys/net/ipv4/ip_unprivileged_port_start"],
    );
    assert_eq!(seen.text().split_whitespace().collect::<Vec<_>>(), ["0", "2147483647", "0"]);
}

/// Security row 52: nobody else's socket can be reached in the abstract name space.
#[test]
fn there_are_no_abstract_sockets() {
    let Some(engine) = TestEngine::new() else { return };
    let id = engine.start(&["--network", "host"], &["sleep", "1000"]);
    let supervisor = engine.supervisor(&id);
    let sockets: Vec<String> =
        supervisor.descriptors().values().map(|path| path.display().to_string()).collect();
    let mut table = String::new();
    fs::File::open("/proc/net/unix").unwrap().read_to_string(&mut table).unwrap();
    for line in table.lines().filter(|line| line.contains(" @")) {
        let inode = line.split_whitespace().nth(6).unwrap_or_default();
        assert!(!sockets.contains(&format!("socket:[{inode}]")), "{line}");
    }
}

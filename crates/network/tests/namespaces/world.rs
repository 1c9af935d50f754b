//! A machine of the test's own: network namespaces that end with the test.

use network::{Bridge, Endpoint, Names, addresses, attach, bridge};
use serde_json::Value;
use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::path::Path;
use std::process::Command;
use std::time::Duration;
use sys::thread::UnshareFlags;
use tempfile::TempDir;

/// Only a broken network takes this long.
const PATIENCE: Duration = Duration::from_secs(10);

/// A fresh network namespace that stands for a machine; the test's thread is in it.
pub(crate) struct Machine {
    pub(crate) state: TempDir,
    pub(crate) names: Names,
}

/// Runs a test on a machine of its own, in a thread that ends with it. Says so and does nothing where that is impossible.
pub(crate) fn on_a_machine(test: impl FnOnce(&Machine) + Send) {
    if !sys::process::geteuid().is_root() {
        println!("skipped: needs root");
        return;
    }
    if Command::new("nft").arg("--version").output().is_err()
        || Command::new("ip").arg("-V").output().is_err()
    {
        println!("skipped: needs the packages nftables and iproute2");
        return;
    }
    std::thread::scope(|scope| {
        let run = || {
            sys::namespace::unshare(UnshareFlags::NEWNET).unwrap();
            network::loopback_up(sys::netlink::current_namespace().unwrap().as_fd()).unwrap();
            test(&Machine::new("tare0", "tare"));
        };
        if let Err(panic) = scope.spawn(run).join() {
            std::panic::resume_unwind(panic);
        }
    });
}

impl Machine {
    /// A store with names and a state directory of its own on this machine.
    pub(crate) fn new(bridge: &str, table: &str) -> Self {
        let names = Names { bridge: bridge.to_owned(), table: table.to_owned(), preferred_subnet: 0 };
        Self { state: tempfile::tempdir().unwrap(), names }
    }

    pub(crate) fn state(&self) -> &Path {
        self.state.path()
    }

    pub(crate) fn ensure(&self) -> Bridge {
        bridge::ensure(self.state(), &self.names).unwrap().bridge
    }

    /// Attaches a fresh namespace under an id.
    pub(crate) fn start(&self, id: &str) -> Container {
        let bridge = self.ensure();
        let address = addresses::reserve(self.state(), &bridge, id).unwrap();
        self.start_at(&bridge, id, address)
    }

    pub(crate) fn start_at(&self, bridge: &Bridge, id: &str, address: Ipv4Addr) -> Container {
        let netns = fresh_namespace();
        let endpoint = attach(bridge, netns.as_fd(), id, address).unwrap();
        Container { netns, endpoint }
    }
}

/// An attached namespace.
pub(crate) struct Container {
    pub(crate) netns: OwnedFd,
    pub(crate) endpoint: Endpoint,
}

impl Container {
    pub(crate) fn address(&self) -> IpAddr {
        self.endpoint.address.into()
    }

    pub(crate) fn inside<T>(&self, work: impl FnOnce() -> T) -> T {
        within(&self.netns, work)
    }

    /// A TCP server in the container.
    pub(crate) fn listen(&self) -> TcpListener {
        self.inside(|| TcpListener::bind((Ipv4Addr::UNSPECIFIED, 0)).unwrap())
    }
}

pub(crate) fn within<T>(netns: &OwnedFd, work: impl FnOnce() -> T) -> T {
    sys::netlink::within(netns.as_fd(), work).unwrap()
}

/// A namespace without anything, made by a thread that ends at once.
pub(crate) fn fresh_namespace() -> OwnedFd {
    let make = || {
        sys::namespace::unshare(UnshareFlags::NEWNET).unwrap();
        sys::netlink::current_namespace().unwrap()
    };
    std::thread::spawn(make).join().unwrap()
}

/// Connects to `server` at `address`, exchanges bytes both ways, and returns the address that the server saw.
pub(crate) fn converse(server: &TcpListener, address: IpAddr) -> IpAddr {
    let target = SocketAddr::new(address, server.local_addr().unwrap().port());
    let mut client = TcpStream::connect_timeout(&target, PATIENCE).expect("the server is reachable");
    let (mut accepted, peer) = server.accept().unwrap();
    client.write_all(b"ping").unwrap();
    let mut bytes = [0; 4];
    accepted.read_exact(&mut bytes).unwrap();
    accepted.write_all(&bytes).unwrap();
    client.read_exact(&mut bytes).unwrap();
    assert_eq!(&bytes, b"ping");
    peer.ip()
}

/// A namespace that stands for the world: 198.51.100.1/24, joined to the machine's 198.51.100.2/24, its default route.
pub(crate) fn outside() -> OwnedFd {
    let netns = fresh_namespace();
    let path = format!("/proc/{}/fd/{}", std::process::id(), netns.as_raw_fd());
    ip(&["link", "add", "wan0", "mtu", "1400", "type", "veth", "peer", "name", "wan0", "netns", &path]);
    ip(&["address", "add", "198.51.100.2/24", "dev", "wan0"]);
    ip(&["link", "set", "wan0", "up"]);
    within(&netns, || {
        ip(&["link", "set", "wan0", "mtu", "1400"]);
        ip(&["address", "add", "198.51.100.1/24", "dev", "wan0"]);
        ip(&["link", "set", "wan0", "up"]);
    });
    ip(&["route", "add", "default", "via", "198.51.100.1"]);
    netns
}

pub(crate) fn ip(arguments: &[&str]) -> String {
    run("ip", arguments)
}

pub(crate) fn nft(arguments: &[&str]) -> String {
    run("nft", arguments)
}

/// Runs a program in the thread's network namespace.
fn run(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program} {arguments:?}: {errors}");
    String::from_utf8(output.stdout).unwrap()
}

/// The objects of one kind in the rule set, as `nft` sees them.
pub(crate) fn objects(kind: &str) -> Vec<Value> {
    let listing: Value = serde_json::from_str(&nft(&["--json", "list", "ruleset"])).unwrap();
    let all = listing["nftables"].as_array().unwrap();
    all.iter().filter_map(|object| object.get(kind)).cloned().collect()
}

/// How many packets a rule with this comment has counted.
pub(crate) fn counted(comment: &str) -> u64 {
    let rules = objects("rule");
    let rule = rules.iter().find(|rule| rule["comment"] == comment).expect("the rule is there");
    let counters =
        rule["expr"].as_array().unwrap().iter().filter_map(|step| step["counter"]["packets"].as_u64());
    counters.sum()
}

/// Waits until a rule with this comment has counted a packet: what was sent is on its way through the kernel's queues.
pub(crate) fn wait_until_counted(comment: &str) {
    let mut looks = 0..500;
    while counted(comment) == 0 {
        assert!(looks.next().is_some(), "no packet met the rule {comment:?}");
    }
}

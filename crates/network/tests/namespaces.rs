//! The crate against the kernel, each test on a machine of its own: a fresh network namespace, and more of them for containers and the
//! world outside. `nft` and `ip` are what checks us here; the crate itself runs no program.

#![forbid(unsafe_code)]
// The lints know only functions that are tests themselves, not what they call.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

mod namespaces {
    pub(crate) mod world;
}

use namespaces::world::{
    Machine, converse, counted, fresh_namespace, ip, nft, objects, on_a_machine, outside, wait_until_counted,
    within,
};
use network::{Error, Pruned, addresses, attach, bridge, detach, loopback_up, prune};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, UdpSocket};
use std::os::fd::AsFd;

const FIRST: &str = "1111111111111111";
const SECOND: &str = "2222222222222222";

#[test]
fn containers_reach_each_other_and_the_machine() {
    on_a_machine(|machine| {
        let (one, two) = (machine.start(FIRST), machine.start(SECOND));
        assert_ne!(one.address(), two.address());
        let server = two.listen();
        assert_eq!(one.inside(|| converse(&server, two.address())), one.address());
        let gateway = TcpListener::bind((Ipv4Addr::UNSPECIFIED, 0)).unwrap();
        assert_eq!(one.inside(|| converse(&gateway, one.endpoint.gateway.into())), one.address());
        assert_eq!(converse(&server, two.address()), one.endpoint.gateway, "the machine reaches a container");
        let own = one.listen();
        one.inside(|| converse(&own, Ipv4Addr::LOCALHOST.into()));
    });
}

#[test]
fn a_container_sees_one_interface_with_its_address_and_route() {
    on_a_machine(|machine| {
        let one = machine.start(FIRST);
        assert_eq!(one.endpoint.host_interface, "veth11111111111");
        assert_eq!(one.endpoint.hardware_address.to_string(), "02:74:ac:12:00:02");
        let seen = one.inside(|| {
            ip(&["-br", "link", "show", "eth0"])
                + &ip(&["-br", "addr", "show", "lo"])
                + &ip(&["-br", "addr", "show", "eth0"])
                + &ip(&["route"])
        });
        let words: Vec<String> =
            seen.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
        insta::assert_snapshot!(words.join("\n").replace("eth0@if3", "eth0@").replace("eth0@if4", "eth0@"), @r"
        eth0@ UP 02:74:ac:12:00:02 <BROADCAST,MULTICAST,UP,LOWER_UP>
        lo UNKNOWN 127.0.0.1/8 ::1/128
        eth0@ UP 172.18.0.2/16
        default via 172.18.0.1 dev eth0
        172.18.0.0/16 dev eth0 proto kernel scope link src 172.18.0.2
        ");
        assert!(!ip(&["address"]).contains("inet6 fe80"), "no link-local address on the machine's side");
    });
}

#[test]
fn what_leaves_is_masqueraded_and_nobody_outside_begins() {
    on_a_machine(|machine| {
        let world = outside();
        let one = machine.start(FIRST);
        let server = within(&world, || TcpListener::bind((Ipv4Addr::UNSPECIFIED, 0)).unwrap());
        let seen = one.inside(|| converse(&server, Ipv4Addr::new(198, 51, 100, 1).into()));
        assert_eq!(seen, Ipv4Addr::new(198, 51, 100, 2));
        assert!(one.inside(|| ip(&["link", "show", "eth0"])).contains("mtu 1400"), "that of the way out");

        within(&world, || ip(&["route", "add", "172.18.0.0/16", "via", "198.51.100.2"]));
        let intruder = within(&world, || UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).unwrap());
        let target = one.inside(|| UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).unwrap());
        let port = target.local_addr().unwrap().port();
        intruder.send_to(b"hello", SocketAddr::new(one.address(), port)).unwrap();
        wait_until_counted("nothing else to 172.18.0.0/16 (revision 1)");
    });
}

#[test]
fn nft_reads_our_rules_as_they_are_documented() {
    on_a_machine(|machine| {
        machine.ensure();
        insta::assert_snapshot!(nft(&["-s", "list", "ruleset"]), @r#"
        table ip tare {
        	chain postrouting {
        		type nat hook postrouting priority srcnat; policy accept;
        		ip saddr 172.18.0.0/16 oifname != "tare0" masquerade comment "translate 172.18.0.0/16 (revision 1)"
        	}

        	chain forward {
        		type filter hook forward priority filter; policy accept;
        		iifname "tare0" accept comment "from 172.18.0.0/16 (revision 1)"
        		oifname "tare0" ct state established,related accept comment "answers to 172.18.0.0/16 (revision 1)"
        		oifname "tare0" counter drop comment "nothing else to 172.18.0.0/16 (revision 1)"
        	}
        }
        "#);
    });
}

#[test]
fn what_was_flushed_is_made_again() {
    on_a_machine(|machine| {
        let before = machine.ensure();
        let rules = nft(&["-s", "list", "ruleset"]);
        let damages: [&[&str]; 3] = [
            &["flush", "ruleset"],
            &["flush", "chain", "ip", "tare", "forward"],
            &["delete", "table", "ip", "tare"],
        ];
        for damage in damages {
            nft(damage);
            assert_eq!(machine.ensure(), before);
            assert_eq!(nft(&["-s", "list", "ruleset"]), rules, "after {damage:?}");
        }
        ip(&["address", "flush", "dev", "tare0"]);
        ip(&["link", "set", "tare0", "down"]);
        assert_eq!(machine.ensure(), before);
        assert!(ip(&["-br", "address", "show", "tare0"]).contains("172.18.0.1/16"));
    });
}

#[test]
fn a_bridge_that_stands_is_left_alone() {
    on_a_machine(|machine| {
        let bridge = machine.ensure();
        let record = machine.state().join("bridge.json");
        let before = std::fs::read(&record).unwrap();
        assert_eq!(machine.ensure(), bridge);
        assert_eq!(std::fs::read(&record).unwrap(), before);
        nft(&["add", "table", "inet", "somebody"]);
        assert_eq!(machine.ensure(), bridge);
        assert_ne!(std::fs::read(&record).unwrap(), before, "the new generation is remembered");
        let handles: Vec<_> = objects("table").iter().map(|table| table["handle"].clone()).collect();
        assert_eq!(machine.ensure(), bridge);
        let after: Vec<_> = objects("table").iter().map(|table| table["handle"].clone()).collect();
        assert_eq!(after, handles, "our table was not made anew for somebody else's");
    });
}

/// What Docker leaves in the table that `iptables-nft` programs share.
const DOCKER: &str = "table ip filter {
    chain DOCKER-USER { return; }
    chain FORWARD {
        type filter hook forward priority filter; policy drop;
        jump DOCKER-USER
        iifname \"docker0\" accept
    }
}";

#[test]
fn a_forward_policy_of_drop_is_answered() {
    on_a_machine(|machine| {
        let world = outside();
        let one = machine.start(FIRST);
        nft(&[DOCKER]);
        machine.ensure();
        machine.ensure();
        let server = within(&world, || TcpListener::bind((Ipv4Addr::UNSPECIFIED, 0)).unwrap());
        one.inside(|| converse(&server, Ipv4Addr::new(198, 51, 100, 1).into()));
        assert!(counted("tare from") > 0 && counted("tare to") > 0, "the packets needed both rules");
        insta::assert_snapshot!(nft(&["-s", "list", "chain", "ip", "filter", "FORWARD"]), @r#"
        table ip filter {
        	chain FORWARD {
        		type filter hook forward priority filter; policy drop;
        		jump DOCKER-USER
        		iifname "docker0" accept
        		iifname "tare0" counter accept comment "tare from"
        		oifname "tare0" counter accept comment "tare to"
        	}
        }
        "#);
        drop(server);
        let other = Machine::new("tare1", "tare-1");
        other.ensure();
        prune(other.state(), &other.names).unwrap();
        assert_eq!(objects("rule").iter().filter(|rule| rule["chain"] == "FORWARD").count(), 4);
    });
}

#[test]
fn a_prune_takes_our_rules_out_of_shared_chains() {
    on_a_machine(|machine| {
        nft(&[DOCKER]);
        let before = nft(&["list", "ruleset"]);
        machine.ensure();
        let Pruned::Removed(removed) = prune(machine.state(), &machine.names).unwrap() else {
            panic!("nothing is in use");
        };
        insta::assert_snapshot!(removed.join("\n"), @r"
        rules in chain FORWARD of nftables table filter
        nftables table tare
        bridge tare0
        ");
        assert_eq!(nft(&["list", "ruleset"]), before);
    });
}

#[test]
fn a_prune_leaves_nothing_and_spares_what_is_used() {
    on_a_machine(|machine| {
        let links = ip(&["-br", "link"]);
        let one = machine.start(FIRST);
        let in_use = Pruned::InUse { interfaces: vec![one.endpoint.host_interface.clone()], addresses: 1 };
        assert_eq!(prune(machine.state(), &machine.names).unwrap(), in_use);
        assert!(detach(&one.endpoint.host_interface).unwrap());
        assert!(!detach(&one.endpoint.host_interface).unwrap(), "it is gone already");
        let reserved = Pruned::InUse { interfaces: Vec::new(), addresses: 1 };
        assert_eq!(prune(machine.state(), &machine.names).unwrap(), reserved);
        assert_eq!(addresses::reclaim(machine.state(), &|_| false).unwrap(), [one.endpoint.address]);
        assert!(
            matches!(prune(machine.state(), &machine.names).unwrap(), Pruned::Removed(what) if what.len() == 2)
        );
        assert_eq!(prune(machine.state(), &machine.names).unwrap(), Pruned::Removed(Vec::new()));
        assert_eq!(ip(&["-br", "link"]), links);
        assert_eq!(nft(&["list", "ruleset"]), "");
        let mut left: Vec<_> =
            machine.state().read_dir().unwrap().map(|entry| entry.unwrap().file_name()).collect();
        left.sort();
        assert_eq!(left, ["addresses.lock", "bridge.lock"]);
        machine.start(SECOND);
    });
}

#[test]
fn a_reused_address_is_reachable_at_once() {
    on_a_machine(|machine| {
        let client = machine.start(FIRST);
        let bridge = machine.ensure();
        let address = addresses::reserve(machine.state(), &bridge, SECOND).unwrap();
        for id in [SECOND, "3333333333333333"] {
            let server = machine.start_at(&bridge, id, address);
            let listener = server.listen();
            client.inside(|| converse(&listener, address.into()));
            converse(&listener, address.into());
            detach(&server.endpoint.host_interface).unwrap();
        }
    });
}

#[test]
fn what_a_killed_process_left_is_completed_or_replaced() {
    on_a_machine(|machine| {
        ip(&["link", "add", "tare0", "type", "bridge"]);
        ip(&["link", "add", "veth11111111111", "type", "veth", "peer", "name", "stale"]);
        nft(&["add", "table", "ip", "tare"]);
        std::fs::write(machine.state().join("bridge.json"), "{\"version\":1,\"bri").unwrap();
        std::fs::write(machine.state().join("bridge.json.new"), "{").unwrap();
        let one = machine.start(FIRST);
        let server = one.listen();
        converse(&server, one.address());
        assert!(!ip(&["link"]).contains("stale"));

        let bridge = machine.ensure();
        std::fs::remove_file(machine.state().join("bridge.json")).unwrap();
        assert_eq!(machine.ensure(), bridge, "a bridge that is in use keeps its subnet");
        converse(&server, one.address());
    });
}

#[test]
fn subnets_that_the_machine_uses_are_left_alone() {
    on_a_machine(|machine| {
        ip(&["address", "add", "172.18.3.1/30", "dev", "lo"]);
        ip(&["route", "add", "blackhole", "172.19.128.0/17"]);
        ip(&["route", "add", "10.0.0.0/8", "dev", "lo"]);
        assert_eq!(machine.ensure().subnet.to_string(), "172.20.0.0/16");
        let mut other = Machine::new("tare1", "tare-1");
        other.names.preferred_subnet = 20;
        assert_eq!(other.ensure().subnet.to_string(), "172.21.0.0/16", "all of 10.x is taken");
        ip(&["route", "add", "172.16.0.0/12", "dev", "lo"]);
        assert_eq!(Machine::new("tare2", "tare-2").ensure().subnet.to_string(), "192.168.0.0/24");
        ip(&["route", "add", "192.168.0.0/16", "dev", "lo"]);
        let last = Machine::new("tare3", "tare-3");
        let error = bridge::ensure(last.state(), &last.names).unwrap_err();
        assert!(matches!(error, Error::NoFreeSubnet { .. }), "{error}");
    });
}

#[test]
fn many_may_ensure_at_once() {
    on_a_machine(|machine| {
        let home = sys::netlink::current_namespace().unwrap();
        let other = Machine::new("tare1", "tare-1");
        let bridges: Vec<_> = std::thread::scope(|scope| {
            let ensure = |store: &Machine| within(&home, || store.ensure());
            let stores = [machine, &other].into_iter().cycle().take(8);
            let threads: Vec<_> = stores.map(|store| scope.spawn(move || ensure(store))).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert!(bridges.iter().all(|bridge| bridge == &bridges[0] || bridge == &bridges[1]));
        assert_ne!(bridges[0].subnet, bridges[1].subnet);
        assert_eq!(objects("table").len(), 2);
    });
}

#[test]
fn stores_do_not_reach_each_other() {
    on_a_machine(|machine| {
        let other = Machine::new("tare1", "tare-1");
        let (one, two) = (machine.start(FIRST), other.start(SECOND));
        let sender = one.inside(|| UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).unwrap());
        sender.send_to(b"hello", SocketAddr::new(two.address(), 9)).unwrap();
        let comment = format!("nothing else to {} (revision 1)", other.ensure().subnet);
        wait_until_counted(&comment);
    });
}

#[test]
fn errors_say_what_to_do() {
    on_a_machine(|machine| {
        let bridge = machine.ensure();
        let netns = fresh_namespace();
        let outside = attach(&bridge, netns.as_fd(), FIRST, Ipv4Addr::new(192, 0, 2, 1)).unwrap_err();
        insta::assert_snapshot!(outside, @r#"address "192.0.2.1" is not valid: it is no container's address in the bridge's subnet"#);
        ip(&["link", "del", "tare0"]);
        let gone = attach(&bridge, netns.as_fd(), FIRST, Ipv4Addr::new(172, 18, 0, 9)).unwrap_err();
        insta::assert_snapshot!(gone, @"bridge tare0 is gone; start the container again");
        ip(&["link", "add", "tare0", "type", "veth", "peer", "name", "other"]);
        let other = bridge::ensure(machine.state(), &machine.names).unwrap_err();
        insta::assert_snapshot!(other, @"interface tare0 exists and is no bridge; remove it with 'ip link del tare0'");
        let no_namespace = loopback_up(std::fs::File::open("/dev/null").unwrap().as_fd()).unwrap_err();
        insta::assert_snapshot!(no_namespace, @"open a netlink socket in the container's network: cannot enter the network namespace: Invalid argument (os error 22)");
    });
}

#[test]
fn a_failed_attach_leaves_no_interface() {
    on_a_machine(|machine| {
        let bridge = machine.ensure();
        let netns = fresh_namespace();
        attach(&bridge, netns.as_fd(), FIRST, Ipv4Addr::new(172, 18, 0, 9)).unwrap();
        let again = attach(&bridge, netns.as_fd(), SECOND, Ipv4Addr::new(172, 18, 0, 10)).unwrap_err();
        assert!(matches!(again, Error::Kernel { .. }), "the namespace has an eth0: {again}");
        assert!(!ip(&["-br", "link"]).contains("veth2222"));
    });
}

#[test]
fn impossible_names_are_refused() {
    on_a_machine(|_| {
        for (bridge, table) in
            [("", "tare"), ("a-name-of-16-byte", "tare"), ("../x", "tare"), ("tare0", "a b")]
        {
            let machine = Machine::new(bridge, table);
            let error = bridge::ensure(machine.state(), &machine.names).unwrap_err();
            assert!(matches!(error, Error::Invalid { .. }), "{error}");
        }
    });
}

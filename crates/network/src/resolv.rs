//! The text of a container's `/etc/resolv.conf` (resolv.conf(5)).

use std::net::IpAddr;

/// What is asked if the machine names no server that a container can reach.
const PUBLIC_SERVERS: [&str; 2] = ["8.8.8.8", "8.8.4.4"];

/// What the user wants otherwise than the machine has it. An empty list leaves that part as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Dns {
    /// `--dns`: servers.
    pub servers: Vec<String>,
    /// `--dns-search`: domains; a single `.` means none.
    pub search: Vec<String>,
    /// `--dns-option`: options.
    pub options: Vec<String>,
}

/// The machine's own configuration.
#[derive(Debug, Clone, Copy, Default)]
pub struct Sources<'a> {
    /// `/etc/resolv.conf`.
    pub host: &'a str,
    /// `/run/systemd/resolve/resolv.conf`: the servers that systemd-resolved asks; empty where it does not run.
    pub resolved: &'a str,
}

/// What network the file is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A network of its own with IPv4: the machine's loopback servers and IPv6 servers cannot be reached.
    Bridge,
    /// The machine's network: every server can be reached.
    Host,
}

/// Renders the file. Comments and what resolv.conf(5) does not know are left out; what the user gave replaces what the machine has, part by part.
///
/// For a bridge, servers that cannot be reached are left out. If none remains, systemd-resolved's configuration is used in place
/// of the host's, and if that has none either, public servers are.
#[must_use]
pub fn render(sources: &Sources<'_>, dns: &Dns, kind: Kind) -> String {
    let mut host = Configuration::parse(sources.host);
    if kind == Kind::Bridge && dns.servers.is_empty() {
        host.servers.retain(|server| reachable_from_bridge(server));
        if host.servers.is_empty() {
            let mut resolved = Configuration::parse(sources.resolved);
            resolved.servers.retain(|server| reachable_from_bridge(server));
            host = if resolved.servers.is_empty() { host } else { resolved };
        }
        if host.servers.is_empty() {
            host.servers = PUBLIC_SERVERS.to_vec();
        }
    }
    let mut text = String::new();
    for server in choose(&dns.servers, host.servers) {
        text.extend(["nameserver ", server, "\n"]);
    }
    let mut search = choose(&dns.search, host.search);
    search.retain(|domain| *domain != ".");
    write_list(&mut text, "search", &search);
    write_list(&mut text, "options", &choose(&dns.options, host.options));
    text
}

/// The parts of a file.
#[derive(Debug, Default)]
struct Configuration<'a> {
    servers: Vec<&'a str>,
    search: Vec<&'a str>,
    options: Vec<&'a str>,
}

impl<'a> Configuration<'a> {
    fn parse(text: &'a str) -> Self {
        let mut found = Self::default();
        for line in text.lines() {
            let mut words = line.split_whitespace();
            match words.next() {
                Some("nameserver") => found.servers.extend(words.next()),
                // The last of these lines wins, resolv.conf(5).
                Some("search") => found.search = words.collect(),
                Some("domain") => found.search = words.take(1).collect(),
                Some("options") => found.options.extend(words),
                _ => {}
            }
        }
        found
    }
}

/// An IPv4 address that is not the machine's own.
fn reachable_from_bridge(server: &str) -> bool {
    matches!(server.parse(), Ok(IpAddr::V4(address)) if !address.is_loopback() && !address.is_unspecified())
}

fn choose<'a>(given: &'a [String], otherwise: Vec<&'a str>) -> Vec<&'a str> {
    if given.is_empty() { otherwise } else { given.iter().map(String::as_str).collect() }
}

fn write_list(text: &mut String, keyword: &str, words: &[&str]) {
    if !words.is_empty() {
        text.extend([keyword, " ", &words.join(" "), "\n"]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const STUB: &str = "# by systemd-resolved\nnameserver 127.0.0.53\noptions edns0 trust-ad\nsearch lan\n";

    fn bridge(host: &str, resolved: &str, dns: &Dns) -> String {
        render(&Sources { host, resolved }, dns, Kind::Bridge)
    }

    #[test]
    fn servers_that_a_container_cannot_reach_are_left_out() {
        let host = "; old\nnameserver 127.0.0.1\nnameserver 192.0.2.53\nnameserver ::1\nnameserver fd00::53\nsearch a.example b.example\nsortlist 1.2.3.0\n";
        insta::assert_snapshot!(bridge(host, "", &Dns::default()), @r"
        nameserver 192.0.2.53
        search a.example b.example
        ");
    }

    #[test]
    fn behind_a_stub_the_real_servers_are_asked() {
        let real = "nameserver 192.0.2.7\nnameserver 192.0.2.8\nsearch corp.example\n";
        insta::assert_snapshot!(bridge(STUB, real, &Dns::default()), @r"
        nameserver 192.0.2.7
        nameserver 192.0.2.8
        search corp.example
        ");
    }

    #[test]
    fn without_any_server_public_ones_are_asked() {
        insta::assert_snapshot!(bridge(STUB, "", &Dns::default()), @r"
        nameserver 8.8.8.8
        nameserver 8.8.4.4
        search lan
        options edns0 trust-ad
        ");
        assert_eq!(
            bridge("", "nameserver 127.0.0.2", &Dns::default()),
            "nameserver 8.8.8.8\nnameserver 8.8.4.4\n"
        );
    }

    #[test]
    fn what_the_user_gives_replaces_part_by_part() {
        let dns = Dns {
            servers: vec!["127.0.0.1".to_owned(), "fd00::1".to_owned()],
            search: vec![".".to_owned()],
            options: vec!["ndots:3".to_owned(), "rotate".to_owned()],
        };
        insta::assert_snapshot!(bridge(STUB, "", &dns), @r"
        nameserver 127.0.0.1
        nameserver fd00::1
        options ndots:3 rotate
        ");
    }

    #[test]
    fn on_the_hosts_network_loopback_servers_stay() {
        let text = render(&Sources { host: STUB, resolved: "" }, &Dns::default(), Kind::Host);
        insta::assert_snapshot!(text, @r"
        nameserver 127.0.0.53
        search lan
        options edns0 trust-ad
        ");
    }

    #[test]
    fn the_last_search_line_wins() {
        let host = "nameserver 192.0.2.1\nsearch one two\ndomain three four\n";
        assert_eq!(bridge(host, "", &Dns::default()), "nameserver 192.0.2.1\nsearch three\n");
    }

    proptest! {
        #[test]
        fn a_container_always_has_a_reachable_server(host in "(nameserver|search|options|#)?[ -~\n]{0,80}", resolved in "[ -~\n]{0,80}") {
            let text = bridge(&host, &resolved, &Dns::default());
            let servers: Vec<_> = text.lines().filter_map(|line| line.strip_prefix("nameserver ")).collect();
            prop_assert!(!servers.is_empty());
            prop_assert!(servers.iter().all(|server| reachable_from_bridge(server)));
        }
    }
}

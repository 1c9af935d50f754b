//! Hosts with ports, as they stand in names.

use super::Scheme;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Scheme, if there is one, host and path of `[SCHEME://]HOST[/PATH]`; nothing if the scheme is none of ours.
pub(super) fn split(url: &str) -> Option<(Option<Scheme>, &str, &str)> {
    let (scheme, rest) = match url.split_once("://") {
        Some(("https", rest)) => (Some(Scheme::Https), rest),
        Some(("http", rest)) => (Some(Scheme::Http), rest),
        Some(_) => return None,
        None => (None, url),
    };
    let rest = rest.trim_end_matches('/');
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    Some((scheme, host, path))
}

/// The host without its port, and without the brackets of an IPv6 address.
pub(super) fn host_only(authority: &str) -> &str {
    if let Some(rest) = authority.strip_prefix('[') {
        return rest.split(']').next().unwrap_or(rest);
    }
    match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|b| b.is_ascii_digit()) && !host.contains(':') => host,
        _ => authority,
    }
}

/// Whether it is this machine, which nobody listens to on the way (Docker treats 127.0.0.0/8 so).
pub(crate) fn is_loopback(authority: &str) -> bool {
    let host = host_only(authority);
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// Whether the host is an address in a network, `10.0.0.0/8`.
pub(super) fn is_in(authority: &str, network: &str) -> bool {
    let Some((base, length)) = network.split_once('/') else { return false };
    let Ok(length) = length.parse::<u32>() else { return false };
    match (host_only(authority).parse(), base.parse()) {
        (Ok(IpAddr::V4(address)), Ok(IpAddr::V4(base))) => {
            length <= 32 && masked4(address, length) == masked4(base, length)
        }
        (Ok(IpAddr::V6(address)), Ok(IpAddr::V6(base))) => {
            length <= 128 && masked6(address, length) == masked6(base, length)
        }
        _ => false,
    }
}

fn masked4(address: Ipv4Addr, length: u32) -> u32 {
    u32::from(address) & u32::MAX.checked_shl(32 - length).unwrap_or(0)
}

fn masked6(address: Ipv6Addr, length: u32) -> u128 {
    u128::from(address) & u128::MAX.checked_shl(128 - length).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_and_brackets() {
        for (authority, host) in
            [("a", "a"), ("a:1", "a"), ("[::1]:5000", "::1"), ("[::1]", "::1"), ("127.0.0.1:80", "127.0.0.1")]
        {
            assert_eq!(host_only(authority), host);
        }
    }

    #[test]
    fn addresses_and_networks() {
        assert!(is_loopback("localhost:5000") && is_loopback("127.1.2.3") && is_loopback("[::1]:1"));
        assert!(!is_loopback("localhost.example") && !is_loopback("10.0.0.1"));
        assert!(is_in("10.1.2.3:5000", "10.0.0.0/8") && !is_in("11.0.0.1", "10.0.0.0/8"));
        assert!(
            is_in("1.2.3.4", "0.0.0.0/0")
                && is_in("[fd00::1]", "fd00::/8")
                && !is_in("a.example", "0.0.0.0/0")
        );
        assert!(!is_in("1.2.3.4", "1.2.3.4/33"));
    }
}

//! Switches below `/proc/sys/net`, which show the namespace of the thread that opens them.

use crate::error::{Result, io};
use std::path::{Path, PathBuf};

/// IPv4 forwarding between all interfaces.
const FORWARDING: &str = "/proc/sys/net/ipv4/ip_forward";

/// Lets the machine forward IPv4 packets. Looks first: a write would flush routes and wake every listener.
pub(crate) fn enable_forwarding() -> Result<()> {
    let path = Path::new(FORWARDING);
    if std::fs::read(path).map_err(io("read", path))?.first() == Some(&b'1') {
        return Ok(());
    }
    std::fs::write(path, "1").map_err(io("write", path))
}

/// True if the kernel has IPv6.
pub(crate) fn has_ipv6() -> bool {
    Path::new("/proc/sys/net/ipv6/conf/all").exists()
}

/// Takes IPv6 away from an interface, so that no container announces itself to the machine as a router (CVE-2020-10749).
/// Does nothing where there is no IPv6.
pub(crate) fn disable_ipv6(interface: &str) -> Result<()> {
    for (switch, value) in [("accept_ra", "0"), ("disable_ipv6", "1")] {
        let path: PathBuf = ["/proc/sys/net/ipv6/conf", interface, switch].iter().collect();
        match std::fs::write(&path, value) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            result => result.map_err(io("write", &path))?,
        }
    }
    Ok(())
}

/// Takes IPv6 away from the interfaces that will be made in the thread's namespace; loopback keeps `::1`. It costs a container
/// a duplicate address detection that it has no use for. Best effort: `/proc/sys` may be read-only.
pub(crate) fn disable_ipv6_by_default() {
    let _ = std::fs::write("/proc/sys/net/ipv6/conf/default/disable_ipv6", "1");
}

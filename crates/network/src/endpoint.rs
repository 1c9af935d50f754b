//! A container's place on the bridge: a veth pair, an address, a default route.

use crate::bridge::{Bridge, hardware_address};
use crate::error::{Error, Result, kernel};
use crate::route::link::Pair;
use crate::route::{Route, address, link};
use crate::subnet::Subnet;
use crate::sysctl;
use crate::wire::Batch;
use std::fmt;
use std::net::Ipv4Addr;
use sys::Errno;
use sys::fd::{AsRawFd, BorrowedFd};

/// Name of the interface in the container.
pub const CONTAINER_INTERFACE: &str = "eth0";

/// An Ethernet address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct HardwareAddress(pub [u8; 6]);

impl HardwareAddress {
    /// The one of the interface that has this address on a bridge of ours.
    #[must_use]
    pub fn of(address: Ipv4Addr) -> Self {
        Self(hardware_address(address))
    }
}

impl fmt::Display for HardwareAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, e, g] = self.0;
        write!(f, "{a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{g:02x}")
    }
}

/// An attached container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// Its address.
    pub address: Ipv4Addr,
    /// Length of the subnet's prefix in bits.
    pub prefix_length: u8,
    /// Where its default route leads.
    pub gateway: Ipv4Addr,
    /// The hardware address of its interface, which follows from the address.
    pub hardware_address: HardwareAddress,
    /// Name of the interface on the host, for [`detach`].
    pub host_interface: String,
}

/// Attaches the namespace `netns` to the bridge as [`CONTAINER_INTERFACE`], and sets its loopback interface up. An
/// interface that an earlier attempt for `owner` left is replaced.
///
/// The calling thread visits `netns`; it needs `CAP_NET_ADMIN` and `CAP_SYS_ADMIN` over it. On failure nothing stays. When the
/// namespace ends, the kernel removes both ends of the pair.
///
/// # Errors
/// [`Error::BridgeGone`] if somebody has removed the bridge in spite of the reserved address: call [`crate::bridge::ensure`] again.
/// [`Error::Namespace`]; [`Error::Invalid`] for an address that no container of this subnet can have; refusals of the kernel.
pub fn attach(bridge: &Bridge, netns: BorrowedFd<'_>, owner: &str, address: Ipv4Addr) -> Result<Endpoint> {
    if bridge.subnet.position(address).is_none() {
        let reason = "it is no container's address in the bridge's subnet";
        return Err(Error::Invalid { what: "address", value: address.to_string(), reason });
    }
    let hardware = hardware_address(address);
    let host_interface = interface_name(owner);
    let mut inside = Route::open_in(netns, sysctl::disable_ipv6_by_default)?;
    let mut outside = Route::open()?;
    let pair = Pair {
        host: &host_interface,
        container: CONTAINER_INTERFACE,
        hardware,
        namespace: netns.as_raw_fd().cast_unsigned(),
        bridge: bridge.index,
        mtu: bridge.mtu,
    };
    let index = connect(&mut outside, bridge, &pair)?;
    if let Err(error) = configure(&mut inside, index, bridge, address) {
        // The first error is the one to report; the pair goes with the namespace if it does not go now.
        let _ = outside.remove(&host_interface);
        return Err(error);
    }
    Ok(Endpoint {
        address,
        prefix_length: bridge.subnet.prefix_length(),
        gateway: bridge.gateway,
        hardware_address: HardwareAddress(hardware),
        host_interface,
    })
}

/// Removes a container's interface by its name on the host; true if there was one. The kernel waits for
/// a grace period here: where the namespace is about to end anyway, leave it to the kernel.
///
/// # Errors
/// Refusals of the kernel.
pub fn detach(host_interface: &str) -> Result<bool> {
    Route::open()?.remove(host_interface)
}

/// Sets the loopback interface of a namespace up: all the network that a container without one has.
///
/// # Errors
/// [`Error::Namespace`], and refusals of the kernel.
pub fn loopback_up(netns: BorrowedFd<'_>) -> Result<()> {
    let mut route = Route::open_in(netns, || ())?;
    let mut batch = Batch::new();
    link::set_up(&mut batch, link::LOOPBACK);
    route.apply(&mut batch).map_err(kernel("set up the container's loopback interface"))
}

/// Makes the pair with its end here on the bridge and up. Returns the index of the other end.
fn connect(route: &mut Route, bridge: &Bridge, pair: &Pair<'_>) -> Result<u32> {
    let connected = match try_connect(route, pair) {
        Err(refusal) if refusal.errno == Errno::EXIST => {
            // The owner is the same, so this is what an attempt that was killed left.
            route.remove(pair.host)?;
            try_connect(route, pair)
        }
        connected => connected,
    };
    match connected {
        Ok(Some(peer)) => Ok(peer),
        Ok(None) => Err(Error::BridgeGone { bridge: bridge.name.clone() }),
        Err(refusal) => {
            if refusal.errno != Errno::EXIST {
                let _ = route.remove(pair.host);
            }
            let known = route.link(&bridge.name)?.filter(|link| link.index == bridge.index);
            match known {
                None => Err(Error::BridgeGone { bridge: bridge.name.clone() }),
                Some(_) => Err(kernel(format!("connect a container to bridge {}", bridge.name))(refusal)),
            }
        }
    }
}

/// One exchange: make the pair, keep the end here from IPv6, set it up, ask for the other end's index.
fn try_connect(route: &mut Route, pair: &Pair<'_>) -> std::result::Result<Option<u32>, sys::netlink::Error> {
    let mut batch = Batch::new();
    link::make_pair(&mut batch, pair);
    if sysctl::has_ipv6() {
        link::without_ipv6_address(&mut batch, pair.host);
    }
    link::set_name_up(&mut batch, pair.host);
    link::ask(&mut batch, pair.host);
    Ok(route.apply_and_see(&mut batch)?.and_then(|link| link.peer))
}

/// One exchange in the container's namespace.
fn configure(route: &mut Route, index: u32, bridge: &Bridge, address: Ipv4Addr) -> Result<()> {
    let subnet: Subnet = bridge.subnet;
    let mut batch = Batch::new();
    link::set_up(&mut batch, link::LOOPBACK);
    link::set_up(&mut batch, index);
    address::give(&mut batch, index, address, subnet);
    address::default_route(&mut batch, index, bridge.gateway);
    route.apply(&mut batch).map_err(kernel("give the container its address"))
}

/// `veth` and 11 hexadecimal digits of the owner, if it begins with that many, as an id does; else of a hash of it.
fn interface_name(owner: &str) -> String {
    match owner.get(..11) {
        Some(start) if start.bytes().all(|byte| byte.is_ascii_hexdigit()) => format!("veth{start}"),
        _ => format!("veth{:011x}", hash(owner) >> 20),
    }
}

/// FNV-1a, 64 bits (draft-eastlake-fnv).
fn hash(text: &str) -> u64 {
    text.bytes()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_id_is_recognised_in_the_interface_name() {
        let id = "3f2a9c81b0de77aa54c3";
        assert_eq!(interface_name(id), "veth3f2a9c81b0d");
        assert_ne!(interface_name("build step 1"), interface_name("build step 2"));
    }

    proptest! {
        #[test]
        fn interface_names_fit(owner in ".*") {
            prop_assert_eq!(interface_name(&owner).len(), 15);
        }
    }
}

//! Requests that make, change, remove and look up links, and what a link says of itself.

use crate::wire::{Batch, attributes, find, number, text};
use sys::netlink::flags::{CREATE, DUMP, EXCL};

const NEW_LINK: u16 = 16;
const DELETE_LINK: u16 = 17;
const GET_LINK: u16 = 18;
const SET_LINK: u16 = 19;

const ADDRESS: u16 = 1;
const NAME: u16 = 3;
const MTU: u16 = 4;
const PEER: u16 = 5;
const MASTER: u16 = 10;
const INFO: u16 = 18;
const FAMILY_SETTINGS: u16 = 26;
const NAMESPACE_DESCRIPTOR: u16 = 28;
const EXTENSIONS: u16 = 29;

const INFO_KIND: u16 = 1;
const INFO_DATA: u16 = 2;
const BRIDGE_FORWARD_DELAY: u16 = 1;
const VETH_PEER: u16 = 1;

/// `AF_INET6` and its `IFLA_INET6_ADDR_GEN_MODE`, `IN6_ADDR_GEN_MODE_NONE`.
const INET6: u16 = 10;
const ADDRESS_GENERATION: u16 = 8;
const GENERATE_NONE: u8 = 1;

/// `RTEXT_FILTER_SKIP_STATS`: three quarters of a link's description are counters.
const SKIP_STATISTICS: u32 = 1 << 3;

/// `IFF_UP`.
const UP: u32 = 1;

/// Length of `struct ifinfomsg`.
const FIXED: usize = 16;

/// The loopback link has this index in every namespace.
pub(crate) const LOOPBACK: u32 = 1;

/// What a link says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Link {
    pub(crate) index: u32,
    pub(crate) name: String,
    pub(crate) up: bool,
    pub(crate) mtu: u32,
    /// `bridge`, `veth`; empty for hardware.
    pub(crate) kind: String,
    pub(crate) master: Option<u32>,
    /// Index of the other end of a veth pair, in that end's namespace.
    pub(crate) peer: Option<u32>,
}

/// Reads the body of an `RTM_NEWLINK`.
pub(crate) fn parse(body: &[u8]) -> Option<Link> {
    let index = number(body.get(4..8)?)?;
    let up = number(body.get(8..12)?)? & UP != 0;
    let mut link =
        Link { index, name: String::new(), up, mtu: 0, kind: String::new(), master: None, peer: None };
    for (kind, value) in attributes(body.get(FIXED..)?) {
        match kind {
            NAME => link.name = text(value)?.to_owned(),
            MTU => link.mtu = number(value)?,
            MASTER => link.master = number(value),
            PEER => link.peer = number(value),
            INFO => link.kind = find(value, INFO_KIND).and_then(text).unwrap_or_default().to_owned(),
            _ => {}
        }
    }
    Some(link)
}

/// Asks for the link of a name.
pub(crate) fn ask(batch: &mut Batch, name: &str) {
    batch.message(GET_LINK, 0, &fixed(0, 0)).text(NAME, name).number(EXTENSIONS, SKIP_STATISTICS);
}

/// Asks for the link of an index.
pub(crate) fn ask_index(batch: &mut Batch, index: u32) {
    batch.message(GET_LINK, 0, &fixed(index, 0)).number(EXTENSIONS, SKIP_STATISTICS);
}

/// Asks for all links below a master.
pub(crate) fn ask_ports(batch: &mut Batch, master: u32) {
    batch.message(GET_LINK, DUMP, &fixed(0, 0)).number(MASTER, master).number(EXTENSIONS, SKIP_STATISTICS);
}

/// Makes a bridge, down, without spanning tree delays. Its hardware address is given, or it would change with each port.
pub(crate) fn make_bridge(batch: &mut Batch, name: &str, hardware: [u8; 6], mtu: u32) {
    batch
        .message(NEW_LINK, CREATE | EXCL, &fixed(0, 0))
        .text(NAME, name)
        .attribute(ADDRESS, &hardware)
        .nested(INFO, |info| {
            info.text(INFO_KIND, "bridge").nested(INFO_DATA, |settings| {
                settings.number(BRIDGE_FORWARD_DELAY, 0);
            });
        });
    // Only an MTU that is set afterwards is kept; else it follows that of the ports.
    batch.message(SET_LINK, 0, &fixed(0, 0)).text(NAME, name).number(MTU, mtu);
}

/// Sets a link down: only then its name can be changed.
pub(crate) fn set_down(batch: &mut Batch, index: u32) {
    let mut bytes = fixed(index, UP);
    bytes[8..12].fill(0);
    batch.message(SET_LINK, 0, &bytes);
}

/// Moves a link into another namespace, a descriptor's number in this process, under a name.
pub(crate) fn give_away(batch: &mut Batch, index: u32, namespace: u32, name: &str) {
    batch.message(SET_LINK, 0, &fixed(index, 0)).number(NAMESPACE_DESCRIPTOR, namespace).text(NAME, name);
}

/// Sets a link up.
pub(crate) fn set_up(batch: &mut Batch, index: u32) {
    batch.message(SET_LINK, 0, &fixed(index, UP));
}

/// Both ends of a veth pair to be made.
#[derive(Debug)]
pub(crate) struct Pair<'a> {
    /// Name of the end here.
    pub(crate) host: &'a str,
    /// Name of the end in the container.
    pub(crate) container: &'a str,
    /// Hardware address of the end in the container.
    pub(crate) hardware: [u8; 6],
    /// The container's namespace: a descriptor's number in this process.
    pub(crate) namespace: u32,
    /// Index of the bridge that the end here belongs to.
    pub(crate) bridge: u32,
    pub(crate) mtu: u32,
}

/// Makes a veth pair: one end here, below the bridge; the other in the container's namespace. Both are down: the kernel
/// refuses to set an end up while the other is in the making.
pub(crate) fn make_pair(batch: &mut Batch, pair: &Pair<'_>) {
    batch
        .message(NEW_LINK, CREATE | EXCL, &fixed(0, 0))
        .text(NAME, pair.host)
        .number(MTU, pair.mtu)
        .number(MASTER, pair.bridge)
        .nested(INFO, |info| {
            info.text(INFO_KIND, "veth").nested(INFO_DATA, |settings| {
                settings.nested(VETH_PEER, |peer| {
                    peer.raw(&fixed(0, 0));
                    peer.text(NAME, pair.container)
                        .attribute(ADDRESS, &pair.hardware)
                        .number(MTU, pair.mtu)
                        .number(NAMESPACE_DESCRIPTOR, pair.namespace);
                });
            });
        });
}

/// Keeps a link from giving itself a link-local IPv6 address when it goes up: nobody wants it, and it costs a
/// duplicate address detection. The kernel refuses this where it has no IPv6.
pub(crate) fn without_ipv6_address(batch: &mut Batch, name: &str) {
    batch.message(SET_LINK, 0, &fixed(0, 0)).text(NAME, name).nested(FAMILY_SETTINGS, |families| {
        families.nested(INET6, |settings| {
            settings.attribute(ADDRESS_GENERATION, &[GENERATE_NONE]);
        });
    });
}

/// Sets the link of a name up.
pub(crate) fn set_name_up(batch: &mut Batch, name: &str) {
    batch.message(SET_LINK, 0, &fixed(0, UP)).text(NAME, name);
}

/// Removes a link.
pub(crate) fn remove(batch: &mut Batch, name: &str) {
    batch.message(DELETE_LINK, 0, &fixed(0, 0)).text(NAME, name);
}

/// `struct ifinfomsg` for an index (0: by name), setting the flags in `flags`.
fn fixed(index: u32, flags: u32) -> [u8; FIXED] {
    let mut bytes = [0; FIXED];
    bytes[4..8].copy_from_slice(&index.to_ne_bytes());
    bytes[8..12].copy_from_slice(&flags.to_ne_bytes());
    bytes[12..16].copy_from_slice(&flags.to_ne_bytes());
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_made_pair_reads_as_what_was_asked() {
        let mut batch = Batch::new();
        let pair =
            Pair { host: "veth0", container: "eth0", hardware: [2; 6], namespace: 9, bridge: 5, mtu: 1400 };
        make_pair(&mut batch, &pair);
        let link = parse(&batch.finish()[16..]).unwrap();
        assert_eq!((link.name.as_str(), link.kind.as_str()), ("veth0", "veth"));
        assert_eq!((link.master, link.mtu, link.up), (Some(5), 1400, false));
    }

    #[test]
    fn truncated_links_are_none_or_partial_but_no_panic() {
        let mut batch = Batch::new();
        make_bridge(&mut batch, "b", [0; 6], 1500);
        let bytes = batch.finish().to_vec();
        for length in 0..bytes.len() {
            let _ = parse(&bytes[..length]);
        }
    }
}

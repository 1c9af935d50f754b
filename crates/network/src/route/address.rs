//! Requests about addresses and routes.

use super::INET;
use crate::subnet::Subnet;
use crate::wire::{Batch, attributes, find, number};
use std::net::Ipv4Addr;
use sys::netlink::flags::{CREATE, DUMP, REPLACE};

const NEW_ADDRESS: u16 = 20;
const GET_ADDRESS: u16 = 22;
const NEW_ROUTE: u16 = 24;
const GET_ROUTE: u16 = 26;

const IFA_ADDRESS: u16 = 1;
const IFA_LOCAL: u16 = 2;
const IFA_BROADCAST: u16 = 4;

const IFA_FLAGS: u16 = 8;
/// `IFA_F_PERMANENT`, `IFA_F_NODAD`.
const PERMANENT: u32 = 0x80;
const NO_DETECTION: u8 = 0x02;

const RTA_DESTINATION: u16 = 1;
const RTA_LINK: u16 = 4;
const RTA_GATEWAY: u16 = 5;

/// `RT_TABLE_MAIN`, `RTPROT_BOOT`, `RT_SCOPE_UNIVERSE`, `RTN_UNICAST`.
const TABLE_MAIN: u8 = 254;
const PROTOCOL_BOOT: u8 = 3;
const SCOPE_UNIVERSE: u8 = 0;
const UNICAST: u8 = 1;

/// Length of `struct ifaddrmsg`.
const FIXED_ADDRESS: usize = 8;
/// Length of `struct rtmsg`.
const FIXED_ROUTE: usize = 12;

/// Gives a link an address with the prefix and the broadcast address of `subnet`.
pub(crate) fn give(batch: &mut Batch, index: u32, address: Ipv4Addr, subnet: Subnet) {
    let mut fixed = [INET, subnet.prefix_length(), 0, 0, 0, 0, 0, 0];
    fixed[4..8].copy_from_slice(&index.to_ne_bytes());
    let wildcard = u32::MAX.checked_shr(subnet.prefix_length().into()).unwrap_or(0);
    let broadcast = Ipv4Addr::from_bits(subnet.network().to_bits() | wildcard);
    batch
        .message(NEW_ADDRESS, CREATE | REPLACE, &fixed)
        .attribute(IFA_LOCAL, &address.octets())
        .attribute(IFA_ADDRESS, &address.octets())
        .attribute(IFA_BROADCAST, &broadcast.octets());
}

/// Sends what has no other route to `gateway`.
pub(crate) fn default_route(batch: &mut Batch, index: u32, gateway: Ipv4Addr) {
    let fixed = [INET, 0, 0, 0, TABLE_MAIN, PROTOCOL_BOOT, SCOPE_UNIVERSE, UNICAST, 0, 0, 0, 0];
    batch
        .message(NEW_ROUTE, CREATE | REPLACE, &fixed)
        .attribute(RTA_GATEWAY, &gateway.octets())
        .number(RTA_LINK, index);
}

/// Asks for all IPv4 addresses.
pub(crate) fn ask(batch: &mut Batch) {
    batch.message(GET_ADDRESS, DUMP, &[INET, 0, 0, 0, 0, 0, 0, 0]);
}

/// Asks for all addresses of both families.
pub(crate) fn ask_both(batch: &mut Batch) {
    batch.message(GET_ADDRESS, DUMP, &[0; FIXED_ADDRESS]);
}

/// An address as the kernel describes it, to be given again to the same link elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Lasting {
    family: u8,
    prefix: u8,
    /// `IFA_ADDRESS`, `IFA_LOCAL` and `IFA_BROADCAST`, those that it has.
    values: Vec<(u16, Vec<u8>)>,
}

/// Reads an `RTM_NEWADDR`, if it is a permanent address of global scope of the link.
pub(crate) fn parse_lasting(body: &[u8], index: u32) -> Option<Lasting> {
    let [family, prefix, flags, scope] = *body.first_chunk::<4>()?;
    let attributes_of = body.get(FIXED_ADDRESS..)?;
    let all_flags = find(attributes_of, IFA_FLAGS).and_then(number).unwrap_or(u32::from(flags));
    if number(body.get(4..8)?)? != index || all_flags & PERMANENT == 0 || scope != SCOPE_UNIVERSE {
        return None;
    }
    let kinds = [IFA_ADDRESS, IFA_LOCAL, IFA_BROADCAST];
    let values = attributes(attributes_of)
        .filter(|(kind, _)| kinds.contains(kind))
        .map(|(kind, value)| (kind, value.to_vec()))
        .collect();
    Some(Lasting { family, prefix, values })
}

/// Gives a link an address that it had. One of version 6 is known to be nobody else's.
pub(crate) fn give_again(batch: &mut Batch, index: u32, address: &Lasting) {
    let flags = if address.family == INET { 0 } else { NO_DETECTION };
    let mut fixed = [address.family, address.prefix, flags, SCOPE_UNIVERSE, 0, 0, 0, 0];
    fixed[4..8].copy_from_slice(&index.to_ne_bytes());
    batch.message(NEW_ADDRESS, CREATE | REPLACE, &fixed);
    for (kind, value) in &address.values {
        batch.attribute(*kind, value);
    }
}

/// Asks for all IPv4 routes.
pub(crate) fn ask_routes(batch: &mut Batch) {
    batch.message(GET_ROUTE, DUMP, &[INET, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
}

/// Reads the body of an `RTM_NEWADDR`: the link, the address, its subnet.
pub(crate) fn parse(body: &[u8]) -> Option<(u32, Ipv4Addr, Subnet)> {
    let index = number(body.get(4..8)?)?;
    let address = address(find(body.get(FIXED_ADDRESS..)?, IFA_LOCAL)?)?;
    Some((index, address, Subnet::around(address, *body.get(1)?)))
}

/// Reads the body of an `RTM_NEWROUTE`: its destination (none: the default route) and its link.
pub(crate) fn parse_route(body: &[u8]) -> Option<(Option<Subnet>, Option<u32>)> {
    let attributes = body.get(FIXED_ROUTE..)?;
    let link = find(attributes, RTA_LINK).and_then(number);
    let destination = match *body.get(1)? {
        0 => None,
        prefix => Some(Subnet::around(address(find(attributes, RTA_DESTINATION)?)?, prefix)),
    };
    Some((destination, link))
}

fn address(value: &[u8]) -> Option<Ipv4Addr> {
    let octets: [u8; 4] = value.try_into().ok()?;
    Some(octets.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_reads_as_it_was_given() {
        let subnet: Subnet = "172.18.0.0/16".parse().unwrap();
        let mut batch = Batch::new();
        give(&mut batch, 7, subnet.gateway(), subnet);
        let body = &batch.finish()[16..];
        assert_eq!(parse(body), Some((7, subnet.gateway(), subnet)));
        assert_eq!(find(&body[8..], IFA_BROADCAST), Some([172, 18, 255, 255].as_slice()));
    }

    #[test]
    fn a_default_route_has_no_destination() {
        let mut batch = Batch::new();
        default_route(&mut batch, 3, Ipv4Addr::new(10, 0, 0, 1));
        assert_eq!(parse_route(&batch.finish()[16..]), Some((None, Some(3))));
    }
}

//! IPv4 subnets: arithmetic, and the pool that bridges choose from.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::net::Ipv4Addr;
use std::str::FromStr;

/// An IPv4 subnet: a network address and the length of its prefix in bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Subnet {
    network: u32,
    prefix: u8,
}

impl Subnet {
    /// The subnet of `prefix` bits (at most 32) that holds `address`.
    #[must_use]
    pub fn around(address: Ipv4Addr, prefix: u8) -> Self {
        let prefix = prefix.min(32);
        Self { network: address.to_bits() & mask(prefix), prefix }
    }

    /// Its first address.
    #[must_use]
    pub fn network(self) -> Ipv4Addr {
        Ipv4Addr::from_bits(self.network)
    }

    /// The length of its prefix in bits.
    #[must_use]
    pub fn prefix_length(self) -> u8 {
        self.prefix
    }

    /// The address that the bridge has: the first after the network address.
    #[must_use]
    pub fn gateway(self) -> Ipv4Addr {
        Ipv4Addr::from_bits(self.network.saturating_add(1))
    }

    /// True if `address` lies in it.
    #[must_use]
    pub fn contains(self, address: Ipv4Addr) -> bool {
        address.to_bits() & mask(self.prefix) == self.network
    }

    /// True if they have an address in common.
    #[must_use]
    pub fn overlaps(self, other: Self) -> bool {
        let shorter = mask(self.prefix.min(other.prefix));
        self.network & shorter == other.network & shorter
    }

    /// How many containers it can hold: all addresses without the network's, the gateway's and the broadcast one.
    #[must_use]
    pub fn capacity(self) -> u32 {
        (!mask(self.prefix)).saturating_sub(2)
    }

    /// The container address at `position`, counted from 0 and modulo [`Subnet::capacity`]; `None` if it has none.
    #[must_use]
    pub fn host(self, position: u32) -> Option<Ipv4Addr> {
        let offset = position.checked_rem(self.capacity())?;
        Some(Ipv4Addr::from_bits(self.network + 2 + offset))
    }

    /// The inverse of [`Subnet::host`].
    #[must_use]
    pub fn position(self, address: Ipv4Addr) -> Option<u32> {
        let offset = address.to_bits().checked_sub(self.network.checked_add(2)?)?;
        (self.contains(address) && offset < self.capacity()).then_some(offset)
    }
}

const fn mask(prefix: u8) -> u32 {
    match prefix {
        0 => 0,
        prefix => u32::MAX << (32 - prefix),
    }
}

impl fmt::Display for Subnet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.network(), self.prefix)
    }
}

impl From<Subnet> for String {
    fn from(subnet: Subnet) -> Self {
        subnet.to_string()
    }
}

/// A text that is no subnet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an IPv4 subnet such as 172.18.0.0/16")]
pub struct NotASubnet;

impl FromStr for Subnet {
    type Err = NotASubnet;

    fn from_str(text: &str) -> Result<Self, NotASubnet> {
        let (address, prefix) = text.split_once('/').ok_or(NotASubnet)?;
        let address: Ipv4Addr = address.parse().map_err(|_| NotASubnet)?;
        let prefix = prefix.parse().ok().filter(|prefix| *prefix <= 32).ok_or(NotASubnet)?;
        let subnet = Self::around(address, prefix);
        if subnet.network() == address { Ok(subnet) } else { Err(NotASubnet) }
    }
}

impl TryFrom<String> for Subnet {
    type Error = NotASubnet;

    fn try_from(text: String) -> Result<Self, NotASubnet> {
        text.parse()
    }
}

/// What a default bridge may be given, in this order: 172.18.0.0/16 to 172.31.0.0/16 and 10.88.0.0/16 to 10.127.0.0/16, each wide enough for
/// every container a machine can run, then the 192.168.x.0/24. 172.17.0.0/16 is left to Docker, which cannot give way.
///
/// The first candidate is number `preferred` (modulo the size of the wide part), so that stores that
/// begin at the same moment seldom want the same one.
pub fn candidates(preferred: u32) -> impl Iterator<Item = Subnet> {
    let wide = (18..32).map(|n| ([172, n, 0, 0], 16)).chain((88..128).map(|n| ([10, n, 0, 0], 16)));
    let narrow = (0..=255).map(|n| ([192, 168, n, 0], 24));
    let first = preferred as usize % wide.clone().count();
    let rotated = wide.clone().skip(first).chain(wide.take(first));
    rotated.chain(narrow).map(|(octets, prefix)| Subnet::around(Ipv4Addr::from(octets), prefix))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn subnet(text: &str) -> Subnet {
        text.parse().unwrap()
    }

    #[test]
    fn the_pool_begins_where_it_is_told_and_leaves_nothing_out() {
        assert_eq!(candidates(0).next(), Some(subnet("172.18.0.0/16")));
        assert_eq!(candidates(14).next(), Some(subnet("10.88.0.0/16")));
        assert_eq!(candidates(55).next(), Some(subnet("172.19.0.0/16")));
        assert_eq!(candidates(7).count(), 14 + 40 + 256);
    }

    #[test]
    fn the_pool_has_no_overlaps() {
        let all: Vec<_> = candidates(3).collect();
        for (index, one) in all.iter().enumerate() {
            assert!(all[index + 1..].iter().all(|other| !one.overlaps(*other)));
        }
    }

    #[test]
    fn a_wide_route_overlaps_a_narrow_subnet_both_ways() {
        assert!(subnet("10.0.0.0/8").overlaps(subnet("10.88.0.0/16")));
        assert!(subnet("10.88.0.0/16").overlaps(subnet("10.0.0.0/8")));
        assert!(!subnet("10.89.0.0/16").overlaps(subnet("10.88.0.0/16")));
    }

    #[test]
    fn the_edges_are_not_for_containers() {
        let small = subnet("192.168.7.0/24");
        assert_eq!(small.capacity(), 253);
        assert_eq!(small.gateway(), Ipv4Addr::new(192, 168, 7, 1));
        assert_eq!(small.host(0), Some(Ipv4Addr::new(192, 168, 7, 2)));
        assert_eq!(small.host(252), Some(Ipv4Addr::new(192, 168, 7, 254)));
        assert_eq!(small.host(253), small.host(0));
        assert_eq!(small.position(Ipv4Addr::new(192, 168, 7, 255)), None);
        assert_eq!(small.position(small.gateway()), None);
        assert_eq!(subnet("1.2.3.4/32").host(0), None);
    }

    proptest! {
        #[test]
        fn text_and_positions_come_back(bits: u32, prefix in 0..=32_u8, position: u32) {
            let subnet = Subnet::around(Ipv4Addr::from_bits(bits), prefix);
            prop_assert_eq!(subnet.to_string().parse(), Ok(subnet));
            if let Some(address) = subnet.host(position) {
                prop_assert_eq!(subnet.position(address), Some(position % subnet.capacity()));
            }
        }

        #[test]
        fn no_text_panics(text in ".{0,24}") {
            let _ = Subnet::from_str(&text);
        }
    }
}

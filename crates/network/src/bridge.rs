//! The bridge of a store, and everything that must stand before a container can be attached to it.

use crate::error::{Error, Result, kernel};
use crate::lock;
use crate::names::Names;
use crate::nftables::table::{Purpose, is_whole, replace};
use crate::nftables::{Netfilter, forwarding};
use crate::record::Record;
use crate::route::link::Link;
use crate::route::{Route, address, link};
use crate::subnet::{Subnet, candidates};
use crate::sysctl;
use crate::wire::Batch;
use std::net::Ipv4Addr;
use std::path::Path;
use sys::lock::LockFile;

/// The MTU where the machine's own way out has no smaller one.
const ETHERNET_MTU: u32 = 1500;
/// What every IPv4 host takes (RFC 791).
const SMALLEST_MTU: u32 = 576;

/// Other programs may change the rule set while it is looked through; then it is looked through again.
const ATTEMPTS: u32 = 8;

/// A bridge that stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bridge {
    /// Its name.
    pub name: String,
    /// Its interface index.
    pub index: u32,
    /// The containers' subnet.
    pub subnet: Subnet,
    /// The bridge's own address, through which containers reach everything.
    pub gateway: Ipv4Addr,
    /// The largest packet in bytes: that of the machine's default route, at most 1500.
    pub mtu: u32,
    /// Name of its nftables table.
    pub table: String,
}

/// A bridge that stands and is not pruned as long as this is held: [`addresses::reserve`](crate::addresses::reserve) an address meanwhile.
#[derive(Debug)]
pub struct Standing {
    /// The bridge.
    pub bridge: Bridge,
    _lock: LockFile,
}

impl From<Record> for Bridge {
    fn from(record: Record) -> Self {
        Self {
            name: record.bridge,
            index: record.index,
            subnet: record.subnet,
            gateway: record.subnet.gateway(),
            mtu: record.mtu,
            table: record.table,
        }
    }
}

/// The bridge as it last stood, without a look at the kernel; none if it was never made or pruned. For showing.
///
/// # Errors
/// What the file system reports.
pub fn recorded(state: &Path, names: &Names) -> Result<Option<Bridge>> {
    Ok(Record::read(state, names)?.map(Bridge::from))
}

/// Sees to it that the bridge, its table, forwarding, and the rules that other programs' forward policy makes necessary, stand.
///
/// `state` is a directory of this store alone, made if it is missing. When nothing has changed since the last call this waits for nobody but a
/// prune: the bridge has its recorded index and is up, and the kernel's rule set has its recorded generation, so nobody changed any table. Otherwise
/// whatever is missing is made, under the lock of `state`; what a process that was killed left half-made is completed.
///
/// # Errors
/// [`Error::NotABridge`], [`Error::NoFreeSubnet`], [`Error::Invalid`] for impossible names, and refusals of the kernel and of the file system.
pub fn ensure(state: &Path, names: &Names) -> Result<Standing> {
    names.validate()?;
    let shared = lock::use_bridge(state)?;
    if let Some(record) = Record::read(state, names)?
        && stands(&record)?
    {
        return Ok(Standing { bridge: record.into(), _lock: shared });
    }
    drop(shared);
    let lock = lock::change_bridge(state)?;
    let mut route = Route::open()?;
    let mut record = raise(&mut route, names, Record::read(state, names)?)?;
    sysctl::disable_ipv6(&names.bridge)?;
    sysctl::enable_forwarding()?;
    settle_rules(&mut record)?;
    record.write(state)?;
    Ok(Standing { bridge: record.into(), _lock: lock })
}

/// True if the kernel still has everything as it was recorded.
fn stands(record: &Record) -> Result<bool> {
    let link = Route::open()?.link(&record.bridge)?;
    if !link.is_some_and(|link| link.index == record.index && link.up) {
        return Ok(false);
    }
    let now = Netfilter::open()?.generation(&record.table)?;
    sysctl::enable_forwarding()?;
    Ok(now.id == record.generation && now.table == Some(record.table_handle))
}

/// Makes the bridge, or completes what is there. What it has already is kept, since containers may depend on it.
fn raise(route: &mut Route, names: &Names, known: Option<Record>) -> Result<Record> {
    // Two stores must not find the same subnet free.
    let _choice = lock::choose_in_namespace()?;
    let existing = route.link(&names.bridge)?;
    let subnet = match &existing {
        Some(link) if link.kind != "bridge" => return Err(Error::NotABridge { name: names.bridge.clone() }),
        Some(link) => subnet_of(route, link)?,
        None => None,
    };
    let subnet = match subnet {
        Some(subnet) => subnet,
        None => choose(route, names, known.map(|record| record.subnet))?,
    };
    let link = match existing {
        Some(link) => link,
        None => make(route, names, subnet)?,
    };
    bring_up(route, &link, subnet)?;
    Ok(Record::new(names, link.index, subnet, link.mtu))
}

/// The subnet of a bridge that has its address already.
fn subnet_of(route: &mut Route, link: &Link) -> Result<Option<Subnet>> {
    let address = route.address(link.index)?;
    let usable = address.filter(|(address, subnet)| *address == subnet.gateway() && subnet.capacity() > 0);
    Ok(usable.map(|(_, subnet)| subnet))
}

/// The first subnet that overlaps no route of this machine: the one that the store had before, else one of the pool.
fn choose(route: &mut Route, names: &Names, before: Option<Subnet>) -> Result<Subnet> {
    let (taken, _) = route.routes()?;
    let mut wanted = before.into_iter().chain(candidates(names.preferred_subnet));
    let free = wanted.find(|subnet| !taken.iter().any(|route| route.overlaps(*subnet)));
    free.ok_or_else(|| Error::NoFreeSubnet { bridge: names.bridge.clone() })
}

/// Makes the interface. Packets that fit it fit the machine's own way out as well.
fn make(route: &mut Route, names: &Names, subnet: Subnet) -> Result<Link> {
    let (_, ways_out) = route.routes()?;
    let smallest = ways_out.iter().filter_map(|link| route.mtu(*link)).min();
    let mtu = smallest.unwrap_or(ETHERNET_MTU).clamp(SMALLEST_MTU, ETHERNET_MTU);
    let mut batch = Batch::new();
    link::make_bridge(&mut batch, &names.bridge, hardware_address(subnet.gateway()), mtu);
    link::ask(&mut batch, &names.bridge);
    let made = route.apply_and_see(&mut batch).map_err(kernel(format!("make bridge {}", names.bridge)))?;
    sysctl::disable_ipv6(&names.bridge)?;
    made.ok_or_else(|| Error::BridgeGone { bridge: names.bridge.clone() })
}

fn bring_up(route: &mut Route, link: &Link, subnet: Subnet) -> Result<()> {
    let mut batch = Batch::new();
    address::give(&mut batch, link.index, subnet.gateway(), subnet);
    link::set_up(&mut batch, link.index);
    route.apply(&mut batch).map_err(kernel(format!("set up bridge {}", link.name)))
}

/// A hardware address that follows from an IPv4 address: whoever gets the address later has the same one, and no
/// neighbour's table is ever stale. It is locally administered (second bit of the first byte).
pub(crate) fn hardware_address(address: Ipv4Addr) -> [u8; 6] {
    let [a, b, c, d] = address.octets();
    [0x02, 0x74, a, b, c, d]
}

/// Looks through the rule set until it is complete and did not change meanwhile, and records at which generation that was.
fn settle_rules(record: &mut Record) -> Result<()> {
    let mut netfilter = Netfilter::open()?;
    let table = record.table.clone();
    let purpose = Purpose { table: &table, bridge: &record.bridge, subnet: record.subnet };
    for _ in 0..ATTEMPTS {
        let before = netfilter.generation(&table)?;
        if before.table.is_none() || !is_whole(&mut netfilter, &purpose)? {
            replace(&mut netfilter, &purpose)?;
            continue;
        }
        forwarding::ensure(&mut netfilter, &table, &record.bridge)?;
        if netfilter.generation(&table)? == before {
            record.table_handle = before.table.unwrap_or_default();
            record.generation = before.id;
            return Ok(());
        }
    }
    // Somebody changes the rule set all the time. Ours stand; only the short way is not open to the next start.
    Ok(())
}

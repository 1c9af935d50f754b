//! Removing what a store made on the host, when no container uses it.

use crate::addresses;
use crate::error::{Result, io};
use crate::lock;
use crate::names::Names;
use crate::nftables::{Netfilter, forwarding, table};
use crate::record::Record;
use crate::route::Route;
use std::io::ErrorKind;
use std::path::Path;

/// What [`prune`] did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pruned {
    /// Nothing: containers are attached, or about to be.
    InUse {
        /// Names of the interfaces on the bridge.
        interfaces: Vec<String>,
        /// How many addresses are reserved.
        addresses: usize,
    },
    /// These are gone, in words; empty if there was nothing.
    Removed(Vec<String>),
}

/// Removes the bridge, the table, the rules in other programs' chains and the record, unless an interface is on the bridge or an
/// address is reserved. Call [`addresses::reclaim`] first, so that the dead do not count.
///
/// Waits for starts that are between [`crate::bridge::ensure`] and [`addresses::reserve`]. The two lock files stay. IPv4 forwarding stays enabled: somebody else may rely on it by now.
///
/// # Errors
/// Refusals of the kernel and of the file system; what was removed before stays removed.
pub fn prune(state: &Path, names: &Names) -> Result<Pruned> {
    names.validate()?;
    let _lock = lock::change_bridge(state)?;
    let mut route = Route::open()?;
    let bridge = route.link(&names.bridge)?.filter(|link| link.kind == "bridge");
    let interfaces = match &bridge {
        Some(bridge) => route.ports(bridge.index)?,
        None => Vec::new(),
    };
    let addresses = addresses::reserved(state)?.len();
    if !interfaces.is_empty() || addresses > 0 {
        return Ok(Pruned::InUse { interfaces, addresses });
    }
    // The record first: should this be killed, the next start looks at everything.
    Record::remove(state)?;
    let mut removed = Vec::new();
    let mut netfilter = Netfilter::open()?;
    if forwarding::remove(&mut netfilter, &names.table)? {
        removed.push("rules in chain FORWARD of nftables table filter".to_owned());
    }
    if table::remove(&mut netfilter, &names.table)? {
        removed.push(format!("nftables table {}", names.table));
    }
    if bridge.is_some() && route.remove(&names.bridge)? {
        removed.push(format!("bridge {}", names.bridge));
    }
    remove_directory(&state.join("addresses"))?;
    Ok(Pruned::Removed(removed))
}

/// Removes a directory if it is empty; a reservation that was made meanwhile keeps it.
fn remove_directory(path: &Path) -> Result<()> {
    match std::fs::remove_dir(path) {
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::DirectoryNotEmpty) => Ok(()),
        result => result.map_err(io("remove directory", path)),
    }
}

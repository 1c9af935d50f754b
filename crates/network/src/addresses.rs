//! Who has which address: a directory of symbolic links, `<address> -> <owner>`.
//!
//! Making a symbolic link is atomic and fails if it exists, so a reservation is there wholly or not at all, whenever the process
//! is killed; `ls -l` shows them. A reservation whose owner is dead is freed by [`reclaim`].
//!
//! The search begins behind the address that was given last, so that an address rests before it is used again, and the first try
//! nearly always succeeds. Where it does not, the directory is read once instead of trying on. Positions and
//! the lock that serialises a *check and remove* are one file, `addresses.lock`; it is held for microseconds.

use crate::bridge::Bridge;
use crate::error::{Error, Result, io};
use crate::lock;
use crate::subnet::Subnet;
use std::io::ErrorKind;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use sys::lock::LockFile;

/// Addresses that are tried one by one before the directory is read.
const TRIES: u32 = 16;

/// Longest owner: a symbolic link holds far more, an id needs far less.
const OWNER_LENGTH: usize = 255;

/// Reserves an address of the bridge's subnet for `owner`, a container's id.
///
/// # Errors
/// [`Error::Exhausted`] if none is free ([`reclaim`] may help), [`Error::Invalid`] for an owner that is empty, too long or holds a zero byte.
pub fn reserve(state: &Path, bridge: &Bridge, owner: &str) -> Result<Ipv4Addr> {
    if owner.is_empty() || owner.len() > OWNER_LENGTH || owner.contains('\0') {
        let reason = "it has 1 to 255 bytes, none of them zero";
        return Err(Error::Invalid { what: "owner", value: owner.to_owned(), reason });
    }
    let directory = directory(state);
    let lock = lock::change_addresses(state)?;
    let subnet = bridge.subnet;
    let first = read_position(&lock, state)?;
    for step in 0..TRIES.min(subnet.capacity()) {
        let position = first.wrapping_add(step) % subnet.capacity();
        if let Some(address) = take(&directory, subnet, position, owner)? {
            write_position(&lock, state, position + 1)?;
            return Ok(address);
        }
    }
    let taken = list(&directory)?;
    let Some(position) = first_free(&taken, subnet, first.wrapping_add(TRIES)) else {
        return Err(Error::Exhausted { subnet });
    };
    let address = take(&directory, subnet, position, owner)?.ok_or(Error::Exhausted { subnet })?;
    write_position(&lock, state, position + 1)?;
    Ok(address)
}

/// Frees an address, if it is `owner`'s; true if it was.
///
/// # Errors
/// What the file system reports.
pub fn release(state: &Path, address: Ipv4Addr, owner: &str) -> Result<bool> {
    let path = directory(state).join(address.to_string());
    if owner_of(&path)?.as_deref() != Some(owner) {
        return Ok(false);
    }
    let _lock = lock::change_addresses(state)?;
    if owner_of(&path)?.as_deref() != Some(owner) {
        return Ok(false);
    }
    remove(&path)
}

/// Frees the addresses of owners that `alive` does not know, and returns them. `alive` is asked without any lock held.
///
/// A reservation that appears meanwhile is not looked at. `alive` must know an owner before it reserves.
///
/// # Errors
/// What the file system reports.
pub fn reclaim(state: &Path, alive: &dyn Fn(&str) -> bool) -> Result<Vec<Ipv4Addr>> {
    let mut freed = Vec::new();
    for address in list(&directory(state))? {
        let path = directory(state).join(address.to_string());
        if let Some(owner) = owner_of(&path)?
            && !alive(&owner)
            && release(state, address, &owner)?
        {
            freed.push(address);
        }
    }
    Ok(freed)
}

/// The addresses that are reserved, in no order.
///
/// # Errors
/// What the file system reports.
pub fn reserved(state: &Path) -> Result<Vec<Ipv4Addr>> {
    list(&directory(state))
}

fn directory(state: &Path) -> PathBuf {
    state.join("addresses")
}

/// Reserves one address; `None` if somebody has it.
fn take(directory: &Path, subnet: Subnet, position: u32, owner: &str) -> Result<Option<Ipv4Addr>> {
    let Some(address) = subnet.host(position) else { return Ok(None) };
    let path = directory.join(address.to_string());
    let made = match std::os::unix::fs::symlink(owner, &path) {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            std::fs::create_dir_all(directory).map_err(io("make directory", directory))?;
            std::os::unix::fs::symlink(owner, &path)
        }
        made => made,
    };
    match made {
        Ok(()) => Ok(Some(address)),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(None),
        Err(error) => Err(io("make symbolic link", &path)(error)),
    }
}

/// The first position from `first` on, round the whole subnet, that is not taken.
fn first_free(taken: &[Ipv4Addr], subnet: Subnet, first: u32) -> Option<u32> {
    let capacity = subnet.capacity();
    let mut used = vec![false; capacity as usize];
    for position in taken.iter().filter_map(|address| subnet.position(*address)) {
        used[position as usize] = true;
    }
    let first = first.checked_rem(capacity)?;
    (first..capacity).chain(0..first).find(|position| !used[*position as usize])
}

fn list(directory: &Path) -> Result<Vec<Ipv4Addr>> {
    let entries = match std::fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(io("read directory", directory)(error)),
    };
    let mut addresses = Vec::new();
    for entry in entries {
        let name = entry.map_err(io("read directory", directory))?.file_name();
        addresses.extend(name.to_str().and_then(|name| name.parse::<Ipv4Addr>().ok()));
    }
    Ok(addresses)
}

fn owner_of(path: &Path) -> Result<Option<String>> {
    match std::fs::read_link(path) {
        Ok(owner) => Ok(owner.into_os_string().into_string().ok()),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(io("read symbolic link", path)(error)),
    }
}

fn remove(path: &Path) -> Result<bool> {
    match std::fs::remove_file(path) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(io("remove", path)(error)),
    }
}

/// Where the search begins: 0 in a new file. Any value is valid, so a torn or foreign one does no harm.
fn read_position(lock: &LockFile, state: &Path) -> Result<u32> {
    let mut bytes = [0; 4];
    sys::io::pread(lock.file(), &mut bytes, 0).map_err(io("read the lock of addresses in", state))?;
    Ok(u32::from_le_bytes(bytes))
}

fn write_position(lock: &LockFile, state: &Path, position: u32) -> Result<()> {
    let bytes = position.to_le_bytes();
    sys::io::pwrite(lock.file(), &bytes, 0).map_err(io("write the lock of addresses in", state))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    fn bridge(subnet: &str) -> Bridge {
        let subnet: Subnet = subnet.parse().unwrap();
        let gateway = subnet.gateway();
        Bridge { name: "tare0".to_owned(), index: 1, subnet, gateway, mtu: 1500, table: "tare".to_owned() }
    }

    #[test]
    fn an_address_rests_before_it_is_used_again() {
        let state = tempfile::tempdir().unwrap();
        let bridge = bridge("172.18.0.0/16");
        let first = reserve(state.path(), &bridge, "one").unwrap();
        assert_eq!(first, Ipv4Addr::new(172, 18, 0, 2));
        assert!(release(state.path(), first, "one").unwrap());
        assert_eq!(reserve(state.path(), &bridge, "two").unwrap(), Ipv4Addr::new(172, 18, 0, 3));
    }

    #[test]
    fn only_the_owner_releases_and_only_once() {
        let state = tempfile::tempdir().unwrap();
        let address = reserve(state.path(), &bridge("172.18.0.0/16"), "one").unwrap();
        assert!(!release(state.path(), address, "two").unwrap());
        assert!(release(state.path(), address, "one").unwrap());
        assert!(!release(state.path(), address, "one").unwrap());
    }

    #[test]
    fn a_full_subnet_says_so_and_a_freed_address_is_found() {
        let state = tempfile::tempdir().unwrap();
        let bridge = bridge("192.168.9.0/24");
        let all: HashSet<_> =
            (0..253).map(|n| reserve(state.path(), &bridge, &format!("c{n}")).unwrap()).collect();
        assert_eq!(all.len(), 253);
        let error = reserve(state.path(), &bridge, "late").unwrap_err();
        insta::assert_snapshot!(error, @"no free address in 192.168.9.0/24; remove stopped containers with 'tare system prune'");
        let freed = reclaim(state.path(), &|owner| owner != "c100").unwrap();
        assert_eq!(freed, [Ipv4Addr::new(192, 168, 9, 102)]);
        assert_eq!(reserve(state.path(), &bridge, "late").unwrap(), freed[0]);
    }

    #[test]
    fn crowded_addresses_are_stepped_over() {
        let state = tempfile::tempdir().unwrap();
        let bridge = bridge("172.18.0.0/16");
        std::fs::create_dir(directory(state.path())).unwrap();
        for position in 0..400 {
            take(&directory(state.path()), bridge.subnet, position, "old").unwrap().unwrap();
        }
        assert_eq!(reserve(state.path(), &bridge, "new").unwrap(), bridge.subnet.host(400).unwrap());
    }

    #[test]
    fn threads_never_share_an_address() {
        let state = tempfile::tempdir().unwrap();
        let bridge = bridge("192.168.9.0/24");
        let rounds = |thread: usize| {
            let mut kept = Vec::new();
            for round in 0..50 {
                let owner = format!("{thread}-{round}");
                let address = reserve(state.path(), &bridge, &owner).unwrap();
                if round % 2 == 0 {
                    assert!(release(state.path(), address, &owner).unwrap());
                } else {
                    kept.push(address);
                }
            }
            kept
        };
        let kept: Vec<Ipv4Addr> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..6).map(|thread| scope.spawn(move || rounds(thread))).collect();
            threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
        });
        assert_eq!(kept.iter().collect::<HashSet<_>>().len(), 150);
        assert_eq!(reserved(state.path()).unwrap().len(), 150);
    }

    #[test]
    fn impossible_owners_are_refused() {
        let state = tempfile::tempdir().unwrap();
        for owner in ["", "a\0b", &"x".repeat(256)] {
            let error = reserve(state.path(), &bridge("172.18.0.0/16"), owner).unwrap_err();
            assert!(matches!(error, Error::Invalid { what: "owner", .. }));
        }
    }
}

//! How large containers are, as `docker ps --size` counts: bytes of regular files, holes included, each file once.

use super::directory::Directory;
use super::record::Record;
use crate::Engine;
use std::collections::HashSet;
use std::fs::File;
use std::os::fd::{AsFd, BorrowedFd};
use sys::Errno;
use sys::descent::{self, Identity, Step, Walk};
use sys::fs::{AtFlags, FileType, statat};

/// Bytes of a container's changes (`SizeRw`). What disappears meanwhile counts nothing.
#[must_use]
pub fn of_changes(engine: &Engine, id: &str) -> u64 {
    let upper = File::open(Directory::new(engine, id).data.join("rw/upper"));
    upper.ok().and_then(|upper| below(upper.as_fd()).ok()).unwrap_or(0)
}

/// Bytes of a container's layers, without its changes; `SizeRootFs` is both together.
#[must_use]
pub fn of_layers(engine: &Engine, record: &Record) -> u64 {
    let size = |layer| store::layers::meta(engine.store(), layer).map_or(0, |meta| meta.size);
    record.layers.iter().map(size).sum()
}

fn below(directory: BorrowedFd<'_>) -> Result<u64, Errno> {
    let mut walk = Walk::begin(directory)?;
    let mut links: HashSet<Identity> = HashSet::new();
    let mut bytes: u64 = 0;
    while let Some(step) = walk.step() {
        let Step::Entry(name) = step else {
            walk.leave()?;
            continue;
        };
        let Ok(stat) = statat(walk.here(), name.as_slice(), AtFlags::SYMLINK_NOFOLLOW) else { continue };
        match FileType::from_raw_mode(stat.st_mode) {
            // what cannot be listed counts nothing
            FileType::Directory => {
                let _ = walk.enter(name);
            }
            FileType::RegularFile if stat.st_nlink < 2 || links.insert(descent::identity(&stat)) => {
                bytes = bytes.saturating_add(stat.st_size.unsigned_abs());
            }
            _ => {}
        }
    }
    Ok(bytes)
}

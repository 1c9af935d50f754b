//! Volumes and the containers that use them.

use crate::Engine;
use crate::containers::volumes::users;
use crate::error::{Error, Result};
use crate::volume::{Lock, discard, sweep};
pub use crate::volume::{Volume, create, data, find, list};

/// Removes a volume.
///
/// # Errors
/// [`Error::NoVolume`] if there is none and `force` is not set, [`Error::Conflict`] if a container uses it.
pub fn remove(engine: &Engine, name: &str, force: bool) -> Result<()> {
    if find(engine, name).is_err() {
        return if force { Ok(()) } else { Err(Error::NoVolume(name.to_owned())) };
    }
    let lock = Lock::exclusive(engine)?;
    let users = users(engine, name, "")?;
    if !users.is_empty() {
        return Err(Error::Conflict(format!("remove {name}: volume is in use - [{}]", users.join(", "))));
    }
    discard(engine, name, &lock)
}

/// Removes volumes that no container uses (the anonymous ones, or with `all` every one) and that `accept` agrees to; returns their names and the bytes that were freed.
///
/// # Errors
/// What the system reports.
pub fn prune(engine: &Engine, all: bool, accept: &dyn Fn(&Volume) -> bool) -> Result<(Vec<String>, u64)> {
    let mut removed = Vec::new();
    let mut bytes = 0;
    let lock = Lock::exclusive(engine)?;
    for volume in list(engine)? {
        if (all || volume.anonymous) && accept(&volume) && users(engine, &volume.name, "")?.is_empty() {
            bytes += store::collect::disk_usage(&data(engine, &volume.name));
            discard(engine, &volume.name, &lock)?;
            removed.push(volume.name);
        }
    }
    drop(lock);
    sweep(engine)?;
    Ok((removed, bytes))
}

//! Removing all containers that do not run.

use super::status::Container;
use super::{find, reconcile, remove, size};
use crate::Engine;
use crate::error::{At, Error, Kind, Result};
use sys::lock::LockFile;

/// What was removed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pruned {
    /// Full ids.
    pub removed: Vec<String>,
    /// Bytes of their changes.
    pub bytes: u64,
}

/// Removes all containers that do not run and that `accept` agrees to; their volumes stay.
///
/// # Errors
/// [`Error::Conflict`] if another prune is under way. A container that is started meanwhile is left alone.
pub fn prune(engine: &Engine, accept: &dyn Fn(&Container) -> bool) -> Result<Pruned> {
    let _lock = only_one(engine)?;
    reconcile::reconcile(engine)?;
    let mut pruned = Pruned::default();
    for container in find::list(engine)? {
        if container.status.is_running() || !accept(&container) {
            continue;
        }
        let id = container.record.id;
        let bytes = size::of_changes(engine, &id);
        match remove::remove(engine, &id, remove::Options::default()) {
            Ok(()) => {
                pruned.removed.push(id);
                pruned.bytes = pruned.bytes.saturating_add(bytes);
            }
            // started or removed by another command
            Err(error) if matches!(error.kind(), Kind::Conflict | Kind::NotFound) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(pruned)
}

fn only_one(engine: &Engine) -> Result<LockFile> {
    let path = engine.run("locks/prune");
    let lock = LockFile::try_exclusive(&path).at("lock", path)?;
    lock.ok_or_else(|| Error::Conflict("a prune operation is already running".into()))
}

#[cfg(test)]
mod tests;

//! The engine as a whole: what keeps content alive, and cleaning up.

pub mod check;

use crate::containers::directory::Directory;
use crate::containers::{self, find, names, reconcile};
use crate::error::{Error, Result};
use crate::{Engine, launch, volume};
use images::usage::{Usage, User};
use runtime::cgroup::Cgroup;
use std::fs;
use store::collect::{self, Collected, Roots};
use sys::lock::LockFile;

/// What containers keep from being collected.
///
/// # Errors
/// What the system reports: a container that cannot be read keeps everything.
pub fn roots(engine: &Engine) -> store::Result<Roots> {
    of_containers(engine).map_err(|error| match error {
        Error::Store(error) => error,
        Error::Io { doing, path, source } => store::Error::Io { doing, path, source },
        other => store::Error::Damaged { path: engine.data("containers"), reason: other.to_string() },
    })
}

fn of_containers(engine: &Engine) -> Result<Roots> {
    let mut roots = Roots::default();
    for id in find::ids(engine)? {
        match Directory::new(engine, &id).record() {
            Ok(record) => {
                roots.documents.extend([record.image].into_iter().chain(record.manifest));
                roots.layers.extend(record.layers);
            }
            // one that disappears meanwhile keeps nothing
            Err(Error::NoContainer(_)) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(roots)
}

/// Who uses which image, for whoever removes images.
///
/// # Errors
/// What the system reports, or damage.
pub fn usage(engine: &Engine) -> Result<Usage<'_>> {
    let containers = containers::list(engine)?;
    let user = |container: containers::Container| User {
        is_running: container.status.is_running(),
        container: container.record.id,
        image: container.record.image,
    };
    Ok(Usage { users: containers.into_iter().map(user).collect(), roots: Box::new(|| roots(engine)) })
}

/// Removes blobs and layers that nothing refers to.
///
/// # Errors
/// What the system reports.
pub fn collect(engine: &Engine) -> Result<Collected> {
    Ok(collect::collect(engine.store(), &|| roots(engine))?)
}

/// Forgets the build cache that no image shares, so that the next collection frees it; returns the number of forgotten steps.
///
/// # Errors
/// What the system reports.
pub fn prune_build_cache(engine: &Engine) -> Result<usize> {
    Ok(collect::forget_unused_cache(engine.store(), &roots(engine)?)?)
}

/// Forgets all of the build cache, so that the next collection frees what no image shares; returns the number of forgotten steps.
///
/// # Errors
/// What the system reports.
pub fn forget_build_cache(engine: &Engine) -> Result<usize> {
    let records = store::cache::list(engine.store())?;
    for (key, _) in &records {
        store::cache::forget(engine.store(), key)?;
    }
    Ok(records.len())
}

/// Cleans up what killed processes left, and host objects that nothing uses: containers without a supervisor, names, volumes and containers half made,
/// cgroups, addresses; the bridge and its table, if no container is on it. Returns the host objects that were removed.
///
/// # Errors
/// What the system reports.
pub fn sweep(engine: &Engine) -> Result<Vec<String>> {
    reconcile::reconcile(engine)?;
    reconcile::sweep_steps(engine)?;
    sweep_containers(engine)?;
    sweep_locks(engine);
    collect::sweep_drafts(engine.store(), &engine.run("seccomp"))?;
    store::downloads::sweep(engine.store(), std::time::Duration::ZERO)?;
    names::sweep(engine)?;
    volume::sweep(engine)?;
    sweep_cgroups(engine)?;
    let mut removed = sweep_network(engine)?;
    removed.retain(|name| !name.is_empty());
    Ok(removed)
}

/// What interrupted creations and removals left: directories without a record, and with one whose name does not lead to it. A
/// creation in progress has a name of its own, with its process in it, and then holds the container's lock.
fn sweep_containers(engine: &Engine) -> Result<()> {
    for id in find::ids(engine)?.iter().filter(|id| !find::is_whole(engine, id)) {
        let lock = match Directory::new(engine, id).try_lock() {
            // whoever is busy with it finishes it
            Ok(None) => continue,
            Ok(Some(lock)) => Some(lock),
            Err(Error::NoContainer(_)) => None,
            Err(error) => return Err(error),
        };
        if !find::is_whole(engine, id) {
            containers::remove::remains(engine, id);
            if let Some(lock) = lock {
                lock.remove();
            }
        }
    }
    collect::sweep_drafts(engine.store(), &engine.data("containers"))?;
    Ok(())
}

/// Lock files that nobody holds, of containers that are gone or were never there, and of layers.
fn sweep_locks(engine: &Engine) {
    for entry in fs::read_dir(engine.run("locks")).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let name = name.to_str().unwrap_or_default();
        let is_gone = match name.strip_prefix("container-") {
            Some(id) => !engine.data("containers").join(id).exists(),
            None => name.starts_with(store::layers::CLAIM),
        };
        if is_gone && let Ok(Some(lock)) = LockFile::try_exclusive(&entry.path()) {
            // the next prune finds it again
            let _ = lock.remove();
        }
    }
}

/// Cgroups of containers that are gone, and the parent when it is empty.
fn sweep_cgroups(engine: &Engine) -> Result<()> {
    let parent = Cgroup::at(std::path::Path::new(&engine.layout().name()))?;
    for id in parent.children() {
        if !engine.run("containers").join(&id).exists() {
            let cgroup = Cgroup::at(&engine.layout().cgroup(&id))?;
            cgroup.kill();
            cgroup.remove()?;
        }
    }
    Cgroup::at(&engine.layout().cgroup("none"))?.remove_empty_parent();
    Ok(())
}

fn sweep_network(engine: &Engine) -> Result<Vec<String>> {
    let state = launch::bridge_state(engine);
    if !state.exists() {
        return Ok(Vec::new());
    }
    network::addresses::reclaim(&state, &|owner| engine.run("containers").join(owner).exists())?;
    let names = engine.layout().network_names();
    match network::prune(&state, &names)? {
        network::Pruned::Removed(removed) => Ok(removed),
        network::Pruned::InUse { interfaces, .. } if !is_anything_running(engine) => {
            // the kernel takes its time with the interfaces of namespaces that have ended
            for interface in interfaces {
                network::detach(&interface)?;
            }
            match network::prune(&state, &names)? {
                network::Pruned::Removed(removed) => Ok(removed),
                network::Pruned::InUse { .. } => Ok(Vec::new()),
            }
        }
        network::Pruned::InUse { .. } => Ok(Vec::new()),
    }
}

fn is_anything_running(engine: &Engine) -> bool {
    std::fs::read_dir(engine.run("containers")).is_ok_and(|mut entries| entries.next().is_some())
}

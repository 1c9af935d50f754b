//! Removing containers.

use super::directory::Directory;
use super::record::MountKind;
use super::status::Container;
use super::{find, kill, names, reconcile, volumes};
use crate::Engine;
use crate::error::{Error, Result};

/// How to remove.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options {
    /// End it first if it runs.
    pub force: bool,
    /// Remove its anonymous volumes too.
    pub volumes: bool,
}

/// Removes a container.
///
/// # Errors
/// [`Error::Conflict`] if it runs and `force` is not set.
pub fn remove(engine: &Engine, reference: &str, options: Options) -> Result<()> {
    let id = find::find_id(engine, reference)?;
    let directory = Directory::new(engine, &id);
    let container = Container::read(engine, &id)?;
    if container.status.is_running() {
        if !options.force {
            let name = &container.record.name;
            let advice =
                if container.status == super::Status::Paused { "unpause and then stop" } else { "stop" };
            return Err(Error::Conflict(format!(
                "cannot remove container \"{name}\": container is {}: {advice} the container before removing or force remove",
                container.status.name()
            )));
        }
        kill::end(engine, &container)?;
    }
    let lock = match directory.lock() {
        Ok(lock) => lock,
        // it removed itself
        Err(Error::NoContainer(_)) if options.force => return Ok(()),
        Err(error) => return Err(error),
    };
    let container = Container::read(engine, &id)?;
    reconcile::settle(engine, &container)?;
    names::release(engine, &container.record.name, &id)?;
    if options.volumes {
        remove_volumes(engine, &container)?;
    }
    remains(engine, &id);
    lock.remove();
    Ok(())
}

fn remove_volumes(engine: &Engine, container: &Container) -> Result<()> {
    for mount in &container.record.mounts {
        if let MountKind::Volume { name, anonymous: true } = &mount.kind {
            volumes::remove_unused(engine, name, &container.record.id)?;
        }
    }
    Ok(())
}

/// Removes what is on disk of a container that is ended. What cannot be removed now is swept up by the next prune.
pub(crate) fn remains(engine: &Engine, id: &str) {
    let directory = Directory::new(engine, id);
    if let Ok(record) = directory.record()
        && record.host.auto_remove
    {
        for mount in &record.mounts {
            if let MountKind::Volume { name, anonymous: true } = &mount.kind {
                let _ = volumes::remove_unused(engine, name, id);
            }
        }
    }
    // the record goes first: from then on there is no such container
    let _ = std::fs::remove_file(directory.data.join("config.json"));
    let _ = store::trash::discard(engine.store(), &directory.data);
    directory.forget_run();
    let _ = std::fs::remove_file(engine.run("locks").join(format!("container-{id}")));
}

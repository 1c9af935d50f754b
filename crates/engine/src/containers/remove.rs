//! Removing containers.

use super::directory::Directory;
use super::record::Record;
use super::status::Container;
use super::{find, kill, names, reconcile, volumes};
use crate::Engine;
use crate::document::Lasting;
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
    if container.status.is_running() {
        // somebody started it before the lock was ours
        return Err(Error::Conflict(format!(
            "cannot remove container \"{}\": it has just been started",
            container.record.name
        )));
    }
    reconcile::settle(engine, &container)?;
    names::release(engine, &container.record, lasting(&container.record))?;
    if options.volumes {
        for name in container.record.anonymous_volumes() {
            volumes::remove_unused(engine, name, &id)?;
        }
    }
    remains(engine, &id);
    lock.remove();
    Ok(())
}

/// A container that removes itself is void after a power cut anyway.
pub(crate) fn lasting(record: &Record) -> Lasting {
    if record.host.auto_remove { Lasting::Boot } else { Lasting::PowerCut }
}

/// Removes what is on disk of a container that is ended, with its anonymous volumes if it is one that removes itself.
pub(crate) fn remains(engine: &Engine, id: &str) {
    let directory = Directory::new(engine, id);
    match directory.record() {
        Ok(record) if record.host.auto_remove => remains_of(engine, &record),
        _ => remove_directories(engine, &directory),
    }
}

/// As [`remains`], for a container that removes itself.
pub(crate) fn remains_of(engine: &Engine, record: &Record) {
    for name in record.anonymous_volumes() {
        let _ = volumes::remove_unused(engine, name, &record.id);
    }
    remove_directories(engine, &Directory::new(engine, &record.id));
}

/// What cannot be removed now is swept up by the next prune.
fn remove_directories(engine: &Engine, directory: &Directory) {
    // the record goes first: from then on there is no such container
    directory.forget_record();
    let _ = store::trash::discard(engine.store(), &directory.data);
    directory.forget_run();
    directory.forget_lock();
}

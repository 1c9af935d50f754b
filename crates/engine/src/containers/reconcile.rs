//! Containers whose supervisor is gone: what is left of them is ended, recorded and cleaned up by the next command that meets them.

use super::directory::Directory;
use super::status::{Container, Status};
use super::{find, now, remove};
use crate::document::Lasting;
use crate::error::{Error, Result};
use crate::{Engine, launch};

/// Settles one container. The caller holds its lock.
///
/// # Errors
/// What the system reports.
pub(crate) fn settle(engine: &Engine, container: &Container) -> Result<()> {
    if container.status != Status::Lost {
        return Ok(());
    }
    let directory = Directory::new(engine, &container.record.id);
    let cgroup = container.cgroup(engine)?;
    cgroup.kill();
    cgroup.remove()?;
    if let Some(address) = container.state.address {
        network::addresses::release(&launch::bridge_state(engine), address, &container.record.id)?;
    }
    let mut state = container.state.clone();
    state.address = None;
    if state.started.is_some() && state.finished.is_none() {
        state.finished = Some(now());
    }
    // where nothing can be written it stays lost, and is settled again by whoever meets it next
    let _ = directory.write_state(&state, Lasting::Boot);
    directory.forget_run();
    Ok(())
}

/// Settles every container that needs it; those with `--rm` are removed. One that another command is busy with is left to it.
///
/// # Errors
/// What the system reports.
pub fn reconcile(engine: &Engine) -> Result<()> {
    for id in find::ids(engine)? {
        let Ok(container) = Container::read(engine, &id) else { continue };
        if container.status != Status::Lost {
            continue;
        }
        let directory = Directory::new(engine, &id);
        let Ok(lock) = directory.lock() else { continue };
        let Ok(container) = Container::read(engine, &id) else { continue };
        if let Err(error) = settle(engine, &container) {
            // one that has just removed itself has nothing left to settle
            if directory.record().is_ok() {
                return Err(error);
            }
            continue;
        }
        if container.record.host.auto_remove && container.status == Status::Lost {
            super::names::release(engine, &container.record, Lasting::Boot)?;
            remove::remains(engine, &id);
            lock.remove();
        }
    }
    Ok(())
}

/// Ends what is left of build steps whose supervisor was killed: they have a run directory, but no record.
///
/// # Errors
/// What the system reports.
pub fn sweep_steps(engine: &Engine) -> Result<()> {
    for entry in std::fs::read_dir(engine.run("containers")).into_iter().flatten().flatten() {
        let Ok(id) = entry.file_name().into_string() else { continue };
        let directory = Directory::new(engine, &id);
        let is_kept = match directory.supervisor()? {
            Some(supervisor) => supervisor.is_alive(),
            // one without a supervisor may be about to get it
            None => is_young(&entry),
        };
        // what cannot be read may be a container
        if is_kept || !matches!(directory.record(), Err(Error::NoContainer(_))) {
            continue;
        }
        let cgroup = runtime::cgroup::Cgroup::at(&engine.layout().cgroup(&id))?;
        cgroup.kill();
        cgroup.remove()?;
        directory.forget_run();
    }
    Ok(())
}

/// Whether a directory was made or changed in the last ten seconds.
fn is_young(entry: &std::fs::DirEntry) -> bool {
    let modified = entry.metadata().and_then(|metadata| metadata.modified());
    modified.is_ok_and(|time| time.elapsed().is_ok_and(|age| age.as_secs() < 10))
}

/// Settles a container that is lost, and reads it again.
///
/// # Errors
/// As [`Container::read`].
pub(crate) fn settled(engine: &Engine, container: Container) -> Result<Container> {
    if container.status != Status::Lost {
        return Ok(container);
    }
    let id = container.record.id;
    if let Ok(_lock) = Directory::new(engine, &id).lock() {
        settle(engine, &Container::read(engine, &id)?)?;
    }
    Container::read(engine, &id)
}

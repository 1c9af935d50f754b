//! Names of containers: a file for each, with the id, made by link(2) so that taking a name is atomic (docs/adr/0006).

use super::directory::Directory;
use super::record::Record;
use crate::Engine;
use crate::document::Lasting;
use crate::error::{At, Error, Result};
use std::fs;
use std::path::PathBuf;
use sys::lock::LockFile;

fn path(engine: &Engine, name: &str) -> PathBuf {
    engine.data("names").join(name)
}

/// Id of the container with this name. The name may be stale: see [`holder`].
fn recorded(engine: &Engine, name: &str) -> Result<Option<String>> {
    if crate::names::validate(name).is_err() {
        return Ok(None);
    }
    let path = path(engine, name);
    match fs::read_to_string(&path) {
        Ok(id) => Ok(Some(id.trim().to_owned())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).at("read", path),
    }
}

/// Id of the living container that has this name. What cannot be read is an error: it is not for a removal to take it for gone.
pub(crate) fn holder(engine: &Engine, name: &str) -> Result<Option<String>> {
    let Some(id) = recorded(engine, name)? else { return Ok(None) };
    match Directory::new(engine, &id).record() {
        Ok(record) => Ok((record.name == name).then_some(id)),
        Err(Error::NoContainer(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Held while a name that may be stale is looked at and removed: between the two nobody else takes it.
#[derive(Debug)]
pub(crate) struct Lock {
    _file: LockFile,
}

impl Lock {
    /// Waits for the lock. It comes after that of a container.
    pub(crate) fn take(engine: &Engine) -> Result<Self> {
        let path = engine.run("locks/names");
        Ok(Self { _file: LockFile::exclusive(&path).at("lock", path)? })
    }
}

/// Takes a name for the container `id`, whose record names it already.
///
/// # Errors
/// [`Error::Conflict`] with Docker's words if another container has it.
pub(crate) fn claim(engine: &Engine, name: &str, id: &str, lasting: Lasting) -> Result<()> {
    let destination = path(engine, name);
    let temporary = store::durable::temporary_beside(&destination);
    fs::write(&temporary, id).at("write", &temporary)?;
    let linked = link(engine, name, &temporary, &destination);
    let _ = fs::remove_file(&temporary);
    linked?;
    if lasting == Lasting::PowerCut {
        fs::File::open(&destination).and_then(|f| f.sync_all()).at("sync", &destination)?;
        store::durable::sync_parent(&destination)?;
    }
    Ok(())
}

fn link(
    engine: &Engine,
    name: &str,
    temporary: &std::path::Path,
    destination: &std::path::Path,
) -> Result<()> {
    // only for a name that is there
    let mut lock = None;
    loop {
        match fs::hard_link(temporary, destination) {
            Ok(()) => return Ok(()),
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
                if lock.is_none() {
                    lock = Some(Lock::take(engine)?);
                }
                if let Some(holder) = holder(engine, name)? {
                    return Err(Error::Conflict(format!(
                        "Conflict. The container name \"/{name}\" is already in use by container \"{holder}\". You have to remove (or rename) that container to be able to reuse that name."
                    )));
                }
                // stale: its container is gone or renamed
                match fs::remove_file(destination) {
                    Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                        return Err(error).at("remove", destination);
                    }
                    _ => {}
                }
            }
            Err(error) => return Err(error).at("link", destination),
        }
    }
}

/// Whether a name leads to a container. Its creation ends with taking the name and its removal begins with giving it up, so that a record
/// whose name does not lead to it is half made or half removed: no container (docs/adr/0006).
pub(crate) fn leads_to(engine: &Engine, name: &str, id: &str) -> Result<bool> {
    Ok(recorded(engine, name)?.as_deref() == Some(id))
}

/// Gives a container's name up, if it still is its own.
pub(crate) fn release(engine: &Engine, record: &Record, lasting: Lasting) -> Result<()> {
    release_name(engine, &record.name, &record.id, lasting)
}

/// Gives a name up, if it still is this container's.
pub(crate) fn release_name(engine: &Engine, name: &str, id: &str, lasting: Lasting) -> Result<()> {
    let _lock = Lock::take(engine)?;
    if !leads_to(engine, name, id)? {
        return Ok(());
    }
    let path = path(engine, name);
    match fs::remove_file(&path) {
        // its supervisor, and a command that settles it, may both be removing it
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        removed => removed.at("remove", &path)?,
    }
    match lasting {
        Lasting::PowerCut => Ok(store::durable::sync_parent(&path)?),
        Lasting::Boot => Ok(()),
    }
}

/// Whether a name is taken, for making one up.
pub(crate) fn is_taken(engine: &Engine, name: &str) -> bool {
    path(engine, name).exists()
}

/// Removes names whose container is gone.
pub(crate) fn sweep(engine: &Engine) -> Result<()> {
    let directory = engine.data("names");
    let Ok(entries) = fs::read_dir(&directory) else { return Ok(()) };
    let _lock = Lock::take(engine)?;
    for entry in entries.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if !name.starts_with('.') && matches!(holder(engine, &name), Ok(None)) {
            let _ = fs::remove_file(entry.path());
        }
    }
    Ok(store::collect::sweep_drafts(engine.store(), &directory)?)
}

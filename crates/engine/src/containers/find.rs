//! Containers by name, id or the beginning of an id.

use super::directory::Directory;
use super::names;
use super::status::Container;
use crate::Engine;
use crate::error::{At, Error, Result};
use std::collections::HashSet;
use std::ffi::{OsStr, OsString};
use std::fs;

/// So many containers are read sooner than a thread is made.
const FEW: usize = 200;

/// Finds a container: its full name, its full id, or a beginning of its id that no other has.
///
/// # Errors
/// [`Error::NoContainer`], or [`Error::Invalid`] if several ids begin so.
pub fn find(engine: &Engine, reference: &str) -> Result<Container> {
    super::reconcile::settled(engine, Container::read(engine, &find_id(engine, reference)?)?)
}

/// As [`find`], the id only.
///
/// # Errors
/// As [`find`].
pub fn find_id(engine: &Engine, reference: &str) -> Result<String> {
    let name = reference.strip_prefix('/').unwrap_or(reference);
    if let Some(id) = names::holder(engine, name)? {
        return Ok(id);
    }
    let is_hex = !name.is_empty() && name.bytes().all(|b| b.is_ascii_hexdigit());
    let mut matching = Vec::new();
    if is_hex {
        matching = ids(engine)?;
        matching.retain(|id| id.starts_with(name) && is_whole(engine, id));
    }
    match matching.len() {
        1 => Ok(matching.remove(0)),
        0 => Err(Error::NoContainer(reference.to_owned())),
        _ => Err(Error::Invalid(format!("multiple IDs found with provided prefix: {reference}"))),
    }
}

/// Ids of all containers, in no order.
pub(crate) fn ids(engine: &Engine) -> Result<Vec<String>> {
    let path = engine.data("containers");
    let entries = match fs::read_dir(&path) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error).at("list", path),
    };
    let mut ids = Vec::new();
    for entry in entries {
        let name = entry.at("list", &path)?.file_name().into_string();
        ids.extend(name.ok().filter(|name| name.len() == 64));
    }
    Ok(ids)
}

/// Whether a container is there, and not only what a creation or removal that was interrupted left of one.
pub(crate) fn is_whole(engine: &Engine, id: &str) -> bool {
    match Directory::new(engine, id).record() {
        // what cannot be read is for its owner to see
        Ok(record) => names::leads_to(engine, &record.name, id).unwrap_or(true),
        Err(Error::NoContainer(_)) => false,
        Err(_) => true,
    }
}

/// Reads containers, of which those in `begun` had a run directory a moment ago.
fn read(engine: &Engine, ids: &[String], begun: &HashSet<OsString>) -> Result<Vec<Container>> {
    let mut containers = Vec::with_capacity(ids.len());
    for id in ids {
        let idle =
            if begun.contains(OsStr::new(id)) { None } else { Container::read_idle(engine, id).transpose() };
        match idle.unwrap_or_else(|| Container::read(engine, id)) {
            Ok(container) => {
                if names::leads_to(engine, &container.record.name, id)? {
                    containers.push(container);
                }
            }
            // removed meanwhile, or a creation that never finished
            Err(Error::NoContainer(_)) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(containers)
}

/// The names of all run directories.
fn begun(engine: &Engine) -> Result<HashSet<OsString>> {
    let path = engine.run("containers");
    match fs::read_dir(&path) {
        Ok(entries) => entries.map(|entry| Ok(entry.at("list", &path)?.file_name())).collect(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(HashSet::new()),
        Err(error) => Err(error).at("list", path),
    }
}

/// All containers, the newest first. One that disappears meanwhile is left out.
///
/// # Errors
/// What the system reports, or damage.
pub fn list(engine: &Engine) -> Result<Vec<Container>> {
    let ids = ids(engine)?;
    // most of many do not run: thousands of files that are not there need not be looked for
    let begun = &begun(engine)?;
    let workers =
        if ids.len() < FEW { 1 } else { std::thread::available_parallelism().map_or(1, usize::from) };
    let mut parts = ids.chunks(ids.len().div_ceil(workers).max(1));
    let own = parts.next().unwrap_or_default();
    let mut containers = std::thread::scope(|scope| {
        let begin = |part| std::thread::Builder::new().spawn_scoped(scope, move || read(engine, part, begun));
        let others: Vec<_> = parts.map(begin).collect();
        let mut containers = read(engine, own, begun)?;
        for other in others {
            let other = other.at("make", "a thread")?;
            containers.extend(other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?);
        }
        Ok::<_, Error>(containers)
    })?;
    containers.sort_by(|a, b| b.record.created.cmp(&a.record.created).then(a.record.id.cmp(&b.record.id)));
    Ok(containers)
}

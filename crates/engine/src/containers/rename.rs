//! Giving a container another name.

use super::directory::Directory;
use super::{find, names};
use crate::Engine;
use crate::document::Lasting;
use crate::error::{Error, Result};

/// Renames a container, running or not. A crash in between leaves it with one of the two names, and at worst a stale file of the other, which the next
/// command that wants that name replaces (docs/adr/0006).
///
/// # Errors
/// [`Error::Conflict`] if another container has the name, [`Error::Invalid`] if it is none or the same; with Docker's words.
pub fn rename(engine: &Engine, reference: &str, name: &str) -> Result<()> {
    let name = name.strip_prefix('/').unwrap_or(name);
    if reference.is_empty() || name.is_empty() {
        return Err(Error::Invalid("Neither old nor new names may be empty".into()));
    }
    let id = find::find_id(engine, reference)?;
    let directory = Directory::new(engine, &id);
    let _lock = directory.lock()?;
    let mut record = directory.record()?;
    if record.name == name {
        return Err(Error::Invalid("Renaming a container with the same name as its current name".into()));
    }
    crate::names::validate(name).map_err(|error| Error::Invalid(allocating(&error)))?;
    let lasting = if record.host.auto_remove { Lasting::Boot } else { Lasting::PowerCut };
    names::claim(engine, name, &id, lasting).map_err(|error| match error {
        Error::Conflict(reason) => Error::Conflict(allocating(&reason)),
        other => other,
    })?;
    let old = std::mem::replace(&mut record.name, name.to_owned());
    directory.write_record(&record).inspect_err(|_| {
        // a name that no record carries is stale anyway
        let _ = names::release_name(engine, name, &id, Lasting::Boot);
    })?;
    if names::holder(engine, name)?.as_deref() == Some(id.as_str()) {
        return names::release_name(engine, &old, &id, lasting);
    }
    // until the record was written the new name looked stale, and another command took it
    record.name.clone_from(&old);
    directory.write_record(&record)?;
    Err(Error::Conflict(allocating(&format_args!(
        "Conflict. The container name \"/{name}\" is already in use."
    ))))
}

fn allocating(reason: &dyn std::fmt::Display) -> String {
    format!("Error when allocating new name: {reason}")
}

#[cfg(test)]
mod tests;

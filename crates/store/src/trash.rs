//! The trash: what is being deleted. Its old name is free at once.

use crate::error::{At, Result};
use crate::{Store, staging};
use std::fs;
use std::path::{Path, PathBuf};

/// Renames something into the trash and returns its new place.
pub(crate) fn condemn(store: &Store, path: &Path) -> Result<PathBuf> {
    let name = path.file_name().unwrap_or_default();
    let place = crate::durable::temporary_beside(&store.path("trash").join(name));
    fs::rename(path, &place).at("rename to", &place)?;
    Ok(place)
}

/// Removes a tree of the store at once: its name is free when this returns.
///
/// # Errors
/// What the system reports.
pub fn discard(store: &Store, path: &Path) -> Result<()> {
    match condemn(store, path) {
        Ok(place) => staging::remove(&place),
        Err(crate::Error::Io { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

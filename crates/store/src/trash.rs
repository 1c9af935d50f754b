//! The trash: what is being deleted. Its old name is free at once.

use crate::error::{At, Result};
use crate::{Store, staging};
use std::fs;
use std::path::{Path, PathBuf};

/// Renames something into the trash and returns its new place; none if it is gone: whoever else collects was first.
pub(crate) fn condemn(store: &Store, path: &Path) -> Result<Option<PathBuf>> {
    let name = path.file_name().unwrap_or_default();
    let place = crate::durable::temporary_beside(&store.path("trash").join(name));
    match fs::rename(path, &place) {
        Ok(()) => Ok(Some(place)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).at("rename to", place),
    }
}

/// Removes a tree of the store at once: its name is free when this returns.
///
/// # Errors
/// What the system reports.
pub fn discard(store: &Store, path: &Path) -> Result<()> {
    condemn(store, path)?.map_or(Ok(()), |place| staging::remove(&place))
}

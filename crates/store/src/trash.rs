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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_somebody_else_took_is_gone_and_no_error() {
        let place = tempfile::tempdir().unwrap();
        let store = Store::open(&place.path().join("data"), &place.path().join("exec")).unwrap();
        let file = place.path().join("data/file");
        fs::write(&file, "").unwrap();
        let condemned = condemn(&store, &file).unwrap().unwrap();
        assert!(condemned.exists() && !file.exists());
        assert_eq!(condemn(&store, &file).unwrap(), None);
        discard(&store, &file).unwrap();
    }
}

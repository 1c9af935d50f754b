//! Refs: names of images, each a file that holds one descriptor.

use crate::error::{At, Error, Result};
use crate::{Store, durable};
use oci::Reference;
use oci::image::Descriptor;
use std::fs;
use std::path::PathBuf;

fn path(store: &Store, name: &Reference) -> PathBuf {
    store.path("refs").join(escape(&name.to_string()))
}

/// A reference as one file name: `/` and `%` are written as `%2F` and `%25`. A reference has at most 255 + 128 + 72 characters, and
/// its characters are those of [`Reference`], so that nothing else needs an escape; a name that would be too long for a file is cut and ends in its digest.
fn escape(name: &str) -> String {
    let escaped = name.replace('%', "%25").replace('/', "%2F");
    if escaped.len() <= 200 {
        return escaped;
    }
    format!("{}%{}", &escaped[..120], oci::Digest::of(name.as_bytes()).hex())
}

/// A ref file: the name is inside as well, since a file name may be cut.
#[derive(serde::Serialize, serde::Deserialize)]
struct Record {
    name: String,
    #[serde(flatten)]
    target: Descriptor,
}

/// Points a name at a manifest or index, durably.
///
/// # Errors
/// What the system reports.
pub fn set(store: &Store, name: &Reference, target: &Descriptor) -> Result<()> {
    let record = Record { name: name.to_string(), target: target.clone() };
    let text = serde_json::to_vec(&record).expect("a struct of strings serialises");
    durable::write(&path(store, name), &text)
}

/// What a name points at, if it is set.
///
/// # Errors
/// [`Error::Damaged`] if the file is not a ref.
pub fn target(store: &Store, name: &Reference) -> Result<Option<Descriptor>> {
    let path = path(store, name);
    match fs::read(&path) {
        Ok(text) => Ok(Some(parse(&path, &text)?.1)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Error::io("read", path, error)),
    }
}

/// When a name was last set, if it is.
///
/// # Errors
/// What the system reports.
pub fn set_at(store: &Store, name: &Reference) -> Result<Option<std::time::SystemTime>> {
    let path = path(store, name);
    match fs::metadata(&path).and_then(|metadata| metadata.modified()) {
        Ok(time) => Ok(Some(time)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Error::io("stat", path, error)),
    }
}

/// Removes a name; false if it was not set.
///
/// # Errors
/// What the system reports.
pub fn remove(store: &Store, name: &Reference) -> Result<bool> {
    let path = path(store, name);
    match fs::remove_file(&path) {
        Ok(()) => durable::sync_parent(&path).map(|()| true),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(Error::io("remove", path, error)),
    }
}

/// Every name with what it points at, sorted by name.
///
/// # Errors
/// [`Error::Damaged`] if a file is not a ref.
pub fn list(store: &Store) -> Result<Vec<(Reference, Descriptor)>> {
    let directory = store.path("refs");
    let mut refs = Vec::new();
    for entry in fs::read_dir(&directory).at("list", &directory)? {
        let path = entry.at("list", &directory)?.path();
        if path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b".")) {
            continue;
        }
        match fs::read(&path) {
            Ok(text) => refs.push(parse(&path, &text)?),
            // removed meanwhile
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(Error::io("read", path, error)),
        }
    }
    refs.sort_by(|a, b| a.0.cmp(&b.0));
    Ok(refs)
}

fn parse(path: &std::path::Path, text: &[u8]) -> Result<(Reference, Descriptor)> {
    let damaged = |reason: String| Error::Damaged { path: path.to_path_buf(), reason };
    let record: Record = serde_json::from_slice(text).map_err(|e| damaged(e.to_string()))?;
    let name = record.name.parse().map_err(|e: oci::reference::InvalidReference| damaged(e.to_string()))?;
    Ok((name, record.target))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_file_names() {
        assert_eq!(escape("docker.io/library/a:1"), "docker.io%2Flibrary%2Fa:1");
        let long = format!("docker.io/{}:x", "a/".repeat(120));
        assert!(escape(&long).len() < 255);
        assert_ne!(escape(&long), escape(&format!("{long}y")));
    }
}

//! Records of the build cache: what a step with this key produced.

use crate::error::{At, Result};
use crate::{Store, durable};
use oci::{DiffId, Digest};
use serde::{Deserialize, Serialize};
use std::fs;

/// What a step produced.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// The layer, if the step made one.
    pub layer: Option<DiffId>,
    /// When, RFC 3339.
    pub created: String,
    /// What the step was, for a person.
    pub step: String,
}

/// The record of a key; `None` if there is none, or its layer is gone.
#[must_use]
pub fn find(store: &Store, key: &Digest) -> Option<Record> {
    let text = fs::read(store.path("cache").join(key.hex())).ok()?;
    let record: Record = serde_json::from_slice(&text).ok()?;
    match record.layer {
        Some(layer) if !crate::layers::exists(store, &layer) => None,
        _ => Some(record),
    }
}

/// Records what a key's step produced. Not synced: a lost record costs one step.
///
/// # Errors
/// What the system reports.
pub fn record(store: &Store, key: &Digest, record: &Record) -> Result<()> {
    let text = serde_json::to_vec(record).expect("a struct of strings serialises");
    durable::replace(&store.path("cache").join(key.hex()), &text)
}

/// Every record with its key.
///
/// # Errors
/// What the system reports.
pub fn list(store: &Store) -> Result<Vec<(Digest, Record)>> {
    let directory = store.path("cache");
    let mut records = Vec::new();
    for entry in fs::read_dir(&directory).at("list", &directory)?.flatten() {
        let Some(key) = entry.file_name().to_str().and_then(|n| Digest::from_hex(n).ok()) else { continue };
        if let Ok(text) = fs::read(entry.path())
            && let Ok(record) = serde_json::from_slice(&text)
        {
            records.push((key, record));
        }
    }
    Ok(records)
}

/// Forgets a key.
///
/// # Errors
/// What the system reports.
pub fn forget(store: &Store, key: &Digest) -> Result<()> {
    let path = store.path("cache").join(key.hex());
    match fs::remove_file(&path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(crate::Error::io("remove", path, error))
        }
        _ => Ok(()),
    }
}

//! What images were found to weigh: a record for each configuration, made when somebody asks and removed with the configuration.
//!
//! A record can be made again at any time: it is not synced, and what is damaged or missing costs its making.

use crate::error::{At, Result};
use crate::{Store, blobs, durable};
use oci::Digest;
use std::fs::{self, DirBuilder, File};
use std::io::Read;
use std::os::unix::fs::DirBuilderExt;

/// The largest record that is read; one of a distribution's image with thousands of packages has 2 MB.
const LIMIT: u64 = 64 << 20;
const DIRECTORY: &str = "weights";

/// The record of the image with this configuration; none if there is none that can be read.
#[must_use]
pub fn find(store: &Store, configuration: &Digest) -> Option<Vec<u8>> {
    let file = File::open(store.path(DIRECTORY).join(configuration.hex())).ok()?;
    let mut text = Vec::new();
    file.take(LIMIT).read_to_end(&mut text).ok()?;
    Some(text)
}

/// Keeps a record, in the place of the one that was there.
///
/// # Errors
/// What the system reports.
pub fn keep(store: &Store, configuration: &Digest, text: &[u8]) -> Result<()> {
    let directory = store.path(DIRECTORY);
    DirBuilder::new().recursive(true).mode(0o700).create(&directory).at("make directory", &directory)?;
    durable::replace(&directory.join(configuration.hex()), text)
}

/// Removes the records of images that are gone.
pub(crate) fn sweep(store: &Store) -> Result<()> {
    let directory = store.path(DIRECTORY);
    let entries = match fs::read_dir(&directory) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(crate::Error::io("list", directory, error)),
    };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let Some(configuration) = name.to_str().and_then(|name| Digest::from_hex(name).ok()) else {
            continue;
        };
        if !blobs::exists(store, &configuration) {
            match fs::remove_file(entry.path()) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    return Err(crate::Error::io("remove", entry.path(), error));
                }
                _ => {}
            }
        }
    }
    Ok(())
}

//! Downloads: blobs that have not arrived whole. What has arrived is kept, also when its process is killed: the next attempt goes on from there.
//!
//! `downloads/<hex>` holds the first bytes of the blob. Whoever writes it has a lock on it, so that a blob is downloaded once at a time: who has waited finds it
//! in the store. It is no content yet: after a power cut it may be full of zeros. Its digest is computed from its first byte on, always.

use crate::error::{At, Error, Result};
use crate::{Store, blobs};
use oci::Digest;
use oci::digest::Hasher;
use std::fs;
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::PathBuf;
use std::time::Duration;
use sys::lock::LockFile;

/// Bytes read at once of what is there already.
const BUFFER: usize = 256 << 10;

/// How long what nobody goes on with is kept by a collection.
pub const KEPT: Duration = Duration::from_secs(24 * 3600);

/// A blob on its way. Dropped, it stays for the next attempt.
#[derive(Debug)]
pub struct Partial {
    digest: Digest,
    path: PathBuf,
    lock: LockFile,
    hasher: Hasher,
    /// Bytes that were hashed.
    length: u64,
    /// Bytes that were there at the beginning.
    found: u64,
}

impl Partial {
    /// Waits until nobody else downloads the blob. None if it is in the store by then.
    ///
    /// # Errors
    /// What the system reports.
    pub fn begin(store: &Store, digest: &Digest, size: u64) -> Result<Option<Self>> {
        let directory = store.path("downloads");
        if !directory.exists() {
            fs::DirBuilder::new()
                .recursive(true)
                .mode(0o700)
                .create(&directory)
                .at("make directory", &directory)?;
        }
        let path = directory.join(digest.hex());
        if blobs::exists(store, digest) {
            return Ok(None);
        }
        let lock = LockFile::exclusive(&path).at("lock", &path)?;
        if blobs::exists(store, digest) {
            lock.remove().at("remove", &path)?;
            return Ok(None);
        }
        let found = lock.file().metadata().at("stat", &path)?.len();
        let mut partial = Self { digest: *digest, path, lock, hasher: Hasher::default(), length: 0, found };
        if found > size {
            partial.clear()?;
        }
        Ok(Some(partial))
    }

    /// Bytes that an earlier attempt has left.
    #[must_use]
    pub fn found(&self) -> u64 {
        self.found
    }

    /// Reads what an earlier attempt has left, and shows it to `sink`.
    ///
    /// # Errors
    /// What the system reports.
    pub fn replay(&mut self, sink: &mut dyn FnMut(&[u8])) -> Result<()> {
        let mut file = self.lock.file();
        file.seek(SeekFrom::Start(0)).at("read", &self.path)?;
        let mut buffer = vec![0; BUFFER];
        while self.length < self.found {
            let read = file.read(&mut buffer).at("read", &self.path)?;
            if read == 0 {
                break;
            }
            self.hasher.update(&buffer[..read]);
            self.length += read as u64;
            sink(&buffer[..read]);
        }
        Ok(())
    }

    /// Adds bytes.
    ///
    /// # Errors
    /// What the system reports.
    pub fn append(&mut self, bytes: &[u8]) -> Result<()> {
        self.lock.file().write_all(bytes).at("write", &self.path)?;
        self.hasher.update(bytes);
        self.length += bytes.len() as u64;
        Ok(())
    }

    /// Forgets all that has arrived.
    ///
    /// # Errors
    /// What the system reports.
    pub fn clear(&mut self) -> Result<()> {
        let mut file = self.lock.file();
        file.set_len(0).at("truncate", &self.path)?;
        file.seek(SeekFrom::Start(0)).at("truncate", &self.path)?;
        self.hasher = Hasher::default();
        (self.length, self.found) = (0, 0);
        Ok(())
    }

    /// Whether what has arrived is the blob.
    ///
    /// # Errors
    /// [`Error::DigestMismatch`] if it is not.
    pub fn verify(&self) -> Result<()> {
        let found = self.hasher.clone().finish();
        if found == self.digest {
            Ok(())
        } else {
            Err(Error::DigestMismatch { expected: self.digest, found })
        }
    }

    /// Makes it a blob of the store, if it is the one. Its name is durable when the next sync of the file system or of its directory is over; its content is at once.
    ///
    /// # Errors
    /// [`Error::DigestMismatch`]: then nothing is left of it.
    pub fn finish(mut self, store: &Store) -> Result<()> {
        if let Err(error) = self.verify() {
            self.clear()?;
            return Err(error);
        }
        let file = self.lock.file();
        file.set_permissions(fs::Permissions::from_mode(0o600)).at("change mode of", &self.path)?;
        file.sync_all().at("sync", &self.path)?;
        let destination = blobs::path(store, &self.digest);
        fs::rename(&self.path, &destination).at("rename to", destination)
    }
}

/// Removes what nobody goes on with and has not been touched for so long.
///
/// # Errors
/// What the system reports.
pub fn sweep(store: &Store, age: Duration) -> Result<()> {
    let directory = store.path("downloads");
    for entry in fs::read_dir(&directory).into_iter().flatten().flatten() {
        let path = entry.path();
        let Ok(metadata) = entry.metadata() else { continue };
        let touched = metadata.modified().ok().and_then(|time| time.elapsed().ok()).unwrap_or_default();
        if touched < age {
            continue;
        }
        if let Some(lock) = LockFile::try_exclusive(&path).at("lock", &path)? {
            lock.remove().at("remove", &path)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn store() -> (tempfile::TempDir, Store) {
        let place = tempfile::tempdir().unwrap();
        let store = Store::open(&place.path().join("data"), &place.path().join("exec")).unwrap();
        (place, store)
    }

    #[test]
    fn what_was_interrupted_goes_on() {
        let (_place, store) = store();
        let digest = Digest::of(b"hello");
        let mut partial = Partial::begin(&store, &digest, 5).unwrap().unwrap();
        partial.append(b"hel").unwrap();
        drop(partial);
        let mut again = Partial::begin(&store, &digest, 5).unwrap().unwrap();
        let mut seen = Vec::new();
        assert_eq!(again.found(), 3);
        again.replay(&mut |bytes| seen.extend_from_slice(bytes)).unwrap();
        again.append(b"lo").unwrap();
        again.finish(&store).unwrap();
        assert_eq!(seen, b"hel");
        assert_eq!(blobs::read_document(&store, &digest).unwrap(), b"hello");
        assert!(Partial::begin(&store, &digest, 5).unwrap().is_none());
        assert_eq!(fs::read_dir(store.path("downloads")).unwrap().count(), 0);
    }

    #[test]
    fn what_is_something_else_is_not_kept() {
        let (_place, store) = store();
        let digest = Digest::of(b"hello");
        let mut partial = Partial::begin(&store, &digest, 5).unwrap().unwrap();
        partial.append(b"hellx").unwrap();
        assert!(matches!(partial.finish(&store), Err(Error::DigestMismatch { .. })));
        let again = Partial::begin(&store, &digest, 5).unwrap().unwrap();
        assert_eq!(again.found(), 0);
        drop(again);
        fs::write(store.path("downloads").join(digest.hex()), "too long").unwrap();
        assert_eq!(Partial::begin(&store, &digest, 5).unwrap().unwrap().found(), 0);
    }

    #[test]
    fn who_waited_finds_the_blob() {
        let (_place, store) = store();
        let digest = Digest::of(b"hello");
        let mut first = Partial::begin(&store, &digest, 5).unwrap().unwrap();
        std::thread::scope(|scope| {
            let second = scope.spawn(|| Partial::begin(&store, &digest, 5).unwrap().is_none());
            first.append(b"hello").unwrap();
            first.finish(&store).unwrap();
            assert!(second.join().unwrap());
        });
        sweep(&store, Duration::ZERO).unwrap();
    }
}

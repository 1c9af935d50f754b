//! Leases: what a living process is about to use.

use crate::error::{At, Result};
use crate::{Store, staging};
use oci::Digest;
use std::collections::HashSet;
use std::fs::{self, File};
use std::io::Write;
use std::path::PathBuf;
use std::sync::Mutex;
use sys::identity::Identity;
use sys::lock::LockFile;

/// A file that names digests in use; removed when dropped, void when its process is gone.
#[derive(Debug)]
pub struct Lease {
    path: PathBuf,
    file: Mutex<File>,
    store: Store,
}

impl Lease {
    /// A new, empty lease of this process.
    ///
    /// # Errors
    /// What the system reports.
    pub fn new(store: &Store) -> Result<Self> {
        let owner = Identity::own().at("read", "/proc/self/stat")?;
        for number in 0_u64.. {
            let path = store.exec_root().join("leases").join(format!("{owner}-{number}"));
            match fs::OpenOptions::new().create_new(true).append(true).open(&path) {
                Ok(file) => return Ok(Self { path, file: Mutex::new(file), store: store.clone() }),
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(crate::Error::io("create", path, error)),
            }
        }
        unreachable!("a free number is found before u64 ends")
    }

    /// Adds digests (of blobs, or of layers by diff-id). What is in the store when this returns stays there as long as the lease; what is not has to be looked for after this call.
    ///
    /// # Errors
    /// What the system reports.
    pub fn hold(&self, digests: impl IntoIterator<Item = Digest>) -> Result<()> {
        let path = self.store.lock_path();
        let _lock = LockFile::shared(&path).at("lock", path)?;
        let text: String = digests.into_iter().map(|d| format!("{}\n", d.hex())).collect();
        let mut file = self.file.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        file.write_all(text.as_bytes()).at("write", &self.path)
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        // a lease that stays is void as soon as this process ends
        let _ = fs::remove_file(&self.path);
    }
}

/// The digests that living processes hold; removes void leases.
pub(crate) fn held(store: &Store) -> Result<HashSet<Digest>> {
    let directory = store.exec_root().join("leases");
    let mut held = HashSet::new();
    for entry in fs::read_dir(&directory).at("list", &directory)?.flatten() {
        let alive = entry.file_name().to_str().and_then(staging::owner).is_some_and(|owner| owner.is_alive());
        if !alive {
            let _ = fs::remove_file(entry.path());
            continue;
        }
        match fs::read_to_string(entry.path()) {
            Ok(text) => held.extend(text.lines().filter_map(|line| Digest::from_hex(line).ok())),
            // given back meanwhile
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(crate::Error::io("read", entry.path(), error)),
        }
    }
    Ok(held)
}

//! Locks that end with the process: flock(2) on a file that may be removed while somebody waits for it.
//!
//! Whoever has waited looks whether the path still leads to the file that is locked now. If its holder has removed it,
//! the lock is taken again on whatever is there: two processes never hold "the lock at this path" on two files.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Result};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// A held lock; dropping it gives it back.
#[derive(Debug)]
pub struct LockFile {
    file: File,
    path: PathBuf,
}

impl LockFile {
    /// Waits until nobody else has it. The file is made if it is missing.
    ///
    /// # Errors
    /// What the file system reports.
    pub fn exclusive(path: &Path) -> Result<Self> {
        Self::take(path, |file| file.lock().map(|()| true)).map(|lock| lock.expect("a wait that is over"))
    }

    /// Waits until nobody has it exclusively. The file is made if it is missing.
    ///
    /// # Errors
    /// What the file system reports.
    pub fn shared(path: &Path) -> Result<Self> {
        Self::take(path, |file| file.lock_shared().map(|()| true))
            .map(|lock| lock.expect("a wait that is over"))
    }

    /// Takes it exclusively, or returns none if anybody has it.
    ///
    /// # Errors
    /// What the file system reports.
    pub fn try_exclusive(path: &Path) -> Result<Option<Self>> {
        Self::take(path, |file| match file.try_lock() {
            Ok(()) => Ok(true),
            Err(TryLockError::WouldBlock) => Ok(false),
            Err(TryLockError::Error(error)) => Err(error),
        })
    }

    fn take(path: &Path, lock: impl Fn(&File) -> Result<bool>) -> Result<Option<Self>> {
        loop {
            let file = OpenOptions::new()
                .create(true)
                .read(true)
                .write(true)
                .truncate(false)
                .mode(0o600)
                .open(path)?;
            match lock(&file) {
                Ok(true) if leads_to(path, &file)? => {
                    return Ok(Some(Self { file, path: path.to_path_buf() }));
                }
                Ok(false) => return Ok(None),
                // removed by its holder while this one waited
                Ok(true) => {}
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Removes the file with the lock: its subject is gone. Whoever waits for it gets a new one. Only for a lock held exclusively.
    ///
    /// # Errors
    /// What the file system reports.
    pub fn remove(self) -> Result<()> {
        std::fs::remove_file(&self.path)
    }

    /// The locked file, which may hold a few bytes of its own.
    #[must_use]
    pub fn file(&self) -> &File {
        &self.file
    }
}

fn leads_to(path: &Path, file: &File) -> Result<bool> {
    let own = file.metadata()?;
    match std::fs::symlink_metadata(path) {
        Ok(there) => Ok((there.dev(), there.ino()) == (own.dev(), own.ino())),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[test]
    fn a_removed_file_is_no_second_lock() {
        let directory = std::env::temp_dir().join(format!("tare-lock-{}", std::process::id()));
        std::fs::create_dir(&directory).unwrap();
        let path = directory.join("lock");
        let inside = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for round in 0..200 {
                        let lock = LockFile::exclusive(&path).unwrap();
                        assert_eq!(inside.fetch_add(1, Ordering::SeqCst), 0);
                        std::thread::yield_now();
                        inside.fetch_sub(1, Ordering::SeqCst);
                        if round % 2 == 0 {
                            lock.remove().unwrap();
                        }
                    }
                });
            }
        });
        std::fs::remove_dir_all(directory).unwrap();
    }

    #[test]
    fn what_somebody_has_is_not_taken() {
        let path = std::env::temp_dir().join(format!("tare-try-lock-{}", std::process::id()));
        let shared = LockFile::shared(&path).unwrap();
        let again = LockFile::shared(&path).unwrap();
        assert!(LockFile::try_exclusive(&path).unwrap().is_none());
        drop((shared, again));
        LockFile::try_exclusive(&path).unwrap().unwrap().remove().unwrap();
        assert!(!path.exists());
    }
}

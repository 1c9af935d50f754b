//! Directories for what is being written: void when their writer is gone.

use crate::Store;
use crate::error::{At, Result};
use std::path::{Path, PathBuf};
use sys::identity::Identity;

/// A private directory under `staging/`, named after the process that writes it and removed when dropped.
#[derive(Debug)]
pub struct Staging {
    path: PathBuf,
}

impl Staging {
    /// Makes a new one.
    ///
    /// # Errors
    /// What the system reports.
    pub fn new(store: &Store) -> Result<Self> {
        use std::os::unix::fs::DirBuilderExt;
        let owner = Identity::own().at("read", "/proc/self/stat")?;
        for number in 0_u64.. {
            let path = store.path("staging").join(format!("{owner}-{number}"));
            match std::fs::DirBuilder::new().mode(0o700).create(&path) {
                Ok(()) => return Ok(Self { path }),
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(crate::Error::io("make directory", path, error)),
            }
        }
        unreachable!("a free number is found before u64 ends")
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        // what cannot be removed now is removed by collection
        let _ = remove(&self.path);
    }
}

/// Removes a tree of the store, whatever is in it.
pub(crate) fn remove(path: &Path) -> Result<()> {
    use std::os::fd::AsFd;
    let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else { return Ok(()) };
    let parent = std::fs::File::open(parent).at("open", parent)?;
    sys::rooted::remove_all(parent.as_fd(), Path::new(name)).at("remove", path)
}

/// The owner of a staging directory, from its name.
pub(crate) fn owner(name: &str) -> Option<Identity> {
    let (owner, _number) = name.rsplit_once('-')?;
    owner.parse().ok()
}

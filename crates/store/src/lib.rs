//! Image content on this machine: blobs, layers, refs, leases, the build cache's records, and their collection.
//!
//! Floor 1. Uses `sys` and `oci`. **Not here:** the network (`registry`), containers and what images mean (`images`).
//!
//! # On disk
//! ```text
//! data root                             exec root
//!   version            format number      locks/store     flock: shared = begin to use, exclusive = collect; locks/layers  a layer is changed; locks/layer-<hex>  one is unpacked
//!   blobs/sha256/<hex> immutable          leases/<pid>-<start time>-<number>
//!   layers/sha256/<hex>/{fs/,meta}  immutable
//!   refs/<escaped name>  one descriptor, replaced whole
//!   downloads/<hex>      the beginning of a blob; locked while it grows
//!   cache/<key>          one record, replaced whole
//!   weights/<hex>        what the image of a configuration was found to weigh; gone with it
//!   mount-points/        the lowest layer of every container
//!   staging/             what is being written; void when its writer is gone
//!   trash/               what is being deleted
//! ```
//! Something immutable is written in `staging/`, made durable, and renamed before anything refers to it. The one exception are
//! layers of an image in the making (built, pulled, loaded): they become durable together, when the image is recorded ([`layers::seal`]); until then their
//! `meta` names the boot in which they are valid.
//!
//! # Locks
//! `locks/store` is held shared while a lease is extended, exclusively while unreachable content is renamed to the trash; never during slow work.
//!
//! Start reading at [`blobs`], then [`layers`], then [`collect`].

#![forbid(unsafe_code)]

pub mod blobs;
pub mod cache;
pub mod changeset;
pub mod check;
pub mod collect;
pub mod downloads;
pub mod durable;
mod error;
pub mod layers;
pub mod leases;
pub mod mount_points;
pub mod refs;
mod staging;
pub mod trash;
pub mod tree;
pub mod weights;

pub use error::{Error, Result};
pub use staging::Staging;

use error::At;
use std::fs::{self, DirBuilder};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

/// The format that this version reads and writes.
const FORMAT: &str = "1";

/// An open store.
#[derive(Debug, Clone)]
pub struct Store {
    data_root: PathBuf,
    exec_root: PathBuf,
}

impl Store {
    /// Opens the store at these roots, making it if there is none.
    ///
    /// # Errors
    /// [`Error::Format`] if another version made it, [`Error::Io`] otherwise.
    pub fn open(data_root: &Path, exec_root: &Path) -> Result<Self> {
        let store = Self { data_root: data_root.to_path_buf(), exec_root: exec_root.to_path_buf() };
        match fs::read_to_string(data_root.join("version")) {
            Ok(version) if version.trim() == FORMAT => {}
            Ok(version) => {
                return Err(Error::Format {
                    root: data_root.into(),
                    found: version.trim().chars().take(20).collect(),
                });
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => store.make()?,
            Err(error) => return Err(Error::io("read", data_root.join("version"), error)),
        }
        // the exec root is on a file system that is empty after a boot
        if !store.exec_root.join("locks").exists() || !store.exec_root.join("leases").exists() {
            make_directories(&store.exec_root, &["locks", "leases"])?;
        }
        Ok(store)
    }

    fn make(&self) -> Result<()> {
        make_directories(
            &self.data_root,
            &["blobs/sha256", "layers/sha256", "refs", "cache", "staging", "trash"],
        )?;
        mount_points::make(&self.data_root)?;
        durable::write(&self.data_root.join("version"), FORMAT.as_bytes())
    }

    /// The data root.
    #[must_use]
    pub fn data_root(&self) -> &Path {
        &self.data_root
    }

    /// The exec root.
    #[must_use]
    pub fn exec_root(&self) -> &Path {
        &self.exec_root
    }

    pub(crate) fn path(&self, below: &str) -> PathBuf {
        self.data_root.join(below)
    }

    pub(crate) fn lock_path(&self) -> PathBuf {
        self.exec_root.join("locks/store")
    }
}

fn make_directories(root: &Path, below: &[&str]) -> Result<()> {
    for name in below {
        let path = root.join(name);
        // layers hold setuid programs of images: nobody else may walk in
        DirBuilder::new().recursive(true).mode(0o700).create(&path).at("make directory", path)?;
    }
    Ok(())
}

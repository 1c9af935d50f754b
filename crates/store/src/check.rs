//! Checking: whether every blob and layer is what its name says, byte by byte. It reads all of the store and takes the time for that.

use crate::error::{At, Error, Result};
use crate::layers::Meta;
use crate::{Store, blobs, changeset, layers, staging, trash};
use oci::digest::Hasher;
use oci::{DiffId, Digest};
use std::fs::{self, File};
use std::os::fd::AsFd;
use sys::lock::LockFile;

/// Something that is not what its name says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Damage {
    /// A blob has other bytes.
    Blob {
        /// Its name.
        digest: Digest,
        /// What is wrong.
        reason: String,
    },
    /// A layer has other files, or cannot be read.
    Layer {
        /// Its name.
        layer: DiffId,
        /// The blob that it came in, if that is good: the layer can be made again.
        blob: Option<Digest>,
        /// What is wrong.
        reason: String,
    },
}

/// What was checked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Checked {
    /// Number of blobs.
    pub blobs: usize,
    /// Number of layers.
    pub layers: usize,
    /// What is damaged.
    pub damage: Vec<Damage>,
}

/// Checks every blob and every layer that is valid. Nothing is changed.
///
/// # Errors
/// What the system reports of the store's directories; what it reports of a single blob or layer is damage.
pub fn check(store: &Store) -> Result<Checked> {
    let mut checked = Checked::default();
    let directory = store.path("blobs/sha256");
    for entry in fs::read_dir(&directory).at("list", &directory)?.flatten() {
        let name = entry.file_name();
        let Some(digest) = name.to_str().and_then(|name| Digest::from_hex(name).ok()) else { continue };
        checked.blobs += 1;
        if let Some(reason) = wrong_blob(store, &digest) {
            checked.damage.push(Damage::Blob { digest, reason });
        }
    }
    for layer in layers::list(store)? {
        // what a power cut has voided is nothing
        let Ok(meta) = layers::meta(store, &layer) else { continue };
        checked.layers += 1;
        let is_damaged = |blob: &Digest| {
            let is_it = |damage: &Damage| matches!(damage, Damage::Blob { digest, .. } if digest == blob);
            checked.damage.iter().any(is_it)
        };
        let good = meta.blob.filter(|blob| blobs::exists(store, blob) && !is_damaged(blob));
        if let Some(reason) = wrong_layer(store, &layer, &meta, good.as_ref()) {
            checked.damage.push(Damage::Layer { layer, blob: good, reason });
        }
    }
    Ok(checked)
}

fn wrong_blob(store: &Store, digest: &Digest) -> Option<String> {
    let mut hasher = Hasher::default();
    let read = blobs::open(store, digest)
        .and_then(|mut file| std::io::copy(&mut file, &mut hasher).at("read", blobs::path(store, digest)));
    match read {
        // removed meanwhile
        Err(Error::NoBlob(_)) => None,
        Err(error) => Some(error.to_string()),
        Ok(_) => {
            let found = hasher.finish();
            (found != *digest).then(|| format!("its bytes have digest {found}"))
        }
    }
}

fn wrong_layer(store: &Store, layer: &DiffId, meta: &Meta, good: Option<&Digest>) -> Option<String> {
    let found = match layers::open(store, layer).and_then(|root| canonical(root.as_fd())) {
        // removed meanwhile
        Err(Error::NoLayer(_)) if !layers::exists(store, layer) => return None,
        Err(Error::NoLayer(_)) => return Some("its directory is gone".into()),
        Err(error) => return Some(error.to_string()),
        Ok(found) => found,
    };
    // one that was made here is called by its canonical tar
    if found == layer.0 {
        return None;
    }
    if meta.blob.is_none() {
        return Some(format!("its files have digest {found}"));
    }
    let Some(blob) = good else { return Some("the blob that it came in is damaged or gone".into()) };
    let expected =
        blobs::open(store, blob).and_then(|file| layers::receive(store, file, None)).and_then(|received| {
            let root = File::open(received.fs()).at("open", received.fs())?;
            canonical(root.as_fd())
        });
    match expected {
        Ok(expected) if expected == found => None,
        Ok(_) => Some("its files are not those of its blob".into()),
        Err(error) => Some(error.to_string()),
    }
}

/// The digest of a directory's canonical tar.
fn canonical(root: std::os::fd::BorrowedFd<'_>) -> Result<Digest> {
    let root = sys::rooted::open_directory(root, std::path::Path::new(".")).at("open", "layer")?;
    let mut hasher = Hasher::default();
    changeset::write(root.as_fd(), &mut hasher, &changeset::Write::default())?;
    Ok(hasher.finish())
}

/// Gives up what is damaged, so that it can be fetched or made again.
///
/// # Errors
/// What the system reports.
pub fn discard(store: &Store, damage: &Damage) -> Result<()> {
    let path = match damage {
        Damage::Blob { digest, .. } => blobs::path(store, digest),
        Damage::Layer { layer, .. } => layers::directory(store, layer),
    };
    let lock = store.lock_path();
    let lock = LockFile::exclusive(&lock).at("lock", lock)?;
    let place = trash::condemn(store, &path)?;
    drop(lock);
    place.map_or(Ok(()), |place| staging::remove(&place))
}

//! Collection: what nothing refers to is renamed to the trash under a short lock, and deleted without one.

use crate::error::{At, Error, Result};
use crate::trash::condemn;
use crate::{Store, blobs, cache, downloads, layers, leases, refs, staging, weights};
use oci::image::{Configuration, Index, Manifest};
use oci::{DiffId, Digest};
use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};
use sys::lock::LockFile;

/// What is in use beyond refs, cache and leases: containers, which only the engine knows.
#[derive(Debug, Default, Clone)]
pub struct Roots {
    /// Manifests, indexes and configurations.
    pub documents: Vec<Digest>,
    /// Layers.
    pub layers: Vec<DiffId>,
}

/// What a collection removed.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Collected {
    /// Number of blobs.
    pub blobs: usize,
    /// Number of layers.
    pub layers: usize,
    /// Bytes on disk.
    pub bytes: u64,
}

/// Removes every blob and layer that is reachable from no ref, no root, no cache record and no living lease, and what dead processes left in staging and trash.
///
/// `roots` is asked twice: first without a lock, then again under it for what has appeared since.
///
/// # Errors
/// What the system reports. What was not collected is left for the next time.
pub fn collect(store: &Store, roots: &dyn Fn() -> Result<Roots>) -> Result<Collected> {
    let marked = mark(store, &roots()?)?;
    let candidates = unmarked(store, &marked)?;
    let mut collected = Collected::default();
    let mut condemned = Vec::new();
    if !candidates.is_empty() {
        let path = store.lock_path();
        let _lock = LockFile::exclusive(&path).at("lock", path)?;
        // a ref, container or lease may have appeared since
        let marked = mark(store, &roots()?)?;
        for candidate in candidates {
            if !marked.contains(&candidate.digest) {
                let place = condemn(store, &candidate.path)?;
                condemned.extend(place.map(|place| (place, candidate.is_layer)));
            }
        }
    }
    for (path, is_layer) in condemned {
        collected.bytes += disk_usage(&path);
        if is_layer {
            collected.layers += 1;
        } else {
            collected.blobs += 1;
        }
        staging::remove(&path)?;
    }
    sweep(store)?;
    Ok(collected)
}

/// Everything that is in use.
fn mark(store: &Store, roots: &Roots) -> Result<HashSet<Digest>> {
    let mut marked = leases::held(store)?;
    let mut pending: Vec<Digest> = roots.documents.clone();
    pending.extend(refs::list(store)?.into_iter().map(|(_, target)| target.digest));
    pending.extend(marked.iter().copied());
    marked.extend(roots.layers.iter().map(|layer| layer.0));
    marked
        .extend(cache::list(store)?.into_iter().filter_map(|(_, record)| record.layer).map(|layer| layer.0));
    let mut seen = HashSet::new();
    while let Some(digest) = pending.pop() {
        marked.insert(digest);
        if seen.insert(digest) {
            mark_document(store, &digest, &mut marked, &mut pending)?;
        }
    }
    // a layer that came in a blob cannot be written again without it, whoever's manifest names the layer
    for layer in layers::list(store)? {
        if marked.contains(&layer.0) {
            match layers::meta(store, &layer) {
                Ok(meta) => marked.extend(meta.blob),
                Err(Error::NoLayer(_)) => {}
                Err(error) => return Err(error),
            }
        }
    }
    Ok(marked)
}

/// Marks what a document refers to. Something that is no document (a layer's blob) refers to nothing; one that cannot be read may refer to anything.
fn mark_document(
    store: &Store,
    digest: &Digest,
    marked: &mut HashSet<Digest>,
    pending: &mut Vec<Digest>,
) -> Result<()> {
    let text = match blobs::read_document(store, digest) {
        Ok(text) if text.first() == Some(&b'{') => text,
        Ok(_) | Err(Error::NoBlob(_) | Error::TooLarge { .. }) => return Ok(()),
        Err(error) => return Err(error),
    };
    if let Ok(manifest) = serde_json::from_slice::<Manifest>(&text) {
        pending.push(manifest.config.digest);
        marked.extend(manifest.layers.iter().map(|layer| layer.digest));
    } else if let Ok(index) = serde_json::from_slice::<Index>(&text) {
        pending.extend(index.manifests.iter().map(|manifest| manifest.digest));
    } else if let Ok(configuration) = serde_json::from_slice::<Configuration>(&text) {
        marked.extend(configuration.rootfs.diff_ids.iter().map(|layer| layer.0));
    }
    Ok(())
}

struct Candidate {
    digest: Digest,
    path: PathBuf,
    is_layer: bool,
}

fn unmarked(store: &Store, marked: &HashSet<Digest>) -> Result<Vec<Candidate>> {
    let mut candidates = Vec::new();
    // layers first: a layer without its blob must not be left behind by whoever kills this
    for (directory, is_layer) in [("layers/sha256", true), ("blobs/sha256", false)] {
        let directory = store.path(directory);
        for entry in fs::read_dir(&directory).at("list", &directory)?.flatten() {
            let name = entry.file_name();
            if let Some(digest) = name.to_str().and_then(|n| Digest::from_hex(n).ok())
                && !marked.contains(&digest)
            {
                candidates.push(Candidate { digest, path: entry.path(), is_layer });
            }
        }
    }
    Ok(candidates)
}

/// Removes what dead processes left: staging directories, trash, temporary files.
fn sweep(store: &Store) -> Result<()> {
    for (directory, keep) in [("staging", is_owned as fn(&str) -> bool), ("trash", is_fresh)] {
        let directory = store.path(directory);
        for entry in fs::read_dir(&directory).at("list", &directory)?.flatten() {
            if !entry.file_name().to_str().is_some_and(keep) {
                staging::remove(&entry.path())?;
            }
        }
    }
    for directory in ["", "refs", "cache", "blobs/sha256"] {
        sweep_temporary(&store.path(directory))?;
    }
    sweep_drafts(store, &store.path("manifests"))?;
    sweep_drafts(store, &store.path("weights"))?;
    weights::sweep(store)?;
    downloads::sweep(store, downloads::KEPT)?;
    Ok(())
}

/// Removes temporary files and directories (`.name.<pid>-<number>`) whose process is gone.
fn sweep_temporary(directory: &Path) -> Result<()> {
    for entry in fs::read_dir(directory).at("list", directory)?.flatten() {
        let name = entry.file_name();
        let writer = name.to_str().filter(|name| name.starts_with('.')).and_then(writer);
        if writer.is_some_and(|pid| !is_there(pid)) {
            staging::remove(&entry.path())?;
        }
    }
    Ok(())
}

/// Removes what processes that are gone left half-made in a directory of one of the roots.
///
/// # Errors
/// What the system reports; a missing directory is none.
pub fn sweep_drafts(store: &Store, directory: &Path) -> Result<()> {
    let is_ours = [store.data_root(), store.exec_root()].iter().any(|root| directory.starts_with(root));
    if is_ours && directory.exists() { sweep_temporary(directory) } else { Ok(()) }
}

fn is_owned(name: &str) -> bool {
    staging::owner(name).is_some_and(|owner| owner.is_alive())
}

/// Whether the process in a temporary name is there.
fn is_fresh(name: &str) -> bool {
    writer(name).is_some_and(is_there)
}

/// The process in a temporary name, `….<pid>-<number>`.
fn writer(name: &str) -> Option<i32> {
    name.rsplit_once('.')?.1.split_once('-')?.0.parse().ok()
}

/// Whether a process with this id runs; one that waits to be reaped does not. Ids are reused, so that a leftover may stay until the next time.
fn is_there(pid: i32) -> bool {
    sys::identity::Identity::of(pid).is_ok_and(|process| process.is_alive())
}

/// Bytes that a tree takes on disk.
#[must_use]
pub fn disk_usage(path: &Path) -> u64 {
    use std::os::unix::fs::MetadataExt;
    let Ok(metadata) = fs::symlink_metadata(path) else { return 0 };
    let mut bytes = metadata.blocks() * 512;
    if metadata.is_dir() {
        bytes +=
            fs::read_dir(path).map_or(0, |entries| entries.flatten().map(|e| disk_usage(&e.path())).sum());
    }
    bytes
}

/// Forgets cache records whose layer no ref and no root reaches, so that [`collect`] removes the layers; returns how many.
///
/// # Errors
/// What the system reports.
pub fn forget_unused_cache(store: &Store, roots: &Roots) -> Result<usize> {
    let mut used: HashSet<Digest> = roots.layers.iter().map(|layer| layer.0).collect();
    let mut pending: Vec<Digest> = roots.documents.clone();
    pending.extend(refs::list(store)?.into_iter().map(|(_, target)| target.digest));
    while let Some(digest) = pending.pop() {
        mark_document(store, &digest, &mut used, &mut pending)?;
    }
    let mut forgotten = 0;
    for (key, record) in cache::list(store)? {
        if record.layer.is_some_and(|layer| !used.contains(&layer.0)) {
            cache::forget(store, &key)?;
            forgotten += 1;
        }
    }
    Ok(forgotten)
}

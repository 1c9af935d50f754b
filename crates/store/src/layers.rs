//! Layers: unpacked once, by diff-id, in overlayfs form.

mod ahead;

use crate::error::{At, Error, Result};
use crate::leases::Lease;
use crate::{Staging, Store, changeset, durable};
use oci::digest::Hasher;
use oci::{DiffId, Digest};
use serde::{Deserialize, Serialize};
use std::fs::{self, File};
use std::io::{Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use sys::lock::LockFile;

/// What is recorded beside a layer.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Meta {
    /// Bytes of the uncompressed tar.
    pub tar_size: u64,
    /// Bytes of the files in it.
    pub size: u64,
    /// The blob that it came in, or was packed into for others; without one the canonical tar has the diff-id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blob: Option<Digest>,
    /// The boot in which the layer is valid while it has not been made durable.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub boot: Option<String>,
}

/// When a layer becomes durable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// Before it is named.
    Now,
    /// With [`seal`], together with others; a power cut before then voids it.
    Later,
}

pub(crate) fn directory(store: &Store, layer: &DiffId) -> PathBuf {
    store.path("layers/sha256").join(layer.0.hex())
}

/// Whether the layer is there and valid.
#[must_use]
pub fn exists(store: &Store, layer: &DiffId) -> bool {
    meta(store, layer).is_ok()
}

/// Reads what is recorded beside a layer.
///
/// # Errors
/// [`Error::NoLayer`] if it is not there, or was not durable when the machine went down.
pub fn meta(store: &Store, layer: &DiffId) -> Result<Meta> {
    let path = directory(store, layer).join("meta");
    let text = match fs::read(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Err(Error::NoLayer(*layer)),
        Err(error) => return Err(Error::io("read", path, error)),
    };
    let meta: Meta = match serde_json::from_slice(&text) {
        Ok(meta) => meta,
        // cut off by a power failure before it was sealed: as if it were not there
        Err(_) => return Err(Error::NoLayer(*layer)),
    };
    match &meta.boot {
        Some(boot) if *boot != boot_id()? => Err(Error::NoLayer(*layer)),
        _ => Ok(meta),
    }
}

/// Opens the layer's directory, for use as a lower directory.
///
/// # Errors
/// [`Error::NoLayer`] if it is not there.
pub fn open(store: &Store, layer: &DiffId) -> Result<OwnedFd> {
    let path = directory(store, layer).join("fs");
    sys::mount::open_directory(&path).map_err(|errno| match errno {
        sys::Errno::NOENT => Error::NoLayer(*layer),
        other => Error::io("open", path, other),
    })
}

/// How the files begin by which layers are claimed, among the locks of the exec root.
pub const CLAIM: &str = "layer-";

/// Somebody brings a layer here; dropped, others may.
#[derive(Debug)]
pub struct Claim(Option<LockFile>);

/// Waits until nobody else brings this layer here, so that it is fetched and unpacked once: who has waited looks whether it is there.
///
/// # Errors
/// What the system reports.
pub fn claim(store: &Store, layer: &DiffId) -> Result<Claim> {
    let path = store.exec_root().join("locks").join(format!("{CLAIM}{}", layer.0.hex()));
    Ok(Claim(Some(LockFile::exclusive(&path).at("lock", path)?)))
}

impl Drop for Claim {
    fn drop(&mut self) {
        if let Some(lock) = self.0.take() {
            // one that stays is swept
            let _ = lock.remove();
        }
    }
}

/// A layer being written: `fs` is the directory in overlayfs form, `work` overlayfs' work directory beside it.
#[derive(Debug)]
pub struct Draft {
    staging: Staging,
}

impl Draft {
    /// An empty draft. Its root is 0755, owned by 0:0.
    ///
    /// # Errors
    /// What the system reports.
    pub fn new(store: &Store) -> Result<Self> {
        let draft = Self { staging: Staging::new(store)? };
        for name in ["layer", "layer/fs", "work"] {
            let path = draft.staging.path().join(name);
            fs::create_dir(&path).at("make directory", &path)?;
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).at("change mode of", &path)?;
        }
        Ok(draft)
    }

    /// The directory that becomes the layer.
    #[must_use]
    pub fn fs(&self) -> PathBuf {
        self.staging.path().join("layer/fs")
    }

    /// The work directory for an overlay on it.
    #[must_use]
    pub fn work(&self) -> PathBuf {
        self.staging.path().join("work")
    }
}

/// Turns a draft into a layer: reads it once for its canonical tar's digest, holds it, and renames it into place.
///
/// # Errors
/// What the system or the tar writer reports.
pub fn commit(store: &Store, draft: Draft, durability: Durability, lease: &Lease) -> Result<(DiffId, Meta)> {
    let root = File::open(draft.fs()).at("open", draft.fs())?;
    let mut hasher = Hasher::default();
    let written = changeset::write(root.as_fd(), &mut hasher, &changeset::Write::default())?;
    let layer = DiffId(hasher.finish());
    let meta = Meta { tar_size: written.size, size: written.content, blob: None, boot: None };
    // nothing refers to it yet: without the lease a collection could take it as soon as it has its name
    lease.hold([layer.0])?;
    place(store, draft, layer, meta, durability).map(|meta| (layer, meta))
}

/// A layer that was unpacked from a tar from outside, and has no name yet.
#[derive(Debug)]
pub struct Received {
    draft: Draft,
    layer: DiffId,
    meta: Meta,
}

/// Unpacks a layer tar from outside (compressed or not). It is decompressed by a thread of its own, ahead of what is written. `blob` is the digest of what is read.
///
/// # Errors
/// [`Error::Changeset`] for a hostile or damaged tar; nothing is stored then.
pub fn receive(store: &Store, tar: impl Read + Send, blob: Option<Digest>) -> Result<Received> {
    let draft = Draft::new(store)?;
    let root = File::open(draft.fs()).at("open", draft.fs())?;
    let mut unpacked = None;
    let (hasher, size) = ahead::read(tar, &mut |plain| {
        let mut hashing = Hashing { inner: plain, hasher: Hasher::default(), size: 0 };
        unpacked = Some(changeset::unpack(&mut hashing, root.as_fd(), &changeset::Unpack::default())?);
        // what follows the end of the archive belongs to the digest
        std::io::copy(&mut hashing, &mut std::io::sink()).at("read the rest of the layer for", draft.fs())?;
        Ok((hashing.hasher, hashing.size))
    })?;
    let size_of_files = unpacked.map_or(0, |unpacked: changeset::Unpacked| unpacked.bytes);
    let meta = Meta { tar_size: size, size: size_of_files, blob, boot: None };
    Ok(Received { draft, layer: DiffId(hasher.finish()), meta })
}

impl Received {
    /// Its directory.
    #[must_use]
    pub fn fs(&self) -> PathBuf {
        self.draft.fs()
    }

    /// The digest of its uncompressed bytes.
    #[must_use]
    pub fn layer(&self) -> DiffId {
        self.layer
    }

    /// Gives it its name. The blob that it came in must be in the store.
    ///
    /// # Errors
    /// What the system reports.
    pub fn place(self, store: &Store, durability: Durability) -> Result<Meta> {
        place(store, self.draft, self.layer, self.meta, durability)
    }
}

/// Unpacks a layer tar from outside and names it, durably, as [`receive`] otherwise.
///
/// # Errors
/// As [`receive`].
pub fn unpack(store: &Store, tar: impl Read + Send, blob: Option<Digest>) -> Result<(DiffId, Meta)> {
    let received = receive(store, tar, blob)?;
    let layer = received.layer();
    received.place(store, Durability::Now).map(|meta| (layer, meta))
}

/// Renames a draft into place. Another process may have been faster: its layer is as good.
fn place(store: &Store, draft: Draft, layer: DiffId, mut meta: Meta, durability: Durability) -> Result<Meta> {
    if let Ok(existing) = self::meta(store, &layer) {
        return Ok(existing);
    }
    if durability == Durability::Later {
        meta.boot = Some(boot_id()?);
    }
    let source = draft.staging.path().join("layer");
    let text = serde_json::to_vec(&meta).expect("a struct of numbers and strings serialises");
    fs::write(source.join("meta"), text).at("write", source.join("meta"))?;
    if durability == Durability::Now {
        durable::sync_file_system(&source)?;
    }
    let destination = directory(store, &layer);
    loop {
        match sys::fs::renameat_with(
            sys::fs::CWD,
            &source,
            sys::fs::CWD,
            &destination,
            sys::fs::RenameFlags::NOREPLACE,
        ) {
            Ok(()) => break,
            Err(sys::Errno::EXIST) if exists(store, &layer) => return self::meta(store, &layer),
            // left by a boot that ended before it was durable
            Err(sys::Errno::EXIST) => crate::trash::discard(store, &destination)?,
            Err(errno) => return Err(Error::io("rename to", destination, errno)),
        }
    }
    if durability == Durability::Now {
        durable::sync_parent(&destination)?;
    }
    Ok(meta)
}

/// Makes layers durable that were committed with [`Durability::Later`], and stores documents, with two syncs for all. A lease has to hold the documents.
///
/// # Errors
/// [`Error::NoLayer`] if one is gone, or what the system reports.
pub fn seal(store: &Store, layers: &[DiffId], documents: &[&[u8]]) -> Result<()> {
    let mut open = Vec::new();
    for layer in layers {
        let meta = meta(store, layer)?;
        if meta.boot.is_some() {
            open.push(layer);
        }
    }
    if open.is_empty() {
        for text in documents {
            crate::blobs::put_document(store, text)?;
        }
        // whoever sealed the layers may not be done with it, and blobs may have got their names meanwhile
        return durable::sync_file_system(store.data_root());
    }
    let mut written = Vec::new();
    for text in documents {
        let path = crate::blobs::path(store, &Digest::of(text));
        if !path.exists() {
            written.push((durable::write_temporary(&path, text)?, path));
        }
    }
    durable::sync_file_system(store.data_root())?;
    for (temporary, path) in written {
        fs::rename(&temporary, &path).at("rename to", path)?;
    }
    for layer in open {
        change(store, layer, durable::replace, |meta| Meta { boot: None, ..meta })?;
    }
    // one sync for all of these small files, instead of two for each
    durable::sync_file_system(store.data_root())
}

/// Changes what is recorded beside a layer, as it is now: one process may seal it while another packs it.
fn change(
    store: &Store,
    layer: &DiffId,
    write: fn(&Path, &[u8]) -> Result<()>,
    change: impl FnOnce(Meta) -> Meta,
) -> Result<()> {
    let lock = store.exec_root().join("locks/layers");
    let _lock = LockFile::exclusive(&lock).at("lock", lock)?;
    let text =
        serde_json::to_vec(&change(meta(store, layer)?)).expect("a struct of numbers and strings serialises");
    write(&directory(store, layer).join("meta"), &text)
}

/// Writes the layer's uncompressed tar: from its blob if it has one, else in canonical form, checking that it still has its digest.
///
/// # Errors
/// [`Error::Damaged`] if the layer no longer has its digest.
pub fn write_tar(store: &Store, layer: &DiffId, out: &mut dyn Write) -> Result<u64> {
    let meta = meta(store, layer)?;
    let mut out = HashingWriter { inner: out, hasher: Hasher::default(), size: 0 };
    if let Some(blob) = meta.blob {
        let mut plain = changeset::decompress(Box::new(crate::blobs::open(store, &blob)?))?;
        std::io::copy(&mut plain, &mut out).at("copy", directory(store, layer))?;
    } else {
        let root = open(store, layer)?;
        let root =
            sys::rooted::open_directory(root.as_fd(), Path::new(".")).at("open", directory(store, layer))?;
        changeset::write(root.as_fd(), &mut out, &changeset::Write::default())?;
    }
    let found = out.hasher.finish();
    if found == layer.0 {
        return Ok(out.size);
    }
    Err(Error::Damaged {
        path: directory(store, layer),
        reason: format!("its tar has digest {found}; build or load the image again"),
    })
}

/// The blob in which a layer is sent to others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Packed {
    /// Its digest.
    pub blob: Digest,
    /// Its bytes.
    pub size: u64,
    /// How it is compressed: with gzip or zstd.
    pub compression: changeset::Compression,
}

/// The blob in which a layer is sent to others: the one that it came in, if others know its compression, or else one that is made now by compressing
/// its tar with gzip, and is the layer's from then on. The lease holds it.
///
/// # Errors
/// [`Error::NoLayer`], [`Error::Damaged`] if the layer no longer has its digest, or what the system reports.
pub fn pack(store: &Store, layer: &DiffId, lease: &Lease) -> Result<Packed> {
    let _claim = claim(store, layer)?;
    let meta = meta(store, layer)?;
    if let Some(packed) = packed(store, &meta)? {
        lease.hold([packed.blob])?;
        return Ok(packed);
    }
    let staging = Staging::new(store)?;
    let path = staging.path().join("blob");
    let file = File::create_new(&path).at("create", &path)?;
    let mut out = HashingWriter { inner: &file, hasher: Hasher::default(), size: 0 };
    changeset::compress(&mut out, |plain| write_tar(store, layer, plain)).at("write", &path)??;
    let (blob, size) = (out.hasher.finish(), out.size);
    // nothing refers to it yet
    lease.hold([blob])?;
    file.set_permissions(fs::Permissions::from_mode(0o600)).at("change mode of", &path)?;
    file.sync_all().at("sync", &path)?;
    let destination = crate::blobs::path(store, &blob);
    fs::rename(&path, &destination).at("rename to", &destination)?;
    durable::sync_parent(&destination)?;
    change(store, layer, durable::write, |meta| Meta { blob: Some(blob), ..meta })?;
    Ok(Packed { blob, size, compression: changeset::Compression::Gzip })
}

/// The blob that a layer came in, if it can be sent as it is.
fn packed(store: &Store, meta: &Meta) -> Result<Option<Packed>> {
    use changeset::Compression;
    let Some(blob) = meta.blob else { return Ok(None) };
    let mut start = Vec::new();
    let file = crate::blobs::open(store, &blob)?;
    let size = file.metadata().at("stat", crate::blobs::path(store, &blob))?.len();
    file.take(512).read_to_end(&mut start).at("read", crate::blobs::path(store, &blob))?;
    let compression = Compression::detect(&start);
    let is_known = matches!(compression, Compression::Gzip | Compression::Zstd);
    Ok(is_known.then_some(Packed { blob, size, compression }))
}

/// Whether [`pack`] has nothing to do for a layer.
#[must_use]
pub fn is_packed(store: &Store, layer: &DiffId) -> bool {
    meta(store, layer).and_then(|meta| packed(store, &meta)).is_ok_and(|packed| packed.is_some())
}

/// Every layer that is there, valid or not.
///
/// # Errors
/// What the system reports.
pub fn list(store: &Store) -> Result<Vec<DiffId>> {
    let path = store.path("layers/sha256");
    let entries = fs::read_dir(&path).at("list", &path)?;
    Ok(entries
        .flatten()
        .filter_map(|entry| Digest::from_hex(entry.file_name().to_str()?).ok())
        .map(DiffId)
        .collect())
}

fn boot_id() -> Result<String> {
    let path = "/proc/sys/kernel/random/boot_id";
    Ok(fs::read_to_string(path).at("read", path)?.trim().to_owned())
}

/// Hashes what is read through it.
struct Hashing<R> {
    inner: R,
    hasher: Hasher,
    size: u64,
}

impl<R: Read> Read for Hashing<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.hasher.update(&buffer[..read]);
        self.size += read as u64;
        Ok(read)
    }
}

/// Hashes what is written through it.
struct HashingWriter<W> {
    inner: W,
    hasher: Hasher,
    size: u64,
}

impl<W: Write> Write for HashingWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.hasher.update(&bytes[..written]);
        self.size += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.inner.flush()
    }
}

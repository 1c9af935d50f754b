//! Blobs: immutable content by digest.

use crate::error::{At, Error, Result};
use crate::{Store, durable};
use oci::Digest;
use oci::digest::Hasher;
use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::PathBuf;

/// Largest document (manifest, configuration) that is read into memory: 4 MiB, as the distribution specification suggests for manifests.
pub const DOCUMENT_LIMIT: u64 = 4 << 20;

pub(crate) fn path(store: &Store, digest: &Digest) -> PathBuf {
    store.path("blobs/sha256").join(digest.hex())
}

/// Whether the blob is there.
#[must_use]
pub fn exists(store: &Store, digest: &Digest) -> bool {
    path(store, digest).exists()
}

/// Stores a small document and returns its digest.
///
/// # Errors
/// What the system reports.
pub fn put_document(store: &Store, content: &[u8]) -> Result<Digest> {
    let digest = Digest::of(content);
    if !exists(store, &digest) {
        durable::write(&path(store, &digest), content)?;
    }
    Ok(digest)
}

/// Copies `content` into the store, checking its digest on the way, and returns digest and size. `expected` is what it was announced as, if it was.
///
/// # Errors
/// [`Error::DigestMismatch`] if the content is another; nothing is stored then.
pub fn put(store: &Store, content: &mut dyn Read, expected: Option<&Digest>) -> Result<(Digest, u64)> {
    let staging = crate::Staging::new(store)?;
    let temporary = staging.path().join("blob");
    let mut file = File::create(&temporary).at("create", &temporary)?;
    let mut hasher = Hasher::default();
    let mut size = 0;
    let mut buffer = vec![0; 256 << 10];
    loop {
        let read = content.read(&mut buffer).at("read content for", &temporary)?;
        if read == 0 {
            break;
        }
        hasher.update(&buffer[..read]);
        file.write_all(&buffer[..read]).at("write", &temporary)?;
        size += read as u64;
    }
    let found = hasher.finish();
    if let Some(expected) = expected
        && *expected != found
    {
        return Err(Error::DigestMismatch { expected: *expected, found });
    }
    file.sync_all().at("sync", &temporary)?;
    let destination = path(store, &found);
    fs::rename(&temporary, &destination).at("rename to", &destination)?;
    durable::sync_parent(&destination)?;
    Ok((found, size))
}

/// Takes a file into the store without copying it, as [`put`] otherwise. The file must be on the store's file system and have no other writer:
/// it is linked, and its other names may go.
///
/// # Errors
/// As [`put`].
pub fn adopt(store: &Store, file: &File, expected: Option<&Digest>) -> Result<(Digest, u64)> {
    use std::os::fd::AsRawFd;
    use std::os::unix::fs::PermissionsExt;
    let source = PathBuf::from(format!("/proc/self/fd/{}", file.as_raw_fd()));
    let mut hasher = Hasher::default();
    { file }.seek(SeekFrom::Start(0)).at("read", &source)?;
    let size = std::io::copy(&mut { file }, &mut hasher).at("read", &source)?;
    let found = hasher.finish();
    if let Some(expected) = expected
        && *expected != found
    {
        return Err(Error::DigestMismatch { expected: *expected, found });
    }
    file.set_permissions(fs::Permissions::from_mode(0o600)).at("change mode of", &source)?;
    file.sync_all().at("sync", &source)?;
    let destination = path(store, &found);
    match sys::fs::linkat(sys::fs::CWD, &source, sys::fs::CWD, &destination, sys::fs::AtFlags::SYMLINK_FOLLOW)
    {
        Ok(()) => durable::sync_parent(&destination)?,
        Err(sys::Errno::EXIST) => {}
        Err(errno) => return Err(Error::io("link to", destination, errno)),
    }
    Ok((found, size))
}

/// Opens a blob for reading.
///
/// # Errors
/// [`Error::NoBlob`] if it is not there.
pub fn open(store: &Store, digest: &Digest) -> Result<File> {
    let path = path(store, digest);
    File::open(&path).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => Error::NoBlob(*digest),
        _ => Error::io("open", path, error),
    })
}

/// Reads a document, at most [`DOCUMENT_LIMIT`] bytes.
///
/// # Errors
/// [`Error::NoBlob`], [`Error::TooLarge`].
pub fn read_document(store: &Store, digest: &Digest) -> Result<Vec<u8>> {
    let file = open(store, digest)?;
    let size = file.metadata().at("stat", path(store, digest))?.len().min(DOCUMENT_LIMIT + 1);
    // room for all of it and for finding its end: two reads
    let mut content = Vec::with_capacity(usize::try_from(size).unwrap_or(0) + 1);
    file.take(DOCUMENT_LIMIT + 1).read_to_end(&mut content).at("read", path(store, digest))?;
    if content.len() as u64 > DOCUMENT_LIMIT {
        return Err(Error::TooLarge { what: format!("document {digest}"), limit: DOCUMENT_LIMIT });
    }
    Ok(content)
}

/// Size of a blob in bytes.
///
/// # Errors
/// [`Error::NoBlob`] if it is not there.
pub fn size(store: &Store, digest: &Digest) -> Result<u64> {
    Ok(open(store, digest)?.metadata().at("stat", path(store, digest))?.len())
}

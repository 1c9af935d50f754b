//! Where images are loaded from: a directory whose files nobody trusts.

use super::{LoadEvent, Progress};
use crate::error::{At, Error, Result};
use oci::Digest;
use std::fs::{DirBuilder, File};
use std::io::Read;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};
use store::blobs::{self, DOCUMENT_LIMIT};
use store::changeset::{self, Limits, Ownership, Unpack, Whiteouts};
use store::{Staging, Store};

/// Most entries of an archive: a hundred images of the most layers, with Docker's three entries a layer, stay below.
const MAX_ENTRIES: u64 = 1 << 18;

/// Bytes between two tellings of how far the reading is.
const STEP: u64 = 4 << 20;

/// A directory with the files of an archive.
#[derive(Debug)]
pub(super) struct Source {
    root: OwnedFd,
    path: PathBuf,
    /// No file can be larger. An entry of a few bytes may claim to be a hole of terabytes, which would take hours to read.
    largest: u64,
    /// The files are our own copies, which may become blobs as they are.
    staging: Option<Staging>,
    /// Blobs are not in directories of their own.
    flat: bool,
}

/// A file of a source, open.
#[derive(Debug)]
pub(super) struct Member {
    pub(super) file: File,
    pub(super) size: u64,
}

impl Source {
    /// Unpacks an archive into the store's staging area. Its names are taken inside that directory, whatever they say, and its files are
    /// the caller's own, whatever it says of owners.
    pub(super) fn spool(store: &Store, archive: impl Read, progress: Progress<'_>) -> Result<Self> {
        let staging = Staging::new(store)?;
        let path = staging.path().join("archive");
        DirBuilder::new().mode(0o700).create(&path).at("make directory", &path)?;
        let root = File::open(&path).at("open", &path)?;
        let owner = root.metadata().at("stat", &path)?;
        let options = Unpack {
            whiteouts: Whiteouts::Literal,
            ownership: Ownership::Set(owner.uid(), owner.gid()),
            limits: Limits { entries: MAX_ENTRIES, ..Limits::default() },
            ..Unpack::default()
        };
        let mut counting = Counting { inner: changeset::decompress(archive)?, bytes: 0, told: 0, progress };
        changeset::unpack(&mut counting, root.as_fd(), &options)?;
        let largest = counting.bytes;
        (counting.progress)(LoadEvent::Read { bytes: largest });
        Ok(Self {
            root: root.into(),
            path: PathBuf::from("archive"),
            largest,
            staging: Some(staging),
            flat: false,
        })
    }

    /// A directory that is there already.
    pub(super) fn directory(path: &Path) -> Result<Self> {
        let root = sys::mount::open_directory(path).at("open", path)?;
        Ok(Self { root, path: path.to_path_buf(), largest: u64::MAX, staging: None, flat: false })
    }

    /// A directory that is there already, with blobs by their digits beside `manifest.json`.
    pub(super) fn flat(path: &Path) -> Result<Self> {
        Ok(Self { flat: true, ..Self::directory(path)? })
    }

    /// Opens a regular file, following links within the source. A device or FIFO is never opened, only looked at.
    pub(super) fn open(&self, name: &str) -> Result<Option<Member>> {
        let name = if self.flat { name.trim_start_matches("blobs/sha256/") } else { name };
        let path = self.path.join(name.trim_start_matches('/'));
        let handle = match sys::rooted::open_handle(self.root.as_fd(), Path::new(name)) {
            Ok(handle) => handle,
            Err(sys::Errno::NOENT | sys::Errno::NOTDIR) => return Ok(None),
            Err(errno) => return Err(Error::io("open", path, errno)),
        };
        let stat = sys::fs::fstat(&handle).at("stat", &path)?;
        let size = stat.st_size.unsigned_abs();
        if sys::fs::FileType::from_raw_mode(stat.st_mode) != sys::fs::FileType::RegularFile {
            return Err(Error::Invalid(format!("{}: not a regular file", path.display())));
        }
        if size > self.largest {
            return Err(Error::Invalid(format!(
                "{}: larger than the archive that it came in",
                path.display()
            )));
        }
        let file = File::open(format!("/proc/self/fd/{}", handle.as_raw_fd())).at("open", path)?;
        Ok(Some(Member { file, size }))
    }

    /// Reads a document, at most [`DOCUMENT_LIMIT`] bytes.
    pub(super) fn document(&self, name: &str) -> Result<Option<Vec<u8>>> {
        let Some(Member { file, size }) = self.open(name)? else { return Ok(None) };
        if size > DOCUMENT_LIMIT {
            let limit = DOCUMENT_LIMIT;
            return Err(Error::Invalid(format!("{name}: {size} bytes, a document has at most {limit}")));
        }
        let mut text = Vec::new();
        file.take(DOCUMENT_LIMIT).read_to_end(&mut text).at("read", self.path.join(name))?;
        Ok(Some(text))
    }

    /// Brings a file into the store as a blob: by a link if it is our own copy, else by copying it.
    pub(super) fn deliver(&self, store: &Store, member: Member, expected: Option<&Digest>) -> Result<Digest> {
        let Member { mut file, .. } = member;
        let (digest, _) = match self.staging {
            Some(_) => blobs::adopt(store, &file, expected)?,
            None => blobs::put(store, &mut file, expected)?,
        };
        Ok(digest)
    }
}

/// Tells how far the reading is.
struct Counting<'p, R> {
    inner: R,
    bytes: u64,
    told: u64,
    progress: Progress<'p>,
}

impl<R: Read> Read for Counting<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.bytes += count as u64;
        if self.bytes - self.told >= STEP {
            self.told = self.bytes;
            (self.progress)(LoadEvent::Read { bytes: self.bytes });
        }
        Ok(count)
    }
}

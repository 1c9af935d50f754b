//! The files of a log, and their order.

use crate::error::{At, Result};
use jiff::Timestamp;
use runtime::log::numbered;
use std::fs::File;
use std::io::{ErrorKind, Read, Seek, SeekFrom};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};

/// Bytes read at once.
pub(super) const BLOCK: usize = 64 << 10;

/// Names without a file after which there are no more: while files are renamed, one name is free.
const MOST_GAPS: u32 = 2;

/// An open file of a log, whatever its name is by now.
#[derive(Debug)]
pub(super) struct LogFile {
    file: File,
    path: PathBuf,
    identity: (u64, u64),
    position: u64,
    block: Vec<u8>,
}

impl LogFile {
    fn open(path: PathBuf) -> Result<Option<Self>> {
        let file = match File::open(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            other => other.at("open", &path)?,
        };
        let metadata = file.metadata().at("stat", &path)?;
        Ok(Some(Self {
            file,
            path,
            identity: (metadata.dev(), metadata.ino()),
            position: 0,
            block: Vec::new(),
        }))
    }

    /// The next bytes; none at its end. A file that was truncated is read from its beginning again.
    pub(super) fn next_block(&mut self) -> Result<&[u8]> {
        self.block.resize(BLOCK, 0);
        let mut count = self.file.read(&mut self.block).at("read", &self.path)?;
        if count == 0 && self.len()? < self.position {
            self.seek(0)?;
            count = self.file.read(&mut self.block).at("read", &self.path)?;
        }
        self.position += count as u64;
        Ok(&self.block[..count])
    }

    /// Bytes at an offset; fewer if it ends before.
    pub(super) fn read_at(&self, buffer: &mut [u8], offset: u64) -> Result<usize> {
        let mut read = 0;
        while read < buffer.len() {
            match self.file.read_at(&mut buffer[read..], offset + read as u64).at("read", &self.path)? {
                0 => break,
                count => read += count,
            }
        }
        Ok(read)
    }

    /// Where the next block begins.
    pub(super) fn seek(&mut self, position: u64) -> Result<()> {
        self.file.seek(SeekFrom::Start(position)).at("seek in", &self.path)?;
        self.position = position;
        Ok(())
    }

    /// Its bytes.
    pub(super) fn len(&self) -> Result<u64> {
        Ok(self.file.metadata().at("stat", &self.path)?.len())
    }

    /// Whether all in it was written before a time. The kernel's clock for files is a bit behind.
    pub(super) fn is_older_than(&self, time: Timestamp) -> bool {
        self.file.metadata().is_ok_and(|metadata| metadata.mtime() + 1 < time.as_second())
    }
}

/// Opens all files of the log at `path`, the newest first. Renaming goes on meanwhile, but only ever from a younger name to an older one: looking in that
/// direction nothing is overlooked, and what is met twice is left out.
pub(super) fn open_all(path: &Path) -> Result<Vec<LogFile>> {
    let mut files: Vec<LogFile> = Vec::new();
    let mut gaps = 0;
    for number in 0.. {
        let name = if number == 0 { path.to_path_buf() } else { numbered(path, number) };
        match LogFile::open(name)? {
            Some(file) if files.iter().any(|other| other.identity == file.identity) => {}
            Some(file) => files.push(file),
            None => gaps += 1,
        }
        if gaps >= MOST_GAPS {
            break;
        }
    }
    Ok(files)
}

/// The file after this one, if there is one; after one that was removed (or none), the oldest.
pub(super) fn newer_than(path: &Path, current: Option<&LogFile>) -> Result<Option<LogFile>> {
    if let Some(current) = current {
        let newest = std::fs::metadata(path).ok().map(|metadata| (metadata.dev(), metadata.ino()));
        if newest == Some(current.identity) {
            return Ok(None);
        }
    }
    let mut files = open_all(path)?;
    let known = current.and_then(|current| files.iter().position(|file| file.identity == current.identity));
    match known {
        Some(0) => Ok(None),
        Some(position) => Ok(Some(files.swap_remove(position - 1))),
        None => Ok(files.pop()),
    }
}

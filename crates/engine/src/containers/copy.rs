//! Files in and out of containers, as tar streams ([`copy_out`], [`copy_in`]) or to and from the caller's own files ([`out_of`], [`into`]).
//!
//! A container may change its links at any time, while it is copied too. So a path in a container is looked up inside its root only, by
//! `openat2(2)`, and what was found is used through its descriptor; whatever the container does, nothing outside its root is read or written
//! (CVE-2018-15664, CVE-2019-10152). A stopped container has its volumes too: see `containers/root.rs`.

mod channel;
mod place;
mod plan;
pub(super) mod transfer;

pub use transfer::{into, out_of};

use super::root::{self, View};
use crate::Engine;
use crate::error::{Error, Result};
use place::Place;
use std::ffi::OsStr;
use std::io::{Read, Write};
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use store::changeset::{self, Ownership, Replace, Unpack, Unpacked, Whiteouts};

/// How to copy.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Options {
    /// Whose the copies are. By default they keep their numbers.
    pub ownership: Ownership,
    /// What may take the place of what, for [`copy_in`]: Docker's `noOverwriteDirNonDir`. `cp` never lets directories and other files replace each
    /// other.
    pub replace: Replace,
    /// Copy what a link points to, for [`into`] and [`out_of`].
    pub follow_link: bool,
}

/// What is at a path in a container (Docker's `X-Docker-Container-Path-Stat`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stat {
    /// Its name; `/` for the root.
    pub name: String,
    /// Bytes.
    pub size: u64,
    /// Kind and permissions as stat(2) gives them.
    pub mode: u32,
    /// When it was changed.
    pub modified: jiff::Timestamp,
    /// Where a symbolic link leads in the container, all the way, as an absolute path; empty if it is none.
    pub link_target: String,
}

impl Stat {
    /// Whether it is a directory.
    #[must_use]
    pub fn is_directory(&self) -> bool {
        sys::fs::FileType::from_raw_mode(self.mode) == sys::fs::FileType::Directory
    }
}

/// Tells what is at a path. A last link is not followed, unless the path ends in `/` or `/.`.
///
/// # Errors
/// [`Error::NoContainer`], [`Error::NoFile`].
pub fn stat(engine: &Engine, reference: &str, path: &Path) -> Result<Stat> {
    let root = root::open(engine, reference, View::Readable)?;
    Place { root: root.directory(), container: reference, path }.stat()
}

/// Writes a tar of a file or directory of a container, and tells what it is (Docker's `GET /archive`). The entries' names begin with the last name of the
/// path; with `.` for `DIR/.`.
///
/// # Errors
/// As [`stat`], and what the system reports.
pub fn copy_out(
    engine: &Engine,
    reference: &str,
    path: &Path,
    follow_link: bool,
    out: &mut dyn Write,
) -> Result<Stat> {
    let root = root::open(engine, reference, View::Readable)?;
    let place = Place { root: root.directory(), container: reference, path };
    let stat = place.stat()?;
    let entry = match plan::ending(path) {
        plan::Ending::Content => None,
        plan::Ending::Plain | plan::Ending::Slash => plan::name(path),
    };
    let entry = entry.unwrap_or(OsStr::new(".")).to_owned();
    let (directory, scope) = place.source(follow_link)?.scope(Some(entry));
    let options = changeset::Write { view: changeset::View::Merged, scope };
    changeset::write(directory.as_fd(), out, &options)?;
    Ok(stat)
}

/// Unpacks a tar, compressed or not, in a directory of a container (Docker's `PUT /archive`).
///
/// Parents of an entry are looked up below that directory: a link in it that leads to the outside leads to the directory itself.
///
/// # Errors
/// [`Error::NoFile`] if there is no such directory, [`Error::Invalid`] if it is something else or must not be written, [`Error::Changeset`] for an archive
/// that is damaged. What was unpacked before stays.
pub fn copy_in(
    engine: &Engine,
    reference: &str,
    path: &Path,
    tar: &mut dyn Read,
    options: &Options,
) -> Result<Unpacked> {
    let root = root::open(engine, reference, View::Writable)?;
    let directory = Place { root: root.directory(), container: reference, path }.extraction_point()?;
    let mut plain = changeset::decompress(tar)?;
    changeset::unpack(&mut plain, directory.as_fd(), &unpacking(options))
        .map_err(|error| in_words(error, path))
}

fn unpacking(options: &Options) -> Unpack {
    Unpack {
        whiteouts: Whiteouts::Literal,
        ownership: options.ownership,
        replace: options.replace,
        ..Unpack::default()
    }
}

/// Docker's words for the error that scripts look for.
fn in_words(error: changeset::Error, directory: &Path) -> Error {
    match error {
        changeset::Error::Overwrite { entry, existing, wanted, .. } => {
            let plain = |sort: &'static str| sort.strip_prefix("a ").unwrap_or(sort);
            let path: PathBuf = directory.join(&entry);
            Error::Invalid(format!(
                "cannot overwrite {} {path:?} with {} {directory:?}",
                plain(existing),
                plain(wanted)
            ))
        }
        other => other.into(),
    }
}

#[cfg(test)]
mod tests;

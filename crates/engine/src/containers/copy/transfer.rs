//! Between a container and the caller's own files. The tar does not leave the process: one thread writes it, another unpacks it.
//!
//! The paths of this side are the caller's own and are followed as he would follow them; only what is below a destination directory, and so may come
//! from the container, is looked up inside it.

use super::channel::channel;
use super::place::{Place, Source};
use super::plan::{self, Destination, Ending, Existing, Plan};
use super::{Options, in_words, unpacking};
use crate::Engine;
use crate::containers::root::{self, View};
use crate::error::{At, Error, Result};
use std::fs;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};
use store::changeset::{self, Replace, Unpack, Written};
use sys::fs::{Mode, OFlags};

/// Copies a file or directory of the caller into a container, by `docker cp`'s rules: `DIR/.` is the content of a directory, an existing directory gets the
/// source in it, otherwise the parent must be there and the source gets the new name. `DIR/.` does not change the mode of the directory that it is copied into
/// (Docker's does).
///
/// # Errors
/// [`Error::NoFile`], [`Error::Invalid`] with Docker's words, or what the system reports.
pub fn into(
    engine: &Engine,
    source: &Path,
    reference: &str,
    destination: &Path,
    options: &Options,
) -> Result<Written> {
    let is_directory = own_metadata(source, options.follow_link)?.is_dir();
    let from = own_source(source, options.follow_link)?;
    let root = root::open(engine, reference, View::Writable)?;
    let place = Place { root: root.directory(), container: reference, path: destination };
    let (existing, path) = place.destination()?;
    let plan =
        plan::plan(plan::Source { path: source, is_directory }, Destination { path: &path, existing })?;
    let to = Place { path: &plan.directory, ..place }.extraction_point()?;
    transfer(from, to.as_fd(), plan, options)
}

/// Copies a file or directory of a container to the caller's files, as [`into`].
///
/// # Errors
/// As [`into`].
pub fn out_of(
    engine: &Engine,
    reference: &str,
    source: &Path,
    destination: &Path,
    options: &Options,
) -> Result<Written> {
    let root = root::open(engine, reference, View::Readable)?;
    let place = Place { root: root.directory(), container: reference, path: source };
    let is_directory = place.is_directory(options.follow_link)?;
    let from = place.source(options.follow_link)?;
    let (existing, path) = own_destination(destination)?;
    let plan =
        plan::plan(plan::Source { path: source, is_directory }, Destination { path: &path, existing })?;
    let to = open_directory(&plan.directory).at("open", &plan.directory)?;
    transfer(from, to.as_fd(), plan, options)
}

fn transfer(from: Source, to: BorrowedFd<'_>, plan: Plan, options: &Options) -> Result<Written> {
    let (directory, scope) = from.scope(plan.entry);
    let unpacking = unpacking(&Options { replace: Replace::SameSort, ..*options });
    let writing = changeset::Write { view: changeset::View::Merged, scope };
    pump(directory.as_fd(), &writing, to, &unpacking).map_err(|error| in_words(error, &plan.directory))
}

/// Writes the tar in one thread and unpacks it in this one.
pub(in crate::containers) fn pump(
    from: BorrowedFd<'_>,
    options: &changeset::Write,
    to: BorrowedFd<'_>,
    unpacking: &Unpack,
) -> Result<Written, changeset::Error> {
    let (mut sender, mut reader) = channel();
    std::thread::scope(|threads| {
        // moved: its end must be seen by the reader
        let writing = move || changeset::write(from, &mut sender, options);
        let writer = std::thread::Builder::new().spawn_scoped(threads, writing);
        let doing = "make a thread to write";
        let writer =
            writer.map_err(|source| changeset::Error::Io { doing, path: "archive".into(), source })?;
        let unpacked = changeset::unpack(&mut reader, to, unpacking);
        // a writer that waits for a reader that gave up must hear of it
        drop(reader);
        let written = writer.join().unwrap_or_else(|_| Err(stream_error()));
        match (written, unpacked) {
            (Ok(written), Ok(_)) => Ok(written),
            (Err(error), Ok(_)) => Err(error),
            // the reader gave up first, and the writer only noticed
            (Err(error), Err(cause)) if is_broken(&error) => Err(cause),
            (Err(error), Err(_)) | (Ok(_), Err(error)) => Err(error),
        }
    })
}

fn is_broken(error: &changeset::Error) -> bool {
    matches!(error, changeset::Error::Io { source, .. } if source.kind() == io::ErrorKind::BrokenPipe)
}

fn stream_error() -> changeset::Error {
    changeset::Error::Io { doing: "write", path: "archive".into(), source: sys::Errno::IO.into() }
}

fn own_metadata(path: &Path, follow_link: bool) -> Result<fs::Metadata> {
    let metadata = if follow_link || plan::ending(path) != Ending::Plain {
        fs::metadata(path)
    } else {
        fs::symlink_metadata(path)
    };
    match metadata {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Err(Error::Invalid(format!("lstat {}: no such file or directory", path.display())))
        }
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => {
            Err(Error::Invalid("not a directory".into()))
        }
        other => other.at("stat", path),
    }
}

fn own_source(path: &Path, follow_link: bool) -> Result<Source> {
    let followed = follow_link && plan::ending(path) == Ending::Plain;
    let path = if followed { fs::canonicalize(path).at("follow", path)? } else { path.to_path_buf() };
    match plan::name(&path) {
        Some(name) if plan::ending(&path) == Ending::Plain => {
            let parent = plan::parent(&path);
            Ok(Source::Child { parent: open_directory(&parent).at("open", parent)?, name: name.to_owned() })
        }
        _ => open_directory(&path).at("open", path).map(Source::Directory),
    }
}

/// What is there on this side, and the path with a last link followed.
fn own_destination(path: &Path) -> Result<(Existing, PathBuf)> {
    match fs::metadata(path) {
        Ok(metadata) if metadata.is_dir() => return Ok((Existing::Directory, path.to_path_buf())),
        Ok(metadata) if metadata.is_file() => return Ok((Existing::Other, chase(path))),
        Ok(_) => {
            let reason = "must be a directory or a regular file";
            return Err(Error::Invalid(format!("invalid output path: \"{}\" {reason}", path.display())));
        }
        Err(_) => {}
    }
    let path = chase(path);
    let parent = plan::parent(&path);
    if fs::metadata(&parent).is_ok_and(|metadata| metadata.is_dir()) {
        return Ok((Existing::Nothing, path));
    }
    Err(Error::Invalid(format!("invalid output path: directory \"{}\" does not exist", parent.display())))
}

fn chase(path: &Path) -> PathBuf {
    plan::chase(path, |path| fs::read_link(path).ok())
}

fn open_directory(path: &Path) -> Result<OwnedFd, sys::Errno> {
    sys::fs::open(path, OFlags::DIRECTORY | OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())
}

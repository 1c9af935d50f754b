//! Walking a source: digesting what would be copied, and copying it. Both see the same files in the same order.

use super::Owner;
use super::select::{Selected, sorted};
use crate::error::{At, Error, Result};
use dockerfile::Ignore;
use oci::digest::Hasher;
use std::collections::HashMap;
use std::ffi::OsStr;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use sys::Errno;
use sys::fs::{AtFlags, Dir, FileType, Mode, OFlags, Stat, Timespec, Timestamps, XattrFlags};
use sys::process::{Gid, Uid};

const OPEN_DIRECTORY: OFlags =
    OFlags::DIRECTORY.union(OFlags::RDONLY).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);
const OPEN_FILE: OFlags = OFlags::RDONLY
    .union(OFlags::NOFOLLOW)
    .union(OFlags::NONBLOCK)
    .union(OFlags::NOCTTY)
    .union(OFlags::CLOEXEC);

/// Adds everything that a selected source contributes: names, kinds, modes, content; owners too if they are copied.
pub(super) fn digest(
    root: BorrowedFd<'_>,
    selected: &Selected,
    ignore: Option<&Ignore>,
    with_owners: bool,
    hasher: &mut Hasher,
) -> Result<()> {
    let walk = Digest { ignore, with_owners };
    if selected.is_directory {
        let directory = sys::rooted::open_directory(root, &selected.path).at("open", &selected.path)?;
        hasher.field(b"directory");
        return walk.directory(directory, &selected.path, hasher);
    }
    let file = sys::rooted::open_handle(root, &selected.path).at("open", &selected.path)?;
    let stat = sys::fs::fstat(&file).at("stat", &selected.path)?;
    walk.attributes(&stat, hasher);
    if FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile {
        let file = sys::rooted::open_regular(root, &selected.path).at("open", &selected.path)?;
        content(file, &selected.path, hasher)?;
    }
    Ok(())
}

struct Digest<'a> {
    ignore: Option<&'a Ignore>,
    with_owners: bool,
}

impl Digest<'_> {
    fn attributes(&self, stat: &Stat, hasher: &mut Hasher) {
        hasher.field(&stat.st_mode.to_le_bytes());
        if self.with_owners {
            hasher.field(&stat.st_uid.to_le_bytes());
            hasher.field(&stat.st_gid.to_le_bytes());
        }
    }

    fn directory(&self, directory: OwnedFd, path: &Path, hasher: &mut Hasher) -> Result<()> {
        for name in sorted(Dir::read_from(&directory).at("list", path)?, path)? {
            let path = path.join(&name);
            let stat = sys::fs::statat(&directory, &name, AtFlags::SYMLINK_NOFOLLOW).at("stat", &path)?;
            let kind = FileType::from_raw_mode(stat.st_mode);
            match visit(self.ignore, &path, kind) {
                Visit::Skip => continue,
                Visit::Through => {}
                Visit::Take => {
                    hasher.field(name.as_bytes());
                    self.attributes(&stat, hasher);
                }
            }
            match kind {
                FileType::Directory => {
                    let child = sys::fs::openat(&directory, &name, OPEN_DIRECTORY, Mode::empty())
                        .at("open", &path)?;
                    self.directory(child, &path, hasher)?;
                    hasher.field(b"..");
                }
                FileType::RegularFile => {
                    let file =
                        sys::fs::openat(&directory, &name, OPEN_FILE, Mode::empty()).at("open", &path)?;
                    content(file, &path, hasher)?;
                }
                FileType::Symlink => {
                    let target = sys::fs::readlinkat(&directory, &name, Vec::new()).at("read", &path)?;
                    hasher.field(target.as_bytes());
                }
                _ => hasher.field(&stat.st_rdev.to_le_bytes()),
            }
        }
        Ok(())
    }
}

/// What to do with an entry of the context.
enum Visit {
    Take,
    /// An excluded directory with something below it that is not.
    Through,
    Skip,
}

fn visit(ignore: Option<&Ignore>, path: &Path, kind: FileType) -> Visit {
    // nobody can open a socket that was copied
    if kind == FileType::Socket {
        return Visit::Skip;
    }
    let Some(ignore) = ignore.filter(|ignore| !ignore.is_empty()) else { return Visit::Take };
    let text = path.to_string_lossy();
    if !ignore.excludes(&text) {
        Visit::Take
    } else if kind == FileType::Directory && ignore.may_reinclude_below(&text) {
        Visit::Through
    } else {
        Visit::Skip
    }
}

fn content(file: OwnedFd, path: &Path, hasher: &mut Hasher) -> Result<()> {
    let mut own = Hasher::default();
    let mut buffer = [0; 64 << 10];
    loop {
        match sys::io::read(&file, &mut buffer) {
            Ok(0) => break,
            Ok(read) => own.update(&buffer[..read]),
            Err(Errno::INTR) => {}
            Err(errno) => return Err(errno).at("read", path),
        }
    }
    hasher.field(own.finish().hex().as_bytes());
    Ok(())
}

/// Copies files and trees.
pub(super) struct Copier<'a> {
    pub(super) ignore: Option<&'a Ignore>,
    pub(super) owner: Owner,
    pub(super) mode: Option<u32>,
    pub(super) stop: &'a crate::cancel::Stop<'a>,
}

/// Where files with several names have been copied to first, by device and inode; paths are below the destination.
struct Links<'a> {
    base: BorrowedFd<'a>,
    first: HashMap<(u64, u64), PathBuf>,
}

/// A directory of the destination, and its path below it.
#[derive(Clone, Copy)]
struct Into<'a> {
    directory: BorrowedFd<'a>,
    below: &'a Path,
}

/// A file of the source: where it is, and what it is.
#[derive(Clone, Copy)]
pub(super) struct SourceFile<'a> {
    pub(super) directory: BorrowedFd<'a>,
    pub(super) name: &'a OsStr,
    pub(super) stat: &'a Stat,
    /// For messages.
    pub(super) path: &'a Path,
}

impl Copier<'_> {
    /// Copies the content of a directory into another one.
    pub(super) fn contents(&self, source: OwnedFd, path: &Path, destination: BorrowedFd<'_>) -> Result<()> {
        let mut links = Links { base: destination, first: HashMap::new() };
        self.directory(source, path, Into { directory: destination, below: Path::new("") }, &mut links)
    }

    fn directory(&self, source: OwnedFd, path: &Path, into: Into<'_>, links: &mut Links<'_>) -> Result<()> {
        for name in sorted(Dir::read_from(&source).at("list", path)?, path)? {
            self.stop.check()?;
            let path = path.join(&name);
            let stat = sys::fs::statat(&source, &name, AtFlags::SYMLINK_NOFOLLOW).at("stat", &path)?;
            let kind = FileType::from_raw_mode(stat.st_mode);
            let place = into.below.join(&name);
            let file = SourceFile { directory: source.as_fd(), name: &name, stat: &stat, path: &path };
            match (visit(self.ignore, &path, kind), kind) {
                (Visit::Skip, _) => {}
                (_, FileType::Directory) => {
                    let child =
                        sys::fs::openat(&source, &name, OPEN_DIRECTORY, Mode::empty()).at("open", &path)?;
                    let made = make_directory(into.directory, &name, &path)?;
                    self.directory(child, &path, Into { directory: made.as_fd(), below: &place }, links)?;
                    self.describe(made.as_fd(), &stat, &path)?;
                }
                _ if stat.st_nlink > 1 && kind == FileType::RegularFile => {
                    let key = (stat.st_dev, stat.st_ino);
                    match links.first.get(&key) {
                        Some(first) => link(links.base, first, into.directory, &name, &path)?,
                        None => {
                            self.file(file, into.directory, &name)?;
                            links.first.insert(key, place);
                        }
                    }
                }
                _ => self.file(file, into.directory, &name)?,
            }
        }
        Ok(())
    }

    /// Copies one entry that is no directory, in the place of whatever else has its name.
    pub(super) fn file(&self, source: SourceFile<'_>, into: BorrowedFd<'_>, new_name: &OsStr) -> Result<()> {
        let SourceFile { directory: source, name, stat, path } = source;
        clear(into, new_name, path)?;
        match FileType::from_raw_mode(stat.st_mode) {
            FileType::RegularFile => {
                let from = sys::fs::openat(source, name, OPEN_FILE, Mode::empty()).at("open", path)?;
                let flags =
                    OFlags::CREATE | OFlags::EXCL | OFlags::WRONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
                let to =
                    sys::fs::openat(into, new_name, flags, Mode::from_raw_mode(0o600)).at("create", path)?;
                copy_content(&from, &to, path)?;
                self.describe(to.as_fd(), stat, path)?;
                copy_attributes(from.as_fd(), to.as_fd(), path)
            }
            FileType::Symlink => {
                let target = sys::fs::readlinkat(source, name, Vec::new()).at("read", path)?;
                sys::fs::symlinkat(&target, into, new_name).at("link", path)?;
                let (uid, gid) = self.ids(stat);
                sys::fs::chownat(into, new_name, uid, gid, AtFlags::SYMLINK_NOFOLLOW)
                    .at("change owner of", path)?;
                sys::fs::utimensat(into, new_name, &times(stat), AtFlags::SYMLINK_NOFOLLOW)
                    .at("set times of", path)
            }
            kind => {
                let mode = Mode::from_raw_mode(self.mode.unwrap_or(stat.st_mode) & 0o7777);
                sys::fs::mknodat(into, new_name, kind, mode, stat.st_rdev).at("make", path)?;
                let (uid, gid) = self.ids(stat);
                sys::fs::chownat(into, new_name, uid, gid, AtFlags::SYMLINK_NOFOLLOW)
                    .at("change owner of", path)?;
                sys::fs::utimensat(into, new_name, &times(stat), AtFlags::SYMLINK_NOFOLLOW)
                    .at("set times of", path)
            }
        }
    }

    fn ids(&self, stat: &Stat) -> (Option<Uid>, Option<Gid>) {
        let (uid, gid) = match self.owner {
            Owner::Source => (stat.st_uid, stat.st_gid),
            Owner::Ids(uid, gid) => (uid, gid),
        };
        (Some(Uid::from_raw(uid)), Some(Gid::from_raw(gid)))
    }

    /// Owner, mode and time, in this order: changing the owner clears setuid bits, and every change sets the time.
    pub(super) fn describe(&self, file: BorrowedFd<'_>, stat: &Stat, path: &Path) -> Result<()> {
        let (uid, gid) = self.ids(stat);
        sys::fs::fchown(file, uid, gid).at("change owner of", path)?;
        let mode = self.mode.unwrap_or(stat.st_mode) & 0o7777;
        sys::fs::fchmod(file, Mode::from_raw_mode(mode)).at("change mode of", path)?;
        sys::fs::futimens(file, &times(stat)).at("set times of", path)
    }
}

fn times(stat: &Stat) -> Timestamps {
    let time = Timespec { tv_sec: stat.st_mtime, tv_nsec: stat.st_mtime_nsec as _ };
    Timestamps { last_access: time, last_modification: time }
}

/// Opens the directory `name`, making it if it is not there. A symbolic link in its place is not followed: the source has a directory.
fn make_directory(into: BorrowedFd<'_>, name: &OsStr, path: &Path) -> Result<OwnedFd> {
    match sys::fs::mkdirat(into, name, Mode::from_raw_mode(0o755)) {
        Ok(()) | Err(Errno::EXIST) => {}
        Err(errno) => return Err(errno).at("make directory", path),
    }
    sys::fs::openat(into, name, OPEN_DIRECTORY, Mode::empty()).map_err(|errno| match errno {
        Errno::NOTDIR | Errno::LOOP => Error::Context(format!(
            "cannot copy the directory {} over something that is none",
            path.display()
        )),
        errno => Error::Io { doing: "open", path: path.into(), source: errno.into() },
    })
}

/// Removes what a file is going to replace. A directory is not replaced.
pub(super) fn clear(into: BorrowedFd<'_>, name: &OsStr, path: &Path) -> Result<()> {
    match sys::fs::unlinkat(into, name, AtFlags::empty()) {
        Ok(()) | Err(Errno::NOENT) => Ok(()),
        Err(Errno::ISDIR) => {
            Err(Error::Context(format!("cannot copy the file {} over a directory", path.display())))
        }
        Err(errno) => Err(errno).at("replace", path),
    }
}

fn link(base: BorrowedFd<'_>, first: &Path, into: BorrowedFd<'_>, name: &OsStr, path: &Path) -> Result<()> {
    clear(into, name, path)?;
    sys::fs::linkat(base, first, into, name, AtFlags::empty()).at("link", path)
}

/// Copies content, in the kernel where that can be done.
fn copy_content(from: &OwnedFd, to: &OwnedFd, path: &Path) -> Result<()> {
    loop {
        match sys::fs::copy_file_range(from, None, to, None, 1 << 30) {
            Ok(0) => return Ok(()),
            Ok(_) | Err(Errno::INTR) => {}
            Err(Errno::XDEV | Errno::INVAL | Errno::OPNOTSUPP | Errno::NOSYS) => break,
            Err(errno) => return Err(errno).at("copy", path),
        }
    }
    let mut buffer = [0; 64 << 10];
    loop {
        let read = match sys::io::read(from, &mut buffer) {
            Ok(0) => return Ok(()),
            Ok(read) => read,
            Err(Errno::INTR) => continue,
            Err(errno) => return Err(errno).at("read", path),
        };
        let mut rest = &buffer[..read];
        while !rest.is_empty() {
            match sys::io::write(to, rest) {
                Ok(written) => rest = &rest[written..],
                Err(Errno::INTR) => {}
                Err(errno) => return Err(errno).at("write", path),
            }
        }
    }
}

/// Copies the attributes that a layer keeps: file capabilities and the user's own.
fn copy_attributes(from: BorrowedFd<'_>, to: BorrowedFd<'_>, path: &Path) -> Result<()> {
    let mut names = Vec::with_capacity(1024);
    let listed = sys::fs::flistxattr(from, sys::buffer::spare_capacity(&mut names));
    if listed.is_err() || names.is_empty() {
        // a file system without attributes has none to copy
        return Ok(());
    }
    for name in names.split(|byte| *byte == 0).filter(|name| !name.is_empty()) {
        let kept = name == b"security.capability"
            || (name.starts_with(b"user.") && !name.starts_with(b"user.overlay."));
        if !kept {
            continue;
        }
        let name = OsStr::from_bytes(name);
        let mut value = Vec::with_capacity(64 << 10);
        if sys::fs::fgetxattr(from, name, sys::buffer::spare_capacity(&mut value)).is_ok() {
            sys::fs::fsetxattr(to, name, &value, XattrFlags::empty()).at("set an attribute of", path)?;
        }
    }
    Ok(())
}

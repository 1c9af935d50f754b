//! The destination of a copy, by Docker's rules: a trailing slash, or something that is a directory already, means into it.

use super::digest::{Visit, visit};
use super::select::Selected;
use crate::cancel::Stop;
use crate::error::{At, Error, Result};
use crate::plan::{CopyAction, Origin};
use engine::store::changeset::{self, Ownership, Unpack, Whiteouts};
use engine::store::tree::{self, Copier, Entry, Existing};
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{Read, Seek, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use sys::fs::{AtFlags, FileType, Mode, OFlags};

/// Bytes that tell a tar from other files.
const TAR_HEADER: u64 = 512;

pub(super) struct Destination<'a> {
    root: BorrowedFd<'a>,
    /// Absolute, without a trailing slash.
    path: &'a Path,
    is_directory: bool,
    ownership: Ownership,
}

impl<'a> Destination<'a> {
    /// A place in `root`. With `several` files it is a directory whatever its name says.
    pub(super) fn new(root: BorrowedFd<'a>, text: &'a str, several: bool, ownership: Ownership) -> Self {
        let path = Path::new(if text == "/" { text } else { text.trim_end_matches('/') });
        let exists = sys::rooted::open_directory(root, path).is_ok();
        Self { root, path, is_directory: several || exists || text.ends_with('/'), ownership }
    }

    /// Writes a file whose content stands in the Dockerfile.
    pub(super) fn text(&self, name: &str, content: &str, mode: Option<u32>) -> Result<()> {
        let (parent, name) = self.parent(OsStr::new(name))?;
        tree::clear(Entry { directory: parent.as_fd(), name: name.as_bytes() }, self.path)?;
        let flags = OFlags::CREATE | OFlags::EXCL | OFlags::WRONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let file =
            sys::fs::openat(&parent, &name, flags, Mode::from_raw_mode(0o600)).at("create", self.path)?;
        let mut file = File::from(file);
        file.write_all(content.as_bytes()).at("write", self.path)?;
        let (uid, gid) = self.ownership.of(0, 0);
        sys::fs::fchown(&file, uid, gid).at("change owner of", self.path)?;
        sys::fs::fchmod(&file, Mode::from_raw_mode(mode.unwrap_or(0o644))).at("change mode of", self.path)
    }

    /// Copies, or unpacks, one selected source.
    pub(super) fn put(
        &self,
        source: BorrowedFd<'_>,
        selected: &Selected,
        action: &CopyAction,
        stop: &Stop<'_>,
        ignore: Option<&dockerfile::Ignore>,
    ) -> Result<()> {
        let copier = Copier {
            filter: &|path, kind| !matches!(visit(ignore, path, kind), Visit::Skip),
            stop: &|| stop.check().is_err(),
            ownership: self.ownership,
            mode: action.chmod,
            existing: Existing::Merge,
            ..Copier::default()
        };
        if selected.is_directory {
            let directory = sys::rooted::open_directory(source, &selected.path).at("open", &selected.path)?;
            let existed = sys::rooted::open_directory(self.root, self.path).is_ok();
            let into = self.directory(self.path)?;
            copier.contents(directory.as_fd(), into.as_fd(), &selected.path)?;
            // one that the copy made is 0755 unless --chmod says otherwise, whatever its source is
            if let (false, Some(mode)) = (existed, action.chmod) {
                sys::fs::fchmod(&into, Mode::from_raw_mode(mode)).at("change mode of", self.path)?;
            }
            return Ok(());
        }
        if action.unpack && matches!(action.origin, Origin::Context) && self.unpack(source, selected)? {
            return Ok(());
        }
        let (parent, name) = self.parent(&selected.name)?;
        // the link that was asked for has been followed; what it leads to is copied
        let place = real_place(source, &selected.path)?;
        let from = Entry { directory: place.parent.as_fd(), name: place.name.as_os_str().as_bytes() };
        let to = Entry { directory: parent.as_fd(), name: name.as_bytes() };
        Ok(copier.file(from, to, &selected.path)?)
    }

    /// Unpacks a local archive; false if the file is none.
    fn unpack(&self, source: BorrowedFd<'_>, selected: &Selected) -> Result<bool> {
        let Ok(file) = sys::rooted::open_regular(source, &selected.path) else { return Ok(false) };
        let mut file = File::from(file);
        if !is_archive(&mut file) {
            return Ok(false);
        }
        file.rewind().at("read", &selected.path)?;
        let into = self.directory(self.path)?;
        let ownership = match self.ownership {
            // without --chown the archive says whose its files are
            Ownership::Set(0, 0) => Ownership::Keep,
            other => other,
        };
        let options = Unpack { whiteouts: Whiteouts::Literal, ownership, ..Unpack::default() };
        let mut plain = changeset::decompress(file)?;
        changeset::unpack(&mut plain, into.as_fd(), &options)?;
        Ok(true)
    }

    /// The directory and name for a file called `name`.
    fn parent(&self, name: &OsStr) -> Result<(OwnedFd, OsString)> {
        if self.is_directory {
            return Ok((self.directory(self.path)?, name.to_os_string()));
        }
        // a link in the place of a file is followed, also where it leads to nothing yet
        let path = chase(self.root, self.path)?;
        let own = path.file_name().unwrap_or(name).to_os_string();
        Ok((self.directory(path.parent().unwrap_or(Path::new("/")))?, own))
    }

    /// Opens a directory in the root, making it and its parents.
    fn directory(&self, path: &Path) -> Result<OwnedFd> {
        let (uid, gid) = self.ownership.of(0, 0);
        sys::rooted::make_directories(self.root, path, Mode::from_raw_mode(0o755), &mut |made| {
            sys::fs::fchown(made, uid, gid)
        })
        .map_err(|errno| match errno {
            sys::Errno::NOTDIR => {
                Error::Context(format!("cannot copy to {}: it is not a directory", path.display()))
            }
            errno => Error::Io { doing: "make directory", path: path.into(), source: errno.into() },
        })
    }
}

/// Whether a file is a tar, perhaps compressed.
fn is_archive(file: &mut File) -> bool {
    let Ok(plain) = changeset::decompress(file) else { return false };
    let mut header = Vec::new();
    plain.take(TAR_HEADER).read_to_end(&mut header).is_ok() && changeset::is_tar(&header)
}

/// Parent and name of what a path leads to when its last links are followed inside the root.
fn real_place(root: BorrowedFd<'_>, path: &Path) -> Result<sys::rooted::Place> {
    let path = chase(root, path)?;
    sys::rooted::place(root, &path).at("look up", path)
}

/// The path that a path leads to when its last links are followed inside the root; the last one may lead to nothing.
fn chase(root: BorrowedFd<'_>, path: &Path) -> Result<PathBuf> {
    let mut path = path.to_path_buf();
    for _ in 0..40 {
        let Ok(place) = sys::rooted::place(root, &path) else { return Ok(path) };
        let Ok(stat) = sys::fs::statat(&place.parent, &place.name, AtFlags::SYMLINK_NOFOLLOW) else {
            return Ok(path);
        };
        if FileType::from_raw_mode(stat.st_mode) != FileType::Symlink {
            return Ok(path);
        }
        let target = sys::fs::readlinkat(&place.parent, &place.name, Vec::new()).at("read", &path)?;
        path = path.parent().unwrap_or(Path::new("/")).join(OsStr::from_bytes(target.as_bytes()));
    }
    Err(sys::Errno::LOOP).at("look up", path)
}

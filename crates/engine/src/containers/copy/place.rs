//! A path in a container, looked up inside its root.

use super::Stat;
use super::plan::{self, Ending, Existing};
use crate::error::{Error, Result};
use std::ffi::{OsStr, OsString};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStringExt;
use std::path::{Component, Path, PathBuf};
use store::changeset::Scope;
use sys::fs::{self, AtFlags, FileType, Mode, OFlags, StatVfsMountFlags, StatxFlags};
use sys::{Errno, rooted};

/// A path in a root.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) root: BorrowedFd<'a>,
    /// The container as it was asked for, for messages.
    pub(super) container: &'a str,
    pub(super) path: &'a Path,
}

/// Something opened to be copied.
#[derive(Debug)]
pub(super) enum Source {
    /// A directory itself, whatever its name.
    Directory(OwnedFd),
    /// A file of any kind in a directory.
    Child { parent: OwnedFd, name: OsString },
}

impl Source {
    /// What the archive is written of, named `entry`, or (none) without a name: the content of a directory.
    pub(super) fn scope(self, entry: Option<OsString>) -> (OwnedFd, Scope) {
        match (self, entry) {
            (Self::Directory(directory), Some(entry)) => (directory, Scope::Under(entry)),
            (Self::Directory(directory), None) => (directory, Scope::Contents),
            (Self::Child { parent, name }, entry) => {
                let entry = entry.unwrap_or_else(|| name.clone());
                (parent, Scope::Child { name, entry })
            }
        }
    }
}

impl Place<'_> {
    /// What is there.
    pub(super) fn stat(&self) -> Result<Stat> {
        let stat = self.found(self.stat_raw(plan::ending(self.path) == Ending::Plain))?;
        let link_target = if FileType::from_raw_mode(stat.st_mode) == FileType::Symlink {
            absolute(&self.chase()).to_string_lossy().into_owned()
        } else {
            String::new()
        };
        let nanoseconds = i32::try_from(stat.st_mtime_nsec).unwrap_or(0);
        Ok(Stat {
            name: plan::name(self.path).unwrap_or(OsStr::new("/")).to_string_lossy().into_owned(),
            size: stat.st_size.unsigned_abs(),
            mode: stat.st_mode,
            modified: jiff::Timestamp::new(stat.st_mtime, nanoseconds).unwrap_or(jiff::Timestamp::UNIX_EPOCH),
            link_target,
        })
    }

    /// Whether a directory is copied, and not something else.
    pub(super) fn is_directory(&self, follow_link: bool) -> Result<bool> {
        let itself = plan::ending(self.path) == Ending::Plain && !follow_link;
        let stat = self.found(self.stat_raw(itself))?;
        Ok(FileType::from_raw_mode(stat.st_mode) == FileType::Directory)
    }

    fn stat_raw(&self, itself: bool) -> Result<fs::Stat, Errno> {
        let follow = if itself { OFlags::NOFOLLOW } else { OFlags::empty() };
        fs::fstat(rooted::open(self.root, self.path, OFlags::PATH | follow, Mode::empty())?)
    }

    /// Opens what is there, to be copied.
    pub(super) fn source(&self, follow_link: bool) -> Result<Source> {
        if plan::ending(self.path) != Ending::Plain {
            return self.found(rooted::open_directory(self.root, self.path)).map(Source::Directory);
        }
        let path = if follow_link { self.chase() } else { self.path.to_path_buf() };
        match plan::name(&path) {
            Some(name) => {
                let parent = self.found(rooted::open_directory(self.root, &plan::parent(&path)))?;
                Ok(Source::Child { parent, name: name.to_owned() })
            }
            // a link to `/` or to `..`
            None => self.found(rooted::open_directory(self.root, &path)).map(Source::Directory),
        }
    }

    /// What is there for a copy to this place, and the path with a last link followed.
    pub(super) fn destination(&self) -> Result<(Existing, PathBuf)> {
        match rooted::open_handle(self.root, self.path).and_then(fs::fstat) {
            Ok(stat) => match FileType::from_raw_mode(stat.st_mode) {
                FileType::Directory => Ok((Existing::Directory, self.path.to_path_buf())),
                FileType::RegularFile => Ok((Existing::Other, self.chase())),
                _ => Err(Error::Invalid(format!(
                    "destination \"{}:{}\" must be a directory or a regular file",
                    self.container,
                    self.path.display()
                ))),
            },
            // whether its parent is there shows when that is opened
            Err(Errno::NOENT | Errno::NOTDIR) => Ok((Existing::Nothing, self.chase())),
            Err(errno) => self.found(Err(errno)),
        }
    }

    /// Opens the directory to unpack in.
    pub(super) fn extraction_point(&self) -> Result<OwnedFd> {
        let directory = match rooted::open_directory(self.root, self.path) {
            Err(Errno::NOTDIR) => return Err(Error::Invalid("extraction point is not a directory".into())),
            other => self.found(other)?,
        };
        self.found(self.refuse_read_only(&directory))??;
        Ok(directory)
    }

    /// The kernel refuses as well, but its words do not say which of the two it is.
    fn refuse_read_only(&self, directory: &OwnedFd) -> Result<Result<()>, Errno> {
        if !fs::fstatvfs(directory)?.f_flag.contains(StatVfsMountFlags::RDONLY) {
            return Ok(Ok(()));
        }
        let mount = |fd: BorrowedFd<'_>| {
            fs::statx(fd, "", AtFlags::EMPTY_PATH, StatxFlags::MNT_ID).map(|s| s.stx_mnt_id)
        };
        let in_root = mount(directory.as_fd())? == mount(self.root)?;
        let what = if in_root { "container rootfs" } else { "mounted volume" };
        Ok(Err(Error::Invalid(format!("{what} is marked read-only"))))
    }

    /// The path with the links at its end followed inside the root.
    fn chase(&self) -> PathBuf {
        plan::chase(self.path, |path| {
            let parent = rooted::open_directory(self.root, &plan::parent(path)).ok()?;
            let target = fs::readlinkat(parent, plan::name(path)?, Vec::new()).ok()?;
            Some(OsString::from_vec(target.into_bytes()))
        })
    }

    fn found<T>(&self, result: Result<T, Errno>) -> Result<T> {
        result.map_err(|errno| match errno {
            Errno::NOTDIR if plan::ending(self.path) != Ending::Plain => {
                Error::Invalid(format!("{}: not a directory", self.path.display()))
            }
            Errno::NOENT | Errno::NOTDIR => {
                Error::NoFile { container: self.container.to_owned(), path: self.path.display().to_string() }
            }
            other => Error::io("open", self.path, other),
        })
    }
}

/// A path in a root without `.` and `..`, for people.
fn absolute(path: &Path) -> PathBuf {
    let mut absolute = PathBuf::from("/");
    for component in path.components() {
        match component {
            Component::Normal(name) => absolute.push(name),
            Component::ParentDir => drop(absolute.pop()),
            Component::RootDir | Component::CurDir | Component::Prefix(_) => {}
        }
    }
    absolute
}

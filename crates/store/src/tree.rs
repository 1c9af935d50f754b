//! Files and whole directories from one open directory to another, as `cp -a` would copy them: with owners, modes, times, extended attributes, hard
//! links, holes and devices. Sockets are left out: nobody can open one that was copied.
//!
//! Nothing is found by its path, and no link is followed: both sides may be written by containers meanwhile.
//!
//! **Not here:** archives ([`crate::changeset`]), and looking up the two directories.

mod content;
mod file;

use crate::changeset::Ownership;
use crate::error::{At, Error, Result};
use std::collections::HashMap;
use std::ffi::OsStr;
use std::fmt;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use sys::Errno;
use sys::descent::{self, Descent, Identity, Step, Walk};
use sys::fd::BorrowedFd;
use sys::fs::{self, AtFlags, FileType, Mode, Stat};

/// What may stand where a copy goes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Existing {
    /// Nothing.
    #[default]
    Refuse,
    /// Directories are merged and get what their source has; files replace files. A directory and something else do not replace each other.
    Merge,
}

/// How to copy. The default copies everything as it is, where nothing is yet.
#[derive(Clone, Copy)]
pub struct Copier<'a> {
    /// Whether a file is copied, asked with its path and kind. What is below a directory that is left out is left out too.
    pub filter: &'a dyn Fn(&Path, FileType) -> bool,
    /// Asked again and again: whether to give up.
    pub stop: &'a dyn Fn() -> bool,
    /// Whose the copies are.
    pub ownership: Ownership,
    /// The twelve permission bits of all copies, in place of their own.
    pub mode: Option<u32>,
    /// What may stand where a copy goes.
    pub existing: Existing,
    /// Copy ACLs (`system.posix_acl_*`) too, which a layer does not keep. Without this only capabilities and attributes of the user are copied.
    pub access_lists: bool,
}

impl Default for Copier<'_> {
    fn default() -> Self {
        Self {
            filter: &|_, _| true,
            stop: &|| false,
            ownership: Ownership::Keep,
            mode: None,
            existing: Existing::Refuse,
            access_lists: false,
        }
    }
}

impl fmt::Debug for Copier<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Copier")
            .field("ownership", &self.ownership)
            .field("mode", &self.mode)
            .field("existing", &self.existing)
            .field("access_lists", &self.access_lists)
            .finish_non_exhaustive()
    }
}

/// A name in an open directory.
#[derive(Debug, Clone, Copy)]
pub struct Entry<'a> {
    /// The directory; not `O_PATH`.
    pub directory: BorrowedFd<'a>,
    /// The name, without a slash.
    pub name: &'a [u8],
}

impl Entry<'_> {
    fn stat(self) -> Result<Stat, Errno> {
        fs::statat(self.directory, self.name, AtFlags::SYMLINK_NOFOLLOW)
    }
}

impl Copier<'_> {
    /// Copies all that is in the directory `source` into `destination`. The two directories themselves keep what they have. `path` is what `source` is
    /// called in messages, and for the filter. Neither descriptor may be `O_PATH`.
    ///
    /// Memory holds the names of the directories on the way down and the first path of every file with links not met yet.
    ///
    /// # Errors
    /// [`Error::InTheWay`], [`Error::Canceled`], or what the system reports; `EEXIST` if something stands where [`Existing::Refuse`] wants nothing.
    pub fn contents(&self, source: BorrowedFd<'_>, destination: BorrowedFd<'_>, path: &Path) -> Result<()> {
        let copying = Copying {
            copier: self,
            from: Walk::begin(source).at("open", path)?,
            to: Descent::begin(destination).at("open", path)?,
            root: destination,
            prefix: path,
            path: PathBuf::new(),
            links: HashMap::new(),
        };
        copying.run()
    }

    /// Copies one file that is no directory; `path` is what it is called in messages. Neither the filter nor `stop` is asked.
    ///
    /// # Errors
    /// As [`Copier::contents`].
    pub fn file(&self, from: Entry<'_>, to: Entry<'_>, path: &Path) -> Result<()> {
        self.replace(from, to, &from.stat().at("stat", path)?, path)
    }

    fn replace(&self, from: Entry<'_>, to: Entry<'_>, stat: &Stat, path: &Path) -> Result<()> {
        if self.existing == Existing::Merge {
            clear(to, path)?;
        }
        self.put(from, to, stat).at("copy", path)
    }

    /// Gives a directory what its source has: owner, attributes, mode and times. `path` is what it is called in messages.
    ///
    /// # Errors
    /// What the system reports.
    pub fn describe(&self, from: BorrowedFd<'_>, to: BorrowedFd<'_>, path: &Path) -> Result<()> {
        self.attributes(from, to).at("set attributes of", path)
    }
}

/// Removes what a file is going to replace; `path` is what that file is called in messages. That nothing is there is no error.
///
/// # Errors
/// [`Error::InTheWay`] for a directory, or what unlinkat(2) reports.
pub fn clear(place: Entry<'_>, path: &Path) -> Result<()> {
    match fs::unlinkat(place.directory, place.name, AtFlags::empty()) {
        Ok(()) | Err(Errno::NOENT) => Ok(()),
        Err(Errno::ISDIR) => {
            Err(Error::InTheWay { path: path.into(), wanted: "file", existing: "a directory" })
        }
        Err(errno) => Err(errno).at("replace", path),
    }
}

struct Copying<'c> {
    copier: &'c Copier<'c>,
    from: Walk,
    to: Descent,
    root: BorrowedFd<'c>,
    /// What the source is called.
    prefix: &'c Path,
    /// Where we are, below both.
    path: PathBuf,
    /// Files with several names: where the first one is, and how many are still to come.
    links: HashMap<Identity, (PathBuf, u64)>,
}

impl Copying<'_> {
    fn run(mut self) -> Result<()> {
        while let Some(step) = self.from.step() {
            if (self.copier.stop)() {
                return Err(Error::Canceled);
            }
            let is_inside = match step {
                Step::Entry(name) => {
                    self.path.push(OsStr::from_bytes(&name));
                    self.entry(name)?
                }
                Step::Complete(_) => self.complete().map(|()| false)?,
            };
            if !is_inside {
                self.path.pop();
            }
        }
        Ok(())
    }

    fn source_path(&self) -> PathBuf {
        self.prefix.join(&self.path)
    }

    /// Copies one file. True if it is a directory, which both sides have entered then.
    fn entry(&mut self, name: Vec<u8>) -> Result<bool> {
        let path = self.source_path();
        let stat = Entry { directory: self.from.here(), name: &name }.stat().at("stat", &path)?;
        let kind = FileType::from_raw_mode(stat.st_mode);
        if kind == FileType::Socket || !(self.copier.filter)(&path, kind) {
            return Ok(false);
        }
        if kind == FileType::Directory {
            return self.directory(name, path).map(|()| true);
        }
        let first = self.first_name(&stat);
        let from = Entry { directory: self.from.here(), name: &name };
        let to = Entry { directory: self.to.here(), name: &name };
        match first {
            Some(first) => self.link(&first, to, &path)?,
            None => self.copier.replace(from, to, &stat, &path)?,
        }
        Ok(false)
    }

    fn directory(&mut self, name: Vec<u8>, path: PathBuf) -> Result<()> {
        match fs::mkdirat(self.to.here(), name.as_slice(), Mode::from_raw_mode(0o700)) {
            Err(Errno::EXIST) if self.copier.existing == Existing::Merge => {}
            made => made.at("make directory", &path)?,
        }
        match self.to.enter(&name) {
            Err(Errno::NOTDIR | Errno::LOOP) => {
                let existing = "something that is none";
                return Err(Error::InTheWay { path, wanted: "directory", existing });
            }
            entered => entered.at("open", &path)?,
        }
        self.from.enter(name).at("open", path)
    }

    /// Only when a directory is complete nobody changes its times any more, and its ACLs are not passed on to what is made in it.
    fn complete(&mut self) -> Result<()> {
        let path = self.source_path();
        self.copier.describe(self.from.here(), self.to.here(), &path)?;
        self.from.leave().at("leave", &path)?;
        self.to.leave().at("leave", &path)
    }

    /// The first name of a file of which this is a later one.
    fn first_name(&mut self, stat: &Stat) -> Option<PathBuf> {
        if stat.st_nlink < 2 {
            return None;
        }
        let identity = descent::identity(stat);
        let Some((first, left)) = self.links.get_mut(&identity) else {
            self.links.insert(identity, (self.path.clone(), stat.st_nlink - 1));
            return None;
        };
        *left = left.saturating_sub(1);
        if *left == 0 { self.links.remove(&identity).map(|(first, _)| first) } else { Some(first.clone()) }
    }

    fn link(&self, first: &Path, to: Entry<'_>, path: &Path) -> Result<()> {
        if self.copier.existing == Existing::Merge {
            clear(to, path)?;
        }
        let place = sys::rooted::place(self.root, first).at("look up", path)?;
        fs::linkat(&place.parent, &place.name, to.directory, to.name, AtFlags::empty()).at("link", path)
    }
}

#[cfg(test)]
mod tests;

//! What a container has changed in its root file system.
//!
//! Its upper directory is compared with what its layers show. What overlayfs copied up without a change of content, owner or mode is no change, and a
//! directory is changed if its owner or mode is, or anything in it (`docker diff`'s rules). Everything is read through descriptors: a running container
//! may change all of it meanwhile.

use super::directory::Directory;
use super::{find, root};
use crate::Engine;
use crate::error::{At, Result};
use crate::launch;
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs::File;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};
use store::changeset::{is_opaque, is_whiteout};
use sys::Errno;
use sys::descent::{self, Descent};
use sys::fs::{self, AtFlags, FileType, Mode, OFlags, Stat};

/// What happened to a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// It is new: `A`.
    Added,
    /// It, or something in it, is different: `C`.
    Changed,
    /// It is gone: `D`.
    Deleted,
}

impl Kind {
    /// Docker's letter.
    #[must_use]
    pub fn letter(self) -> char {
        match self {
            Self::Added => 'A',
            Self::Changed => 'C',
            Self::Deleted => 'D',
        }
    }
}

/// A changed path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// What happened.
    pub kind: Kind,
    /// The absolute path in the container.
    pub path: PathBuf,
}

/// Lists the changes of a container, sorted by path. Of a removed directory only itself is listed.
///
/// # Errors
/// [`crate::Error::NoContainer`], or what the system reports.
pub fn diff(engine: &Engine, reference: &str) -> Result<Vec<Change>> {
    let record = find(engine, reference)?.record;
    let path = Directory::new(engine, &record.id).data.join("rw/upper");
    let upper = File::open(&path).at("open", &path)?;
    let stack = root::stack(engine, &record, None)?;
    let lower = launch::root_of(stack.as_fd())?;
    compare(upper.as_fd(), lower.as_fd()).at("compare", path)
}

/// Compares an upper directory with the tree below it.
fn compare(upper: BorrowedFd<'_>, lower: BorrowedFd<'_>) -> Result<Vec<Change>, Errno> {
    let mut comparing = Comparing { upper: Descent::begin(upper)?, levels: Vec::new(), changes: Vec::new() };
    let lower = descent::open_directory(lower, b".")?;
    comparing.descend("/".into(), Some(lower), None)?;
    comparing.run()?;
    let mut changes = comparing.changes;
    changes.sort_by(|a, b| a.path.as_os_str().cmp(b.path.as_os_str()));
    Ok(changes)
}

/// A directory of the upper one, on the way down.
struct Level {
    path: PathBuf,
    /// Names still to be compared.
    names: Vec<Vec<u8>>,
    /// The same directory of the lower tree.
    lower: Option<OwnedFd>,
    /// What is said of the directory itself already.
    kind: Option<Kind>,
    /// The number of changes when it was entered.
    before: usize,
}

struct Comparing {
    upper: Descent,
    levels: Vec<Level>,
    changes: Vec<Change>,
}

impl Comparing {
    fn run(&mut self) -> Result<(), Errno> {
        while let Some(level) = self.levels.last_mut() {
            match level.names.pop() {
                Some(name) => self.entry(&name)?,
                None => self.ascend()?,
            }
        }
        Ok(())
    }

    /// Begins with the directory that the descent is in.
    fn descend(&mut self, path: PathBuf, lower: Option<OwnedFd>, kind: Option<Kind>) -> Result<(), Errno> {
        let names = descent::names(self.upper.here())?;
        let before = self.changes.len();
        if let Some(lower) = &lower
            && is_opaque(self.upper.here())
        {
            self.hidden(&path, lower.as_fd(), &names)?;
        }
        self.levels.push(Level { path, names, lower, kind, before });
        Ok(())
    }

    /// What an opaque directory hides is deleted, if it has nothing of that name itself.
    fn hidden(&mut self, path: &Path, lower: BorrowedFd<'_>, names: &[Vec<u8>]) -> Result<(), Errno> {
        let own: BTreeSet<&[u8]> = names.iter().map(Vec::as_slice).collect();
        for name in descent::names(lower)? {
            if !own.contains(name.as_slice()) {
                self.changes.push(Change { kind: Kind::Deleted, path: path.join(OsString::from_vec(name)) });
            }
        }
        Ok(())
    }

    fn ascend(&mut self) -> Result<(), Errno> {
        let Some(level) = self.levels.pop() else { return Ok(()) };
        let is_root = self.levels.is_empty();
        if level.kind.is_none() && !is_root && self.changes.len() > level.before {
            self.changes.push(Change { kind: Kind::Changed, path: level.path });
        }
        if is_root { Ok(()) } else { self.upper.leave() }
    }

    fn entry(&mut self, name: &[u8]) -> Result<(), Errno> {
        let Some(level) = self.levels.last() else { return Ok(()) };
        let path = level.path.join(OsString::from_vec(name.to_vec()));
        let Some(stat) = stat(self.upper.here(), name)? else { return Ok(()) };
        let below = match &level.lower {
            Some(lower) => stat_below(lower.as_fd(), name)?,
            None => None,
        };
        let kind = match (&below, is_whiteout(&stat)) {
            (None, true) => return Ok(()),
            (Some(_), true) => Some(Kind::Deleted),
            (None, false) => Some(Kind::Added),
            (Some(below), false) => {
                let lower = level.lower.as_ref().map(AsFd::as_fd);
                let same = lower.is_some_and(|lower| {
                    is_same(&stat, below) && is_same_privilege(self.upper.here(), lower, name)
                });
                (!same).then_some(Kind::Changed)
            }
        };
        let lower = match (&level.lower, &below) {
            (Some(lower), Some(below)) if is_directory(below) => {
                descent::open_directory(lower.as_fd(), name).ok()
            }
            _ => None,
        };
        if let Some(kind) = kind {
            self.changes.push(Change { kind, path: path.clone() });
        }
        if is_directory(&stat) && self.upper.enter(name).is_ok() {
            self.descend(path, lower, kind)?;
        }
        Ok(())
    }
}

fn is_directory(stat: &Stat) -> bool {
    FileType::from_raw_mode(stat.st_mode) == FileType::Directory
}

fn stat(directory: BorrowedFd<'_>, name: &[u8]) -> Result<Option<Stat>, Errno> {
    match fs::statat(directory, name, AtFlags::SYMLINK_NOFOLLOW) {
        Ok(stat) => Ok(Some(stat)),
        Err(Errno::NOENT) => Ok(None),
        Err(errno) => Err(errno),
    }
}

/// What overlayfs shows of a whiteout in a single lower directory (a stack of one is not mounted) is nothing.
fn stat_below(directory: BorrowedFd<'_>, name: &[u8]) -> Result<Option<Stat>, Errno> {
    Ok(stat(directory, name)?.filter(|stat| !is_whiteout(stat)))
}

/// Size and time of a directory say nothing: they change with what is in it.
fn is_same(upper: &Stat, lower: &Stat) -> bool {
    let owner = |stat: &Stat| (stat.st_mode, stat.st_uid, stat.st_gid, stat.st_rdev);
    let content = |stat: &Stat| (stat.st_size, stat.st_mtime, stat.st_mtime_nsec);
    owner(upper) == owner(lower) && (is_directory(upper) || content(upper) == content(lower))
}

/// `setcap` changes neither of those.
fn is_same_privilege(upper: BorrowedFd<'_>, lower: BorrowedFd<'_>, name: &[u8]) -> bool {
    privilege(upper, name) == privilege(lower, name)
}

fn privilege(directory: BorrowedFd<'_>, name: &[u8]) -> Option<Vec<u8>> {
    let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let file = fs::openat(directory, name, flags, Mode::empty()).ok()?;
    let mut value = vec![0; 64];
    let length =
        fs::getxattr(format!("/proc/self/fd/{}", file.as_raw_fd()), "security.capability", &mut value)
            .ok()?;
    value.truncate(length);
    Some(value)
}

#[cfg(test)]
mod tests;

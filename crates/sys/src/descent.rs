//! Goes down and up a directory tree of any depth with a few open descriptors.
//!
//! Names are looked up one at a time in the directory that is open, and no symbolic link is followed: neither the length of a path nor what
//! somebody puts in the tree meanwhile matters.

use rustix::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use rustix::fs::{self, FileType, Mode, OFlags, Stat};
use rustix::io::{Errno, Result};

/// What a file is on this machine: device and inode number.
pub type Identity = (u64, u64);

/// How directories are opened by their last name.
const DIRECTORY: OFlags = OFlags::DIRECTORY.union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);

/// Opens the directory `name` itself, not what a link of that name points to.
///
/// # Errors
/// As openat(2); `ENOTDIR` for anything else, links included.
pub fn open_directory(parent: BorrowedFd<'_>, name: &[u8]) -> Result<OwnedFd> {
    fs::openat(parent, name, DIRECTORY, Mode::empty())
}

/// Opens the regular file `name` for reading. In a living tree somebody may put a device in its place, and opening that would act on it: the
/// file is held first, looked at, and then opened through `/proc`.
///
/// # Errors
/// As openat(2); `ENOENT` if it is no regular file.
pub fn open_regular(parent: BorrowedFd<'_>, name: &[u8]) -> Result<OwnedFd> {
    let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let handle = fs::openat(parent, name, flags, Mode::empty())?;
    if FileType::from_raw_mode(fs::fstat(&handle)?.st_mode) != FileType::RegularFile {
        return Err(Errno::NOENT);
    }
    let name = format!("/proc/self/fd/{}", handle.as_raw_fd());
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    fs::open(name, flags, Mode::empty())
}

/// Who a file is.
pub fn identity(stat: &Stat) -> Identity {
    (stat.st_dev, stat.st_ino)
}

/// The names in a directory, without `.` and `..`, the greatest first: `pop` gives them in the order of their bytes.
///
/// # Errors
/// As getdents(2).
pub fn names(directory: BorrowedFd<'_>) -> Result<Vec<Vec<u8>>> {
    let mut names = Vec::new();
    for entry in fs::Dir::read_from(directory)? {
        let entry = entry?;
        match entry.file_name().to_bytes() {
            b"." | b".." => {}
            name => names.push(name.to_vec()),
        }
    }
    names.sort_unstable_by(|a, b| b.cmp(a));
    Ok(names)
}

/// A place in a tree. The way back is `..`, checked against the directory that we came from, since somebody may move directories meanwhile.
#[derive(Debug)]
pub struct Descent {
    here: OwnedFd,
    above: Vec<Identity>,
}

impl Descent {
    /// Begins at a directory.
    ///
    /// # Errors
    /// As openat(2).
    pub fn begin(start: BorrowedFd<'_>) -> Result<Self> {
        Ok(Self { here: open_directory(start, b".")?, above: Vec::new() })
    }

    /// The directory that we are in.
    pub fn here(&self) -> BorrowedFd<'_> {
        self.here.as_fd()
    }

    /// Goes into the directory `name`.
    ///
    /// # Errors
    /// As [`open_directory`]. Then we are where we were.
    pub fn enter(&mut self, name: &[u8]) -> Result<()> {
        let above = identity(&fs::fstat(&self.here)?);
        self.here = open_directory(self.here.as_fd(), name)?;
        self.above.push(above);
        Ok(())
    }

    /// Goes back up.
    ///
    /// # Errors
    /// `ESTALE` if the directory was moved elsewhere, or as openat(2).
    pub fn leave(&mut self) -> Result<()> {
        let above = open_directory(self.here.as_fd(), b"..")?;
        if self.above.pop() != Some(identity(&fs::fstat(&above)?)) {
            return Err(Errno::STALE);
        }
        self.here = above;
        Ok(())
    }
}

/// What comes next on a [`Walk`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// A name in the directory that we are in. If it is a directory and what is below it matters too, [`Walk::enter`] it.
    Entry(Vec<u8>),
    /// The directory that was entered by this name has no more names: time to [`Walk::leave`] it.
    Complete(Vec<u8>),
}

/// A walk through a tree, each directory in the order of its names. Memory holds the names of the directories on the way down.
#[derive(Debug)]
pub struct Walk {
    descent: Descent,
    /// For each directory on the way down its name and what is left in it.
    pending: Vec<(Vec<u8>, Vec<Vec<u8>>)>,
}

impl Walk {
    /// Begins at a directory.
    ///
    /// # Errors
    /// As openat(2) and getdents(2).
    pub fn begin(start: BorrowedFd<'_>) -> Result<Self> {
        let descent = Descent::begin(start)?;
        let names = names(descent.here())?;
        Ok(Self { descent, pending: vec![(Vec::new(), names)] })
    }

    /// The directory that we are in.
    pub fn here(&self) -> BorrowedFd<'_> {
        self.descent.here()
    }

    /// What comes next; none when all is done.
    pub fn step(&mut self) -> Option<Step> {
        let (_, names) = self.pending.last_mut()?;
        if let Some(name) = names.pop() {
            return Some(Step::Entry(name));
        }
        let (directory, _) = self.pending.pop()?;
        (!self.pending.is_empty()).then_some(Step::Complete(directory))
    }

    /// Goes into the directory `name`, whose names come next.
    ///
    /// # Errors
    /// As [`Descent::enter`] and getdents(2). Then we are where we were.
    pub fn enter(&mut self, name: Vec<u8>) -> Result<()> {
        self.descent.enter(&name)?;
        match names(self.descent.here()) {
            Ok(names) => self.pending.push((name, names)),
            Err(errno) => {
                self.descent.leave()?;
                return Err(errno);
            }
        }
        Ok(())
    }

    /// Goes back up from a directory that is complete.
    ///
    /// # Errors
    /// As [`Descent::leave`].
    pub fn leave(&mut self) -> Result<()> {
        self.descent.leave()
    }
}

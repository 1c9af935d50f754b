//! The tree that an archive is unpacked into: finding and making parent directories, and clearing places.
//!
//! Parents are resolved inside the root and kept open while entries follow each other in one directory.
//! Making files changes their directory's time; a directory whose time the archive told gets it back when its
//! descriptor is given up, so no list of directories is needed at the end.

use super::archive::Kind;
use super::attributes::{Ownership, modification};
use super::error::{Doing, Fault};
use super::pax::Moment;
use std::collections::HashSet;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use sys::Errno;
use sys::descent::{self, Identity, identity};
use sys::fd::{AsFd, BorrowedFd, OwnedFd};
use sys::fs::{self, AtFlags, FileType, Mode, Stat};
use sys::rooted;

/// Which directories keep their time while files are made in them.
#[derive(Debug)]
pub(super) enum Times {
    /// All: the tree is only ever what archives say.
    Fixed,
    /// Those that this archive has an entry for; others show that they were changed.
    Told(HashSet<Identity>),
}

/// What stood where an entry goes, and was cleared away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cleared {
    /// Nothing, or an ordinary file.
    File,
    /// A whiteout of this layer.
    Whiteout,
}

/// The tree below a root.
pub(super) struct Tree<'r> {
    root: BorrowedFd<'r>,
    ownership: Ownership,
    times: Times,
    /// Whether directories and other files may not replace each other.
    pub(super) strict: bool,
    parent: Option<Parent>,
    /// How many directories had to be made that the archive did not name before what is in them.
    pub(super) implied: u64,
}

struct Parent {
    path: Vec<u8>,
    directory: OwnedFd,
    modified: Option<Moment>,
}

impl<'r> Tree<'r> {
    pub(super) fn new(root: BorrowedFd<'r>, ownership: Ownership, times: Times, strict: bool) -> Self {
        Self { root, ownership, times, strict, parent: None, implied: 0 }
    }

    /// Opens the directory `path` for new files, making what is missing; it is kept open for the next call.
    pub(super) fn parent(&mut self, path: &[u8]) -> Result<(), Fault> {
        if self.parent.as_ref().is_some_and(|parent| parent.path == path) {
            return Ok(());
        }
        self.release()?;
        let (directory, modified) = match self.open(path) {
            Err(Errno::NOENT) => self.make_missing(path)?,
            opened => {
                let directory = opened.doing("open parent directory")?;
                let modified = self.time_to_keep(&directory)?;
                (directory, modified)
            }
        };
        self.parent = Some(Parent { path: path.to_vec(), directory, modified });
        Ok(())
    }

    /// The directory of the last [`Tree::parent`].
    pub(super) fn here(&self) -> BorrowedFd<'_> {
        self.parent.as_ref().map_or(self.root, |parent| parent.directory.as_fd())
    }

    /// Opens the directory `path` without making anything.
    pub(super) fn open(&self, path: &[u8]) -> Result<OwnedFd, Errno> {
        rooted::open_directory(self.root, Path::new(OsStr::from_bytes(path)))
    }

    /// Notes that the archive told this directory's time.
    pub(super) fn told(&mut self, directory: BorrowedFd<'_>) -> Result<(), Fault> {
        if let Times::Told(directories) = &mut self.times {
            directories.insert(identity(&fs::fstat(directory).doing("stat")?));
        }
        Ok(())
    }

    /// Gives up the directory that is kept open, with its time as it was.
    pub(super) fn release(&mut self) -> Result<(), Fault> {
        match self.parent.take() {
            Some(Parent { directory, modified: Some(moment), .. }) => {
                fs::futimens(&directory, &modification(moment)).doing("set time of parent directory")
            }
            _ => Ok(()),
        }
    }

    /// Makes place for an entry that found its name taken. What is there goes, a directory with all its
    /// content.
    pub(super) fn clear(&mut self, name: &[u8], kind: Kind) -> Result<Cleared, Fault> {
        let stat = match fs::statat(self.here(), name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) => stat,
            Err(Errno::NOENT) => return Ok(Cleared::File),
            Err(errno) => return Err(errno).doing("stat"),
        };
        let existing = FileType::from_raw_mode(stat.st_mode);
        let (was, becomes) = (existing == FileType::Directory, kind == Kind::Directory);
        if self.strict && was != becomes {
            let (existing, wanted) =
                if was { ("a directory", "a non-directory") } else { ("a non-directory", "a directory") };
            return Err(Fault::Overwrite { existing, wanted });
        }
        if was {
            rooted::remove_all(self.here(), Path::new(OsStr::from_bytes(name))).doing("remove directory")?;
        } else {
            fs::unlinkat(self.here(), name, AtFlags::empty()).doing("remove")?;
        }
        if matches!(existing, FileType::Directory | FileType::Symlink) {
            self.forget_path();
        }
        Ok(if is_whiteout(&stat) { Cleared::Whiteout } else { Cleared::File })
    }

    /// The path of the directory kept open may have led through what was removed: the descriptor is right for
    /// the entry in hand, but must be looked up again for the next one. No entry has the path `/`.
    fn forget_path(&mut self) {
        if let Some(parent) = &mut self.parent {
            parent.path = b"/".to_vec();
        }
    }

    fn time_to_keep(&self, directory: &OwnedFd) -> Result<Option<Moment>, Fault> {
        let stat = fs::fstat(directory).doing("stat parent directory")?;
        let keep = match &self.times {
            Times::Fixed => true,
            Times::Told(directories) => directories.contains(&identity(&stat)),
        };
        Ok(keep.then_some(Moment { seconds: stat.st_mtime, nanoseconds: stat.st_mtime_nsec as u32 }))
    }

    /// Makes `path` from its first missing component on. A dangling link in it is an error, as for Docker.
    fn make_missing(&mut self, path: &[u8]) -> Result<(OwnedFd, Option<Moment>), Fault> {
        let slashes = path.iter().enumerate().filter(|(_, byte)| **byte == b'/');
        let prefixes: Vec<usize> = slashes.map(|(at, _)| at).collect();
        // what is below a missing directory is missing too
        let present = prefixes.partition_point(|&end| !matches!(self.open(&path[..end]), Err(Errno::NOENT)));
        let known = &path[..present.checked_sub(1).map_or(0, |last| prefixes[last])];
        let mut directory = self.open(known).doing("open parent directory")?;
        let mut modified = self.time_to_keep(&directory)?;
        let missing =
            path[known.len()..].split(|&byte| byte == b'/').filter(|component| !component.is_empty());
        for component in missing {
            let made = self.make_implied(directory.as_fd(), component)?;
            if let Some(moment) = modified {
                fs::futimens(&directory, &modification(moment)).doing("set time of parent directory")?;
            }
            // the time of unpacking would make two copies of a layer differ
            modified = matches!(self.times, Times::Fixed).then(Moment::default);
            directory = made;
        }
        Ok((directory, modified))
    }

    fn make_implied(&mut self, parent: BorrowedFd<'_>, name: &[u8]) -> Result<OwnedFd, Fault> {
        let mode = Mode::from_raw_mode(0o755);
        fs::mkdirat(parent, name, mode).doing("make parent directory")?;
        let made = descent::open_directory(parent, name).doing("open parent directory")?;
        let (uid, gid) = self.ownership.of(0, 0);
        fs::fchown(&made, uid, gid).doing("set owner of parent directory")?;
        fs::fchmod(&made, mode).doing("set mode of parent directory")?;
        self.implied += 1;
        Ok(made)
    }
}

/// Overlayfs hides a name by a character device with the numbers 0, 0.
pub fn is_whiteout(stat: &Stat) -> bool {
    FileType::from_raw_mode(stat.st_mode) == FileType::CharacterDevice && stat.st_rdev == 0
}

//! Goes down and up a directory tree of any depth with one open descriptor.

use sys::Errno;
use sys::fd::{AsFd, BorrowedFd, OwnedFd};
use sys::fs::{self, Mode, OFlags, Stat};

/// What a file is on this machine: device and inode number.
pub type Identity = (u64, u64);

/// How directories are opened by their last name.
const DIRECTORY: OFlags = OFlags::DIRECTORY.union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);

/// Opens the directory `name` itself, not what a link of that name points to.
pub fn open_directory(parent: BorrowedFd<'_>, name: &[u8]) -> Result<OwnedFd, Errno> {
    fs::openat(parent, name, DIRECTORY, Mode::empty())
}

/// Who a file is.
pub fn identity(stat: &Stat) -> Identity {
    (stat.st_dev, stat.st_ino)
}

/// A place in a tree. The way back is `..`, checked against the directory that we came from, since somebody
/// may move directories meanwhile.
#[derive(Debug)]
pub struct Descent {
    here: OwnedFd,
    above: Vec<Identity>,
}

impl Descent {
    /// Begins at a directory.
    pub fn begin(start: BorrowedFd<'_>) -> Result<Self, Errno> {
        Ok(Self { here: open_directory(start, b".")?, above: Vec::new() })
    }

    /// The directory that we are in.
    pub fn here(&self) -> BorrowedFd<'_> {
        self.here.as_fd()
    }

    /// Goes into the directory `name`.
    pub fn enter(&mut self, name: &[u8]) -> Result<(), Errno> {
        let above = identity(&fs::fstat(&self.here)?);
        self.here = open_directory(self.here.as_fd(), name)?;
        self.above.push(above);
        Ok(())
    }

    /// Goes back up.
    ///
    /// # Errors
    /// `ESTALE` if the directory was moved elsewhere, or as openat(2).
    pub fn leave(&mut self) -> Result<(), Errno> {
        let above = open_directory(self.here.as_fd(), b"..")?;
        if self.above.pop() != Some(identity(&fs::fstat(&above)?)) {
            return Err(Errno::STALE);
        }
        self.here = above;
        Ok(())
    }
}

/// The names in a directory, without `.` and `..`, in no order.
pub fn names(directory: BorrowedFd<'_>) -> Result<Vec<Vec<u8>>, Errno> {
    let mut names = Vec::new();
    for entry in fs::Dir::read_from(directory)? {
        let entry = entry?;
        match entry.file_name().to_bytes() {
            b"." | b".." => {}
            name => names.push(name.to_vec()),
        }
    }
    Ok(names)
}

/// Removes the directory `name` and all below it, never following a link.
pub fn remove_tree(parent: BorrowedFd<'_>, name: &[u8]) -> Result<(), Errno> {
    let mut descent = Descent::begin(parent)?;
    descent.enter(name)?;
    let mut pending = vec![(name.to_vec(), names(descent.here())?)];
    while let Some((directory, left)) = pending.last_mut() {
        let Some(next) = left.pop() else {
            descent.leave()?;
            fs::unlinkat(descent.here(), directory.as_slice(), fs::AtFlags::REMOVEDIR)?;
            pending.pop();
            continue;
        };
        match fs::unlinkat(descent.here(), next.as_slice(), fs::AtFlags::empty()) {
            Ok(()) | Err(Errno::NOENT) => {}
            Err(Errno::ISDIR) => {
                descent.enter(&next)?;
                let below = names(descent.here())?;
                pending.push((next, below));
            }
            Err(errno) => return Err(errno),
        }
    }
    Ok(())
}

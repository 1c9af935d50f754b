//! Removing a tree in bounded memory, however deep and however wide it is.

use crate::descent::Descent;
use rustix::fd::BorrowedFd;
use rustix::fs::{self, AtFlags};
use rustix::io::{Errno, Result};

/// Most names of one directory that are held. With fewer, large directories would be read from their emptied beginning too often.
const BATCH: usize = 8192;

/// Of how many directories on the way down names are held; those further up are read again on the way back.
const HELD: usize = 8;

/// A directory on the way down.
struct Level {
    name: Vec<u8>,
    /// Some of the names in it.
    names: Vec<Vec<u8>>,
    /// Whether there may be more.
    more: bool,
}

impl Level {
    fn read(name: Vec<u8>, directory: BorrowedFd<'_>) -> Result<Self> {
        let mut names = Vec::new();
        for entry in fs::Dir::read_from(directory)? {
            let entry = entry?;
            match entry.file_name().to_bytes() {
                b"." | b".." => {}
                name => names.push(name.to_vec()),
            }
            if names.len() == BATCH {
                return Ok(Self { name, names, more: true });
            }
        }
        Ok(Self { name, names, more: false })
    }

    fn forget(&mut self) {
        if !self.names.is_empty() {
            self.names = Vec::new();
            self.more = true;
        }
    }
}

/// Removes everything in a directory, following no link.
pub(super) fn remove_content(directory: BorrowedFd<'_>) -> Result<()> {
    let mut descent = Descent::begin(directory)?;
    let mut levels = vec![Level::read(Vec::new(), descent.here())?];
    while let Some(level) = levels.last_mut() {
        if let Some(name) = level.names.pop() {
            if !remove_file(descent.here(), &name)? {
                enter(&mut descent, &mut levels, name)?;
            }
        } else if level.more {
            *level = Level::read(std::mem::take(&mut level.name), descent.here())?;
        } else {
            let name = std::mem::take(&mut level.name);
            levels.pop();
            if !levels.is_empty() {
                descent.leave()?;
                remove_directory(descent.here(), &name)?;
            }
        }
    }
    Ok(())
}

fn enter(descent: &mut Descent, levels: &mut Vec<Level>, name: Vec<u8>) -> Result<()> {
    match descent.enter(&name) {
        Err(Errno::NOENT) => return Ok(()),
        entered => entered?,
    }
    levels.push(Level::read(name, descent.here())?);
    if let Some(far) = levels.len().checked_sub(HELD + 1) {
        levels[far].forget();
    }
    Ok(())
}

/// Removes what is no directory. False if it is one.
pub(super) fn remove_file(parent: BorrowedFd<'_>, name: &[u8]) -> Result<bool> {
    match fs::unlinkat(parent, name, AtFlags::empty()) {
        Ok(()) | Err(Errno::NOENT) => Ok(true),
        Err(Errno::ISDIR) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Removes an empty directory.
pub(super) fn remove_directory(parent: BorrowedFd<'_>, name: &[u8]) -> Result<()> {
    match fs::unlinkat(parent, name, AtFlags::REMOVEDIR) {
        Ok(()) | Err(Errno::NOENT) => Ok(()),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::fd::AsFd;
    use std::fs::{create_dir_all, read_dir, write};

    #[test]
    fn what_is_wider_and_deeper_than_what_is_held_is_removed() {
        let root = tempfile::tempdir().unwrap();
        let mut path = root.path().to_path_buf();
        for _ in 0..3 * HELD {
            // on both sides of the way down, in whatever order they are read
            for name in ["a", "b/c", "m", "y/z"] {
                create_dir_all(path.join(name)).unwrap();
            }
            write(path.join("file"), "").unwrap();
            path.push("m");
        }
        for number in 0..2 * BATCH + 10 {
            write(path.join(number.to_string()), "").unwrap();
        }
        let directory = std::fs::File::open(root.path()).unwrap();
        remove_content(directory.as_fd()).unwrap();
        assert_eq!(read_dir(root.path()).unwrap().count(), 0);
    }
}

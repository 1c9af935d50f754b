//! What a source of `COPY` contributes, as a digest.

use super::select::Selected;
use crate::error::{At, Result};
use dockerfile::Ignore;
use oci::digest::Hasher;
use std::ffi::OsStr;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use sys::descent::{self, Step, Walk};
use sys::fs::{AtFlags, FileType, Stat};

/// Adds everything that a selected source contributes: names, kinds, modes, content; owners too if they are copied.
pub(super) fn digest(
    root: BorrowedFd<'_>,
    selected: &Selected,
    ignore: Option<&Ignore>,
    with_owners: bool,
    hasher: &mut Hasher,
) -> Result<()> {
    let path = &selected.path;
    let mut digesting = Digesting { ignore, with_owners, hasher };
    if selected.is_directory {
        let directory = sys::rooted::open_directory(root, path).at("open", path)?;
        digesting.hasher.field(b"directory");
        return digesting.below(directory.as_fd(), path);
    }
    let file = sys::rooted::open_handle(root, path).at("open", path)?;
    let stat = sys::fs::fstat(&file).at("stat", path)?;
    digesting.attributes(&stat);
    if FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile {
        digesting.content(sys::rooted::open_regular(root, path).at("open", path)?, path)?;
    }
    Ok(())
}

struct Digesting<'a> {
    ignore: Option<&'a Ignore>,
    with_owners: bool,
    hasher: &'a mut Hasher,
}

impl Digesting<'_> {
    fn below(&mut self, directory: BorrowedFd<'_>, path: &Path) -> Result<()> {
        let mut walk = Walk::begin(directory).at("list", path)?;
        let mut path = path.to_path_buf();
        while let Some(step) = walk.step() {
            let is_inside = match step {
                Step::Entry(name) => {
                    path.push(OsStr::from_bytes(&name));
                    self.entry(&mut walk, name, &path)?
                }
                Step::Complete(_) => {
                    walk.leave().at("leave", &path)?;
                    self.hasher.field(b"..");
                    false
                }
            };
            if !is_inside {
                path.pop();
            }
        }
        Ok(())
    }

    /// Adds one file. True if it is a directory, which the walk has entered then.
    fn entry(&mut self, walk: &mut Walk, name: Vec<u8>, path: &Path) -> Result<bool> {
        let here = walk.here();
        let stat = sys::fs::statat(here, name.as_slice(), AtFlags::SYMLINK_NOFOLLOW).at("stat", path)?;
        let kind = FileType::from_raw_mode(stat.st_mode);
        match visit(self.ignore, path, kind) {
            Visit::Skip => return Ok(false),
            Visit::Through => {}
            Visit::Take => {
                self.hasher.field(&name);
                self.attributes(&stat);
            }
        }
        match kind {
            FileType::Directory => {
                walk.enter(name).at("open", path)?;
                return Ok(true);
            }
            FileType::RegularFile => {
                self.content(descent::open_regular(here, &name).at("open", path)?, path)?;
            }
            FileType::Symlink => {
                let target = sys::fs::readlinkat(here, name.as_slice(), Vec::new()).at("read", path)?;
                self.hasher.field(target.as_bytes());
            }
            _ => self.hasher.field(&stat.st_rdev.to_le_bytes()),
        }
        Ok(false)
    }

    fn attributes(&mut self, stat: &Stat) {
        self.hasher.field(&stat.st_mode.to_le_bytes());
        if self.with_owners {
            self.hasher.field(&stat.st_uid.to_le_bytes());
            self.hasher.field(&stat.st_gid.to_le_bytes());
        }
    }

    fn content(&mut self, file: OwnedFd, path: &Path) -> Result<()> {
        content(file, path, self.hasher)
    }
}

/// Adds the digest of a file's content; `path` is what it is called in messages.
pub(super) fn content(file: OwnedFd, path: &Path, hasher: &mut Hasher) -> Result<()> {
    let mut own = Hasher::default();
    let mut buffer = [0; 64 << 10];
    loop {
        match sys::io::retry_on_intr(|| sys::io::read(&file, &mut buffer)).at("read", path)? {
            0 => break,
            read => own.update(&buffer[..read]),
        }
    }
    hasher.field(own.finish().hex().as_bytes());
    Ok(())
}

/// What a special file is: its kind and device number.
pub(super) fn device(root: BorrowedFd<'_>, path: &Path) -> Result<Vec<u8>> {
    let place = sys::rooted::place(root, path).at("look up", path)?;
    let stat = sys::fs::statat(&place.parent, &place.name, AtFlags::SYMLINK_NOFOLLOW).at("stat", path)?;
    Ok([u64::from(stat.st_mode).to_le_bytes(), stat.st_rdev.to_le_bytes()].concat())
}

/// What to do with a file of the context.
pub(super) enum Visit {
    Take,
    /// An excluded directory with something below it that is not.
    Through,
    Skip,
}

pub(super) fn visit(ignore: Option<&Ignore>, path: &Path, kind: FileType) -> Visit {
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

//! Putting companions into the stage, each at its own path. Links in the stage's root are followed on the way, inside of it.

use super::times::Directories;
use super::{Companion, Companions, Meeting, absent, open};
use crate::cancel::Stop;
use crate::error::{At, Error, Result};
use closure::{Id, Kind};
use engine::store::tree::{Copier, Entry, Existing};
use std::collections::HashMap;
use std::fs::File;
use std::io::Read;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use sys::Errno;
use sys::fs::{AtFlags, FileType, Mode, Stat};
use sys::rooted::Place;

impl Companions {
    /// Writes them into the root of a stage. What is there with the same content stays as it is, and so does every directory. When the sources are in
    /// `destination` too, what is returned is to be settled.
    pub(in crate::transfer) fn write<'a>(
        &'a self,
        root: BorrowedFd<'a>,
        destination: &Path,
        stop: &Stop<'_>,
    ) -> Result<Directories<'a>> {
        let directories = Directories::note(self, root, destination)?;
        let copier = Copier { existing: Existing::Merge, ..Copier::default() };
        let mut writing = Writing { companions: self, root, copier, written: HashMap::new() };
        for (path, companion) in &self.files {
            stop.check()?;
            if self.tree.is_directory(companion.id) {
                writing.directory(path)?;
            } else {
                writing.file(path, companion)?;
            }
        }
        Ok(directories)
    }
}

struct Writing<'a> {
    companions: &'a Companions,
    root: BorrowedFd<'a>,
    copier: Copier<'a>,
    /// Where files with several names have their first one.
    written: HashMap<Id, PathBuf>,
}

impl Writing<'_> {
    /// Makes a directory if there is none.
    fn directory(&self, path: &Path) -> Result<()> {
        if sys::rooted::open_directory(self.root, path).is_ok() {
            return Ok(());
        }
        let place = self.place(path)?;
        match sys::fs::mkdirat(&place.parent, &place.name, Mode::from_raw_mode(0o700)) {
            Err(Errno::EXIST) => Err(in_the_way(path, "a directory", "something that is none")),
            made => made.at("make directory", path),
        }
    }

    fn file(&mut self, path: &Path, companion: &Companion) -> Result<()> {
        let tree = &self.companions.tree;
        let node = tree.node(companion.id);
        let to = self.place(path)?;
        let existing = match sys::fs::statat(&to.parent, &to.name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) => Some(stat),
            Err(Errno::NOENT) => None,
            Err(errno) => return Err(errno).at("stat", path),
        };
        let first = node.first.unwrap_or(companion.id);
        if let Some(stat) = existing {
            if self.is_same(path, companion.id, &stat, &to)? {
                return Ok(());
            }
            match companion.meeting {
                Meeting::Replaces => {}
                Meeting::Yields => return Ok(()),
                Meeting::Refuses => return Err(another_c_library(path)),
            }
            if FileType::from_raw_mode(stat.st_mode) == FileType::Directory {
                return Err(in_the_way(path, "a file or link", "a directory"));
            }
        } else if let Some(first) = self.written.get(&first) {
            let from = self.place(first)?;
            return sys::fs::linkat(&from.parent, &from.name, &to.parent, &to.name, AtFlags::empty())
                .at("link", path);
        }
        let from = sys::rooted::place(tree.as_fd(), path).at("look up", path)?;
        let source = Entry { directory: from.parent.as_fd(), name: from.name.as_os_str().as_bytes() };
        let target = Entry { directory: to.parent.as_fd(), name: to.name.as_os_str().as_bytes() };
        self.copier.file(source, target, path)?;
        self.written.insert(first, path.to_path_buf());
        Ok(())
    }

    fn place(&self, path: &Path) -> Result<Place> {
        match sys::rooted::place(self.root, path) {
            Err(Errno::NOTDIR) => Err(in_the_way(path, "below a directory", "below something that is none")),
            place => place.at("look up", path),
        }
    }

    /// Whether the stage has the same content there.
    fn is_same(&self, path: &Path, id: Id, stat: &Stat, to: &Place) -> Result<bool> {
        let node = self.companions.tree.node(id);
        let kind = FileType::from_raw_mode(stat.st_mode);
        match &node.kind {
            Kind::Link(target) if kind == FileType::Symlink => {
                let own = sys::fs::readlinkat(&to.parent, &to.name, Vec::new()).at("read", path)?;
                Ok(own.as_bytes() == &**target)
            }
            Kind::File if kind == FileType::RegularFile && u64::try_from(stat.st_size) == Ok(node.size) => {
                let own = sys::descent::open_regular(to.parent.as_fd(), to.name.as_os_str().as_bytes());
                let own = File::from(own.at("open", path)?);
                same_content(own, File::from(open(&self.companions.tree, path)?)).at("read", path)
            }
            _ => Ok(false),
        }
    }
}

fn same_content(mut one: File, mut other: File) -> std::io::Result<bool> {
    let (mut left, mut right) = (vec![0; 64 << 10], vec![0; 64 << 10]);
    loop {
        let read = one.read(&mut left)?;
        if read == 0 {
            return Ok(other.read(&mut right[..1])? == 0);
        }
        match other.read_exact(&mut right[..read]) {
            Ok(()) if left[..read] == right[..read] => {}
            Ok(()) => return Ok(false),
            Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => return Ok(false),
            Err(error) => return Err(error),
        }
    }
}

fn in_the_way(path: &Path, wanted: &str, existing: &str) -> Error {
    let path = absent::shown(&path.to_string_lossy());
    Error::Context(format!("COPY --closure: {path} is {wanted} in the source, and {existing} in this stage"))
}

fn another_c_library(path: &Path) -> Error {
    let path = absent::shown(&path.to_string_lossy());
    Error::Context(format!(
        "COPY --closure: this stage has another {path}, and programs of one C library do not run with another: \
         begin with FROM scratch, or with what the source begins with"
    ))
}

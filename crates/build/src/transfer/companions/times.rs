//! Times of directories. A copy changes those of every directory that it writes into; so that the layer is the same each time, they are put right at the end.

use super::{Companion, Companions};
use crate::error::{At, Result};
use engine::store::tree::Copier;
use std::collections::BTreeMap;
use std::os::fd::{AsFd, BorrowedFd};
use std::path::{Path, PathBuf};
use sys::Errno;
use sys::fs::{Nsecs, Stat, Timespec, Timestamps};

/// The directories that a copy may write into, and what they were before.
#[derive(Debug)]
pub(in crate::transfer) struct Directories<'a> {
    companions: &'a Companions,
    root: BorrowedFd<'a>,
    /// By path; none of one that is not there yet.
    before: BTreeMap<PathBuf, Option<Stat>>,
}

impl<'a> Directories<'a> {
    /// Those of companions and of a destination in the root of a stage.
    pub(super) fn note(companions: &'a Companions, root: BorrowedFd<'a>, destination: &Path) -> Result<Self> {
        let mut before = BTreeMap::new();
        let own = companions.files.iter().filter_map(|(path, Companion { id, .. })| {
            if companions.tree.is_directory(*id) { Some(path.as_path()) } else { path.parent() }
        });
        for path in own.chain([destination]).flat_map(Path::ancestors) {
            if !before.contains_key(path) {
                before.insert(path.to_path_buf(), stat(root, path)?);
            }
        }
        Ok(Self { companions, root, before })
    }

    /// Puts their times right: those of before; of a new one its source's, or else those of `source`, a file that went into it.
    pub(in crate::transfer) fn settle(self, source: Option<&Stat>) -> Result<()> {
        // the inner ones first, as they are made
        for (path, before) in self.before.iter().rev() {
            let Some(now) = stat(self.root, path)? else { continue };
            let companion = self.companions.files.get(path).filter(|_| before.is_none());
            if let Some(Companion { id, .. }) = companion
                && self.companions.tree.is_directory(*id)
            {
                self.describe(path)?;
                continue;
            }
            let times = before.as_ref().or(source).map_or_else(|| timestamps(0, 0), modification);
            if times.last_modification != modification(&now).last_modification {
                let directory = sys::rooted::open_directory(self.root, path).at("open", path)?;
                sys::fs::futimens(&directory, &times).at("set times of", path)?;
            }
        }
        Ok(())
    }

    /// Gives a directory owner, mode, attributes and times of its source.
    fn describe(&self, path: &Path) -> Result<()> {
        let from = sys::rooted::open_directory(self.companions.tree.as_fd(), path).at("open", path)?;
        let to = sys::rooted::open_directory(self.root, path).at("open", path)?;
        Ok(Copier::default().describe(from.as_fd(), to.as_fd(), path)?)
    }
}

/// A directory's state; none if there is none.
fn stat(root: BorrowedFd<'_>, path: &Path) -> Result<Option<Stat>> {
    match sys::rooted::open_directory(root, path) {
        Ok(directory) => sys::fs::fstat(&directory).at("stat", path).map(Some),
        Err(Errno::NOENT | Errno::NOTDIR | Errno::LOOP) => Ok(None),
        Err(errno) => Err(errno).at("open", path),
    }
}

fn modification(stat: &Stat) -> Timestamps {
    timestamps(stat.st_mtime, stat.st_mtime_nsec as Nsecs)
}

fn timestamps(seconds: i64, nanoseconds: Nsecs) -> Timestamps {
    let time = Timespec { tv_sec: seconds, tv_nsec: nanoseconds };
    Timestamps { last_access: time, last_modification: time }
}

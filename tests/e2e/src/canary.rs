//! A tree on the host that no hostile image may touch.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A directory with files in it, remembered as they were.
#[derive(Debug)]
pub struct Canary {
    place: TempDir,
    before: BTreeMap<PathBuf, String>,
}

impl Canary {
    /// Makes one.
    ///
    /// # Panics
    /// If it cannot.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "making files is not a default")]
    pub fn new() -> Self {
        let place = tempfile::Builder::new().prefix("tare-canary-").tempdir().expect("a temporary directory");
        let root = place.path();
        for name in ["null", "zero", "console", "ptmx", "core_pattern", "file", "self/fd/file"] {
            let path = root.join(name);
            fs::create_dir_all(path.parent().expect("it is in the canary")).expect("make a directory");
            fs::write(&path, format!("canary {name}")).expect("write a file");
            fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).expect("set a mode");
        }
        for name in ["pts", "shm", "mqueue", "sys", "fs/cgroup"] {
            fs::create_dir_all(root.join(name)).expect("make a directory");
        }
        let before = survey(root);
        Self { place, before }
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.place.path()
    }

    /// The same as text.
    #[must_use]
    pub fn name(&self) -> String {
        self.path().display().to_string()
    }

    /// It is as it was: every inode, its content, mode, owner and times.
    ///
    /// # Panics
    /// If it is not.
    #[track_caller]
    pub fn is_untouched(&self) {
        assert_eq!(survey(self.path()), self.before, "the canary was touched");
    }
}

fn survey(root: &Path) -> BTreeMap<PathBuf, String> {
    let mut found = BTreeMap::new();
    let mut waiting = vec![root.to_path_buf()];
    while let Some(path) = waiting.pop() {
        let metadata = fs::symlink_metadata(&path).expect("the canary can be read");
        let content = if metadata.is_file() { fs::read(&path).expect("read a file") } else { Vec::new() };
        let (inode, mode, uid, gid) = (metadata.ino(), metadata.mode(), metadata.uid(), metadata.gid());
        let changed = (metadata.ctime(), metadata.ctime_nsec());
        found.insert(path.clone(), format!("{inode} {mode:o} {uid}:{gid} {changed:?} {content:?}"));
        if metadata.is_dir() {
            let entries = fs::read_dir(&path).expect("list a directory");
            waiting.extend(entries.map(|entry| entry.expect("list a directory").path()));
        }
    }
    found
}

//! A directory to unpack into, and beside it a canary that no input may touch.

use std::fs::{self, File, Permissions};
use std::os::fd::AsFd;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
use std::path::{Path, PathBuf};

/// What an inode was like. The time of its last change tells of content, mode, owner, links and attributes alike.
type Inode = (PathBuf, [u64; 7], [i64; 4]);

/// A private directory: `canary/`, and `inside/` for what belongs to the input in hand.
#[derive(Debug)]
pub struct Place {
    base: PathBuf,
    before: Vec<Inode>,
}

impl Place {
    /// Makes one in the directory for temporary files. It outlives the process, which libFuzzer ends abruptly:
    /// who starts the process gives it a `TMPDIR` of its own and removes that.
    ///
    /// # Panics
    /// If it cannot be made.
    #[must_use]
    pub fn new() -> Self {
        let base = tempfile::Builder::new().prefix("f").tempdir().expect("a temporary directory").keep();
        plant(&base.join("canary")).expect("the canary can be made");
        fs::create_dir(base.join("inside")).expect("the inside can be made");
        let before = survey(&base);
        Self { base, before }
    }

    /// The directory that holds everything.
    #[must_use]
    pub fn base(&self) -> &Path {
        &self.base
    }

    /// What belongs to one input.
    #[must_use]
    pub fn inside(&self) -> PathBuf {
        self.base.join("inside")
    }

    /// Makes an empty directory inside.
    ///
    /// # Panics
    /// If it cannot.
    #[must_use]
    pub fn root(&self, name: &str) -> PathBuf {
        let root = self.inside().join(name);
        fs::create_dir(&root).expect("an empty directory can be made");
        root
    }

    /// Removes a directory inside, whatever an input put there.
    ///
    /// # Panics
    /// If it cannot be removed: that is a finding.
    pub fn remove(&self, name: &str) {
        let inside = File::open(self.inside()).expect("the inside opens");
        sys::rooted::remove_all(inside.as_fd(), Path::new(name)).expect("what was unpacked can be removed");
        assert!(!self.inside().join(name).exists(), "it is removed");
    }

    /// Nothing outside of the inside was touched.
    ///
    /// # Panics
    /// If it was.
    pub fn is_untouched(&self) {
        let now = survey(&self.base);
        if now != self.before {
            let changed: Vec<_> = now.iter().filter(|inode| !self.before.contains(inode)).collect();
            panic!("the canary was touched: {changed:#?}\nbefore: {:#?}", self.before);
        }
    }
}

impl Default for Place {
    fn default() -> Self {
        Self::new()
    }
}

fn plant(canary: &Path) -> std::io::Result<()> {
    fs::create_dir_all(canary.join("dir/below"))?;
    for (name, mode) in [("file", 0o640), ("setuid", 0o4755), ("dir/file", 0o600), ("dir/below/file", 0o444)]
    {
        fs::write(canary.join(name), name)?;
        chown(canary.join(name), Some(1234), Some(4321))?;
        fs::set_permissions(canary.join(name), Permissions::from_mode(mode))?;
    }
    symlink("file", canary.join("link"))
}

/// Looks at everything in `base`, and at `inside` as a name only.
fn survey(base: &Path) -> Vec<Inode> {
    let mut found = Vec::new();
    let mut waiting = vec![base.to_path_buf()];
    while let Some(path) = waiting.pop() {
        let stat = path.symlink_metadata().expect("the canary can be looked at");
        if path == base.join("inside") {
            found.push((path, [0; 7], [0; 4]));
            continue;
        }
        let numbers = [
            stat.ino(),
            stat.mode().into(),
            stat.uid().into(),
            stat.gid().into(),
            stat.nlink(),
            stat.size(),
            stat.rdev(),
        ];
        let times = [stat.mtime(), stat.mtime_nsec(), stat.ctime(), stat.ctime_nsec()];
        if stat.is_dir() {
            let entries = fs::read_dir(&path).expect("the canary can be listed");
            waiting.extend(entries.map(|entry| entry.expect("an entry").path()));
        }
        found.push((path, numbers, times));
    }
    found.sort();
    found
}

//! Whole trees copied, merged, filtered and refused.

use super::*;
use std::fs::{self as files, File};
use std::os::fd::AsFd;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, lchown, symlink};
use sys::fs::XattrFlags;

/// Two directories, `source` and `target`.
struct Bed(tempfile::TempDir);

impl Bed {
    /// None without the rights to make devices and give files away.
    fn new() -> Option<Self> {
        if !sys::process::geteuid().is_root() {
            eprintln!("skipped: needs root");
            return None;
        }
        let bed = Self(tempfile::tempdir().unwrap());
        files::create_dir(bed.source("")).unwrap();
        files::create_dir(bed.target("")).unwrap();
        Some(bed)
    }

    fn source(&self, path: &str) -> PathBuf {
        self.0.path().join("source").join(path)
    }

    fn target(&self, path: &str) -> PathBuf {
        self.0.path().join("target").join(path)
    }

    fn copy(&self, copier: &Copier<'_>) -> Result<()> {
        let (source, target) = (File::open(self.source("")).unwrap(), File::open(self.target("")).unwrap());
        copier.contents(source.as_fd(), target.as_fd(), Path::new("from"))
    }
}

const MERGE: Existing = Existing::Merge;

fn node(path: &Path, kind: FileType, mode: u32) {
    let device = if kind == FileType::CharacterDevice { fs::makedev(1, 3) } else { 0 };
    fs::mknodat(fs::CWD, path, kind, Mode::from_raw_mode(mode), device).unwrap();
}

fn set_time(path: &Path, seconds: u64) {
    let time = std::time::UNIX_EPOCH + std::time::Duration::new(seconds, 42);
    File::open(path).unwrap().set_times(files::FileTimes::new().set_modified(time)).unwrap();
}

fn attribute(path: &Path, name: &str) -> Option<Vec<u8>> {
    let mut value = vec![0; 64];
    let length = fs::getxattr(path, name, &mut value).ok()?;
    value.truncate(length);
    Some(value)
}

#[test]
fn a_tree_is_copied_with_all_that_belongs_to_it() {
    let Some(bed) = Bed::new() else { return };
    files::create_dir_all(bed.source("a/b/c")).unwrap();
    files::write(bed.source("a/file"), "content").unwrap();
    files::hard_link(bed.source("a/file"), bed.source("a/b/second")).unwrap();
    symlink("/etc/passwd", bed.source("a/link")).unwrap();
    lchown(bed.source("a/link"), Some(5), Some(6)).unwrap();
    chown(bed.source("a/b"), Some(7), Some(8)).unwrap();
    files::set_permissions(bed.source("a/b"), files::Permissions::from_mode(0o2751)).unwrap();
    File::create(bed.source("hole")).unwrap().set_len(1 << 20).unwrap();
    node(&bed.source("fifo"), FileType::Fifo, 0o622);
    node(&bed.source("null"), FileType::CharacterDevice, 0o600);
    node(&bed.source("socket"), FileType::Socket, 0o600);
    set_time(&bed.source("a"), 1000);
    bed.copy(&Copier::default()).unwrap();
    let facts = |path: PathBuf| {
        let m = files::symlink_metadata(path).unwrap();
        (m.mode(), m.uid(), m.gid(), m.size(), m.mtime(), m.mtime_nsec(), m.rdev(), m.nlink())
    };
    for path in ["a", "a/file", "a/b", "a/b/second", "a/b/c", "a/link", "hole", "fifo", "null"] {
        assert_eq!(facts(bed.source(path)), facts(bed.target(path)), "{path}");
    }
    let inode = |path: &str| files::metadata(bed.target(path)).unwrap().ino();
    assert_eq!(inode("a/file"), inode("a/b/second"));
    assert_eq!(files::read_to_string(bed.target("a/file")).unwrap(), "content");
    assert!(files::metadata(bed.target("hole")).unwrap().blocks() < 100);
    assert!(!bed.target("socket").exists());
    let error = bed.copy(&Copier::default()).unwrap_err();
    assert!(error.to_string().contains("File exists"), "{error}");
}

#[test]
fn attributes_of_the_content_are_copied_and_access_lists_on_demand() {
    /// Version 2; owner rwx, user 5 r--, group ---, mask r--, others ---: as acl(5) lays it out in the attribute.
    const LIST: &[u8] = b"\x02\0\0\0\x01\0\x07\0\xff\xff\xff\xff\x02\0\x04\0\x05\0\0\0\
        \x04\0\0\0\xff\xff\xff\xff\x10\0\x04\0\xff\xff\xff\xff\x20\0\0\0\xff\xff\xff\xff";
    let Some(bed) = Bed::new() else { return };
    files::write(bed.source("file"), "").unwrap();
    let set =
        |name: &str, value: &[u8]| fs::setxattr(bed.source("file"), name, value, XattrFlags::empty()).is_ok();
    assert!(set("user.note", b"kept") && set("trusted.note", b"lost"));
    let has_lists = set("system.posix_acl_access", LIST);
    bed.copy(&Copier::default()).unwrap();
    assert_eq!(attribute(&bed.target("file"), "user.note").unwrap(), b"kept");
    assert_eq!(attribute(&bed.target("file"), "trusted.note"), None);
    assert_eq!(attribute(&bed.target("file"), "system.posix_acl_access"), None);
    bed.copy(&Copier { access_lists: true, existing: MERGE, ..Copier::default() }).unwrap();
    assert_eq!(attribute(&bed.target("file"), "system.posix_acl_access").is_some(), has_lists);
}

#[test]
fn existing_directories_are_merged_and_files_replaced() {
    let Some(bed) = Bed::new() else { return };
    for root in [bed.source("d"), bed.target("d")] {
        files::create_dir(&root).unwrap();
        files::write(root.join("file"), root.to_str().unwrap()).unwrap();
        files::hard_link(root.join("file"), root.join("second")).unwrap();
    }
    files::write(bed.target("d/kept"), "").unwrap();
    symlink("/nowhere", bed.target("new")).unwrap();
    files::write(bed.source("new"), "new").unwrap();
    chown(bed.source("d"), Some(7), Some(8)).unwrap();
    set_time(&bed.source("d"), 1000);
    let ownership = Ownership::Set(3, 4);
    bed.copy(&Copier { existing: MERGE, ownership, mode: Some(0o710), ..Copier::default() }).unwrap();
    for path in ["d", "d/file", "d/second", "new"] {
        let metadata = files::symlink_metadata(bed.target(path)).unwrap();
        assert_eq!((metadata.uid(), metadata.gid(), metadata.mode() & 0o7777), (3, 4, 0o710), "{path}");
    }
    assert_eq!(files::metadata(bed.target("d")).unwrap().mtime(), 1000);
    assert_eq!(files::read_to_string(bed.target("d/second")).unwrap(), bed.source("d").to_str().unwrap());
    assert_eq!(files::read_to_string(bed.target("new")).unwrap(), "new");
    assert!(bed.target("d/kept").exists());
}

#[test]
fn directories_and_files_do_not_replace_each_other() {
    let Some(bed) = Bed::new() else { return };
    files::create_dir(bed.source("a")).unwrap();
    let copy = || bed.copy(&Copier { existing: MERGE, ..Copier::default() }).unwrap_err().to_string();
    symlink("/tmp", bed.target("a")).unwrap();
    assert_eq!(copy(), "cannot copy the directory from/a over something that is none");
    files::remove_file(bed.target("a")).unwrap();
    files::write(bed.target("a"), "").unwrap();
    assert_eq!(copy(), "cannot copy the directory from/a over something that is none");
    files::remove_dir(bed.source("a")).unwrap();
    files::write(bed.source("a"), "").unwrap();
    files::remove_file(bed.target("a")).unwrap();
    files::create_dir(bed.target("a")).unwrap();
    assert_eq!(copy(), "cannot copy the file from/a over a directory");
}

#[test]
fn what_the_filter_says_is_left_out_and_stop_stops() {
    let Some(bed) = Bed::new() else { return };
    files::create_dir_all(bed.source("a/b")).unwrap();
    files::write(bed.source("a/b/file"), "").unwrap();
    files::write(bed.source("a/file"), "").unwrap();
    let filter = |path: &Path, kind| path != Path::new("from/a/b") || kind != FileType::Directory;
    bed.copy(&Copier { filter: &filter, ..Copier::default() }).unwrap();
    assert!(bed.target("a/file").exists() && !bed.target("a/b").exists());
    let stopped = bed.copy(&Copier { stop: &|| true, ..Copier::default() });
    assert!(matches!(stopped, Err(Error::Canceled)));
}

#[test]
fn a_tree_deeper_than_a_path_may_be_is_copied() {
    let Some(bed) = Bed::new() else { return };
    let mode = Mode::from_raw_mode(0o700);
    let mut descent = Descent::begin(File::open(bed.source("")).unwrap().as_fd()).unwrap();
    for _ in 0..3000 {
        fs::mkdirat(descent.here(), "directory", mode).unwrap();
        descent.enter(b"directory").unwrap();
    }
    bed.copy(&Copier::default()).unwrap();
    let mut walk = Walk::begin(File::open(bed.target("")).unwrap().as_fd()).unwrap();
    let mut depth = 0;
    while let Some(Step::Entry(name)) = walk.step() {
        walk.enter(name).unwrap();
        depth += 1;
    }
    assert_eq!(depth, 3000);
    let parent = File::open(bed.0.path()).unwrap();
    for name in ["source", "target"] {
        sys::rooted::remove_all(parent.as_fd(), Path::new(name)).unwrap();
    }
}

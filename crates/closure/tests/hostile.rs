//! Images that want more stack or time than they are worth.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on ends")]

use closure::{Closure, Reason, Setting, Size, Tree};
use std::fs::File;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use sys::fs::{Mode, OFlags};

/// Less than a frame for each directory or word.
const STACK: usize = 256 << 10;
const DEPTH: usize = 6000;

fn on_little_stack(test: impl FnOnce() + Send + 'static) {
    std::thread::Builder::new().stack_size(STACK).spawn(test).unwrap().join().unwrap();
}

#[test]
fn directories_of_any_depth_are_kept() {
    on_little_stack(|| {
        let place = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(place.path().join("run")).unwrap();
        let mut at = OwnedFd::from(File::open(place.path().join("run")).unwrap());
        for _ in 0..DEPTH {
            sys::fs::mkdirat(&at, "d", Mode::from_raw_mode(0o755)).unwrap();
            at = sys::fs::openat(&at, "d", OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty()).unwrap();
        }
        let root = File::open(place.path()).unwrap();
        let tree = Tree::read(root.as_fd().try_clone_to_owned().unwrap()).unwrap();
        let setting = Setting::default();
        let mut closure = Closure::new(&tree, &setting, Size::Safe);
        closure.keep_tree(tree.find("/run").unwrap(), &Reason::Policy("a test"));
        closure.settle();
        assert!(closure.len() > DEPTH);
        // deeper than the standard library's own removal may go
        sys::rooted::remove_all(root.as_fd(), Path::new("run")).unwrap();
    });
}

#[test]
fn commands_that_start_one_another_for_ever_end() {
    on_little_stack(|| {
        let place = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(place.path().join("bin")).unwrap();
        let env = place.path().join("bin/env");
        std::fs::write(&env, "#!/bin/env\n").unwrap();
        std::fs::set_permissions(&env, std::fs::Permissions::from_mode(0o755)).unwrap();
        let tree = Tree::read(OwnedFd::from(File::open(place.path()).unwrap())).unwrap();
        let setting = Setting { command: vec!["env".to_owned(); 200_000], ..Setting::default() };
        let mut closure = Closure::new(&tree, &setting, Size::Safe);
        closure.begin();
        closure.settle();
        assert!(closure.contains(tree.find("/bin/env").unwrap()));
    });
}

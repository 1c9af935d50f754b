//! Changes of a container, as its processes make them.

use super::*;
use crate::containers::tests::testbed::Testbed;
use std::fs::{self as files, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};

fn fill(root: &Path) {
    for directory in ["a", "b/c", "d/e", "f", "kept", "was", "whole/x"] {
        files::create_dir_all(root.join(directory)).unwrap();
    }
    for file in
        ["a/1", "a/2", "b/c/3", "d/e/4", "f/5", "kept/6", "was/7", "whole/8", "whole/x/9", "plain", "exe"]
    {
        files::write(root.join(file), file).unwrap();
    }
}

/// Changes a container's files as its processes would.
fn change(root: &Path) {
    files::write(root.join("a/1"), "other").unwrap();
    files::write(root.join("a/new"), "").unwrap();
    files::create_dir_all(root.join("b/c/made/below")).unwrap();
    files::remove_dir_all(root.join("d/e")).unwrap();
    files::set_permissions(root.join("f"), Permissions::from_mode(0o700)).unwrap();
    // opened for writing: copied up, but the same
    drop(files::OpenOptions::new().append(true).open(root.join("kept/6")).unwrap());
    files::remove_dir_all(root.join("was")).unwrap();
    symlink("a", root.join("was")).unwrap();
    // replaced: opaque
    files::remove_dir_all(root.join("whole")).unwrap();
    files::create_dir(root.join("whole")).unwrap();
    files::write(root.join("whole/8"), "again").unwrap();
    files::remove_file(root.join("plain")).unwrap();
    files::create_dir(root.join("plain")).unwrap();
    files::write(root.join("plain/in"), "").unwrap();
    files::write(root.join("soon"), "").unwrap();
    files::remove_file(root.join("soon")).unwrap();
}

#[test]
fn as_docker_diff_shows_it() {
    let Some(bed) = Testbed::new() else { return };
    let layers = [bed.layer(|_| {}), bed.layer(fill)];
    let record = bed.container("web", &layers, Vec::new());
    assert_eq!(diff(&bed.engine, "web").unwrap(), []);
    let running = bed.run(&record);
    change(&running.root());
    let expected = [
        "C /a",
        "C /a/1",
        "A /a/new",
        "C /b",
        "C /b/c",
        "A /b/c/made",
        "A /b/c/made/below",
        "C /d",
        "D /d/e",
        "C /f",
        "C /plain",
        "A /plain/in",
        "C /was",
        "C /whole",
        "C /whole/8",
        "D /whole/x",
    ];
    let found = || -> Vec<String> {
        let changes = diff(&bed.engine, "web").unwrap();
        changes.iter().map(|change| format!("{} {}", change.kind.letter(), change.path.display())).collect()
    };
    assert_eq!(found(), expected);
    drop(running);
    assert_eq!(found(), expected);
}

#[test]
fn a_container_of_an_empty_image() {
    let Some(bed) = Testbed::new() else { return };
    let record = bed.container("bare", &[], Vec::new());
    files::write(bed.directory_of(&record).data.join("rw/upper/x"), "").unwrap();
    let changes = diff(&bed.engine, "bare").unwrap();
    assert_eq!(changes, [Change { kind: Kind::Added, path: "/x".into() }]);
}

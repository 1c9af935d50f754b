//! What an export has and what it has not.

use super::*;
use crate::containers::tests::testbed::Testbed;
use std::fs;

fn names(bed: &Testbed) -> String {
    let mut tar = Vec::new();
    export(&bed.engine, "web", &mut tar).unwrap();
    let target = tempfile::tempdir().unwrap();
    let directory = fs::File::open(target.path()).unwrap();
    changeset::unpack(&mut &tar[..], std::os::fd::AsFd::as_fd(&directory), &changeset::Unpack::default())
        .unwrap();
    let list = |below: &str| {
        let entries = fs::read_dir(target.path().join(below)).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names.join(" ")
    };
    format!("{} / {} / {}", list(""), list("data"), fs::read_to_string(target.path().join("file")).unwrap())
}

#[test]
fn the_merged_tree_without_what_is_mounted() {
    let Some(bed) = Testbed::new() else { return };
    let layer = bed.layer(|root| {
        fs::create_dir(root.join("data")).unwrap();
        fs::write(root.join("exe"), "").unwrap();
        fs::write(root.join("file"), "image").unwrap();
        fs::write(root.join("gone"), "image").unwrap();
    });
    let volume = bed.volume("v", "/data", false);
    fs::write(volume.source.join("secret"), "").unwrap();
    let record = bed.container("web", &[layer], vec![volume]);
    let running = bed.run(&record);
    fs::write(running.root().join("file"), "changed").unwrap();
    fs::remove_file(running.root().join("gone")).unwrap();
    assert!(running.root().join("data/secret").exists());
    let expected = "data dev etc exe file proc sys /  / changed";
    assert_eq!(names(&bed), expected);
    drop(running);
    assert_eq!(names(&bed), expected);
}

//! `tare system check`: damage is found, named, and made right where it can be.

use e2e::{Distribution, Root, TestEngine};
use std::fs;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

/// The files of a kind below the data root, the largest first.
fn largest(directory: &Path) -> PathBuf {
    let mut files = Vec::new();
    let mut waiting = vec![directory.to_path_buf()];
    while let Some(directory) = waiting.pop() {
        for entry in fs::read_dir(directory).unwrap().flatten() {
            if entry.file_type().unwrap().is_dir() {
                waiting.push(entry.path());
            } else if entry.file_type().unwrap().is_file() {
                files.push((entry.metadata().unwrap().len(), entry.path()));
            }
        }
    }
    files.into_iter().max().unwrap().1
}

fn damage(path: &Path) {
    let file = fs::OpenOptions::new().read(true).write(true).open(path).unwrap();
    let middle = file.metadata().unwrap().len() / 2;
    let mut byte = [0];
    file.read_exact_at(&mut byte, middle).unwrap();
    file.write_all_at(&[byte[0] ^ 0xff], middle).unwrap();
}

#[test]
fn what_a_registry_has_is_repaired() {
    let Some(engine) = TestEngine::new() else { return };
    if !e2e::needs_programs(&["docker-registry"]) {
        return;
    }
    let registry = Distribution::temporary().start();
    let image = format!("{}/app:1", registry.host());
    engine.tare(["tag", "busybox", &image]).ok();
    engine.tare(["push", "-q", &image]).ok();
    engine.tare(["rmi", "-f", "busybox", &image]).ok();
    engine.tare(["system", "prune", "-af"]).ok();
    engine.tare(["pull", "-q", &image]).ok();
    assert!(engine.tare(["system", "check"]).text().ends_with("all is well"));
    for kind in ["blobs", "layers"] {
        damage(&largest(&engine.data_root().join(kind)));
        let found = engine.tare(["system", "check"]);
        assert_eq!(found.code, 1, "{found:?}");
        assert!(found.out.contains(&format!("needed by image {image}")), "{found:?}");
        let repaired = engine.tare(["system", "check", "--repair"]).text();
        assert!(repaired.contains("repaired"), "{repaired}");
        assert_eq!(engine.tare(["system", "check", "-q"]).text(), "");
    }
    // a document that is gone altogether
    for entry in fs::read_dir(engine.data_root().join("blobs/sha256")).unwrap().flatten() {
        fs::remove_file(entry.path()).unwrap();
    }
    assert!(engine.tare(["system", "check"]).out.contains("is missing"));
    engine.tare(["system", "check", "--repair"]).ok();
    assert_eq!(engine.tare(["run", "--rm", "--network", "none", &image, "echo", "well"]).text(), "well");
}

#[test]
fn what_nobody_else_has_is_told_and_left() {
    let Some(engine) = TestEngine::empty() else { return };
    engine.import("only-here", &Root::scratch().file("/f", 0o644, vec![b'x'; 10_000]), &[]);
    let file = largest(&engine.data_root().join("layers"));
    damage(&file);
    let said = engine.tare(["system", "check", "--repair"]);
    assert_eq!(said.code, 1, "{said:?}");
    assert!(said.out.contains("cannot be repaired from here") && said.out.contains("only-here"), "{said:?}");
    assert!(file.exists(), "what is damaged is all that there is");
}

//! Other engines' programs read what we save, and the other way round.

use super::kit::*;
use images::find;
use oci::Digest;
use std::path::Path;
use std::process::{Command, Output};

/// Runs a program that may not be there. As root it would leave a cache in `/var/lib`, so it is told that it is not.
fn run(program: &str, arguments: &[&str], home: &Path) -> Option<Output> {
    let own = [("_CONTAINERS_ROOTLESS_UID", "1".as_ref()), ("XDG_DATA_HOME", home), ("TMPDIR", home)];
    match Command::new(program).args(arguments).envs(own).output() {
        Ok(output) => {
            let told = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{program} {arguments:?}: {told}");
            Some(output)
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            println!("skipped: {program} is not installed");
            None
        }
        Err(error) => panic!("{program}: {error}"),
    }
}

fn copy(place: &Place, from: &str, to: &str) -> Option<()> {
    run("skopeo", &["--insecure-policy", "copy", "--quiet", from, to], place.directory.path()).map(drop)
}

/// Saves an image of two layers and gives the archive's path as text.
fn saved(place: &Place) -> (Digest, String) {
    let (first, second) = (layer("one"), [layer("two"), vec![0; 512]].concat());
    let packed = gzip(&second);
    let configuration = configuration(&[Digest::of(&first), Digest::of(&second)]);
    let manifest = manifest(&configuration, &[(LAYER, &first), (&format!("{LAYER}+gzip"), &packed)]);
    let archive = oci_archive(MANIFEST, &manifest, "example/app:1", &[&configuration, &first, &packed]);
    let id = place.load(&*archive).unwrap()[0].id;
    let path = place.directory.path().join("saved.tar");
    std::fs::write(&path, place.save(&["example/app:1"])).unwrap();
    (id, path.to_str().unwrap().to_owned())
}

fn load(path: &Path) -> (Place, Digest) {
    let place = Place::new();
    let id = place.load(std::fs::File::open(path).unwrap()).unwrap()[0].id;
    (place, id)
}

#[test]
fn skopeo_reads_and_writes_each_format() {
    if !is_root() {
        return;
    }
    let place = Place::new();
    let (id, archive) = saved(&place);
    let at = |name: &str| place.directory.path().join(name);
    for (number, from) in ["docker-archive", "oci-archive"].into_iter().enumerate() {
        for to in ["docker-archive", "oci-archive"] {
            let target = at(&format!("{number}-{to}"));
            let name = if to == "docker-archive" { ":example/app:1" } else { ":docker.io/example/app:1" };
            let Some(()) =
                copy(&place, &format!("{from}:{archive}"), &format!("{to}:{}{name}", target.display()))
            else {
                return;
            };
            let (other, loaded) = load(&target);
            assert_eq!(other.refs(), ["example/app:1"], "{from} to {to}");
            // an OCI archive keeps the configuration's bytes; Docker's has others if they came from OCI's
            let found = find(&other.store, "example/app:1").unwrap().configuration;
            let original = find(&place.store, "example/app:1").unwrap().configuration;
            assert_eq!(found.rootfs, original.rootfs, "{from} to {to}");
            if from == to {
                assert_eq!(loaded, id, "{from} to {to}");
            }
        }
    }
    let layout = at("layout");
    copy(&place, &format!("oci-archive:{archive}"), &format!("oci:{}:x", layout.display())).unwrap();
    let other = Place::new();
    let options = images::load::Load::default();
    let loaded = images::load::load_directory(&other.store, &layout, &options, &mut |_| {}).unwrap();
    assert_eq!(loaded[0].id, id);
}

#[test]
fn podman_reads_and_writes_each_format() {
    if !is_root() {
        return;
    }
    let place = Place::new();
    let (id, archive) = saved(&place);
    let at = |name: &str| place.directory.path().join(name).to_str().unwrap().to_owned();
    let (root, run_root, temporary) = (at("podman"), at("podman-run"), at("podman-tmp"));
    let podman = |arguments: &[&str]| {
        let own =
            ["--root", &root, "--runroot", &run_root, "--tmpdir", &temporary, "--storage-driver", "vfs"];
        run("podman", &[&own[..], &["--events-backend", "none"], arguments].concat(), place.directory.path())
    };
    let Some(output) = podman(&["load", "--quiet", "--input", &archive]) else { return };
    assert!(String::from_utf8_lossy(&output.stdout).contains("docker.io/example/app:1"), "{output:?}");
    let listed = podman(&["images", "--no-trunc", "--quiet", "docker.io/example/app:1"]).unwrap();
    assert_eq!(String::from_utf8_lossy(&listed.stdout).trim(), id.to_string());
    for format in ["docker-archive", "oci-archive"] {
        let target = at(format);
        podman(&["save", "--quiet", "--format", format, "--output", &target, "docker.io/example/app:1"])
            .unwrap();
        let (other, loaded) = load(Path::new(&target));
        assert_eq!((loaded, other.refs()), (id, vec!["example/app:1".to_owned()]), "{format}");
    }
}

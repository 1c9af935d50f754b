//! Archives that lie about their content or reach outside: each is a clear error and leaves no name and nothing half-made.

use super::kit::*;
use oci::Digest;
use serde_json::json;
use std::io::{Cursor, Read};
use tar::EntryType;

/// An OCI archive of one plain layer, and its parts.
fn good() -> (Vec<u8>, Vec<u8>, Vec<u8>) {
    let tar = layer("one");
    let configuration = configuration(&[Digest::of(&tar)]);
    let manifest = manifest(&configuration, &[(LAYER, &tar)]);
    (tar, configuration, manifest)
}

#[test]
fn a_blob_with_other_content_is_refused() {
    if !is_root() {
        return;
    }
    let (tar, configuration, manifest) = good();
    for (honest, lie) in
        [(&tar, layer("two")), (&configuration, br#"{"rootfs":{}}"#.to_vec()), (&manifest, b"{}".to_vec())]
    {
        let mut lie = lie;
        lie.resize(honest.len(), b' ');
        let mut archive = Archive::new();
        for blob in [&tar, &configuration, &manifest] {
            let content = if blob == honest { &lie } else { blob };
            archive = archive.file(&blob_path(&Digest::of(blob)), content);
        }
        let index = json!({"schemaVersion": 2, "manifests": [descriptor(MANIFEST, &manifest)]});
        let refusal = Place::new().refusal(&*archive.json("index.json", &index).finish());
        let (announced, found) = (Digest::of(honest), Digest::of(&lie));
        assert_eq!(refusal, format!("blob {announced} of the archive has digest {found}"));
    }
}

#[test]
fn a_layer_that_is_not_the_configurations_is_refused() {
    if !is_root() {
        return;
    }
    let other = Digest::of(b"another layer");
    let packed = gzip(&layer("one"));
    let configuration = configuration(&[other]);
    let manifest = manifest(&configuration, &[(&format!("{LAYER}+gzip"), &packed)]);
    let expected = format!("layer {other}: its tar has digest {}", Digest::of(&layer("one")));
    let archive = oci_archive(MANIFEST, &manifest, "evil", &[&configuration, &packed]);
    assert_eq!(Place::new().refusal(&*archive), expected);
    let images = json!([{"Config": "c", "RepoTags": ["evil"], "Layers": ["l"]}]);
    let archive = Archive::new().file("c", &configuration).file("l", &packed).json("manifest.json", &images);
    assert_eq!(Place::new().refusal(&*archive.finish()), expected);
}

#[test]
fn a_blob_cannot_pass_for_a_layer_that_is_there() {
    if !is_root() {
        return;
    }
    let place = Place::new();
    let (tar, ours, image) = good();
    place.load(&*oci_archive(MANIFEST, &image, "victim", &[&tar, &ours])).unwrap();
    // the configuration names the victim's layer, the manifest other bytes
    let evil = gzip(&layer("evil"));
    let manifest = manifest(&ours, &[(&format!("{LAYER}+gzip"), &evil)]);
    let refused = place.load(&*oci_archive(MANIFEST, &manifest, "evil", &[&ours, &evil])).unwrap_err();
    assert!(
        refused.to_string().starts_with(&format!("layer {}: its tar has digest", Digest::of(&tar))),
        "{refused}"
    );
    assert_eq!(place.refs(), ["victim:latest"]);
}

#[test]
fn one_bad_image_keeps_the_others_unnamed() {
    if !is_root() {
        return;
    }
    let (tar, configuration, manifest) = good();
    let index = json!({"schemaVersion": 2, "manifests": [
        descriptor(MANIFEST, &manifest), descriptor(MANIFEST, b"absent")]});
    let archive = Archive::new().blob(&tar).blob(&configuration).blob(&manifest).json("index.json", &index);
    let place = Place::new();
    assert!(place.refusal(&*archive.finish()).ends_with("is not in the archive"));
    place.collect().unwrap();
    for directory in ["blobs/sha256", "layers/sha256"] {
        let left = std::fs::read_dir(place.store.data_root().join(directory)).unwrap().count();
        assert_eq!(left, 0, "{directory}");
    }
}

#[test]
fn names_that_leave_the_archive_are_refused() {
    if !is_root() {
        return;
    }
    let outside = tempfile::NamedTempFile::new().unwrap();
    let secret = outside.path().to_str().unwrap();
    std::fs::write(outside.path(), configuration(&[])).unwrap();
    let evil = Archive::new().entry("../evil", EntryType::Regular, "", b"x").finish();
    assert!(Place::new().refusal(&*evil).contains("../evil"));
    for path in [secret.to_owned(), format!("../../../../../../../..{secret}"), "link".into()] {
        let images = json!([{"Config": path, "RepoTags": ["evil"], "Layers": []}]);
        let archive = Archive::new().symlink("link", secret).json("manifest.json", &images).finish();
        let refusal = Place::new().refusal(&*archive);
        assert_eq!(refusal, format!("manifest.json: names {path}, which is not in the archive"));
    }
    let archive = Archive::new().symlink("manifest.json", "/etc/passwd").finish();
    assert!(Place::new().refusal(&*archive).starts_with("no image archive"));
}

#[test]
fn what_is_no_file_is_not_opened() {
    if !is_root() {
        return;
    }
    for kind in [EntryType::Fifo, EntryType::Char, EntryType::Directory] {
        let archive = Archive::new().entry("index.json", kind, "", b"").finish();
        assert_eq!(Place::new().refusal(&*archive), "archive/index.json: not a regular file");
    }
    let archive = Archive::new().symlink("a", "b").symlink("b", "a").symlink("index.json", "a").finish();
    assert!(Place::new().refusal(&*archive).contains("symbolic links"));
}

#[test]
fn a_layer_that_leaves_its_root_is_refused_by_name() {
    if !is_root() {
        return;
    }
    let tar = Archive::new().entry("../../evil", EntryType::Regular, "", b"x").finish();
    let configuration = configuration(&[Digest::of(&tar)]);
    let manifest = manifest(&configuration, &[(LAYER, &tar)]);
    let refusal = Place::new().refusal(&*oci_archive(MANIFEST, &manifest, "evil", &[&configuration, &tar]));
    assert!(refusal.starts_with(&format!("layer {}: entry \"../../evil\"", Digest::of(&tar))), "{refusal}");
}

#[test]
fn damaged_streams_are_errors() {
    if !is_root() {
        return;
    }
    let (tar, configuration, manifest) = good();
    let archive = oci_archive(MANIFEST, &manifest, "good", &[&configuration, &tar]);
    let packed = gzip(&archive);
    for length in [0, 5, 100, packed.len() / 2, packed.len() - 1] {
        Place::new().refusal(&packed[..length]);
    }
    for length in [1, 511, 512, 513, archive.len() - 2048] {
        Place::new().refusal(&archive[..length]);
    }
    assert!(Place::new().refusal(&b"#!/bin/sh\n"[..]).contains("archive"));
    assert!(Place::new().refusal(&*layer("a root file system")).contains("`import`"));
    let cut = Archive::new()
        .file("c", &configuration)
        .file("l", &gzip(&tar)[..40])
        .json("manifest.json", &json!([{"Config": "c", "RepoTags": ["cut"], "Layers": ["l"]}]));
    assert!(Place::new().refusal(&*cut.finish()).starts_with(&format!("layer {}: ", Digest::of(&tar))));
}

#[test]
fn a_huge_document_is_not_read() {
    if !is_root() {
        return;
    }
    const SIZE: u64 = 1 << 30;
    let mut header = tar::Header::new_ustar();
    header.set_path("manifest.json").unwrap();
    header.set_size(SIZE);
    header.set_mode(0o644);
    header.set_cksum();
    let archive = Cursor::new(header.as_bytes().to_vec()).chain(std::io::repeat(0).take(SIZE + 1024));
    let refusal = Place::new().refusal(archive);
    assert_eq!(refusal, "manifest.json: 1073741824 bytes, a document has at most 4194304");
}

#[test]
fn a_hole_does_not_stand_for_content() {
    if !is_root() {
        return;
    }
    let mut header = tar::Header::new_gnu();
    header.set_path("l").unwrap();
    header.set_entry_type(EntryType::GNUSparse);
    header.set_mode(0o644);
    header.set_size(0);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(0);
    // a terabyte of nothing, in one block
    let real = &mut header.as_gnu_mut().unwrap().realsize;
    real.copy_from_slice(b"20000000000\0");
    real[..].copy_from_slice(&[0x80, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0]);
    header.set_cksum();
    let rest = Archive::new()
        .file("c", &configuration(&[Digest::of(b"x")]))
        .json("manifest.json", &json!([{"Config": "c", "RepoTags": ["evil"], "Layers": ["l"]}]));
    let archive = [header.as_bytes().to_vec(), rest.finish()].concat();
    assert_eq!(Place::new().refusal(&*archive), "archive/l: larger than the archive that it came in");
}

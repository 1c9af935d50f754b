//! The archives that others make.

use super::kit::*;
use images::find;
use images::load::{Load, LoadEvent, load};
use oci::Digest;
use serde_json::json;

/// Docker's archive before version 25: layers in directories of their own, some of them links to others.
fn docker_archive(first: &[u8], second: &[u8]) -> (Digest, Vec<u8>) {
    let configuration = configuration(&[Digest::of(first), Digest::of(second), Digest::of(first)]);
    let id = Digest::of(&configuration);
    let images = json!([{"Config": format!("{}.json", id.hex()), "RepoTags": ["old:1", "localhost:5000/old:2"],
        "Layers": ["aa/layer.tar", "bb/layer.tar", "cc/layer.tar"]}]);
    let archive = Archive::new()
        .file("aa/", b"")
        .file("aa/layer.tar", first)
        .file("bb/layer.tar", second)
        .symlink("cc/layer.tar", "../aa/layer.tar")
        .link("dd/layer.tar", "bb/layer.tar")
        .file(&format!("{}.json", id.hex()), &configuration)
        .json("manifest.json", &images)
        .json("repositories", &json!({"old": {"1": "cc"}}))
        .finish();
    (id, archive)
}

#[test]
fn a_docker_archive_with_linked_layers_is_loaded() {
    if !is_root() {
        return;
    }
    let place = Place::new();
    let (id, archive) = docker_archive(&layer("one"), &layer("two"));
    let loaded = place.load(&*archive).unwrap();
    let names: Vec<_> = loaded[0].names.iter().map(|name| name.familiar()).collect();
    assert_eq!((loaded[0].id, names), (id, vec!["old:1".into(), "localhost:5000/old:2".into()]));
    let image = find(&place.store, "old:1").unwrap();
    assert_eq!(image.document.layers.len(), 3);
    let saved = files(&place.save(&["old:1"]));
    assert_eq!(saved[&blob_path(&Digest::of(&layer("two")))], layer("two"));
}

#[test]
fn layers_of_a_docker_archive_may_be_compressed() {
    if !is_root() {
        return;
    }
    let place = Place::new();
    let plain = [layer("one"), vec![0; 1024]].concat();
    let configuration = configuration(&[Digest::of(&plain)]);
    let archive = Archive::new()
        .file("0.tar.gz", &gzip(&plain))
        .file("config", &configuration)
        .json("manifest.json", &json!([{"Config": "config", "RepoTags": null, "Layers": ["0.tar.gz"]}]))
        .finish();
    let loaded = place.load(&*archive).unwrap();
    place.collect().unwrap();
    let saved = files(&place.save(&[&loaded[0].id.to_string()]));
    assert_eq!(saved[&blob_path(&Digest::of(&plain))], plain);
}

#[test]
fn an_archive_may_be_compressed_as_a_whole() {
    if !is_root() {
        return;
    }
    let (id, archive) = docker_archive(&layer("one"), &layer("two"));
    for packed in [gzip(&archive), zstd(&archive)] {
        let place = Place::new();
        assert_eq!(place.load(&*packed).unwrap()[0].id, id);
    }
}

#[test]
fn an_image_may_have_no_layers() {
    let place = Place::new();
    if !is_root() {
        return;
    }
    let configuration = configuration(&[]);
    let manifest = manifest(&configuration, &[]);
    let loaded = place.load(&*oci_archive(MANIFEST, &manifest, "empty", &[&configuration])).unwrap();
    assert_eq!(loaded[0].id, Digest::of(&configuration));
    let other = Place::new();
    assert_eq!(other.load(&*place.save(&["empty"])).unwrap(), loaded);
}

#[test]
fn an_index_brings_what_is_there_of_it() {
    if !is_root() {
        return;
    }
    let place = Place::new();
    let tar = layer("one");
    let configuration = configuration(&[Digest::of(&tar)]);
    let image = manifest(&configuration, &[(LAYER, &tar)]);
    let statement = br#"{"_type":"statement"}"#;
    let attestation = manifest(&configuration, &[("application/vnd.in-toto+json", statement)]);
    let mut attached = descriptor(MANIFEST, &attestation);
    attached["annotations"] = json!({"vnd.docker.reference.type": "attestation-manifest"});
    attached["platform"] = json!({"os": "unknown", "architecture": "unknown"});
    let mut absent = descriptor(MANIFEST, b"of another platform");
    absent["platform"] = json!({"os": "linux", "architecture": "s390x"});
    let index = json!({"schemaVersion": 2, "manifests": [attached, absent, descriptor(MANIFEST, &image)]});
    let index = index.to_string().into_bytes();
    let outer =
        json!({"schemaVersion": 2, "manifests": [descriptor(INDEX, &index)]}).to_string().into_bytes();
    let blobs: [&[u8]; 6] = [&tar, &configuration, &image, statement, &attestation, &index];
    let archive = oci_archive(INDEX, &outer, "registry.example/multi:1", &blobs);
    let loaded = place.load(&*archive).unwrap();
    assert_eq!((loaded[0].id, loaded[0].target.digest), (Digest::of(&configuration), Digest::of(&outer)));
    let found = find(&place.store, "registry.example/multi:1").unwrap();
    assert_eq!(found.manifest, Some(Digest::of(&image)));
    place.collect().unwrap();
    let saved = files(&place.save(&["registry.example/multi:1"]));
    for blob in blobs {
        assert_eq!(saved[&blob_path(&Digest::of(blob))], blob);
    }
}

#[test]
fn only_the_platform_that_was_asked_for_is_loaded() {
    if !is_root() {
        return;
    }
    let place = Place::new();
    let (id, archive) = docker_archive(&layer("one"), &layer("two"));
    let only = |platform: &str| Load { platforms: vec![platform.parse().unwrap()], ..Load::default() };
    let refused = load(&place.store, &*archive, &only("linux/arm64"), &mut |_| {}).unwrap_err();
    assert_eq!(refused.to_string(), "no image for platform linux/arm64 in the archive");
    assert_eq!(load(&place.store, &*archive, &only("linux/amd64"), &mut |_| {}).unwrap()[0].id, id);
}

#[test]
fn progress_tells_each_layer() {
    if !is_root() {
        return;
    }
    let place = Place::new();
    let (_, archive) = docker_archive(&layer("one"), &layer("two"));
    let mut seen = Vec::new();
    load(&place.store, &*archive, &Load::default(), &mut |event| match event {
        LoadEvent::Layer { position, count, present, .. } => seen.push((position, count, present)),
        LoadEvent::Read { bytes } => assert_eq!(bytes, archive.len() as u64),
    })
    .unwrap();
    assert_eq!(seen, [(1, 3, false), (2, 3, false), (3, 3, true)]);
}

#[test]
fn two_hundred_layers_are_loaded_and_saved() {
    if !is_root() {
        return;
    }
    let place = Place::new();
    let tars: Vec<Vec<u8>> = (0..200).map(|n| layer(&n.to_string())).collect();
    let configuration = configuration(&tars.iter().map(|tar| Digest::of(tar)).collect::<Vec<_>>());
    let layers: Vec<(&str, &[u8])> = tars.iter().map(|tar| (LAYER, tar.as_slice())).collect();
    let manifest = manifest(&configuration, &layers);
    let blobs: Vec<&[u8]> = tars.iter().map(Vec::as_slice).chain([configuration.as_slice()]).collect();
    place.load(&*oci_archive(MANIFEST, &manifest, "deep", &blobs)).unwrap();
    let loaded = Place::new().load(&*place.save(&["deep"])).unwrap();
    assert_eq!(loaded[0].target.digest, Digest::of(&manifest));
}

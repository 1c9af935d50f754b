//! What is loaded comes out as it was.

use super::kit::*;
use images::find;
use images::load::{Load, load_directory};
use images::save::{Output, Save, save};
use oci::Digest;

#[test]
fn a_built_image_has_the_same_digests_elsewhere() {
    if !is_root() {
        return;
    }
    let (here, there) = (Place::new(), Place::new());
    let id = here.import("app:1", "one");
    let manifest = find(&here.store, "app:1").unwrap().manifest;
    let archive = here.save(&["app:1"]);
    let loaded = there.load(&*archive).unwrap();
    assert_eq!((loaded.len(), loaded[0].id, Some(loaded[0].target.digest)), (1, id, manifest));
    assert_eq!(loaded[0].names[0].familiar(), "app:1");
    assert_eq!(there.save(&["app:1"]), archive);
    assert_eq!(here.save(&["app:1"]), archive, "the same images give the same bytes");
}

#[test]
fn foreign_bytes_are_kept() {
    if !is_root() {
        return;
    }
    let place = Place::new();
    // neither layer is in our canonical form
    let (first, second) = (layer("one"), [layer("two"), vec![0; 4096]].concat());
    let (packed, zipped) = (gzip(&first), zstd(&second));
    let configuration = configuration(&[Digest::of(&first), Digest::of(&second)]);
    let kinds = [format!("{LAYER}+gzip"), format!("{LAYER}+zstd")];
    let manifest = manifest(&configuration, &[(&kinds[0], &packed), (&kinds[1], &zipped)]);
    let archive = oci_archive(MANIFEST, &manifest, "foreign", &[&configuration, &packed, &zipped]);
    let loaded = place.load(&*archive).unwrap();
    assert_eq!((loaded[0].id, loaded[0].target.digest), (Digest::of(&configuration), Digest::of(&manifest)));
    let saved = files(&place.save(&["foreign"]));
    for content in [&manifest, &configuration, &packed, &zipped] {
        assert_eq!(saved[&blob_path(&Digest::of(content))], *content);
    }
}

#[test]
fn images_share_what_they_share() {
    if !is_root() {
        return;
    }
    let (here, there) = (Place::new(), Place::new());
    here.import("a:1", "same");
    here.import("b:1", "same");
    images::tag::tag(&here.store, "a:1", &"a:2".parse().unwrap()).unwrap();
    let archive = here.save(&["a", "b:1"]);
    // one layer, two configurations, two manifests
    assert_eq!(
        files(&archive).keys().filter(|name| name.starts_with("blobs/sha256/") && name.len() > 14).count(),
        5
    );
    let mut names: Vec<_> =
        there.load(&*archive).unwrap().into_iter().flat_map(|l| l.names).map(|n| n.familiar()).collect();
    names.sort();
    assert_eq!(names, ["a:1", "a:2", "b:1"]);
}

#[test]
fn a_layout_directory_is_as_good_as_an_archive() {
    if !is_root() {
        return;
    }
    let (here, there) = (Place::new(), Place::new());
    let id = here.import("app", "one");
    let directory = here.directory.path().join("layout");
    let app = Save { names: vec!["app".into()], ..Save::default() };
    save(&here.store, &app, Output::Directory(&directory)).unwrap();
    let again = save(&here.store, &app, Output::Directory(&directory)).unwrap_err();
    assert!(again.to_string().ends_with("directory is not empty"), "{again}");
    let loaded = load_directory(&there.store, &directory, &Load::default(), &mut |_| {}).unwrap();
    assert_eq!(loaded[0].id, id);
    // the files are copies: writing into the directory does not reach the store
    std::fs::write(directory.join(blob_path(&id)), "overwritten").unwrap();
    assert_eq!(find(&there.store, "app").unwrap().id, id);
}

#[test]
fn an_image_without_a_name_is_saved_and_loaded_without_one() {
    if !is_root() {
        return;
    }
    let (here, there) = (Place::new(), Place::new());
    let id = here.import("app", "one");
    let loaded = there.load(&*here.save(&[&id.to_string()])).unwrap();
    assert_eq!((loaded[0].id, loaded[0].names.len()), (id, 0));
    assert_eq!(find(&there.store, id.short().as_str()).unwrap().id, id);
    assert!(there.refs()[0].starts_with("dangling."));
}

#[test]
fn loading_again_changes_nothing() {
    if !is_root() {
        return;
    }
    let (here, there) = (Place::new(), Place::new());
    here.import("app", "one");
    let archive = here.save(&["app"]);
    assert_eq!(there.load(&*archive).unwrap(), there.load(&*archive).unwrap());
    assert_eq!(there.refs(), ["app:latest"]);
    assert_eq!(there.collect().unwrap().blobs, 0);
}

#[test]
fn a_layer_outlives_the_image_that_brought_it() {
    if !is_root() {
        return;
    }
    let place = Place::new();
    let plain = [layer("one"), vec![0; 4096]].concat();
    let packed = gzip(&plain);
    let configuration = configuration(&[Digest::of(&plain)]);
    let manifest = manifest(&configuration, &[(&format!("{LAYER}+gzip"), &packed)]);
    place.load(&*oci_archive(MANIFEST, &manifest, "base", &[&configuration, &packed])).unwrap();
    // built on it: its manifest names the layer uncompressed
    let base = find(&place.store, "base").unwrap().configuration;
    images::commit::commit(&place.store, &base, &["child".parse().unwrap()]).unwrap();
    let usage = nobody();
    images::remove::remove(&place.store, "base", Default::default(), &usage).unwrap();
    assert!(files(&place.save(&["child"])).contains_key(&blob_path(&Digest::of(&plain))));
}

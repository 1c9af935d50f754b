//! Making images of root file systems.

use super::kit::*;
use images::import::{Import, import};
use images::{find, list};

#[test]
fn the_same_files_make_the_same_layer() {
    if !is_root() {
        return;
    }
    let place = Place::new();
    let tar = Archive::new().file("b", b"2").file("a", b"1").finish();
    let sorted = Archive::new().file("./a", b"1").file("./b", b"2").finish();
    let mut layers = Vec::new();
    for (name, tar) in [("one", tar.clone()), ("two", gzip(&sorted)), ("three", zstd(&tar))] {
        let options = Import { names: vec![name.parse().unwrap()], ..Import::default() };
        import(&place.store, &*tar, &options).unwrap();
        layers.push(find(&place.store, name).unwrap().configuration.rootfs.diff_ids);
    }
    assert!(layers.iter().all(|other| *other == layers[0] && other.len() == 1));
    let image = find(&place.store, "one").unwrap();
    assert_eq!(image.configuration.history[0].comment.as_deref(), Some("Imported from -"));
    assert_eq!(image.configuration.platform(), oci::Platform::host());
}

#[test]
fn a_name_moves_and_the_old_image_dangles() {
    if !is_root() {
        return;
    }
    let place = Place::new();
    let (first, second) = (place.import("app", "one"), place.import("app", "two"));
    assert_eq!(find(&place.store, "app").unwrap().id, second);
    let old = list(&place.store).unwrap().into_iter().find(|image| image.names.is_empty()).unwrap();
    assert_eq!(old.id, first);
}

#[test]
fn a_refused_tar_leaves_nothing() {
    if !is_root() {
        return;
    }
    let place = Place::new();
    let evil = Archive::new().entry("../evil", tar::EntryType::Regular, "", b"x").finish();
    let error = import(&place.store, &*evil, &Import::default()).unwrap_err();
    assert!(error.to_string().contains("../evil"), "{error}");
    assert_eq!((place.refs().len(), place.staged()), (0, 0));
}

//! Removing names and images.

use super::kit::*;
use images::Error;
use images::remove::{Options, Removed, remove};
use images::usage::{Usage, User};
use images::{find, list, prune, tag};
use oci::Digest;

const FORCE: Options = Options { force: true, keep_content: false };

fn lines(removed: Result<Vec<Removed>, Error>) -> Vec<String> {
    removed.unwrap().iter().map(ToString::to_string).collect()
}

fn used(image: Digest, is_running: bool) -> Usage<'static> {
    Usage { users: vec![User { container: "c0ffee".repeat(11), image, is_running }], ..nobody() }
}

fn conflict(removed: Result<Vec<Removed>, Error>) -> String {
    let error = removed.unwrap_err();
    assert!(matches!(error, Error::Conflict(_)), "{error}");
    error.to_string()
}

#[test]
fn the_last_name_takes_the_image() {
    if !is_root() {
        return;
    }
    let place = Place::new();
    let id = place.import("app", "one");
    let layer = find(&place.store, "app").unwrap().configuration.rootfs.diff_ids[0];
    tag::tag(&place.store, "app", &"app:2".parse().unwrap()).unwrap();
    let untagged = lines(remove(&place.store, "app", Options::default(), &nobody()));
    assert_eq!(untagged, ["Untagged: app:latest"]);
    let removed = lines(remove(&place.store, "app:2", Options::default(), &nobody()));
    assert_eq!(removed, ["Untagged: app:2".into(), format!("Deleted: {id}"), format!("Deleted: {layer}")]);
    assert!(matches!(find(&place.store, "app:2"), Err(Error::NoImage(_))));
    assert!(list(&place.store).unwrap().is_empty());
}

#[test]
fn a_shared_layer_stays() {
    if !is_root() {
        return;
    }
    let place = Place::new();
    let id = place.import("a", "same");
    place.import("b", "same");
    let removed = lines(remove(&place.store, "a", Options::default(), &nobody()));
    assert_eq!(removed, ["Untagged: a:latest".into(), format!("Deleted: {id}")]);
}

#[test]
fn an_id_with_several_names_needs_force() {
    if !is_root() {
        return;
    }
    let place = Place::new();
    let id = place.import("app", "one");
    tag::tag(&place.store, "app", &"other/app:2".parse().unwrap()).unwrap();
    let short = id.short();
    let refused = conflict(remove(&place.store, &short, Options::default(), &nobody()));
    let reason = "image is referenced in multiple repositories";
    assert_eq!(refused, format!("conflict: unable to delete {short} (must be forced) - {reason}"));
    let removed = lines(remove(&place.store, &short, FORCE, &nobody()));
    assert_eq!(
        removed[..3],
        ["Untagged: app:latest".into(), "Untagged: other/app:2".into(), format!("Deleted: {id}")]
    );
}

#[test]
fn containers_are_in_the_way() {
    if !is_root() {
        return;
    }
    let place = Place::new();
    let id = place.import("app", "one");
    let short = id.short();
    for (is_running, name, expected) in [
        (
            false,
            "app",
            format!(
                "conflict: unable to remove repository reference \"app\" (must force) - container c0ffeec0ffee is using its referenced image {short}"
            ),
        ),
        (
            false,
            &short,
            format!(
                "conflict: unable to delete {short} (must be forced) - image is being used by stopped container c0ffeec0ffee"
            ),
        ),
        (
            true,
            &short,
            format!(
                "conflict: unable to delete {short} (cannot be forced) - image is being used by running container c0ffeec0ffee"
            ),
        ),
    ] {
        assert_eq!(conflict(remove(&place.store, name, Options::default(), &used(id, is_running))), expected);
    }
    assert!(conflict(remove(&place.store, &short, FORCE, &used(id, true))).contains("cannot be forced"));
    // by name and force the running container keeps a nameless image
    let untagged = lines(remove(&place.store, "app", FORCE, &used(id, true)));
    assert_eq!(untagged, ["Untagged: app:latest"]);
    assert_eq!(list(&place.store).unwrap()[0].id, id);
    let removed = lines(remove(&place.store, &short, FORCE, &used(id, false)));
    assert_eq!(removed[0], format!("Deleted: {id}"));
}

#[test]
fn prune_takes_what_has_no_name_or_no_user() {
    if !is_root() {
        return;
    }
    let place = Place::new();
    let (old, new) = (place.import("app", "one"), place.import("app", "two"));
    let pruned = prune::prune(&place.store, prune::Scope::Dangling, &|_| true, &nobody()).unwrap();
    assert_eq!(pruned.removed[0], Removed::Image(old));
    assert!(pruned.bytes > 0);
    let kept = prune::prune(&place.store, prune::Scope::Unused, &|_| true, &used(new, false)).unwrap();
    assert_eq!(kept.removed, []);
    let filtered = prune::prune(&place.store, prune::Scope::Unused, &|_| false, &nobody()).unwrap();
    assert_eq!(filtered.removed, []);
    let pruned = prune::prune(&place.store, prune::Scope::Unused, &|_| true, &nobody()).unwrap();
    assert_eq!(pruned.removed[..2], [Removed::Untagged("app".parse().unwrap()), Removed::Image(new)]);
    assert_eq!(place.refs().len(), 0);
}

#[test]
fn names_are_given_with_docker_s_rules() {
    if !is_root() {
        return;
    }
    let place = Place::new();
    let id = place.import("app", "one");
    tag::tag(&place.store, &id.short(), &"localhost:5000/a/b".parse().unwrap()).unwrap();
    assert_eq!(place.refs(), ["app:latest", "localhost:5000/a/b:latest"]);
    let digest = format!("app@{}", find(&place.store, "app").unwrap().manifest.unwrap());
    let refused = tag::tag(&place.store, "app", &digest.parse().unwrap()).unwrap_err();
    assert_eq!(refused.to_string(), "refusing to create a tag with a digest reference");
    assert!(matches!(tag::tag(&place.store, "nothing", &"x".parse().unwrap()), Err(Error::NoImage(_))));
    tag::tag(&place.store, &digest, &"by-digest".parse().unwrap()).unwrap();
    assert_eq!(find(&place.store, "by-digest").unwrap().id, id);
}

//! What is told of an image.

use super::kit::*;
use images::history::history;
use images::inspect::inspect;
use images::{find, size, tag};

#[test]
fn inspect_has_dockers_keys_in_dockers_order() {
    if !is_root() {
        return;
    }
    let place = Place::new();
    let id = place.import("app:1", "hello");
    tag::tag(&place.store, "app:1", &"registry.example/app".parse().unwrap()).unwrap();
    let document = inspect(&place.store, &id.short(), None).unwrap();
    let keys: Vec<&str> = document.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(
        keys,
        [
            "Id",
            "RepoTags",
            "RepoDigests",
            "Parent",
            "Comment",
            "Created",
            "DockerVersion",
            "Author",
            "Config",
            "Architecture",
            "Os",
            "Size",
            "GraphDriver",
            "RootFS",
            "Metadata",
            "Descriptor"
        ]
    );
    let config = document["Config"].to_string();
    assert_eq!(
        config,
        r#"{"Cmd":["/hello"],"Entrypoint":null,"Env":null,"Labels":null,"OnBuild":null,"User":"","Volumes":null,"WorkingDir":""}"#
    );
    let manifest = find(&place.store, "app:1").unwrap().manifest.unwrap().to_string();
    assert_eq!(document["Id"], id.to_string());
    assert_eq!(document["RepoTags"].to_string(), r#"["app:1","registry.example/app:latest"]"#);
    assert_eq!(document["RepoDigests"][0], format!("app@{manifest}"));
    assert_eq!(document["Descriptor"]["digest"], manifest);
    assert_eq!(document["Size"], 5);
    assert!(document["Metadata"]["LastTagTime"].as_str().unwrap() > "2020");
}

#[test]
fn history_is_told_from_the_last_step() {
    if !is_root() {
        return;
    }
    let place = Place::new();
    place.import("base", "hello");
    let mut image = find(&place.store, "base").unwrap();
    image.configuration.history.push(oci::image::History {
        created_by: Some("CMD [\"/hello\"]".into()),
        empty_layer: true,
        ..Default::default()
    });
    let committed =
        images::commit::commit(&place.store, &image.configuration, &["app".parse().unwrap()]).unwrap();
    let rows = history(&place.store, "app", None).unwrap();
    let seen: Vec<_> =
        rows.iter().map(|row| (row.id, row.created_by.as_str(), row.size, row.comment.as_str())).collect();
    assert_eq!(seen, [(Some(committed.id), "CMD [\"/hello\"]", 0, ""), (None, "", 5, "Imported from -")]);
    assert_eq!(rows[0].tags, ["app:latest"]);
    assert_eq!(size::size(&place.store, &image), 5);
}

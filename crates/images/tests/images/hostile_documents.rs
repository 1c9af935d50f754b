//! Documents that contradict themselves, each other, or reason.

use super::kit::*;
use oci::Digest;
use serde_json::json;

fn docker(configuration: &[u8], layers: &[&str], names: &[&str]) -> Archive {
    Archive::new()
        .file("c", configuration)
        .json("manifest.json", &json!([{"Config": "c", "RepoTags": names, "Layers": layers}]))
}

#[test]
fn layers_and_diff_ids_must_be_as_many() {
    if !is_root() {
        return;
    }
    let tar = layer("one");
    let configuration = configuration(&[Digest::of(&tar), Digest::of(&tar)]);
    let archive = docker(&configuration, &["l"], &["evil"]).file("l", &tar).finish();
    let expected = "the configuration names 2 layers, given are 1";
    assert_eq!(Place::new().refusal(&*archive), format!("c: {expected}"));
    let manifest = manifest(&configuration, &[(LAYER, &tar)]);
    let refusal = Place::new().refusal(&*oci_archive(MANIFEST, &manifest, "evil", &[&configuration, &tar]));
    assert_eq!(refusal, format!("image {}: {expected}", Digest::of(&manifest)));
}

#[test]
fn more_layers_than_can_be_stacked_are_refused() {
    if !is_root() {
        return;
    }
    let tar = layer("one");
    let configuration = configuration(&vec![Digest::of(&tar); 10_000]);
    let archive = docker(&configuration, &vec!["l"; 10_000], &["evil"]).file("l", &tar).finish();
    assert_eq!(Place::new().refusal(&*archive), "c: 10000 layers, Linux stacks at most 499");
}

#[test]
fn an_index_cannot_name_itself() {
    if !is_root() {
        return;
    }
    // no document can hold its own digest: one that claims to is found out by it
    let own = Digest::of(b"a fixed point");
    let entry = json!({"mediaType": INDEX, "digest": own, "size": 200});
    let cycle = json!({"schemaVersion": 2, "manifests": [entry]});
    let archive = Archive::new().json(&blob_path(&own), &cycle).json("index.json", &cycle).finish();
    assert!(Place::new().refusal(&*archive).starts_with(&format!("blob {own} of the archive has digest")));
}

#[test]
fn indexes_are_nested_a_few_levels_only() {
    if !is_root() {
        return;
    }
    let mut archive = Archive::new();
    let mut index = json!({"schemaVersion": 2, "manifests": []}).to_string().into_bytes();
    for _ in 0..6 {
        archive = archive.blob(&index);
        let entry = descriptor(INDEX, &index);
        index = json!({"schemaVersion": 2, "manifests": [entry]}).to_string().into_bytes();
    }
    let refusal = Place::new().refusal(&*archive.file("index.json", &index).finish());
    assert!(refusal.ends_with("indexes are nested more than 4 deep"), "{refusal}");
}

#[test]
fn indexes_that_multiply_are_read_once() {
    if !is_root() {
        return;
    }
    // a tree of 200^4 entries in four small documents
    let mut archive = Archive::new();
    let mut index = json!({"schemaVersion": 2, "manifests": []}).to_string().into_bytes();
    for _ in 0..4 {
        archive = archive.blob(&index);
        let entries = vec![descriptor(INDEX, &index); 200];
        index = json!({"schemaVersion": 2, "manifests": entries}).to_string().into_bytes();
    }
    let refusal = Place::new().refusal(&*archive.file("index.json", &index).finish());
    assert!(refusal.ends_with("none of its images is in the archive"), "{refusal}");
}

#[test]
fn what_is_no_image_is_refused() {
    if !is_root() {
        return;
    }
    let configuration = configuration(&[]);
    let artifact = manifest(&configuration, &[("application/vnd.in-toto+json", b"{}")]);
    let archive = oci_archive(MANIFEST, &artifact, "evil", &[&configuration, b"{}"]);
    assert!(Place::new().refusal(&*archive).contains("has content of type application/vnd.in-toto+json"));
    let both = br#"{"schemaVersion":2,"manifests":[],"layers":[]}"#;
    assert!(Place::new().refusal(&*oci_archive(MANIFEST, both, "evil", &[])).contains("ambiguous"));
    let old = br#"{"schemaVersion":1,"fsLayers":[]}"#;
    assert!(Place::new().refusal(&*oci_archive(MANIFEST, old, "evil", &[])).contains("another schema"));
}

#[test]
fn sizes_must_be_as_announced() {
    if !is_root() {
        return;
    }
    let configuration = configuration(&[]);
    let manifest = manifest(&configuration, &[]);
    let mut entry = descriptor(MANIFEST, &manifest);
    entry["size"] = json!(manifest.len() + 1);
    let index = json!({"schemaVersion": 2, "manifests": [entry]});
    let archive = Archive::new().blob(&configuration).blob(&manifest).json("index.json", &index).finish();
    assert!(Place::new().refusal(&*archive).contains("announced were"));
}

#[test]
fn names_must_be_names_and_not_ours() {
    if !is_root() {
        return;
    }
    let configuration = configuration(&[]);
    for name in ["../../etc:1", "a/UPPER", "a b", "dangling.tare.invalid/image:x", ""] {
        let refusal = Place::new().refusal(&*docker(&configuration, &[], &["fine", name]).finish());
        assert!(refusal.contains("invalid reference format") || refusal.contains("reserved"), "{refusal}");
    }
}

#[test]
fn documents_that_are_none_are_refused() {
    if !is_root() {
        return;
    }
    for text in ["", "null", "[]", "{}", "[[", "\0", r#"[{"Config":1}]"#, &"[".repeat(100_000)] {
        let index = Archive::new().file("index.json", text.as_bytes()).finish();
        Place::new().refusal(&*index);
        if text != "[]" && text != "null" {
            Place::new().refusal(&*Archive::new().file("manifest.json", text.as_bytes()).finish());
        }
        Place::new().refusal(&*docker(text.as_bytes(), &[], &["evil"]).finish());
    }
    let digest = json!({"schemaVersion": 2, "manifests": [
        {"mediaType": MANIFEST, "digest": "sha256:../../../../etc/passwd", "size": 1}]});
    let refusal = Place::new().refusal(&*Archive::new().json("index.json", &digest).finish());
    assert!(refusal.starts_with("index.json: invalid digest"), "{refusal}");
    let repositories = Archive::new().file("repositories", b"{}").finish();
    assert!(Place::new().refusal(&*repositories).contains("before 1.10"));
}

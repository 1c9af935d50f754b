//! Manifests, indexes and configurations that are damaged, of another kind, or too much.

use super::{CONFIGURATION, INDEX, LAYER_GZIP, Liar, MANIFEST, absent};
use crate::registry::{User, layer, plain_layer};
use e2e::{Fault, FaultKind, sha256};
use serde_json::{Value, json};

#[test]
fn a_damaged_document_is_not_parsed() {
    let (Some(user), liar) = (User::new(), Liar::new()) else { return };
    let configuration = liar.good.configuration.digest.clone();
    liar.assert_is_seen(
        &user,
        "/manifests/1",
        FaultKind::Corrupt(9),
        &["good:1", "sends content with digest"],
    );
    liar.assert_is_seen(
        &user,
        &configuration,
        FaultKind::Corrupt(9),
        &[&configuration, "sends content with"],
    );
    liar.assert_is_seen(&user, &configuration, FaultKind::Body(b"{}".to_vec()), &[&configuration]);
    let wrong = FaultKind::Header("Docker-Content-Digest".into(), absent());
    liar.assert_is_seen(&user, "/manifests/1", wrong, &["good:1", &absent()]);
    // by its digest, whatever the head says
    let name = liar.name(&format!("good@{}", liar.good.manifest.digest));
    let other = liar.chaos.image("good", "2", &[layer("other")]);
    let body = FaultKind::Body(other.manifest.bytes);
    liar.chaos.fault(Fault::new("GET", "/manifests/", body));
    user.assert_pull_fails(&name, &[&liar.chaos.host(), &liar.good.manifest.digest]);
    liar.chaos.clear_faults();
    // a head that says nothing of it
    let nothing = FaultKind::Header("Docker-Content-Digest".into(), "nonsense".into());
    liar.chaos.fault(Fault::new("*", "/manifests/", nothing));
    user.pull(&liar.name("good:1")).ok();
    user.assert_has(&liar.name("good:1"), &liar.good);
}

#[test]
fn documents_without_end_are_not_read_to_it() {
    let (Some(user), liar) = (User::new(), Liar::new()) else { return };
    let configuration = liar.good.configuration.digest.clone();
    let long = FaultKind::Body(vec![b' '; 64 << 20]);
    for (path, kind) in [
        ("/manifests/1", FaultKind::Endless),
        ("/manifests/1", long.clone()),
        (&configuration, FaultKind::Endless),
        (&configuration, long),
    ] {
        liar.chaos.forget_requests();
        liar.assert_is_seen(&user, path, kind.clone(), &["more than"]);
        let sent = liar.chaos.sent(path);
        assert!(sent < 40_000_000, "{path}: {sent} bytes were sent of {:.20}", format!("{kind:?}"));
    }
    // the head says it: nothing needs to be read
    let large = FaultKind::Header("Content-Length".into(), (1_u64 << 30).to_string());
    liar.assert_is_seen(&user, "/manifests/1", large, &["good:1"]);
}

#[test]
fn a_manifest_of_very_many_layers_is_refused() {
    let (Some(user), liar) = (User::new(), Liar::new()) else { return };
    let descriptor = json!({ "mediaType": LAYER_GZIP, "digest": absent(), "size": 100 });
    for (count, words) in [(100_000, ["bad:1", "more than"]), (500, ["bad:1", "499"])] {
        liar.publish(&vec![descriptor.clone(); count], &Value::Array(vec![json!(absent()); 500]));
        liar.assert_bad(&user, &words);
    }
    let entry = json!({ "mediaType": MANIFEST, "digest": absent(), "size": 1 });
    let index = json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": vec![entry; 100_000] });
    liar.chaos.manifest("bad", "1", INDEX, index.to_string());
    liar.assert_bad(&user, &["bad:1", "more than"]);
}

#[test]
fn what_is_no_image_is_called_by_its_name() {
    let (Some(user), liar) = (User::new(), Liar::new()) else { return };
    let empty = "application/vnd.oci.empty.v1+json";
    let config = liar.document(empty, &json!({}));
    let artifact = json!({
        "schemaVersion": 2, "mediaType": MANIFEST, "artifactType": "application/x.test", "config": config,
        "layers": [config],
    });
    let chart = "application/vnd.cncf.helm.config.v1+json";
    let helm = json!({
        "schemaVersion": 2, "mediaType": MANIFEST, "config": liar.document(chart, &json!({})),
        "layers": [{ "mediaType": "application/vnd.cncf.helm.chart.content.v1.tar+gzip", "digest": absent(), "size": 1 }],
    });
    let odd = json!({
        "schemaVersion": 2, "mediaType": MANIFEST,
        "config": liar.document(CONFIGURATION, &json!({ "rootfs": { "type": "layers", "diff_ids": [absent()] } })),
        "layers": [{ "mediaType": "application/x.odd", "digest": absent(), "size": 1 }],
    });
    for (document, word) in [(artifact, empty), (helm, "helm"), (odd, "application/x.odd")] {
        liar.chaos.manifest("bad", "1", MANIFEST, document.to_string());
        liar.assert_bad(&user, &["not an image", word]);
    }
    let old = "application/vnd.docker.distribution.manifest.v1+prettyjws";
    let schema = json!({ "schemaVersion": 1, "name": "bad", "tag": "1", "fsLayers": [{ "blobSum": absent() }], "history": [] });
    liar.chaos.manifest("bad", "1", old, schema.to_string());
    liar.assert_bad(&user, &["bad:1", "schema"]);
}

#[test]
fn what_could_be_two_things_is_neither() {
    let (Some(user), liar) = (User::new(), Liar::new()) else { return };
    let mut both: Value = serde_json::from_slice(&liar.good.manifest.bytes).unwrap();
    both["manifests"] = json!([]);
    liar.chaos.manifest("bad", "1", MANIFEST, both.to_string());
    liar.assert_bad(&user, &["bad:1", "ambiguous"]);
    liar.chaos.manifest("bad", "1", INDEX, liar.good.manifest.bytes.clone());
    liar.assert_bad(&user, &["bad:1", "announced as"]);
    let mut untyped: Value = serde_json::from_slice(&liar.good.manifest.bytes).unwrap();
    untyped.as_object_mut().unwrap().remove("mediaType");
    liar.chaos.manifest("bad", "1", INDEX, untyped.to_string());
    liar.assert_bad(&user, &["bad:1", INDEX]);
    // a server that knows no better
    for kind in ["application/json", "text/plain; charset=utf-8", "", "application/octet-stream"] {
        liar.chaos.manifest("good", "plain", kind, liar.good.manifest.bytes.clone());
        user.pull(&liar.name("good:plain")).ok();
        user.assert_has(&liar.name("good:plain"), &liar.good);
        user.tare(["rmi", &liar.name("good:plain")]).ok();
    }
}

#[test]
fn nonsense_in_place_of_a_document_is_an_error() {
    let (Some(user), liar) = (User::new(), Liar::new()) else { return };
    let nested = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let deep = format!(r#"{{"schemaVersion":2,"config":{nested},"layers":[]}}"#);
    let page = "<!DOCTYPE html><html><body>Please log in</body></html>".to_owned();
    for text in ["", "null", "[]", "{}", "{", "7", "\u{0}", r#"{"schemaVersion":2}"#, &deep, &page] {
        liar.chaos.manifest("bad", "1", MANIFEST, text);
        liar.assert_bad(&user, &["bad:1"]);
    }
    let descriptor = json!({ "mediaType": LAYER_GZIP, "digest": liar.chaos.blob(layer("one")), "size": layer("one").len() });
    let diff_id = sha256(&plain_layer("one"));
    for diff_ids in [json!([]), json!([diff_id, diff_id]), json!(null), json!(["sha256:no"]), json!([7])] {
        liar.publish(std::slice::from_ref(&descriptor), &diff_ids);
        liar.assert_bad(&user, &[]);
    }
    for digest in ["sha256:no", "md5:00", "", "../../../etc/passwd", "sha256:../../../../../../etc/passwd"] {
        liar.publish(&[json!({ "mediaType": LAYER_GZIP, "digest": digest, "size": 1 })], &json!([diff_id]));
        liar.assert_bad(&user, &["bad:1"]);
    }
    liar.publish(&[descriptor], &json!([diff_id]));
    user.pull(&liar.name("bad:1")).ok();
}

#[test]
fn an_index_that_leads_nowhere_is_an_error() {
    let (Some(user), liar) = (User::new(), Liar::new()) else { return };
    let own = json!({ "architecture": e2e::architecture(), "os": "linux" });
    let index = |digest: &str, size: usize, kind: &str| {
        let entry = json!({ "mediaType": kind, "digest": digest, "size": size, "platform": own });
        json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": [entry] }).to_string()
    };
    liar.chaos.manifest("bad", "1", INDEX, index(&absent(), 100, MANIFEST));
    liar.assert_bad(&user, &["bad:1", &absent(), "not found"]);
    let good = &liar.good.manifest;
    liar.chaos.manifest("bad", "good", MANIFEST, good.bytes.clone());
    liar.chaos.manifest("bad", "1", INDEX, index(&good.digest, good.bytes.len() + 1, MANIFEST));
    liar.assert_bad(&user, &[&good.digest]);
    liar.chaos.manifest("bad", "1", INDEX, index(&good.digest, good.bytes.len(), INDEX));
    liar.assert_bad(&user, &[&good.digest]);
    liar.chaos.manifest(
        "bad",
        "1",
        INDEX,
        json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": [] }).to_string(),
    );
    liar.assert_bad(&user, &["bad:1", "no matching manifest"]);
    // something in its place
    liar.chaos.manifest("bad", &absent(), MANIFEST, good.bytes.clone());
    liar.chaos.manifest("bad", "1", INDEX, index(&absent(), good.bytes.len(), MANIFEST));
    liar.assert_bad(&user, &[&absent(), &good.digest, &liar.chaos.host()]);
    // an index of an index of an index
    let mut text = index(&good.digest, good.bytes.len(), MANIFEST);
    for _ in 0..9 {
        let digest = liar.chaos.manifest("bad", "1", INDEX, text.clone());
        text = index(&digest, text.len(), INDEX);
    }
    liar.chaos.manifest("bad", "1", INDEX, text);
    liar.assert_bad(&user, &["bad:1", "deep"]);
}

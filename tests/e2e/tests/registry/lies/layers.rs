//! Layers that are damaged, or no layers.

use super::{LAYER_GZIP, Liar, absent};
use crate::registry::{User, big_layer, layer, length, plain_layer};
use e2e::{Chaos, Fault, FaultKind, Recipe, Root, gzip, noise, sha256, zstandard};
use serde_json::json;

#[test]
fn one_bit_is_seen_wherever_it_is() {
    let Some(user) = User::new() else { return };
    let chaos = Chaos::start();
    let recipes = [
        Recipe::new(&[big_layer(1, 100_000)]),
        Recipe::new(&[zstandard(&plain_layer("zstd"))]),
        Recipe::new(&[plain_layer("plain")]),
    ];
    for recipe in recipes {
        let image = chaos.image_of("app", "1", &recipe);
        let (name, blob) = (format!("{}/app:1", chaos.host()), &image.layers[0]);
        let size = length(&blob.bytes);
        for at in [0, 3, size / 2, size - 1] {
            chaos.fault(Fault::new("GET", &blob.digest, FaultKind::Corrupt(at)).times(1));
            user.assert_pull_fails(&name, &[&chaos.host(), &blob.digest, "sends content with digest"]);
            let left = user.names("downloads");
            assert!(left.iter().all(|file| user.size_of_download(file) == 0), "{left:?}");
            user.pull(&name).ok();
            user.assert_has(&name, &image);
            user.tare(["rmi", &name]).ok();
            user.assert_has_nothing();
        }
    }
}

#[test]
fn a_good_layer_beside_a_bad_one_is_no_image() {
    let Some(user) = User::new() else { return };
    let chaos = Chaos::start();
    let layers: Vec<Vec<u8>> = (0..9).map(|number| layer(&number.to_string())).collect();
    let image = chaos.image("app", "1", &layers);
    let name = format!("{}/app:1", chaos.host());
    chaos.fault(Fault::new("GET", &image.layers[6].digest, FaultKind::Corrupt(30)));
    user.assert_fails_cleanly(&name, &[&chaos.host(), &image.layers[6].digest]);
    assert_eq!(user.blob(&image.layers[6].digest), None);
    assert_eq!(user.blob(&image.manifest.digest), None, "documents come last");
    chaos.clear_faults();
    chaos.forget_requests();
    user.pull(&name).ok();
    user.assert_has(&name, &image);
    user.tare(["rmi", &name]).ok();
    user.assert_has_nothing();
}

#[test]
fn lengths_are_believed_of_nobody() {
    let (Some(user), liar) = (User::new(), Liar::new()) else { return };
    let blob = &liar.good.layers[0].digest;
    liar.assert_is_seen(&user, blob, FaultKind::Truncate(5), &[blob]);
    let begun = liar.chaos.sent(blob);
    liar.assert_is_seen(&user, blob, FaultKind::Endless, &[blob, "more than"]);
    let sent = liar.chaos.sent(blob) - begun;
    assert!(sent < 20_000_000, "{sent} bytes were read of what has no end");
    let longer = [liar.good.layers[0].bytes.clone(), vec![0; 100_000]].concat();
    liar.assert_is_seen(&user, blob, FaultKind::Body(longer), &[blob, "more than"]);
    liar.assert_is_seen(&user, blob, FaultKind::Body(vec![]), &[blob]);
    // longer by what the head says only: all that was announced has come
    liar.chaos.fault(Fault::new("GET", blob, FaultKind::WrongLength));
    user.pull(&liar.name("good:1")).ok();
    user.assert_has(&liar.name("good:1"), &liar.good);
}

#[test]
fn a_manifest_that_lies_about_a_length_is_refused() {
    let (Some(user), liar) = (User::new(), Liar::new()) else { return };
    let bytes = layer("one");
    let (digest, diff_id) = (liar.chaos.blob(bytes.clone()), sha256(&plain_layer("one")));
    let size = bytes.len();
    for (lie, word) in [
        (json!(size - 1), digest.as_str()),
        (json!(size + 1), digest.as_str()),
        (json!(0), digest.as_str()),
        (json!(u64::MAX), digest.as_str()),
        (json!(-1), "invalid"),
        (json!("12"), "invalid"),
        (json!(1.5), "invalid"),
    ] {
        liar.publish(&[json!({ "mediaType": LAYER_GZIP, "digest": digest, "size": lie })], &json!([diff_id]));
        liar.assert_bad(&user, &[word]);
    }
    liar.publish(&[json!({ "mediaType": LAYER_GZIP, "digest": digest, "size": size })], &json!([diff_id]));
    user.pull(&liar.name("bad:1")).ok();
}

#[test]
fn what_has_its_digest_and_is_no_layer_is_refused() {
    let (Some(user), liar) = (User::new(), Liar::new()) else { return };
    let (plain, good) = (plain_layer("one"), layer("one"));
    let diff_id = sha256(&plain);
    let half = |bytes: &[u8]| bytes[..bytes.len() / 2].to_vec();
    let tail = |bytes: &[u8], more: &[u8]| [bytes, more].concat();
    for (what, bytes) in [
        ("half of a gzip file", half(&good)),
        ("gzip without its end", good[..good.len() - 8].to_vec()),
        ("gzip with another checksum", tail(&good[..good.len() - 8], &[0; 8])),
        ("half of a zstd file", half(&zstandard(&plain))),
        ("half of a tar", half(&plain)),
        ("noise", noise(3, 3000)),
        ("noise called gzip", tail(&[0x1f, 0x8b, 8, 0], &noise(3, 3000))),
        ("text", b"this is no layer".to_vec()),
        ("nothing", vec![]),
        ("compressed twice", gzip(&good)),
        ("another layer", layer("two")),
    ] {
        liar.forge(LAYER_GZIP, &bytes, &diff_id);
        let complaint = user.pull(&liar.name("bad:1")).complaint(1);
        assert!(complaint.contains(&diff_id) || complaint.contains(&sha256(&bytes)), "{what}: {complaint}");
        user.assert_has_nothing();
    }
    liar.forge(LAYER_GZIP, &good, &diff_id);
    user.pull(&liar.name("bad:1")).ok();
    user.id(&liar.name("bad:1"));
}

#[test]
fn names_in_a_layer_do_not_lead_out_of_it() {
    let (Some(user), liar) = (User::new(), Liar::new()) else { return };
    let outside = user.engine.path("outside");
    let target = outside.display().to_string();
    let climbing = format!("{}{}", "../".repeat(20), target.trim_start_matches('/'));
    for (what, root) in [
        ("a name with dots", Root::scratch().raw(&climbing, "evil")),
        ("an absolute name", Root::scratch().raw(&target, "evil")),
        (
            "through a link",
            Root::scratch().symlink("/link", "/").file(&format!("/link{target}"), 0o644, "evil"),
        ),
    ] {
        let tar = root.archive();
        liar.forge(LAYER_GZIP, &gzip(&tar), &sha256(&tar));
        let said = user.pull(&liar.name("bad:1"));
        assert!(!outside.exists(), "{what}: {said:?}");
        if said.code == 0 {
            user.tare(["rmi", &liar.name("bad:1")]).ok();
        }
        user.assert_has_nothing();
    }
}

#[test]
fn layers_that_are_kept_elsewhere_are_not_fetched() {
    let (Some(user), liar) = (User::new(), Liar::new()) else { return };
    let other = Chaos::start();
    let digest = other.blob(layer("one"));
    let url = format!("{}/v2/any/blobs/{digest}", other.url());
    for media_type in [
        "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
        "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",
    ] {
        let size = layer("one").len();
        let foreign = json!({ "mediaType": media_type, "digest": digest, "size": size, "urls": [url] });
        liar.publish(&[foreign], &json!([sha256(&plain_layer("one"))]));
        liar.assert_bad(&user, &["is foreign", &digest]);
    }
    // nor are those that have another address beside
    let beside =
        json!({ "mediaType": LAYER_GZIP, "digest": digest, "size": layer("one").len(), "urls": [url] });
    liar.publish(&[beside], &json!([sha256(&plain_layer("one"))]));
    liar.assert_bad(&user, &[&digest, "not found"]);
    assert_eq!(other.requests(), []);
}

#[test]
fn a_layer_that_is_not_there_is_named() {
    let (Some(user), liar) = (User::new(), Liar::new()) else { return };
    let descriptor = json!({ "mediaType": LAYER_GZIP, "digest": absent(), "size": 100 });
    liar.publish(&[descriptor], &json!([absent()]));
    liar.assert_bad(&user, &[&absent(), "not found"]);
}

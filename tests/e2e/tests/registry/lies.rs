//! What is not what it says to be: refused with a reason, and nothing of it is kept.

mod documents;
mod layers;
mod listings;

use super::User;
use e2e::{Chaos, Fault, FaultKind, sha256};
use serde_json::{Value, json};

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const INDEX: &str = "application/vnd.oci.image.index.v1+json";
const CONFIGURATION: &str = "application/vnd.oci.image.config.v1+json";
const LAYER_GZIP: &str = "application/vnd.oci.image.layer.v1.tar+gzip";

/// A registry with a good image under `good:1`, and perhaps another one that is not.
struct Liar {
    chaos: Chaos,
    good: e2e::Image,
}

impl Liar {
    fn new() -> Self {
        let chaos = Chaos::start();
        let good = chaos.image("good", "1", &[super::layer("one"), super::layer("two")]);
        Self { chaos, good }
    }

    fn name(&self, rest: &str) -> String {
        format!("{}/{rest}", self.chaos.host())
    }

    /// Adds an image under `bad:1`: this layer, whatever it is, under its own digest, and what its configuration calls it.
    fn forge(&self, media_type: &str, layer: &[u8], diff_id: &str) -> String {
        let digest = self.chaos.blob(layer);
        let descriptor = json!({ "mediaType": media_type, "digest": digest, "size": layer.len() });
        self.publish(&[descriptor], &json!([diff_id]))
    }

    /// Adds an image under `bad:1` with these descriptors of layers; its manifest's digest.
    fn publish(&self, layers: &[Value], diff_ids: &Value) -> String {
        let configuration = json!({
            "architecture": e2e::architecture(),
            "os": "linux",
            "rootfs": { "type": "layers", "diff_ids": diff_ids },
        });
        let manifest = json!({
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": self.document(CONFIGURATION, &configuration),
            "layers": layers,
        });
        self.chaos.manifest("bad", "1", MANIFEST, manifest.to_string())
    }

    /// Adds a document to the blobs; its descriptor.
    fn document(&self, media_type: &str, document: &Value) -> Value {
        let text = document.to_string();
        let digest = self.chaos.blob(text.as_bytes());
        json!({ "mediaType": media_type, "digest": digest, "size": text.len() })
    }

    /// While this goes wrong, the good image cannot be had, for a reason with these words; and then it can.
    #[track_caller]
    fn assert_is_seen(&self, user: &User, path: &str, kind: FaultKind, words: &[&str]) {
        self.chaos.fault(Fault::new("GET", path, kind));
        let host = self.chaos.host();
        user.assert_fails_cleanly(&self.name("good:1"), &[words, &[&host]].concat());
        self.chaos.clear_faults();
        user.pull(&self.name("good:1")).ok();
        user.assert_has(&self.name("good:1"), &self.good);
        user.tare(["rmi", &self.name("good:1")]).ok();
        user.assert_has_nothing();
    }

    /// The image `bad:1` cannot be had, for a reason with these words.
    #[track_caller]
    fn assert_bad(&self, user: &User, words: &[&str]) {
        user.assert_pull_fails(&self.name("bad:1"), words);
    }
}

impl User {
    /// As `assert_pull_fails`, but layers that came before what is wrong may have stayed, whole.
    #[track_caller]
    fn assert_fails_cleanly(&self, name: &str, words: &[&str]) {
        let complaint = self.pull(name).complaint(1);
        for word in words {
            assert!(complaint.contains(word), "{word:?} should be in the complaint: {complaint}");
        }
        assert_eq!(self.images(), [""; 0]);
        assert_eq!(self.names("refs").len(), 0);
        self.assert_is_sound();
    }
}

/// The digest of something that nobody has.
fn absent() -> String {
    sha256(b"nobody has this")
}

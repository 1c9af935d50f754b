//! Pushes in which something goes wrong.

use super::{User, big_layer, layer, length};
use e2e::{Certificates, Chaos, Exchange, Fault, FaultKind, Image, base64, needs_programs};
use serde_json::json;

/// A user with an image, and an empty registry that it is tagged for.
struct Sender {
    user: User,
    image: Image,
    chaos: Chaos,
    name: String,
}

impl Sender {
    fn new(chaos: Chaos, layers: &[Vec<u8>]) -> Option<Self> {
        let user = User::new()?;
        let source = Chaos::start();
        let image = source.image("app", "1", layers);
        let (from, name) = (format!("{}/app:1", source.host()), format!("{}/team/app:1", chaos.host()));
        user.pull(&from).ok();
        user.tare(["tag", &from, &name]).ok();
        user.tare(["rmi", &from]).ok();
        Some(Self { user, image, chaos, name })
    }

    #[track_caller]
    fn push(&self) {
        self.user.tare(["push", &self.name]).ok();
        self.assert_arrived();
    }

    #[track_caller]
    fn assert_arrived(&self) {
        let stored = self.chaos.stored_manifest("team/app", "1").map(|(_, bytes)| bytes);
        assert_eq!(stored.as_ref(), Some(&self.image.manifest.bytes));
        for blob in self.image.layers.iter().chain([&self.image.configuration]) {
            assert_eq!(self.chaos.stored_blob("team/app", &blob.digest).as_ref(), Some(&blob.bytes));
        }
    }

    /// It fails with these words, the name means nothing in the registry, and here what it meant.
    #[track_caller]
    fn assert_fails(&self, words: &[&str]) {
        let complaint = self.user.tare(["push", &self.name]).complaint(1);
        for word in words.iter().chain([&self.chaos.host().as_str()]) {
            assert!(complaint.contains(word), "{word:?} should be in the complaint: {complaint}");
        }
        assert_eq!(self.chaos.stored_manifest("team/app", "1"), None);
        assert_eq!(self.user.id(&self.name), self.image.configuration.digest);
        self.user.assert_is_sound();
    }

    /// The upload of the first layer breaks off once. (A configuration is small: it comes in one piece, with its digest.)
    fn cut(&self, at: u64) {
        let hex = &self.image.layers[0].digest["sha256:".len()..];
        for (method, path) in [("PATCH", "/uploads/"), ("PUT", hex)] {
            self.chaos.fault(Fault::new(method, path, FaultKind::CutUploadAfter(at)).times(1));
        }
    }

    /// The bytes of blobs that were sent, in vain too.
    fn received(&self) -> u64 {
        self.uploads().iter().map(|one| one.received).sum()
    }

    fn uploads(&self) -> Vec<Exchange> {
        self.chaos.requests().into_iter().filter(|one| one.target.contains("/uploads/")).collect()
    }

    fn size(&self) -> u64 {
        self.image.layers.iter().chain([&self.image.configuration]).map(|blob| length(&blob.bytes)).sum()
    }
}

#[test]
fn an_upload_that_breaks_off_goes_on() {
    for at in [0, 1, 1_000_000, 2_900_000] {
        let Some(sender) = Sender::new(Chaos::start(), &[big_layer(1, 3_000_000)]) else { return };
        sender.cut(at);
        sender.push();
        let (received, size) = (sender.received(), sender.size());
        assert!(sender.chaos.hits().iter().any(|hits| *hits > 0), "cut at {at}: nothing was cut");
        assert!(received * 100 <= size * 105, "cut at {at}: {received} bytes were sent for {size}");
    }
}

#[test]
fn an_upload_goes_on_over_http_2() {
    if !needs_programs(&["openssl"]) {
        return;
    }
    let certificates = Certificates::temporary();
    let chaos = Chaos::start_h2(&certificates);
    let Some(sender) = Sender::new(chaos, &[big_layer(1, 2_000_000), layer("small")]) else { return };
    for kind in [FaultKind::CutUploadAfter(700_000), FaultKind::GoAwayAfter(0), FaultKind::HangUp] {
        sender.chaos.fault(Fault::new("*", "/uploads/", kind).after(2).times(1));
    }
    sender.push();
    let (received, size) = (sender.received(), sender.size());
    assert!(sender.chaos.hits()[0] > 0, "nothing was cut");
    assert!(received <= size * 2, "{received} bytes were sent for {size}");
}

#[test]
fn what_passes_is_waited_for() {
    let busy = |status| FaultKind::Status(status, vec![("Retry-After".into(), "0".into())], vec![]);
    for (method, path) in [
        ("HEAD", "/blobs/"),
        ("POST", "/uploads/"),
        ("PUT", "/uploads/"),
        ("PUT", "/manifests/"),
        ("*", "/v2/"),
    ] {
        let Some(sender) = Sender::new(Chaos::start(), &[layer("one"), layer("two")]) else { return };
        for kind in [busy(503), busy(429), FaultKind::HangUp] {
            sender.chaos.fault(Fault::new(method, path, kind).times(1));
        }
        sender.push();
        sender.chaos.assert_all_went_wrong();
    }
}

#[test]
fn what_does_not_pass_is_told() {
    let Some(sender) = Sender::new(Chaos::start(), &[layer("one"), layer("two")]) else { return };
    let said = br#"{"errors":[{"code":"DENIED","message":"the quota is used up","detail":null}]}"#;
    for (method, path) in
        [("POST", "/uploads/"), ("PUT", "/uploads/"), ("PUT", "/manifests/"), ("HEAD", "/blobs/")]
    {
        for status in [400, 403, 413] {
            let kind = FaultKind::Status(status, vec![], said.to_vec());
            sender.chaos.fault(Fault::new(method, path, kind));
            let words = if method == "HEAD" { "" } else { "the quota is used up" };
            sender.assert_fails(&[words, &status.to_string()]);
            sender.chaos.clear_faults();
            sender.chaos.forget_requests();
        }
    }
    // a registry that keeps something else
    let other = FaultKind::Header("Docker-Content-Digest".into(), super::sha256(b"another"));
    sender.chaos.fault(Fault::new("PUT", "/manifests/", other).times(1));
    let complaint = sender.user.tare(["push", &sender.name]).complaint(1);
    assert!(complaint.contains("stored"), "{complaint}");
    sender.push();
}

#[test]
fn what_never_passes_is_given_up() {
    for kind in [FaultKind::CutUploadAfter(9), FaultKind::Status(500, vec![], vec![])] {
        let Some(sender) = Sender::new(Chaos::start(), &[layer("one")]) else { return };
        sender.chaos.fault(Fault::new("PUT", "/uploads/", kind));
        sender.assert_fails(&["blob"]);
        let asked = sender.uploads().into_iter().filter(|one| one.method == "PUT").count();
        assert!((2..=10).contains(&asked), "five times for each of two blobs: {asked}");
        sender.chaos.clear_faults();
        sender.push();
    }
}

#[test]
fn sessions_that_lead_elsewhere_get_no_password() {
    let other = Chaos::start();
    // whoever asks a stranger's token server with the password has told it as well
    other.challenge_bearer(&format!("{}/token", other.url()), "here");
    let Some(sender) = Sender::new(Chaos::start(), &[layer("one")]) else { return };
    sender.chaos.challenge_basic("ann", "secret");
    sender.user.know(&json!({ "auths": { sender.chaos.host(): { "auth": base64(b"ann:secret") } } }));
    for target in [
        format!("{}/v2/team/app/blobs/uploads/x", other.url()),
        "file:///etc/passwd".into(),
        "http://[".into(),
        String::new(),
    ] {
        sender.chaos.fault(Fault::new("POST", "/uploads/", FaultKind::Header("Location".into(), target)));
        let said = sender.user.tare(["push", &sender.name]);
        assert_eq!(said.code, 1, "{said:?}");
        for request in other.requests() {
            assert_eq!(request.header("authorization"), None, "{request:#?}");
            assert!(request.target.starts_with("/v2/"), "its token server was asked: {request:#?}");
        }
        sender.chaos.clear_faults();
    }
    assert!(!other.requests().is_empty());
    assert_eq!(sender.chaos.stored_manifest("team/app", "1"), None);
    sender.push();
}

#[test]
fn what_arrived_is_not_sent_again_because_nobody_said_so() {
    let Some(sender) = Sender::new(Chaos::start(), &[big_layer(1, 1_500_000), layer("small")]) else {
        return;
    };
    sender.chaos.fault(Fault::new("PUT", "/uploads/", FaultKind::HangUp));
    sender.push();
    sender.chaos.assert_all_went_wrong();
    assert_eq!(sender.received(), sender.size());
}

#[test]
fn a_session_that_is_forgotten_is_begun_again() {
    let Some(sender) = Sender::new(Chaos::start(), &[big_layer(1, 1_500_000)]) else { return };
    sender.cut(500_000);
    let unknown = br#"{"errors":[{"code":"BLOB_UPLOAD_UNKNOWN","message":"unknown","detail":null}]}"#;
    sender.chaos.fault(Fault::new("GET", "/uploads/", FaultKind::Status(404, vec![], unknown.to_vec())));
    sender.push();
    assert!(sender.chaos.hits().last().is_some_and(|hits| *hits > 0), "it was not asked for its session");
}

#[test]
fn a_mount_that_is_refused_is_sent() {
    let Some(sender) = Sender::new(Chaos::start(), &[layer("one"), layer("two")]) else { return };
    sender.push();
    let second = format!("{}/second/app:1", sender.chaos.host());
    sender.user.tare(["tag", &sender.name, &second]).ok();
    for (status, headers) in [(403, vec![]), (404, vec![]), (405, vec![])] {
        let repository = format!("second/app{status}");
        let second = format!("{}/{repository}:1", sender.chaos.host());
        sender.user.tare(["tag", &sender.name, &second]).ok();
        sender.chaos.fault(Fault::new("POST", "mount=", FaultKind::Status(status, headers, vec![])));
        sender.user.tare(["push", &second]).ok();
        assert!(sender.chaos.stored_manifest(&repository, "1").is_some(), "{status}");
        sender.chaos.clear_faults();
    }
    // one that does not know the other repository begins an upload instead
    sender.chaos.forget_requests();
    sender.user.tare(["push", &second]).ok();
    let mounted =
        sender.uploads().into_iter().filter(|one| one.target.contains("mount=") && one.status == 201);
    assert!(mounted.count() >= 2, "{:#?}", sender.uploads());
}

#[test]
fn a_push_that_is_killed_leaves_half_of_nothing() {
    let layers = [big_layer(1, 2_000_000), layer("small")];
    let Some(sender) = Sender::new(Chaos::start(), &layers) else { return };
    let pause = std::time::Duration::from_secs(3600);
    // what comes is taken, and never answered
    sender.chaos.fault(Fault::new("PATCH", "/uploads/", FaultKind::Stall(pause)));
    let mut command = sender.user.command(["push", &sender.name]);
    let push = e2e::Background::start(&mut command);
    e2e::eventually("the large layer is on its way", || {
        sender.uploads().iter().any(|one| one.method == "PATCH" && one.received > 1_000_000).then_some(())
    });
    drop(push);
    assert_eq!(sender.chaos.stored_manifest("team/app", "1"), None);
    sender.user.assert_is_sound();
    sender.chaos.clear_faults();
    sender.push();
}

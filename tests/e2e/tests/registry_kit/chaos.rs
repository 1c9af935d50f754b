//! Our own registry.

use super::{big_layer, curl, is_possible, layer, outcome, place, skopeo};
use e2e::{Chaos, Fault, FaultKind, Recipe, ask, gzip, noise, sha256, zstandard};
use std::fs;
use std::process::Command;
use std::time::Duration;

#[test]
fn skopeo_copies_whole_images_between_two() {
    if !is_possible() {
        return;
    }
    let (one, two) = (Chaos::start(), Chaos::start());
    let own = one.image("team/app", "own", &[layer("one"), zstandard(&noise(2, 9000))]);
    let other = one.image_of("team/app", "other", &Recipe::new(&[layer("two")]).architecture("s390x"));
    let index = one.index("team/app", "1", &[&own, &other]);
    let address = |chaos: &Chaos| format!("docker://{}/team/app:1", chaos.host());
    let plain = ["--src-tls-verify=false", "--dest-tls-verify=false"];
    skopeo(&[&["copy", "-q", "--all"], &plain[..], &[&address(&one), &address(&two)]].concat()).ok();
    assert_eq!(sha256(&two.stored_manifest("team/app", "1").unwrap().1), index);
    for image in [&own, &other] {
        assert!(two.stored_manifest("team/app", &image.manifest.digest).is_some());
        for blob in image.layers.iter().chain([&image.configuration]) {
            assert_eq!(two.stored_blob("team/app", &blob.digest).as_ref(), Some(&blob.bytes));
        }
    }
    let uploads = two.requests().into_iter().filter(|one| one.received > 0 && one.method == "PATCH").count();
    assert_eq!(uploads, 5, "three layers and two configurations");
    let digest = two.host() + "/team/app@" + &own.manifest.digest;
    let config = skopeo(&["inspect", "--config", "--tls-verify=false", &format!("docker://{digest}")]).text();
    assert!(config.contains(&sha256(&noise(2, 9000))), "{config}");
}

#[test]
fn a_blob_that_breaks_off_is_resumed() {
    if !is_possible() {
        return;
    }
    let (place, chaos) = (place(), Chaos::start());
    let bytes = noise(7, 200_000);
    let digest = chaos.blob(bytes.clone());
    let url = format!("{}/v2/any/blobs/{digest}", chaos.url());
    let file = place.path().join("blob");
    for (fault, code) in [(FaultKind::CutAfter(70_001), 18), (FaultKind::ResetAfter(70_001), 56)] {
        chaos.forget_requests();
        chaos.fault(Fault::new("GET", "/blobs/", fault).times(1));
        assert_eq!(outcome(&[&url], &file), ("200".into(), 70_001, code));
        assert_eq!(chaos.sent("/blobs/"), 70_001);
        let path = file.to_str().unwrap();
        assert_eq!(curl(&["-C", "-", "-o", path, "-w", "%{http_code}", &url]).text(), "206");
        assert_eq!(fs::read(&file).unwrap(), bytes);
        assert_eq!(chaos.sent("/blobs/"), bytes.len() as u64);
        assert_eq!(chaos.requests()[1].header("range"), Some("bytes=70001-"));
    }
}

#[test]
fn every_fault_of_an_answer_is_seen() {
    if !is_possible() {
        return;
    }
    let (place, chaos) = (place(), Chaos::start());
    let digest = chaos.blob(noise(3, 5000));
    let url = format!("{}/v2/any/blobs/{digest}", chaos.url());
    let file = place.path().join("blob");
    let tick = Duration::from_millis(1);
    let teapot = FaultKind::Status(418, vec![("Retry-After".into(), "1".into())], b"tea".to_vec());
    let redirect = FaultKind::Redirect { to: "http://127.0.0.1:1".into(), status: 307 };
    for (fault, status, length, code) in [
        (FaultKind::HangUp, "000", 0, 52),
        (teapot, "418", 3, 0),
        (FaultKind::Stall(tick), "200", 5000, 0),
        (FaultKind::Slow { bytes: 999, every: tick }, "200", 5000, 0),
        (FaultKind::Truncate(100), "200", 100, 0),
        (FaultKind::WrongLength, "200", 5000, 18),
        (redirect, "307", 0, 0),
        (FaultKind::Body(b"another".to_vec()), "200", 7, 0),
        (FaultKind::GoAwayAfter(10), "200", 10, 18),
        (FaultKind::DrainAfter(10), "200", 5000, 0),
        (FaultKind::ResetStreamAfter(10), "200", 10, 56),
    ] {
        chaos.fault(Fault::new("*", "/blobs/", fault.clone()).times(1));
        assert_eq!(outcome(&[&url], &file), (status.to_owned(), length, code), "{fault:?}");
        assert_eq!(outcome(&[&url], &file), ("200".into(), 5000, 0), "once, and no more: {fault:?}");
    }
    chaos.fault(Fault::new("GET", "/blobs/", FaultKind::Challenge("Basic realm=\"x\"".into())).times(1));
    assert!(curl(&["-i", &url]).text().contains("WWW-Authenticate: Basic realm=\"x\""));
    chaos.fault(Fault::new("GET", "/blobs/", FaultKind::Endless));
    let script = format!("curl -sS --noproxy '*' {url} | head -c 1000000 | wc -c");
    assert_eq!(ask(Command::new("sh").args(["-c", &script]), b"").out.trim(), "1000000");
}

#[test]
fn bodies_can_be_corrupt_and_headers_can_lie() {
    if !is_possible() {
        return;
    }
    let (place, chaos) = (place(), Chaos::start());
    let bytes = noise(4, 3000);
    let digest = chaos.blob(bytes.clone());
    let url = format!("{}/v2/any/blobs/{digest}", chaos.url());
    let file = place.path().join("blob");
    chaos.fault(Fault::new("GET", "/blobs/", FaultKind::Corrupt(2999)).after(1).times(1));
    for _ in 0..2 {
        assert_eq!(outcome(&[&url], &file), ("200".into(), 3000, 0));
    }
    let read = fs::read(&file).unwrap();
    assert_eq!((&read[..2999], read[2999]), (&bytes[..2999], bytes[2999] ^ 1));
    let header = FaultKind::Header("Docker-Content-Digest".into(), "sha256:0".into());
    chaos.fault(Fault::new("HEAD", "/blobs/", header));
    assert!(curl(&["-I", &url]).text().contains("Docker-Content-Digest: sha256:0"));
    assert!(
        curl(&["-i", "-r", "2990-", "-o", "/dev/null", "-D", "-", &url])
            .text()
            .contains("bytes 2990-2999/3000")
    );
    assert_eq!(outcome(&["-r", "2990-", &url], &file), ("206".into(), 10, 0));
    assert_eq!(outcome(&["-r", "3000-", &url], &file).0, "416");
    for (kind, status) in [(FaultKind::IgnoreRange, "200"), (FaultKind::WrongRange, "206")] {
        chaos.fault(Fault::new("GET", "/blobs/", kind).times(1));
        assert_eq!(outcome(&[&url], &file), ("200".into(), 3000, 0), "this one is not for a range");
        assert_eq!(outcome(&["-r", "2990-", &url], &file), (status.into(), 3000, 0));
    }
}

#[test]
fn redirects_lead_to_another_host() {
    if !is_possible() {
        return;
    }
    let (place, one, two) = (place(), Chaos::start(), Chaos::start());
    let bytes = noise(5, 100);
    let digest = two.blob(bytes);
    let file = place.path().join("blob");
    let url = format!("{}/v2/any/blobs/{digest}?a=b", one.url());
    one.fault(Fault::new("GET", "a=b", FaultKind::Redirect { to: two.url(), status: 307 }).times(1));
    assert_eq!(outcome(&["-L", &url], &file), ("200".into(), 100, 0));
    assert!(two.requests()[0].target.ends_with("?a=b"));
    let to = format!("{}/v2/x/blobs/{digest}", two.url());
    one.fault(Fault::new("GET", "a=b", FaultKind::Redirect { to, status: 302 }));
    assert_eq!(outcome(&["-L", &url], &file), ("200".into(), 100, 0));
    assert!(two.requests()[1].target.starts_with("/v2/x/blobs/"));
}

#[test]
fn uploads_go_on_where_they_broke_off() {
    if !is_possible() {
        return;
    }
    let (place, chaos) = (place(), Chaos::start());
    let bytes = noise(6, 3_000_000);
    let file = place.path().join("upload");
    fs::write(&file, &bytes).unwrap();
    let location = |said: String| {
        let line = said.lines().find_map(|line| line.strip_prefix("Location: ").map(str::to_owned));
        format!("{}{}", chaos.url(), line.unwrap().trim())
    };
    let begin = format!("{}/v2/app/blobs/uploads/", chaos.url());
    let first = location(curl(&["-i", "-X", "POST", &begin]).text());
    chaos.fault(Fault::new("PATCH", "/uploads/", FaultKind::CutUploadAfter(1_000_000)).times(1));
    let upload = ["-X", "PATCH", "-T", file.to_str().unwrap(), &first];
    assert_ne!(curl(&upload).code, 0);
    let said = curl(&["-i", &first]).text();
    assert!(said.contains("Range: 0-999999"), "{said}");
    let second = location(said);
    assert!(curl(&["-i", "-X", "PATCH", "-d", "x", &first]).text().contains("BLOB_UPLOAD_INVALID"));
    fs::write(&file, &bytes[1_000_000..]).unwrap();
    let range = |range: &str| format!("Content-Range: {range}");
    let patch = ["-i", "-X", "PATCH", "-T", file.to_str().unwrap(), "-H"];
    let wrong = curl(&[&patch[..], &[&range("0-1999999"), &second]].concat()).text();
    assert!(wrong.contains("416 Tested"), "{wrong}");
    let third = location(curl(&[&patch[..], &[&range("1000000-2999999"), &second]].concat()).text());
    let end = |digest: &str| curl(&["-i", "-X", "PUT", &format!("{third}&digest={digest}")]).text();
    assert!(end(&sha256(&bytes)).contains("201 Tested"));
    assert_eq!(chaos.stored_blob("app", &sha256(&bytes)), Some(bytes.clone()));
    assert_eq!(chaos.stored_blob("other", &sha256(&bytes)), None);
    let mount = format!("{}/v2/other/blobs/uploads/?from=app&mount={}", chaos.url(), sha256(&bytes));
    assert!(curl(&["-i", "-X", "POST", &mount]).text().contains("201 Tested"));
    assert_eq!(chaos.stored_blob("other", &sha256(&bytes)), Some(bytes));
}

#[test]
fn manifests_need_their_blobs_and_lists_have_pages() {
    if !is_possible() {
        return;
    }
    let (place, chaos) = (place(), Chaos::start());
    let image = chaos.image("app", "a", &[layer("one")]);
    for tag in ["b", "c"] {
        chaos.manifest("app", tag, &image.manifest.media_type, image.manifest.bytes.clone());
    }
    let file = place.path().join("manifest");
    fs::write(&file, &image.manifest.bytes).unwrap();
    let put = |name: &str| {
        let url = format!("{}/v2/{name}/manifests/new", chaos.url());
        let kind = format!("Content-Type: {}", image.manifest.media_type);
        curl(&["-i", "-X", "PUT", "-H", &kind, "-T", file.to_str().unwrap(), &url]).text()
    };
    assert!(put("other").contains("MANIFEST_BLOB_UNKNOWN"));
    assert!(put("app").contains(&format!("Docker-Content-Digest: {}", image.manifest.digest)));
    let list = |query: &str| curl(&["-i", &format!("{}/v2/app/tags/list{query}", chaos.url())]).text();
    assert!(list("").ends_with(r#""tags":["a","b","c","new"]}"#));
    let page = list("?n=2");
    assert!(
        page.ends_with(r#""tags":["a","b"]}"#)
            && page.contains("</v2/app/tags/list?n=2&last=b>; rel=\"next\"")
    );
    chaos.pages_of(1);
    assert!(list("?n=2&last=b").ends_with(r#""tags":["c"]}"#));
    let artifact = format!(
        r#"{{"schemaVersion":2,"artifactType":"a/b","config":{{}},"layers":[],"subject":{{"digest":"{}"}}}}"#,
        image.manifest.digest
    );
    let digest = chaos.manifest("app", "sig", "application/vnd.oci.image.manifest.v1+json", artifact);
    let referrers = |query: &str| {
        curl(&[&format!("{}/v2/app/referrers/{}{query}", chaos.url(), image.manifest.digest)]).text()
    };
    assert!(
        referrers("?artifactType=a/b").contains(&digest) && !referrers("?artifactType=c/d").contains(&digest)
    );
}

#[test]
fn passwords_and_tokens_are_asked_for() {
    if !is_possible() {
        return;
    }
    let chaos = Chaos::start();
    let url = format!("{}/v2/app/tags/list", chaos.url());
    chaos.image("app", "1", &[gzip(b"")]);
    chaos.challenge_basic("ann", "secret");
    assert!(curl(&["-i", &url]).text().contains("WWW-Authenticate: Basic"));
    assert!(curl(&["-u", "ann:secret", &url]).text().contains("\"tags\""));
    chaos.challenge_bearer("http://127.0.0.1:1/token", "here");
    let expected = "Bearer realm=\"http://127.0.0.1:1/token\",service=\"here\",scope=\"repository:app:pull\"";
    assert!(curl(&["-i", &url]).text().contains(expected));
    chaos.accept_token("opaque");
    assert!(curl(&["-H", "Authorization: Bearer opaque", &url]).text().contains("\"tags\""));
}

#[test]
fn its_end_does_not_wait_for_clients() {
    if !is_possible() {
        return;
    }
    let (place, chaos) = (place(), Chaos::start());
    let digest = chaos.blob(big_layer());
    let url = format!("{}/v2/app/blobs/{digest}", chaos.url());
    chaos.fault(Fault::new("GET", "/blobs/", FaultKind::Stall(Duration::from_secs(3600))));
    let head = place.path().join("head");
    let to = head.display().to_string();
    let client = std::thread::spawn(move || curl(&["-o", "/dev/null", "-D", &to, &url]));
    // not the record: that knows the status before the client does
    e2e::eventually("the head comes", || {
        fs::read_to_string(&head).is_ok_and(|text| text.ends_with("\r\n\r\n")).then_some(())
    });
    drop(chaos);
    assert_eq!(client.join().unwrap().code, 18, "the body is missing");
}

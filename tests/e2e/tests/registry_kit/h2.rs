//! Our own registry within TLS, and over HTTP/2.

use super::{curl, is_possible, layer, outcome, place, skopeo};
use e2e::{Certificates, Chaos, Fault, FaultKind, noise, sha256};
use std::fs;
use std::time::Duration;

/// A blob's address, and how curl is told whom to trust and to write the version that it spoke.
struct Asked {
    chaos: Chaos,
    url: String,
    bytes: Vec<u8>,
    trust: String,
}

impl Asked {
    fn new(chaos: Chaos, certificates: &Certificates, length: usize) -> Self {
        let bytes = noise(9, length);
        let url = format!("{}/v2/any/blobs/{}", chaos.url(), chaos.blob(bytes.clone()));
        Self { chaos, url, bytes, trust: certificates.authority().display().to_string() }
    }

    fn words<'a>(&'a self, more: &[&'a str]) -> Vec<&'a str> {
        [&["--cacert", &self.trust], more].concat()
    }

    fn once(&self, kind: FaultKind) {
        self.chaos.fault(Fault::new("*", "/v2/", kind).times(1));
    }
}

#[test]
fn a_connection_that_goes_away_in_a_blob_is_followed_by_another() {
    if !is_possible() {
        return;
    }
    let place = place();
    let certificates = Certificates::make(&place.path().join("certificates"));
    let asked = Asked::new(Chaos::start_h2(&certificates), &certificates, 300_000);
    let (chaos, file) = (&asked.chaos, place.path().join("blob"));
    for kind in
        [FaultKind::GoAwayAfter, FaultKind::CutAfter, FaultKind::ResetAfter, FaultKind::ResetStreamAfter]
    {
        for at in [0, 1, 70_001, 200_000] {
            chaos.forget_requests();
            asked.once(kind(at));
            let (status, length, code) = outcome(&asked.words(&[&asked.url]), &file);
            assert_eq!((status.as_str(), length as u64), ("200", at), "{:?}: {code}", kind(at));
            assert_ne!(code, 0, "{:?}", kind(at));
            assert_eq!(chaos.sent("/blobs/"), at);
            let path = file.to_str().unwrap();
            let version = curl(&asked.words(&["-C", "-", "-o", path, "-w", "%{http_version}", &asked.url]));
            assert_eq!(version.text(), "2");
            assert_eq!(fs::read(&file).unwrap(), asked.bytes);
            assert_eq!(chaos.sent("/blobs/"), asked.bytes.len() as u64);
            let requests = chaos.requests();
            assert!(requests[0].connection < requests[1].connection);
        }
    }
}

#[test]
fn a_connection_that_drains_ends_what_it_began() {
    if !is_possible() {
        return;
    }
    let place = place();
    let certificates = Certificates::make(&place.path().join("certificates"));
    let asked = Asked::new(Chaos::start_h2(&certificates), &certificates, 300_000);
    let file = place.path().join("blob");
    let two = |asked: &Asked| {
        asked.chaos.forget_requests();
        let url = &asked.url;
        let (to, more) = (file.to_str().unwrap(), format!("{url}?more"));
        curl(&asked.words(&["-o", to, "-o", "/dev/null", url, &more])).ok();
        assert_eq!(fs::read(&file).unwrap(), asked.bytes);
        let connections: Vec<u64> = asked.chaos.requests().iter().map(|one| one.connection).collect();
        connections[1] - connections[0]
    };
    assert_eq!(two(&asked), 0, "one connection for two requests");
    asked.once(FaultKind::DrainAfter(70_001));
    assert_eq!(two(&asked), 1, "another connection for the second");
    for (kind, is_told) in
        [(FaultKind::DrainAfter(9), true), (FaultKind::GoAwayAfter(9), true), (FaultKind::CutAfter(9), false)]
    {
        asked.once(kind.clone());
        let said = curl(&asked.words(&["-v", "-o", "/dev/null", &asked.url])).err;
        assert_eq!(said.contains("GOAWAY"), is_told, "{kind:?}: {said}");
    }
}

#[test]
fn faults_are_seen_over_http_2() {
    if !is_possible() {
        return;
    }
    let place = place();
    let certificates = Certificates::make(&place.path().join("certificates"));
    let asked = Asked::new(Chaos::start_h2(&certificates), &certificates, 5000);
    let file = place.path().join("blob");
    let tick = Duration::from_millis(1);
    for (fault, status, length, is_fine) in [
        (FaultKind::HangUp, "000", 0, false),
        (FaultKind::Status(429, vec![("Retry-After".into(), "1".into())], b"wait".to_vec()), "429", 4, true),
        (FaultKind::Status(204, vec![], vec![]), "204", 0, true),
        (FaultKind::Stall(tick), "200", 5000, true),
        (FaultKind::Slow { bytes: 999, every: tick }, "200", 5000, true),
        (FaultKind::Truncate(100), "200", 100, true),
        (FaultKind::WrongLength, "200", 5000, false),
        (FaultKind::Body(b"another".to_vec()), "200", 7, true),
    ] {
        asked.once(fault.clone());
        let (said, read, code) = outcome(&asked.words(&[&asked.url]), &file);
        assert_eq!((said.as_str(), read, code == 0), (status, length, is_fine), "{fault:?}: {code}");
        assert_eq!(outcome(&asked.words(&[&asked.url]), &file), ("200".into(), 5000, 0), "once: {fault:?}");
    }
    let head = curl(&asked.words(&["-I", &asked.url])).text();
    assert!(head.starts_with("HTTP/2 200") && head.contains("content-length: 5000"), "{head}");
    asked.once(FaultKind::Endless);
    assert_ne!(outcome(&asked.words(&["--max-filesize", "1000000", "-m", "1", &asked.url]), &file).2, 0);
    assert!(asked.chaos.requests().last().unwrap().sent > 1_000_000);
}

#[test]
fn uploads_break_off_over_http_2() {
    if !is_possible() {
        return;
    }
    let place = place();
    let certificates = Certificates::make(&place.path().join("certificates"));
    let asked = Asked::new(Chaos::start_h2(&certificates), &certificates, 500_000);
    let file = place.path().join("upload");
    fs::write(&file, &asked.bytes).unwrap();
    let begin = format!("{}/v2/app/blobs/uploads/", asked.chaos.url());
    let said = curl(&asked.words(&["-i", "-X", "POST", &begin])).text();
    let location = said.lines().find_map(|line| line.strip_prefix("location: ")).unwrap();
    let upload = format!("{}{}", asked.chaos.url(), location.trim());
    asked.once(FaultKind::CutUploadAfter(300_001));
    let patch = ["-i", "-X", "PATCH", "-T", file.to_str().unwrap(), &upload];
    assert_ne!(curl(&asked.words(&patch)).code, 0);
    assert_eq!(asked.chaos.requests().last().unwrap().received, 300_001);
    let said = curl(&asked.words(&["-i", &upload])).text();
    assert!(said.contains("range: 0-300000"), "{said}");
    let whole = format!("{begin}?digest={}", sha256(&asked.bytes));
    let content = format!("@{}", file.display());
    let said = curl(&asked.words(&["-i", "--data-binary", &content, &whole])).text();
    assert!(said.contains("HTTP/2 201"), "{said}");
    assert_eq!(asked.chaos.stored_blob("app", &sha256(&asked.bytes)), Some(asked.bytes.clone()));
}

#[test]
fn its_end_does_not_wait_for_streams() {
    if !is_possible() {
        return;
    }
    let place = place();
    let certificates = Certificates::make(&place.path().join("certificates"));
    let asked = Asked::new(Chaos::start_h2(&certificates), &certificates, 5000);
    asked.once(FaultKind::Stall(Duration::from_secs(3600)));
    let Asked { chaos, url, trust, .. } = asked;
    let client = std::thread::spawn(move || curl(&["--cacert", &trust, "-o", "/dev/null", &url]));
    e2e::eventually("the request comes", || chaos.requests().first().map(|one| one.status == 200));
    drop(chaos);
    assert_ne!(client.join().unwrap().code, 0, "the body is missing");
}

#[test]
fn tls_carries_http_1_too() {
    if !is_possible() {
        return;
    }
    let place = place();
    let certificates = Certificates::make(&place.path().join("certificates"));
    let asked = Asked::new(Chaos::start_tls(&certificates), &certificates, 200_000);
    let file = place.path().join("blob");
    for fault in [FaultKind::CutAfter(70_001), FaultKind::ResetAfter(70_001)] {
        asked.once(fault.clone());
        let (status, length, code) = outcome(&asked.words(&[&asked.url]), &file);
        assert_eq!((status.as_str(), length), ("200", 70_001), "{fault:?}");
        assert_ne!(code, 0, "{fault:?}");
    }
    assert_eq!(curl(&["-o", "/dev/null", &asked.url]).code, 60, "nobody knows the authority");
    assert_eq!(outcome(&asked.words(&[&asked.url]), &file), ("200".into(), 200_000, 0));
    let image = asked.chaos.image("app", "1", &[layer("one")]);
    let trusted = place.path().join("trusted");
    fs::create_dir(&trusted).unwrap();
    fs::copy(certificates.authority(), trusted.join("ca.crt")).unwrap();
    let address = format!("docker://{}/app:1", asked.chaos.host());
    let raw = skopeo(&["inspect", "--raw", "--cert-dir", trusted.to_str().unwrap(), &address]);
    assert_eq!(raw.text().as_bytes(), image.manifest.bytes);
}

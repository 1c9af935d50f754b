//! What passes: connections that break off, servers that are busy or slow. A pull gets through by itself, and fetches nothing twice.

use super::{User, big_layer, layer, length};
use e2e::{Certificates, Chaos, Fault, FaultKind, Image, needs_programs};
use std::time::{Duration, Instant};

/// A registry with an image of one layer that is not small, and the image's name.
struct Stocked {
    chaos: Chaos,
    image: Image,
    name: String,
}

impl Stocked {
    fn new(chaos: Chaos, length: usize) -> Self {
        let image = chaos.image("team/app", "1", &[big_layer(1, length)]);
        let name = format!("{}/team/app:1", chaos.host());
        Self { chaos, image, name }
    }

    fn layer(&self) -> &str {
        &self.image.layers[0].digest
    }

    fn size(&self) -> u64 {
        length(&self.image.layers[0].bytes)
    }

    /// Forgets the image, and what was asked and told.
    fn again(&self, user: &User) {
        user.tare(["rmi", &self.name]).ok();
        user.assert_has_nothing();
        self.chaos.clear_faults();
        self.chaos.forget_requests();
    }

    fn status(status: u16, wait: Option<&str>) -> FaultKind {
        let headers = wait.map(|wait| ("Retry-After".to_owned(), wait.to_owned()));
        FaultKind::Status(status, headers.into_iter().collect(), b"not now".to_vec())
    }
}

#[test]
fn a_layer_that_breaks_off_goes_on() {
    let Some(user) = User::new() else { return };
    let stocked = Stocked::new(Chaos::start(), 300_000);
    let size = stocked.size();
    for at in [0, 1, 70_001, size - 1] {
        for kind in [FaultKind::CutAfter(at), FaultKind::ResetAfter(at)] {
            stocked.chaos.fault(Fault::new("GET", stocked.layer(), kind.clone()).times(1));
            user.pull(&stocked.name).ok();
            user.assert_has(&stocked.name, &stocked.image);
            let sent = stocked.chaos.sent(stocked.layer());
            // a reset may take with it what was still on its way
            let most = if matches!(kind, FaultKind::CutAfter(_)) { size } else { size + at };
            assert!((size..=most).contains(&sent), "{kind:?}: {sent} of {size} bytes");
            stocked.again(&user);
        }
    }
    // it breaks off again and again, but each time there is more of it
    stocked.chaos.fault(Fault::new("GET", stocked.layer(), FaultKind::CutAfter(70_000)));
    user.pull(&stocked.name).ok();
    user.assert_has(&stocked.name, &stocked.image);
    assert_eq!(stocked.chaos.sent(stocked.layer()), size);
}

#[test]
fn what_breaks_off_too_often_goes_on_the_next_time() {
    let Some(user) = User::new() else { return };
    let stocked = Stocked::new(Chaos::start(), 900_000);
    stocked.chaos.fault(Fault::new("GET", stocked.layer(), FaultKind::CutAfter(10_000)));
    user.assert_pull_fails(&stocked.name, &[&stocked.chaos.host(), stocked.layer()]);
    let before = stocked.chaos.sent(stocked.layer());
    assert!((10_000..=100_000).contains(&before), "{before}");
    stocked.chaos.clear_faults();
    user.pull(&stocked.name).ok();
    user.assert_has(&stocked.name, &stocked.image);
    assert_eq!(stocked.chaos.sent(stocked.layer()), stocked.size(), "no byte came twice");
}

#[test]
fn documents_that_break_off_come_again() {
    let Some(user) = User::new() else { return };
    let stocked = Stocked::new(Chaos::start(), 3000);
    let chaos = &stocked.chaos;
    for path in ["/manifests/", stocked.image.configuration.digest.as_str(), "/v2/"] {
        for kind in [
            FaultKind::CutAfter(20),
            FaultKind::ResetAfter(20),
            FaultKind::HangUp,
            FaultKind::WrongLength,
            Stocked::status(503, None),
        ] {
            chaos.fault(Fault::new("GET", path, kind).times(2));
            user.pull(&stocked.name).ok();
            chaos.assert_all_went_wrong();
            user.assert_has(&stocked.name, &stocked.image);
            stocked.again(&user);
        }
    }
    // the question that is asked first when the name is known
    user.pull(&stocked.name).ok();
    for kind in [FaultKind::HangUp, Stocked::status(500, None)] {
        chaos.fault(Fault::new("HEAD", "/manifests/", kind).times(2));
        let said = user.pull(&stocked.name).text();
        assert!(said.contains("Image is up to date"), "{said}");
        chaos.assert_all_went_wrong();
    }
}

#[test]
fn a_busy_server_is_asked_again_when_it_says() {
    let Some(user) = User::new() else { return };
    let stocked = Stocked::new(Chaos::start(), 30_000);
    for (status, path) in [(429, "/manifests/"), (503, "/blobs/"), (429, stocked.layer())] {
        stocked.chaos.fault(Fault::new("GET", path, Stocked::status(status, Some("1"))).times(1));
        let begun = Instant::now();
        user.pull(&stocked.name).ok();
        assert!(begun.elapsed() >= Duration::from_secs(1), "{status} {path}: it did not wait");
        user.assert_has(&stocked.name, &stocked.image);
        stocked.again(&user);
    }
    // a date, and nonsense
    for wait in ["Wed, 21 Oct 2015 07:28:00 GMT", "soon", "-1", ""] {
        stocked.chaos.fault(Fault::new("GET", "/blobs/", Stocked::status(503, Some(wait))).times(1));
        user.pull(&stocked.name).ok();
        stocked.again(&user);
    }
}

#[test]
fn a_server_that_stays_busy_is_given_up() {
    let Some(user) = User::new() else { return };
    let stocked = Stocked::new(Chaos::start(), 30_000);
    let host = stocked.chaos.host();
    for (path, kind, word) in [
        ("/manifests/", Stocked::status(503, None), "503"),
        (stocked.layer(), Stocked::status(429, Some("0")), "429"),
        (&stocked.image.configuration.digest, Stocked::status(502, None), "502"),
        (stocked.layer(), FaultKind::HangUp, "blob"),
        ("/manifests/", FaultKind::ResetAfter(3), "team/app:1"),
    ] {
        stocked.chaos.fault(Fault::new("GET", path, kind.clone()));
        user.assert_pull_fails(&stocked.name, &[&host, word]);
        let asked = stocked.chaos.requests().into_iter().filter(|one| one.target.contains(path)).count();
        assert!((2..=5).contains(&asked), "{kind:?} {path}: it was asked {asked} times");
        stocked.chaos.clear_faults();
        stocked.chaos.forget_requests();
    }
    user.pull(&stocked.name).ok();
    user.assert_has(&stocked.name, &stocked.image);
}

#[test]
fn errors_that_do_not_pass_are_told_at_once() {
    let Some(user) = User::new() else { return };
    let stocked = Stocked::new(Chaos::start(), 30_000);
    let said = br#"{"errors":[{"code":"DENIED","message":"pay your bill","detail":null}]}"#;
    for (status, path) in [(400, "/manifests/"), (403, "/manifests/"), (418, stocked.layer())] {
        let kind = FaultKind::Status(status, vec![], said.to_vec());
        stocked.chaos.fault(Fault::new("GET", path, kind));
        let words = [&stocked.chaos.host(), &status.to_string(), "pay your bill"];
        user.assert_pull_fails(&stocked.name, &words);
        let asked = stocked.chaos.requests().into_iter().filter(|one| one.target.contains(path)).count();
        assert_eq!(asked, 1, "{status} {path}");
        stocked.chaos.clear_faults();
        stocked.chaos.forget_requests();
    }
    // a page for people, and letters that move a terminal's cursor
    for body in [&b"<html><body>gone</body></html>"[..], b"\x1b[2Jboo\r\n", &[0xff; 100_000]] {
        stocked.chaos.fault(Fault::new("GET", "/manifests/", FaultKind::Status(400, vec![], body.to_vec())));
        let complaint = user.pull(&stocked.name).complaint(1);
        assert!(complaint.contains("400") && complaint.len() < 2000, "{complaint}");
        assert!(!complaint.contains(['\x1b', '\r', '<']), "{complaint:?}");
        stocked.chaos.clear_faults();
    }
    user.pull(&stocked.name).ok();
}

#[test]
fn heads_without_end_are_not_read_to_it() {
    let Some(user) = User::new() else { return };
    let stocked = Stocked::new(Chaos::start(), 3000);
    let large = FaultKind::Header("X-Large".into(), "x".repeat(2_000_000));
    stocked.chaos.fault(Fault::new("GET", "/manifests/", large));
    user.assert_pull_fails(&stocked.name, &[&stocked.chaos.host()]);
    stocked.chaos.clear_faults();
    user.pull(&stocked.name).ok();
    user.assert_has(&stocked.name, &stocked.image);
}

#[test]
fn slow_is_not_gone() {
    let Some(user) = User::new() else { return };
    let stocked = Stocked::new(Chaos::start(), 60_000);
    let pause = Duration::from_millis(300);
    for kind in [FaultKind::Stall(pause), FaultKind::Slow { bytes: 10_000, every: pause / 10 }] {
        stocked.chaos.fault(Fault::new("GET", "/v2/", kind));
        user.pull(&stocked.name).ok();
        user.assert_has(&stocked.name, &stocked.image);
        assert_eq!(stocked.chaos.requests().len(), 3, "nothing was asked twice");
        stocked.again(&user);
    }
}

#[test]
fn a_server_that_does_not_know_ranges_is_read_from_the_start() {
    let Some(user) = User::new() else { return };
    let stocked = Stocked::new(Chaos::start(), 300_000);
    let refusal = FaultKind::Status(416, vec![("Content-Range".into(), "bytes */0".into())], vec![]);
    for kind in [FaultKind::IgnoreRange, FaultKind::WrongRange, refusal] {
        stocked.chaos.fault(Fault::new("GET", stocked.layer(), FaultKind::CutAfter(70_001)).times(1));
        let times = if matches!(kind, FaultKind::Status(..)) { 1 } else { 9 };
        stocked.chaos.fault(Fault::new("GET", stocked.layer(), kind.clone()).times(times));
        let said = user.pull(&stocked.name);
        assert_eq!(said.code, 0, "{kind:?}: {said:?}");
        user.assert_has(&stocked.name, &stocked.image);
        assert_eq!(stocked.chaos.sent(stocked.layer()), stocked.size() + 70_001);
        stocked.again(&user);
    }
}

#[test]
fn connections_of_http_2_come_and_go() {
    if !needs_programs(&["openssl"]) {
        return;
    }
    let Some(user) = User::new() else { return };
    let certificates = Certificates::temporary();
    let stocked = Stocked::new(Chaos::start_h2(&certificates), 300_000);
    let size = stocked.size();
    for at in [0, 70_001, size - 1] {
        for kind in [
            FaultKind::GoAwayAfter(at),
            FaultKind::DrainAfter(at),
            FaultKind::ResetStreamAfter(at),
            FaultKind::CutAfter(at),
        ] {
            stocked.chaos.fault(Fault::new("GET", stocked.layer(), kind.clone()).times(1));
            user.pull(&stocked.name).ok();
            user.assert_has(&stocked.name, &stocked.image);
            let sent = stocked.chaos.sent(stocked.layer());
            assert!((size..=size + at).contains(&sent), "{kind:?}: {sent} of {size} bytes");
            stocked.again(&user);
        }
    }
    for kind in [FaultKind::HangUp, FaultKind::GoAwayAfter(5), FaultKind::ResetStreamAfter(5)] {
        stocked.chaos.fault(Fault::new("GET", "/v2/", kind).times(2));
        user.pull(&stocked.name).ok();
        stocked.chaos.assert_all_went_wrong();
        user.assert_has(&stocked.name, &stocked.image);
        stocked.again(&user);
    }
    user.pull(&stocked.name).ok();
}

#[test]
fn many_layers_share_their_connections() {
    if !needs_programs(&["openssl"]) {
        return;
    }
    let Some(user) = User::new() else { return };
    let certificates = Certificates::temporary();
    for (chaos, most) in
        [(Chaos::start(), 5), (Chaos::start_tls(&certificates), 5), (Chaos::start_h2(&certificates), 2)]
    {
        let layers: Vec<Vec<u8>> = (0..20).map(|number| layer(&number.to_string())).collect();
        let image = chaos.image("app", "1", &layers);
        let name = format!("{}/app:1", chaos.host());
        user.pull(&name).ok();
        user.assert_has(&name, &image);
        user.tare(["rmi", &name]).ok();
        let last = chaos.requests().iter().map(|one| one.connection).max().unwrap();
        assert!(last <= most + 1, "{last} connections to {}", chaos.url());
    }
}

//! Who else is asked: redirects and challenges. What a host was told in confidence nobody else hears.

use super::{User, big_layer, layer, length};
use e2e::{Certificates, Chaos, Exchange, Fault, FaultKind, TokenServer, base64, needs_programs};

/// No request shows what is only for another host.
#[track_caller]
fn assert_know_nothing(requests: &[Exchange]) {
    let secret = base64(b"ann:secret");
    for request in requests {
        assert_eq!(request.header("authorization"), None, "{request:#?}");
        assert!(!format!("{request:?}").contains(&secret), "{request:#?}");
    }
}

fn redirect(to: impl Into<String>, status: u16) -> FaultKind {
    FaultKind::Redirect { to: to.into(), status }
}

#[test]
fn a_redirect_is_followed_without_the_password() {
    let (Some(user), one, two) = (User::new(), Chaos::start(), Chaos::start()) else { return };
    let image = one.image("app", "1", &[layer("one"), layer("two")]);
    two.image("app", "1", &[layer("one"), layer("two")]);
    one.challenge_basic("ann", "secret");
    user.know_password(&one.host(), "ann", "secret");
    let name = format!("{}/app:1", one.host());
    for (status, path) in
        [(301, "/blobs/"), (302, "/v2/"), (303, "/blobs/"), (307, "/blobs/"), (308, "/manifests/")]
    {
        one.fault(Fault::new("GET", path, redirect(two.url(), status)));
        user.pull(&name).ok();
        user.assert_has(&name, &image);
        assert!(!two.requests().is_empty());
        assert_know_nothing(&two.requests());
        user.tare(["rmi", &name]).ok();
        one.clear_faults();
        two.forget_requests();
    }
    assert!(one.requests().iter().any(|request| request.header("authorization").is_some()));
}

#[test]
fn a_stranger_who_wants_the_password_does_not_get_it() {
    let (Some(user), one, two) = (User::new(), Chaos::start(), Chaos::start()) else { return };
    let image = one.image("app", "1", &[layer("one")]);
    two.image("app", "1", &[layer("one")]);
    one.challenge_basic("ann", "secret");
    user.know_password(&one.host(), "ann", "secret");
    let name = format!("{}/app:1", one.host());
    two.challenge_basic("ann", "secret");
    for path in ["/blobs/", "/manifests/"] {
        one.fault(Fault::new("GET", path, redirect(two.url(), 307)));
        user.assert_pull_fails(&name, &[&one.host(), &two.host(), "credentials"]);
        assert_know_nothing(&two.requests());
        assert!(two.requests().len() <= 5, "{:#?}", two.requests());
        one.clear_faults();
        two.forget_requests();
    }
    user.pull(&name).ok();
    user.assert_has(&name, &image);
    assert_eq!(two.requests(), []);
}

#[test]
fn a_redirect_to_the_same_host_keeps_the_password() {
    let (Some(user), chaos) = (User::new(), Chaos::start()) else { return };
    let image = chaos.image("app", "1", &[layer("one")]);
    chaos.image("elsewhere", "1", &[layer("one")]);
    chaos.challenge_basic("ann", "secret");
    user.know_password(&chaos.host(), "ann", "secret");
    let name = format!("{}/app:1", chaos.host());
    let layer = &image.layers[0].digest;
    let to = format!("{}/v2/elsewhere/blobs/{layer}", chaos.url());
    chaos.fault(Fault::new("GET", &format!("/v2/app/blobs/{layer}"), redirect(to, 302)));
    let location = vec![("Location".to_owned(), "../../elsewhere/manifests/1".to_owned())];
    chaos.fault(Fault::new("GET", "/v2/app/manifests/", FaultKind::Status(307, location, vec![])));
    user.pull(&name).ok();
    user.assert_has(&name, &image);
}

#[test]
fn redirects_have_an_end() {
    let (Some(user), one, two) = (User::new(), Chaos::start(), Chaos::start()) else { return };
    let image = one.image("app", "1", &[layer("one")]);
    let name = format!("{}/app:1", one.host());
    for path in ["/manifests/", &image.layers[0].digest] {
        one.fault(Fault::new("GET", path, redirect(two.url(), 302)));
        two.fault(Fault::new("GET", path, redirect(one.url(), 302)));
        user.assert_pull_fails(&name, &[&one.host(), "redirects"]);
        let asked = one.requests().len() + two.requests().len();
        assert!(asked < 20, "they were asked {asked} times");
        for chaos in [&one, &two] {
            chaos.clear_faults();
            chaos.forget_requests();
        }
    }
    for target in ["file:///etc/passwd", "ftp://127.0.0.1/x", "http://[", "//", "", "javascript:alert(1)"] {
        let location = vec![("Location".to_owned(), target.to_owned())];
        one.fault(Fault::new("GET", "/manifests/", FaultKind::Status(302, location, vec![])));
        user.assert_pull_fails(&name, &[&one.host(), "redirect"]);
        one.clear_faults();
    }
    // a redirect that does not say where
    one.fault(Fault::new("GET", "/manifests/", FaultKind::Status(302, vec![], vec![])));
    user.assert_pull_fails(&name, &[&one.host(), "redirect"]);
    one.clear_faults();
    // to where nobody is
    one.fault(Fault::new("GET", "/blobs/", redirect("http://127.0.0.1:1", 302)));
    user.assert_pull_fails(&name, &[&one.host(), "127.0.0.1:1"]);
    one.clear_faults();
    user.pull(&name).ok();
    user.assert_has(&name, &image);
}

#[test]
fn what_was_encrypted_stays_so() {
    if !needs_programs(&["openssl"]) {
        return;
    }
    let Some(user) = User::new() else { return };
    let certificates = Certificates::temporary();
    let (one, two, plain) = (Chaos::start_tls(&certificates), Chaos::start_h2(&certificates), Chaos::start());
    for chaos in [&two, &plain] {
        chaos.image("app", "1", &[layer("one")]);
    }
    let image = one.image("app", "1", &[layer("one")]);
    let name = format!("{}/app:1", one.host());
    one.fault(Fault::new("GET", "/blobs/", redirect(plain.url(), 307)));
    user.assert_pull_fails(&name, &[&one.host(), "not encrypted"]);
    assert_eq!(plain.requests(), []);
    one.clear_faults();
    one.fault(Fault::new("GET", "/blobs/", redirect(two.url(), 307)));
    user.pull(&name).ok();
    user.assert_has(&name, &image);
}

#[test]
fn what_breaks_off_elsewhere_is_asked_for_here_again() {
    let (Some(user), one, two) = (User::new(), Chaos::start(), Chaos::start()) else { return };
    let image = one.image("app", "1", &[big_layer(1, 200_000)]);
    two.image("app", "1", &[big_layer(1, 200_000)]);
    let (name, layer) = (format!("{}/app:1", one.host()), &image.layers[0]);
    one.fault(Fault::new("GET", &layer.digest, redirect(two.url(), 307)));
    two.fault(Fault::new("GET", &layer.digest, FaultKind::CutAfter(70_001)).times(1));
    // an address that was signed for some minutes
    two.fault(Fault::new("GET", &layer.digest, FaultKind::Status(503, vec![], vec![])).times(1));
    user.pull(&name).ok();
    user.assert_has(&name, &image);
    assert_eq!(two.sent(&layer.digest), length(&layer.bytes));
    let asked = one.requests().into_iter().filter(|request| request.target.contains(&layer.digest)).count();
    assert_eq!(asked, 3, "each attempt begins here");
}

#[test]
fn challenges_have_an_end() {
    let (Some(user), chaos) = (User::new(), Chaos::start()) else { return };
    let image = chaos.image("app", "1", &[layer("one")]);
    let (host, name) = (chaos.host(), format!("{}/app:1", chaos.host()));
    let huge = format!("Bearer realm=\"{}\"", "x".repeat(40_000));
    for knows_password in [false, true] {
        if knows_password {
            user.know_password(&host, "ann", "secret");
        }
        for challenge in [
            "Basic realm=\"x\"",
            "Negotiate",
            "",
            "Bearer",
            "Bearer realm=\"\"",
            "Bearer realm=\"file:///etc/passwd\"",
            "Bearer realm=\"http://[\"",
            "Digest realm=\"x\", Basic realm=\"y\"",
            "Basic realm=\"never ends",
            &huge,
        ] {
            for path in ["/manifests/", &image.layers[0].digest] {
                chaos.fault(Fault::new("GET", path, FaultKind::Challenge(challenge.to_owned())));
                user.assert_pull_fails(&name, &[&host]);
                let asked = chaos.requests().len();
                assert!(asked < 10, "{challenge}: it was asked {asked} times");
                chaos.clear_faults();
                chaos.forget_requests();
            }
        }
    }
    user.pull(&name).ok();
    user.assert_has(&name, &image);
}

#[test]
fn tokens_that_open_nothing_have_an_end() {
    if !needs_programs(&["openssl"]) {
        return;
    }
    let (Some(user), chaos) = (User::new(), Chaos::start()) else { return };
    let image = chaos.image("app", "1", &[layer("one")]);
    let tokens = TokenServer::start(&Certificates::temporary(), "ann", "secret");
    let name = format!("{}/app:1", chaos.host());
    user.know_password(&chaos.host(), "ann", "secret");
    chaos.challenge_bearer(&tokens.realm(), tokens.service());
    tokens.grant_only(&[]);
    user.assert_pull_fails(&name, &[&chaos.host(), "denies access"]);
    assert!(tokens.requests().len() <= 3 && chaos.requests().len() <= 4, "{:#?}", tokens.requests());
    tokens.grant_only(&["pull"]);
    user.pull(&name).ok();
    user.assert_has(&name, &image);
}

#[test]
fn servers_of_tokens_go_wrong_too() {
    let (Some(user), chaos, realm) = (User::new(), Chaos::start(), Chaos::start()) else { return };
    chaos.image("app", "1", &[layer("one")]);
    let name = format!("{}/app:1", chaos.host());
    user.know_password(&chaos.host(), "ann", "secret");
    chaos.challenge_bearer(&format!("{}/token", realm.url()), "here");
    let long = format!("{{\"token\":\"{}\"}}", "x".repeat(5_000_000));
    for kind in [
        FaultKind::Status(404, vec![], vec![]),
        FaultKind::Status(401, vec![("WWW-Authenticate".into(), "Basic realm=\"x\"".into())], vec![]),
        FaultKind::Status(500, vec![], vec![]),
        FaultKind::HangUp,
        FaultKind::Body(b"no JSON".to_vec()),
        FaultKind::Body(b"{}".to_vec()),
        FaultKind::Body(b"{\"token\":\"a\\r\\nX-Evil: 1\"}".to_vec()),
        FaultKind::Body(b"{\"token\":12}".to_vec()),
        FaultKind::Body(long.into_bytes()),
        FaultKind::Endless,
        redirect(format!("{}/token", realm.url()), 302),
    ] {
        realm.fault(Fault::new("*", "/token", kind.clone()));
        let complaint = user.pull(&name).complaint(1);
        let names_one = complaint.contains(&chaos.host()) || complaint.contains(&realm.host());
        assert!(names_one && complaint.contains("app:1"), "{kind:?}: {complaint}");
        user.assert_has_nothing();
        assert!(realm.requests().len() <= 15, "{kind:?}: asked {} times", realm.requests().len());
        realm.clear_faults();
        realm.forget_requests();
    }
    chaos.accept_token("opaque");
    realm.fault(Fault::new("*", "/token", FaultKind::Body(b"{\"token\":\"opaque\"}".to_vec())));
    user.pull(&name).ok();
}

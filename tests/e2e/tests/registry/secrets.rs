//! Passwords and tokens: where they come from, and who gets to see them.

use super::{User, address, copy, layer, text};
use e2e::{Certificates, Chaos, Distribution, Image, Recipe, TokenServer, base64, needs_programs};
use serde_json::json;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;

fn is_possible() -> bool {
    needs_programs(&["docker-registry", "htpasswd", "skopeo", "openssl", "curl"])
}

/// Puts an image into a registry that ann may write to.
fn stock(registry: &Distribution, name: &str, layers: &[Vec<u8>]) -> Image {
    let chaos = Chaos::start();
    let image = chaos.image_of("stock", "1", &Recipe::new(layers));
    let credentials = ["--dest-creds", "ann:secret"];
    copy(&credentials, &address(&chaos.host(), "stock:1"), &address(registry.host(), name));
    image
}

#[test]
fn a_password_opens_a_registry_and_a_wrong_one_does_not() {
    if !is_possible() {
        return;
    }
    let Some(user) = User::new() else { return };
    let registry = Distribution::temporary().password("ann", "secret").start();
    let image = stock(&registry, "team/app:1", &[layer("one")]);
    let (host, name) = (registry.host(), format!("{}/team/app:1", registry.host()));
    user.assert_pull_fails(&name, &["denies access", host, &name]);
    user.know_password(host, "ann", "wrong");
    user.assert_pull_fails(&name, &["denies access", host, &name, "tare login"]);
    let complaint = user.pull(&name).err;
    assert!(!complaint.contains("wrong") && !complaint.contains(&base64(b"ann:wrong")), "{complaint}");
    user.know_password("127.0.0.1:1", "ann", "secret");
    user.assert_pull_fails(&name, &["denies access", host]);
    user.know_password(host, "ann", "secret");
    user.pull(&name).ok();
    user.assert_has(&name, &image);
}

#[test]
fn a_password_for_a_repository_comes_before_the_hosts() {
    if !is_possible() {
        return;
    }
    let Some(user) = User::new() else { return };
    let registry = Distribution::temporary().password("ann", "secret").start();
    let image = stock(&registry, "team/app:1", &[layer("one")]);
    let (host, name) = (registry.host(), format!("{}/team/app:1", registry.host()));
    let (right, wrong) = (base64(b"ann:secret"), base64(b"ann:wrong"));
    let special = format!("{host}/team");
    user.know(&json!({ "auths": { host: { "auth": wrong }, special: { "auth": right } } }));
    user.pull(&name).ok();
    user.assert_has(&name, &image);
    // Podman's file
    user.know(&json!({}));
    let file = user.engine.write("auth.json", json!({ "auths": { host: { "auth": right } } }).to_string());
    user.tare(["rmi", &name]).ok();
    user.assert_pull_fails(&name, &["denies access"]);
    let said =
        e2e::ask(user.command(["pull", "-q", &name]).env("REGISTRY_AUTH_FILE", text(&file)), b"").text();
    assert_eq!(said, name);
    // a file that is none is named
    user.engine.write("home/.docker/config.json", "{");
    user.tare(["rmi", &name]).ok();
    user.assert_pull_fails(&name, &["config.json"]);
}

#[test]
fn a_program_keeps_the_password() {
    if !is_possible() {
        return;
    }
    let Some(user) = User::new() else { return };
    let registry = Distribution::temporary().password("ann", "secret").start();
    let image = stock(&registry, "app:1", &[layer("one"), layer("two")]);
    let (host, name) = (registry.host(), format!("{}/app:1", registry.host()));
    let asked = user.engine.path("asked");
    let answer = json!({ "ServerURL": host, "Username": "ann", "Secret": "secret" });
    let script = |end: &str| {
        let program = format!("#!/bin/sh\necho \"$1 $(cat)\" >>{}\n{end}\n", asked.display());
        let program = user.engine.write("bin/docker-credential-x", program);
        fs::set_permissions(program, fs::Permissions::from_mode(0o755)).unwrap();
    };
    let pull = || {
        let path = format!("{}:{}", user.engine.path("bin").display(), std::env::var("PATH").unwrap());
        e2e::ask(user.command(["pull", &name]).env("PATH", path), b"")
    };
    user.know(&json!({ "credHelpers": { host: "x" } }));
    // it is not installed
    let complaint = user.pull(&name).complaint(1);
    assert!(complaint.contains("docker-credential-x"), "{complaint}");
    script("echo the vault is shut >&2; exit 1");
    let complaint = pull().complaint(1);
    assert!(complaint.contains("docker-credential-x: get") && complaint.contains("the vault is shut"));
    script("echo 'credentials not found in native keychain'; exit 1");
    let complaint = pull().complaint(1);
    assert!(complaint.contains("denies access"), "{complaint}");
    user.assert_has_nothing();
    fs::remove_file(&asked).unwrap();
    script(&format!("echo '{answer}'"));
    pull().ok();
    user.assert_has(&name, &image);
    assert_eq!(fs::read_to_string(&asked).unwrap(), format!("get {host}\n"), "once for all requests");
    user.know(&json!({ "credsStore": "x", "auths": { host: {} } }));
    user.tare(["rmi", &name]).ok();
    pull().ok();
    user.assert_has(&name, &image);
}

#[test]
fn a_token_opens_a_registry() {
    if !is_possible() {
        return;
    }
    let Some(user) = User::new() else { return };
    let certificates = Certificates::temporary();
    let tokens = TokenServer::start(&certificates, "ann", "secret");
    let registry = Distribution::temporary().token(&tokens).start();
    let image = stock(&registry, "team/app:1", &[layer("one"), layer("two")]);
    let (host, name) = (registry.host(), format!("{}/team/app:1", registry.host()));
    let before = tokens.requests().len();
    user.pull(&name).ok();
    user.assert_has(&name, &image);
    let requests = tokens.requests().split_off(before);
    assert_eq!(requests.len(), 1, "one token is good for the whole pull: {requests:#?}");
    assert_eq!(requests[0].values("scope"), ["repository:team/app:pull"]);
    assert_eq!(requests[0].values("service"), [tokens.service()]);
    assert!(!requests[0].has_authorization);
    user.tare(["rmi", &name]).ok();
    tokens.refuse_strangers();
    user.assert_pull_fails(&name, &["denies access"]);
    user.know_password(host, "ann", "wrong");
    user.assert_pull_fails(&name, &["denies access", "incorrect username or password"]);
    user.know_password(host, "ann", "secret");
    user.pull(&name).ok();
    assert!(tokens.requests().last().unwrap().has_authorization);
    user.assert_has(&name, &image);
    user.tare(["rmi", &name]).ok();
    let refresh = refresh_token(&tokens);
    user.know(&json!({ "auths": { host: { "auth": base64(b"<token>:"), "identitytoken": refresh } } }));
    user.pull(&name).ok();
    let last = tokens.requests().pop().unwrap();
    assert_eq!((last.method.as_str(), last.values("grant_type")), ("POST", vec!["refresh_token"]));
    user.assert_has(&name, &image);
}

fn refresh_token(tokens: &TokenServer) -> String {
    let form = "grant_type=password&username=ann&password=secret&access_type=offline";
    let mut curl = std::process::Command::new("curl");
    let said = e2e::ask(curl.args(["-sS", "--noproxy", "*", "-d", form, &tokens.realm()]), b"").text();
    let answer: serde_json::Value = serde_json::from_str(&said).unwrap();
    answer["refresh_token"].as_str().unwrap().to_owned()
}

#[test]
fn pushing_needs_a_token_for_pushing() {
    if !is_possible() {
        return;
    }
    let Some(user) = User::new() else { return };
    let certificates = Certificates::temporary();
    let tokens = TokenServer::start(&certificates, "ann", "secret");
    let registry = Distribution::temporary().token(&tokens).start();
    let chaos = Chaos::start();
    let image = chaos.image("app", "1", &[layer("one")]);
    let (source, name) = (format!("{}/app:1", chaos.host()), format!("{}/app:1", registry.host()));
    user.pull(&source).ok();
    user.tare(["tag", &source, &name]).ok();
    let complaint = user.tare(["push", &name]).complaint(1);
    assert!(complaint.contains("denies access") && complaint.contains(registry.host()), "{complaint}");
    user.know_password(registry.host(), "ann", "secret");
    tokens.grant_only(&["pull"]);
    user.tare(["push", &name]).fails(1, "denies access");
    assert!(!registry.blob_file(&image.layers[0].digest).exists());
    tokens.grant_only(&["pull", "push"]);
    let before = tokens.requests().len();
    user.tare(["push", &name]).ok();
    assert!(registry.blob_file(&image.manifest.digest).exists());
    let requests = tokens.requests().split_off(before);
    assert!(requests.iter().any(|one| one.values("scope") == ["repository:app:pull,push"]), "{requests:#?}");
}

#[test]
fn a_token_that_ends_during_a_pull_is_followed_by_another() {
    if !is_possible() {
        return;
    }
    let Some(user) = User::new() else { return };
    let chaos = Chaos::start();
    let image = chaos.image("app", "1", &[layer("one"), layer("two")]);
    let certificates = Certificates::temporary();
    let tokens = TokenServer::start(&certificates, "ann", "secret");
    chaos.challenge_bearer(&tokens.realm(), tokens.service());
    let challenge = format!(
        "Bearer realm=\"{}\",service=\"{}\",scope=\"repository:app:pull\"",
        tokens.realm(),
        tokens.service()
    );
    let name = format!("{}/app:1", chaos.host());
    chaos.fault(e2e::Fault::new("GET", "/blobs/", e2e::FaultKind::Challenge(challenge)).times(1));
    // the server's clock may have made the same token again
    tokens.set_lifetime(600);
    user.pull(&name).ok();
    user.assert_has(&name, &image);
    assert_eq!(tokens.requests().len(), 2, "{:#?}", tokens.requests());
}

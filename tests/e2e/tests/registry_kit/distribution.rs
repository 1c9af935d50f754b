//! Debian's registry.

use super::{big_layer, curl, is_possible, layer, place, skopeo};
use e2e::{Certificates, Chaos, Distribution, Recipe, TokenServer, needs_programs, sha256};
use std::fs;

fn is_installed() -> bool {
    is_possible() && needs_programs(&["docker-registry", "htpasswd"])
}

#[test]
fn skopeo_copies_an_image_there_and_back() {
    if !is_installed() {
        return;
    }
    let place = place();
    let (chaos, registry) = (Chaos::start(), Distribution::at(&place.path().join("registry")).start());
    let image = chaos.image_of("app", "1", &Recipe::new(&[layer("one"), big_layer()]).docker());
    let (from, to) =
        (format!("docker://{}/app:1", chaos.host()), format!("docker://{}/app:2", registry.host()));
    skopeo(&["copy", "-q", "--src-tls-verify=false", "--dest-tls-verify=false", &from, &to]).ok();
    let pushed = registry.requests();
    let uploads = pushed.iter().filter(|one| one.method == "PUT" && one.path.contains("/blobs/uploads/"));
    assert_eq!(uploads.filter(|one| one.status == 201).count(), 3, "{pushed:#?}");
    let directory = format!("dir:{}", place.path().join("copy").display());
    skopeo(&["copy", "-q", "--src-tls-verify=false", &to, &directory]).ok();
    let manifest = fs::read(place.path().join("copy/manifest.json")).unwrap();
    assert_eq!(sha256(&manifest), image.manifest.digest);
    let pulled = registry.requests().split_off(pushed.len());
    let sizes = pulled.iter().filter(|one| one.path.contains("/blobs/")).map(|one| one.bytes);
    let blobs = image.layers.iter().chain([&image.configuration]);
    assert_eq!(sizes.sum::<u64>(), blobs.map(|blob| blob.bytes.len() as u64).sum::<u64>(), "{pulled:#?}");
    let file = registry.blob_file(&image.layers[1].digest);
    assert_eq!(fs::read(file).unwrap(), image.layers[1].bytes);
}

#[test]
fn passwords_and_certificates_are_asked_for() {
    if !is_installed() {
        return;
    }
    let place = place();
    let certificates = Certificates::make(&place.path().join("certificates"));
    let plan = Distribution::at(&place.path().join("registry")).mutual_tls(&certificates);
    let registry = plan.password("ann", "secret").password("bob", "other").start();
    let url = format!("{}/v2/_catalog", registry.url());
    let path = |path: std::path::PathBuf| path.display().to_string();
    let (authority, client, key) =
        (path(certificates.authority()), path(certificates.client()), path(certificates.client_key()));
    let status = |more: &[&str]| {
        let trust = ["--cacert", &authority, "-o", "/dev/null", "-w", "%{http_code}", &url];
        curl(&[&trust, more].concat()).out
    };
    let client = ["--cert", &client, "--key", &key];
    assert_eq!(status(&["-u", "ann:secret"]), "000", "without a certificate");
    assert_eq!(status(&client), "401");
    assert_eq!(status(&[&client[..], &["-u", "ann:other"]].concat()), "401");
    assert_eq!(status(&[&client[..], &["-u", "ann:secret"]].concat()), "200");
    assert_eq!(status(&[&client[..], &["-u", "bob:other"]].concat()), "200");
}

#[test]
fn the_token_server_opens_the_registry() {
    if !is_installed() {
        return;
    }
    let place = place();
    let certificates = Certificates::make(&place.path().join("certificates"));
    let tokens = TokenServer::start(&certificates, "ann", "secret");
    let registry = Distribution::at(&place.path().join("registry")).token(&tokens).start();
    let url = format!("{}/v2/_catalog", registry.url());
    let refusal = curl(&["-i", &url]).out;
    let scope = "registry:catalog:*";
    let expected = format!("realm=\"{}\",service=\"{}\",scope=\"{scope}\"", tokens.realm(), tokens.service());
    assert!(refusal.contains(&expected), "{refusal}");
    let ask = |words: &[&str], field: &str| {
        let answer: serde_json::Value = serde_json::from_str(&curl(words).out).unwrap();
        answer[field].as_str().map(str::to_owned)
    };
    let read = |token: &str| {
        let header = format!("Authorization: Bearer {token}");
        curl(&["-o", "/dev/null", "-w", "%{http_code}", "-H", &header, &url]).out
    };
    let query = format!("{}?service={}&scope={scope}", tokens.realm(), tokens.service());
    let token = ask(&["-u", "ann:secret", &query], "token").unwrap();
    assert_eq!(read(&token), "200");
    assert_eq!(read(&ask(&[&query], "token").unwrap()), "401", "nobody's token is for pulling");
    assert_eq!(ask(&["-u", "ann:wrong", &query], "token"), None);
    let form =
        |grant: &str| format!("grant_type={grant}&service=tare-registry&access_type=offline&scope={scope}");
    let (by_password, realm) = (form("password&username=ann&password=secret"), tokens.realm());
    let refresh = ask(&["-d", &by_password, &realm], "refresh_token").unwrap();
    let by_refresh = form(&format!("refresh_token&refresh_token={refresh}"));
    assert_eq!(read(&ask(&["-d", &by_refresh, &realm], "access_token").unwrap()), "200");
    tokens.set_lifetime(-3600);
    assert_eq!(read(&tokens.token(scope)), "401", "it has expired");
    let statuses: Vec<u16> = tokens.requests().iter().map(|one| one.status).collect();
    assert_eq!(statuses, [200, 200, 401, 200, 200]);
    assert_eq!(tokens.requests()[0].values("scope"), [scope]);
}

#[test]
fn skopeo_pushes_with_a_token() {
    if !is_installed() {
        return;
    }
    let place = place();
    let certificates = Certificates::make(&place.path().join("certificates"));
    let tokens = TokenServer::start(&certificates, "ann", "secret");
    let registry = Distribution::at(&place.path().join("registry")).token(&tokens).start();
    let chaos = Chaos::start();
    chaos.image("app", "1", &[layer("one")]);
    chaos.challenge_bearer(&tokens.realm(), tokens.service());
    let (from, to) =
        (format!("docker://{}/app:1", chaos.host()), format!("docker://{}/a/b:1", registry.host()));
    let copy = ["copy", "-q", "--src-tls-verify=false", "--dest-tls-verify=false"];
    skopeo(&[&copy[..], &["--dest-creds", "ann:secret", &from, &to]].concat()).ok();
    skopeo(&[&copy[..], &["--dest-creds", "ann:wrong", &from, &to]].concat()).fails(1, "unauthorized");
}

#[test]
fn a_mirror_asks_its_registry_once() {
    if !is_installed() {
        return;
    }
    let place = place();
    let chaos = Chaos::start();
    let image = chaos.image("app", "1", &[big_layer()]);
    let mirror = Distribution::at(&place.path().join("mirror")).mirror_of(&chaos.url()).start();
    let url = format!("{}/v2/app/blobs/{}", mirror.url(), image.layers[0].digest);
    let read = || curl(&["-o", "/dev/null", "-w", "%{http_code} %{size_download}", &url]).out;
    let expected = format!("200 {}", image.layers[0].bytes.len());
    assert_eq!(read(), expected);
    e2e::eventually("the mirror has the blob", || {
        mirror.blob_file(&image.layers[0].digest).exists().then_some(())
    });
    let sent = chaos.sent("/blobs/");
    assert_eq!((read(), chaos.sent("/blobs/")), (expected, sent));
    assert_eq!(mirror.requests().len(), 2);
}

#[test]
fn one_that_is_read_only_takes_nothing() {
    if !is_installed() {
        return;
    }
    let place = place();
    let registry = Distribution::at(place.path()).read_only().start();
    let url = format!("{}/v2/app/blobs/uploads/", registry.url());
    assert_eq!(curl(&["-X", "POST", "-o", "/dev/null", "-w", "%{http_code}", &url]).out, "405");
    let access = &registry.requests()[0];
    assert_eq!(
        (access.method.as_str(), access.path.as_str(), access.status),
        ("POST", "/v2/app/blobs/uploads/", 405)
    );
}

#[test]
fn nothing_of_it_is_left() {
    if !is_installed() {
        return;
    }
    let certificates = Certificates::temporary();
    let registry = Distribution::temporary().tls(&certificates).password("ann", "secret").start();
    let chaos = Chaos::start_tls(&certificates);
    let image = chaos.image("app", "1", &[layer("one")]);
    let (from, to) =
        (format!("docker://{}/app:1", chaos.host()), format!("docker://{}/app:1", registry.host()));
    // alone: beside a key, skopeo wants a certificate by another name
    let trusted = place();
    fs::copy(certificates.authority(), trusted.path().join("ca.crt")).unwrap();
    let trust = trusted.path().to_str().unwrap();
    let copy = ["copy", "-q", "--src-cert-dir", trust, "--dest-cert-dir", trust];
    skopeo(&[&copy[..], &["--dest-creds", "ann:secret", &from, &to]].concat()).ok();
    let stored = registry.blob_file(&image.layers[0].digest);
    assert_eq!(fs::read(&stored).unwrap(), image.layers[0].bytes);
    let (host, authority) = (registry.host().to_owned(), certificates.authority());
    drop(registry);
    assert!(std::net::TcpStream::connect(host).is_err() && !stored.exists());
    assert!(authority.exists());
    drop(certificates);
    assert!(!authority.parent().unwrap().exists());
}

//! `tare login`, `tare logout`, `tare search`, `tare list-tags` and `tare list-referrers`.

use e2e::{Chaos, Distribution, Fault, FaultKind, Root, Said, TestEngine, ask, gzip};
use std::ffi::OsStr;
use std::fs;

/// A command that is told something on its standard input.
fn told<S: AsRef<OsStr>>(engine: &TestEngine, words: impl IntoIterator<Item = S>, input: &str) -> Said {
    ask(&mut engine.command(words), input.as_bytes())
}

#[test]
fn secrets_are_checked_kept_and_forgotten() {
    let Some(engine) = TestEngine::new() else { return };
    if !e2e::needs_programs(&["docker-registry", "htpasswd"]) {
        return;
    }
    let registry = Distribution::temporary().password("ann", "secret").start();
    let host = registry.host();
    let image = format!("{host}/app:1");
    engine.tare(["tag", "busybox", &image]).ok();
    assert!(engine.tare(["push", &image]).complaint(1).contains(host));
    let wrong = told(&engine, ["login", "-u", "ann", "--password-stdin", host], "wrong\n");
    assert!(wrong.complaint(1).contains("login to"), "a wrong password");
    assert!(!engine.path("home/.docker/config.json").exists());
    let said = told(&engine, ["login", "-u", "ann", "--password-stdin", host], "secret\n");
    assert!(said.err.contains("stored unencrypted in"), "{said:?}");
    assert_eq!(said.text(), "Login Succeeded");
    let text = fs::read_to_string(engine.path("home/.docker/config.json")).unwrap();
    assert!(text.contains("YW5uOnNlY3JldA=="), "{text}");
    engine.tare(["push", &image]).ok();
    assert!(engine.tare(["login", host]).text().contains("existing credentials"));
    assert_eq!(engine.tare(["list-tags", &format!("{host}/app")]).text(), "1");
    let found = engine.tare(["search", &format!("{host}/ap"), "--format", "{{.Name}}"]);
    assert_eq!(found.text(), format!("{host}/app"));
    assert_eq!(engine.tare(["logout", host]).text(), format!("Removing login credentials for {host}"));
    assert_eq!(engine.tare(["logout", host]).text(), format!("Not logged in to {host}"));
    assert!(engine.tare(["pull", &image]).complaint(1).contains(host));
}

#[test]
fn words_that_make_no_sense() {
    let Some(engine) = TestEngine::empty() else { return };
    told(&engine, ["login", "--password-stdin", "x.example"], "a").fails(125, "requires --username");
    told(&engine, ["login", "-u", "a", "-p", "b", "--password-stdin"], "a").fails(125, "mutually exclusive");
    engine.tare(["login", "x.example"]).fails(1, "non TTY");
    engine.tare(["login", "-u", "a", "--password-stdin", "x.example"]).fails(1, "password is empty");
}

#[test]
fn lists_of_a_registry_without_secrets() {
    let Some(engine) = TestEngine::empty() else { return };
    if !e2e::needs_programs(&["docker-registry"]) {
        return;
    }
    let registry = Distribution::temporary().start();
    let host = registry.host();
    engine.import("base", &Root::scratch().file("/f", 0o644, "x"), &["CMD [\"/f\"]"]);
    for tag in ["a", "b", "c"] {
        let name = format!("{host}/team/app:{tag}");
        engine.tare(["tag", "base", &name]).ok();
    }
    engine.tare(["push", "-q", "-a", &format!("{host}/team/app")]).ok();
    let mut tags = engine.tare(["list-tags", &format!("{host}/team/app")]).lines();
    tags.sort();
    assert_eq!(tags, ["a", "b", "c"]);
    let json = engine.tare(["list-tags", "--format", "json", &format!("{host}/team/app")]).text();
    assert!(json.contains("\"Repository\""), "{json}");
    engine.tare(["list-tags", &format!("{host}/team/app:a")]).fails(1, "without tag");
    engine.tare(["list-tags", &format!("{host}/nobody")]).fails(1, "not found");
}

#[test]
fn what_refers_to_an_image() {
    let (Some(engine), chaos) = (TestEngine::empty(), Chaos::start()) else { return };
    let image = chaos.image("app", "1", &[gzip(b"")]);
    let name = format!("{}/app:1", chaos.host());
    let list =
        |name: &str| engine.tare(["list-referrers", "--format", "{{.Digest}} {{.ArtifactType}}", name]);
    assert_eq!(list(&name).text(), "");
    let subject = format!(r#""subject":{{"mediaType":"a/b","digest":"{}","size":2}}"#, image.manifest.digest);
    let artifact =
        format!(r#"{{"schemaVersion":2,"artifactType":"sig/nature","config":{{}},"layers":[],{subject}}}"#);
    let digest = chaos.manifest("app", "sig", "application/vnd.oci.image.manifest.v1+json", artifact.clone());
    assert_eq!(list(&name).text(), format!("{digest} sig/nature"));
    let by_digest = format!("{}/app@{}", chaos.host(), image.manifest.digest);
    let table = engine.tare(["list-referrers", &by_digest]).text();
    assert!(table.starts_with("DIGEST") && table.contains(&digest), "{table}");
    // a registry of before has the list under a tag
    let before = Fault::new("GET", "/referrers/", FaultKind::Status(404, vec![], vec![]));
    chaos.fault(before);
    assert_eq!(list(&name).text(), "");
    let size = artifact.len();
    let index = format!(
        r#"{{"schemaVersion":2,"manifests":[{{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"{digest}","size":{size},"artifactType":"an/other"}}]}}"#
    );
    let tag = image.manifest.digest.replace(':', "-");
    chaos.manifest("app", &tag, "application/vnd.oci.image.index.v1+json", index);
    assert_eq!(list(&name).text(), format!("{digest} an/other"));
    chaos.assert_all_went_wrong();
    engine.tare(["list-referrers", &format!("{}/app:absent", chaos.host())]).fails(1, "not found");
}

//! `tare login`, `tare logout`, `tare search` and `tare list-tags`.

use e2e::{Distribution, Root, Said, TestEngine, ask};
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

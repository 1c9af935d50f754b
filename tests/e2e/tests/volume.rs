//! `tare volume`.

use e2e::TestEngine;

#[test]
fn made_listed_looked_at_removed() {
    let Some(engine) = TestEngine::new() else { return };
    assert_eq!(engine.tare(["volume", "create", "--label", "tier=front", "cache"]).text(), "cache");
    assert_eq!(engine.tare(["volume", "create", "cache"]).text(), "cache", "again is no failure");
    let anonymous = engine.tare(["volume", "create"]).text();
    assert_eq!(anonymous.len(), 64);
    let lines = engine.tare(["volume", "ls"]).lines();
    assert_eq!(lines[0], "DRIVER    VOLUME NAME");
    assert!(lines.contains(&"local     cache".to_owned()), "{lines:?}");
    assert_eq!(engine.tare(["volume", "ls", "-q", "-f", "label=tier=front"]).text(), "cache");
    assert_eq!(engine.tare(["volume", "ls", "-q", "-f", "name=cac"]).text(), "cache");
    let value: serde_json::Value =
        serde_json::from_str(&engine.tare(["volume", "inspect", "cache"]).text()).unwrap();
    assert_eq!(
        (value[0]["Name"].as_str(), value[0]["Labels"]["tier"].as_str()),
        (Some("cache"), Some("front"))
    );
    let place = value[0]["Mountpoint"].as_str().unwrap();
    engine
        .line_then("run --network none --name web -v cache:/data busybox sh -c", "echo x > /data/file")
        .ok();
    engine.line("rm web").ok();
    assert_eq!(std::fs::read_to_string(format!("{place}/file")).unwrap(), "x\n");
    assert_eq!(engine.tare(["volume", "rm", "cache", &anonymous]).lines(), ["cache", anonymous.as_str()]);
    engine.tare(["volume", "rm", "cache"]).fails(1, "no such volume");
    engine.tare(["volume", "rm", "-f", "cache"]).ok();
    engine.tare(["volume", "inspect", "cache"]).fails(1, "no such volume");
}

#[test]
fn one_in_use_stays() {
    let Some(engine) = TestEngine::new() else { return };
    let id = engine.tare(["create", "-v", "cache:/data", "busybox", "true"]).text();
    engine.tare(["volume", "rm", "cache"]).fails(1, &format!("volume is in use - [{id}]"));
    engine.tare(["volume", "prune", "-af"]).ok();
    assert_eq!(engine.tare(["volume", "ls", "-q"]).text(), "cache");
    engine.tare(["rm", &id]).ok();
    engine.tare(["volume", "rm", "cache"]).ok();
}

/// A script that runs a container with `--rm` and then removes its volume must work.
#[test]
fn one_is_free_when_run_returns() {
    let Some(engine) = TestEngine::new() else { return };
    for _ in 0..10 {
        engine.line("run --rm --network none -v cache:/data busybox true").ok();
        engine.line("volume rm cache").ok();
    }
}

#[test]
fn pruning_spares_named_ones() {
    let Some(engine) = TestEngine::new() else { return };
    engine.tare(["volume", "create", "named"]).ok();
    let anonymous = engine.tare(["volume", "create"]).text();
    let said = engine.tare(["volume", "prune", "-f"]).text();
    assert!(said.contains(&anonymous) && said.contains("Total reclaimed space:"), "{said}");
    assert_eq!(engine.tare(["volume", "ls", "-q"]).text(), "named");
    engine.tare(["volume", "prune", "-af"]).ok();
    assert_eq!(engine.tare(["volume", "ls", "-q"]).text(), "");
}

#[test]
fn a_bad_name_is_refused() {
    let Some(engine) = TestEngine::new() else { return };
    for name in ["-x", "a/b", "..", "../x", "a b", "é"] {
        let said = engine.tare(["volume", "create", "--", name]);
        assert_ne!(said.code, 0, "{name}: {said:?}");
    }
}

//! `tare stop` and `tare restart` (behaviour E-5).

use e2e::TestEngine;
use std::time::{Duration, Instant};

const POLITE: &str = "trap 'exit 7' TERM; trap 'exit 8' USR1; echo ready; while :; do sleep 0.02; done";

/// A container that has said `ready`.
fn ready(engine: &TestEngine, flags: &[&str], script: &str) -> String {
    let id = engine.start(&[&["--network", "none"], flags].concat(), &["sh", "-c", script]);
    e2e::eventually("it is ready", || engine.tare(["logs", &id]).out.contains("ready").then_some(()));
    id
}

fn exit_code(engine: &TestEngine, name: &str) -> String {
    engine.tare(["inspect", "-f", "{{.State.Status}} {{.State.ExitCode}}", name]).text()
}

#[test]
fn a_container_is_asked_to_end() {
    let Some(engine) = TestEngine::new() else { return };
    ready(&engine, &["--name", "web"], POLITE);
    assert_eq!(engine.tare(["stop", "web"]).text(), "web");
    assert_eq!(exit_code(&engine, "web"), "exited 7");
    // again is no failure
    assert_eq!(engine.tare(["stop", "web"]).text(), "web");
    engine.tare(["stop", "nosuch"]).fails(1, "No such container: nosuch");
}

#[test]
fn the_signal_is_the_container_s_or_the_one_asked_for() {
    let Some(engine) = TestEngine::new() else { return };
    let id = ready(&engine, &["--stop-signal", "SIGUSR1"], POLITE);
    engine.tare(["stop", &id]).ok();
    assert_eq!(exit_code(&engine, &id), "exited 8");
    let id = ready(&engine, &[], POLITE);
    engine.tare(["stop", "-s", "USR1", &id]).ok();
    assert_eq!(exit_code(&engine, &id), "exited 8");
    let id = ready(&engine, &[], POLITE);
    engine.tare(["stop", "-s", "NOSUCH", &id]).fails(1, "invalid signal: NOSUCH");
}

#[test]
fn who_does_not_listen_is_killed() {
    let Some(engine) = TestEngine::new() else { return };
    for flags in [&["-t", "0"][..], &["-t", "1"], &[]] {
        let id = ready(
            &engine,
            &["--stop-timeout", "1"],
            "trap '' TERM; echo ready; while :; do sleep 0.02; done",
        );
        let begun = Instant::now();
        engine.tare([&["stop"], flags, &[id.as_str()]].concat()).ok();
        assert_eq!(exit_code(&engine, &id), "exited 137");
        assert!(begun.elapsed() < Duration::from_secs(9), "its own time counts, not the usual ten seconds");
    }
}

#[test]
fn several_at_once() {
    let Some(engine) = TestEngine::new() else { return };
    for name in ["a", "b", "c"] {
        ready(&engine, &["--name", &format!("web-{name}")], POLITE);
    }
    let said = engine.tare(["stop", "web-a", "nosuch", "web-b", "web-c"]);
    assert_eq!((said.code, said.out.as_str()), (1, "web-a\nweb-b\nweb-c\n"), "{said:?}");
    assert!(said.err.contains("No such container: nosuch"));
    assert!(engine.supervisors().is_empty());
}

#[test]
fn a_paused_container_can_be_stopped() {
    let Some(engine) = TestEngine::new() else { return };
    let id = ready(&engine, &[], POLITE);
    engine.tare(["pause", &id]).ok();
    engine.tare(["stop", &id]).ok();
    assert_eq!(exit_code(&engine, &id), "exited 7");
}

#[test]
fn with_rm_it_is_gone_when_stop_returns() {
    let Some(engine) = TestEngine::new() else { return };
    ready(&engine, &["--rm", "--name", "web"], POLITE);
    engine.tare(["stop", "web"]).ok();
    engine.tare(["inspect", "web"]).fails(1, "No such object: web");
    engine.run(&["--name", "web"], &["true"]).ok();
}

#[test]
fn with_rm_a_restart_does_not_remove_it_but_the_next_end_does() {
    let Some(engine) = TestEngine::new() else { return };
    let id = ready(&engine, &["--rm", "--name", "web"], &format!("echo turn >> /turns; {POLITE}"));
    for turns in 2..4 {
        engine.tare(["restart", "web"]).ok();
        e2e::eventually("it runs again", || {
            (engine.tare(["exec", "web", "cat", "/turns"]).lines().len() == turns).then_some(())
        });
    }
    assert_eq!(engine.containers(), [id]);
    engine.tare(["stop", "web"]).ok();
    assert!(engine.containers().is_empty());
}

#[test]
fn a_restart_keeps_what_was_written() {
    let Some(engine) = TestEngine::new() else { return };
    let id = ready(&engine, &["--name", "web"], &format!("echo turn >> /turns; {POLITE}"));
    let first = engine.init(&id);
    assert_eq!(engine.tare(["restart", "web"]).text(), "web");
    assert!(!first.is_alive());
    e2e::eventually("it runs again", || {
        (engine.tare(["exec", "web", "cat", "/turns"]).out == "turn\nturn\n").then_some(())
    });
    engine.tare(["stop", "web"]).ok();
    engine.tare(["restart", "web"]).ok();
    assert!(engine.init(&id).is_alive(), "one that does not run is started");
    engine.tare(["restart", "nosuch"]).fails(1, "No such container");
}

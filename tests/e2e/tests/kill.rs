//! `tare kill`.

use e2e::{TestEngine, eventually};

const TRAPS: &str = "trap 'echo USR1' USR1; trap 'echo HUP' HUP; echo ready; while :; do sleep 0.02; done";

fn logs_have(engine: &TestEngine, word: &str) {
    eventually(word, || engine.tare(["logs", "web"]).out.lines().any(|line| line == word).then_some(()));
}

#[test]
fn a_signal_in_every_form() {
    let Some(engine) = TestEngine::new() else { return };
    engine.start(&["--network", "none", "--name", "web"], &["sh", "-c", TRAPS]);
    logs_have(&engine, "ready");
    assert_eq!(engine.tare(["kill", "-s", "USR1", "web"]).text(), "web");
    logs_have(&engine, "USR1");
    engine.tare(["kill", "--signal", "sighup", "web"]).ok();
    logs_have(&engine, "HUP");
    engine.tare(["kill", "-s", "10", "web"]).ok();
    for signal in ["NOSUCH", "0", "65", "-1"] {
        engine.tare(["kill", &format!("--signal={signal}"), "web"]).fails(1, "invalid signal");
    }
    engine.tare(["kill", "web"]).ok();
    assert_eq!(engine.tare(["wait", "web"]).text(), "137");
}

#[test]
fn one_that_does_not_run_is_refused() {
    let Some(engine) = TestEngine::new() else { return };
    let id = engine.tare(["create", "--name", "new", "busybox", "true"]).text();
    engine
        .tare(["kill", "new"])
        .fails(1, &format!("cannot kill container: new: container {id} is not running"));
    engine.tare(["kill", "nosuch"]).fails(1, "No such container: nosuch");
}

#[test]
fn a_paused_container_dies_too() {
    let Some(engine) = TestEngine::new() else { return };
    engine.start(&["--network", "none", "--name", "web"], &["sleep", "1000"]);
    engine.tare(["pause", "web"]).ok();
    engine.tare(["kill", "web"]).ok();
    assert_eq!(engine.tare(["wait", "web"]).text(), "137");
}

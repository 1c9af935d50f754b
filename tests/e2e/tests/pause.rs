//! `tare pause` and `tare unpause`.

use e2e::TestEngine;
use std::thread::sleep;
use std::time::Duration;

#[test]
fn processes_stand_still() {
    let Some(engine) = TestEngine::new() else { return };
    engine.start(
        &["--network", "none", "--name", "web"],
        &["sh", "-c", "while :; do echo x; sleep 0.01; done"],
    );
    let lines = || engine.tare(["logs", "web"]).out.lines().count();
    assert_eq!(engine.tare(["pause", "web"]).text(), "web");
    // what was written before may still be on its way to the log
    sleep(Duration::from_millis(100));
    let before = lines();
    sleep(Duration::from_millis(150));
    assert_eq!(lines(), before);
    let status = engine.tare(["ps", "--format", "{{.Status}} {{.State}}"]).text();
    assert!(status.contains("(Paused)") && status.ends_with(" paused"), "{status}");
    engine.tare(["pause", "web"]).fails(1, "already paused");
    assert_eq!(engine.tare(["unpause", "web"]).text(), "web");
    e2e::eventually("they go on", || (lines() > before).then_some(()));
    engine.tare(["unpause", "web"]).fails(1, "not paused");
}

#[test]
fn what_does_not_run_cannot_be_paused() {
    let Some(engine) = TestEngine::new() else { return };
    engine.tare(["create", "--name", "new", "busybox", "true"]).ok();
    engine.tare(["pause", "new"]).fails(1, "is not running");
    engine.tare(["pause", "nosuch"]).fails(1, "No such container: nosuch");
}

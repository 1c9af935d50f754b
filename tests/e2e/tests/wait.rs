//! `tare wait`.

use e2e::TestEngine;

#[test]
fn it_prints_exit_codes() {
    let Some(engine) = TestEngine::new() else { return };
    engine.start(&["--network", "none", "--name", "slow"], &["sh", "-c", "sleep 0.3; exit 5"]);
    engine.tare(["run", "--network", "none", "--name", "done", "busybox", "sh", "-c", "exit 3"]);
    assert_eq!(engine.tare(["wait", "slow", "done"]).lines(), ["5", "3"]);
    let said = engine.tare(["wait", "nosuch", "done"]);
    assert_eq!((said.code, said.out.as_str()), (1, "3\n"), "{said:?}");
}

#[test]
fn many_wait_for_one() {
    let Some(engine) = TestEngine::new() else { return };
    let id = engine.start(&["--network", "none"], &["sleep", "1000"]);
    let waiting: Vec<_> = (0..3).map(|_| engine.spawn(["wait", &id])).collect();
    // one that is gone must not disturb the others
    drop(engine.spawn(["wait", &id]));
    engine.tare(["kill", &id]).ok();
    for one in waiting {
        assert_eq!(one.finish().text(), "137");
    }
}

#[test]
fn it_hears_of_the_supervisor_s_end() {
    let Some(engine) = TestEngine::new() else { return };
    let id = engine.start(&["--network", "none"], &["sleep", "1000"]);
    let waiting = engine.spawn(["wait", &id]);
    let supervisor = engine.supervisor(&id);
    supervisor.kill();
    assert_eq!(waiting.finish().text(), "137");
}

//! `tare rm`.

use e2e::TestEngine;
use std::fs;

#[test]
fn a_stopped_container_is_removed() {
    let Some(engine) = TestEngine::new() else { return };
    engine.tare(["create", "--name", "new", "busybox", "true"]).ok();
    engine.tare(["run", "--network", "none", "--name", "done", "busybox", "true"]).ok();
    assert_eq!(engine.tare(["rm", "new", "done"]).lines(), ["new", "done"]);
    assert!(engine.containers().is_empty());
    engine.tare(["rm", "new"]).fails(1, "No such container: new");
    engine.tare(["create", "--name", "new", "busybox", "true"]).ok();
}

#[test]
fn a_running_one_only_by_force() {
    let Some(engine) = TestEngine::new() else { return };
    engine.start(&["--network", "none", "--name", "web"], &["sleep", "1000"]);
    engine.tare(["rm", "web"]).fails(
        1,
        "cannot remove container \"web\": container is running: stop the container before removing or force remove",
    );
    engine.tare(["pause", "web"]).ok();
    engine.tare(["rm", "web"]).fails(1, "container is paused");
    assert_eq!(engine.tare(["rm", "-f", "web"]).text(), "web");
    assert!(engine.containers().is_empty());
    assert!(engine.supervisors().is_empty(), "nothing is left when it returns");
    assert_eq!(fs::read_dir(engine.exec_root().join("containers")).unwrap().count(), 0);
    let said = engine.tare(["rm", "-f", "nosuch"]);
    assert!(said.code == 0 && said.err.contains("No such container: nosuch"), "{said:?}");
}

#[test]
fn volumes_go_if_asked_for() {
    let Some(engine) = TestEngine::new() else { return };
    let volumes = || engine.tare(["volume", "ls", "-q"]).lines();
    for flags in [&["rm"][..], &["rm", "-v"]] {
        let id = engine.tare(["create", "-v", "/anonymous", "-v", "named:/named", "busybox", "true"]).text();
        engine.tare([flags, &[id.as_str()]].concat()).ok();
    }
    let left = volumes();
    assert_eq!(left.len(), 2, "{left:?}");
    assert!(left.contains(&"named".to_owned()), "{left:?}");
}

#[test]
fn many_removals_of_one_container() {
    let Some(engine) = TestEngine::new() else { return };
    let id = engine.start(&["--network", "none"], &["sleep", "1000"]);
    let codes: Vec<i32> = std::thread::scope(|scope| {
        let all: Vec<_> = (0..5).map(|_| scope.spawn(|| engine.tare(["rm", "-f", &id]).code)).collect();
        all.into_iter().map(|one| one.join().unwrap()).collect()
    });
    assert_eq!(codes, [0; 5]);
    assert!(engine.containers().is_empty());
}

/// A container that removes itself may be removed at the same time.
#[test]
fn one_that_is_removing_itself() {
    let Some(engine) = TestEngine::new() else { return };
    for _ in 0..15 {
        engine.line("run --rm --network none busybox true").ok();
        let containers = engine.containers();
        engine
            .tare(["rm", "-f"].map(str::to_owned).into_iter().chain(containers).chain(["none".to_owned()]))
            .ok();
        assert!(engine.containers().is_empty());
    }
}

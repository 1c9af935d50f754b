//! `tare top`: without a `ps` in the image.

use e2e::TestEngine;

#[test]
fn the_processes_of_a_container() {
    let Some(engine) = TestEngine::new() else { return };
    let id = engine.start(
        &["--network", "none", "--name", "web", "-u", "daemon"],
        &["sh", "-c", "sleep 777 & sleep 888"],
    );
    e2e::eventually("both run", || (engine.processes(&id).len() == 2).then_some(()));
    let lines = engine.tare(["top", "web"]).lines();
    let columns: Vec<&str> = lines[0].split_whitespace().collect();
    assert_eq!(columns, ["UID", "PID", "PPID", "C", "STIME", "TTY", "TIME", "CMD"]);
    assert_eq!(lines.len(), 3);
    assert!(lines.iter().any(|line| line.ends_with("sleep 777")), "{lines:?}");
    let init = engine.init(&id).pid.to_string();
    assert!(lines[1].split_whitespace().any(|word| word == init), "the host's numbers: {lines:?}");
    let lines = engine.tare(["top", "web", "-o", "pid,args"]).lines();
    assert_eq!(lines[0].split_whitespace().collect::<Vec<_>>(), ["PID", "COMMAND"]);
}

#[test]
fn what_does_not_run_has_none() {
    let Some(engine) = TestEngine::new() else { return };
    engine.tare(["create", "--name", "new", "busybox", "true"]).ok();
    engine.tare(["top", "new"]).fails(1, "is not running");
    engine.tare(["top", "nosuch"]).fails(1, "No such container: nosuch");
}

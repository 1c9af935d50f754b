//! What happens when one of our own processes is killed.

use e2e::{TestEngine, eventually};
use std::io::{BufRead as _, BufReader};

/// Kills a container's supervisor; it is gone when this returns.
fn kill_supervisor(engine: &TestEngine, id: &str) {
    let supervisor = engine.supervisor(id);
    supervisor.kill();
    eventually("the supervisor is gone", || (!supervisor.is_alive()).then_some(()));
}

#[test]
fn a_container_does_not_outlive_its_supervisor() {
    let Some(engine) = TestEngine::new() else { return };
    for flags in [&["--network", "none"][..], &["-u", "web"], &["--init"], &["-t"]] {
        let id = engine.start(flags, &["sh", "-c", "sleep 1000 & sleep 1000"]);
        let processes =
            eventually("its processes run", || Some(engine.processes(&id)).filter(|all| all.len() >= 2));
        engine.supervisor(&id).kill();
        eventually("its processes are gone", || {
            (!processes.iter().any(|process| process.is_alive())).then_some(())
        });
    }
}

#[test]
fn the_command_that_waits_hears_of_the_supervisor_s_end() {
    let Some(engine) = TestEngine::new() else { return };
    let mut client =
        engine.spawn(["run", "--network", "none", "busybox", "sh", "-c", "echo ready; sleep 1000"]);
    let mut lines = BufReader::new(client.output()).lines();
    assert_eq!(lines.next().unwrap().unwrap(), "ready");
    let id = engine.containers().pop().unwrap();
    engine.supervisor(&id).kill();
    client.finish().fails(137, "supervisor");
}

#[test]
fn a_container_with_rm_outlives_its_command_and_then_goes() {
    let Some(engine) = TestEngine::new() else { return };
    let script = "trap 'exit 0' USR1; echo ready; while :; do sleep 0.02; done";
    let mut client = engine.spawn(["run", "--rm", "--name", "web", "busybox", "sh", "-c", script]);
    let mut lines = BufReader::new(client.output()).lines();
    assert_eq!(lines.next().unwrap().unwrap(), "ready");
    client.process().kill();
    assert_eq!(client.finish().code, 137);
    let id = engine.containers().pop().expect("the container goes on");
    let init = engine.init(&id);
    assert!(init.is_alive());
    init.signal(sys::process::Signal::USR1);
    engine.await_end(&id);
    assert!(engine.containers().is_empty());
    engine.sh(&["--name", "web"], "true").ok();
}

#[test]
fn the_supervisor_is_small_and_alone() {
    let Some(engine) = TestEngine::new() else { return };
    let id = engine.start(&["--network", "none"], &["sleep", "1000"]);
    let supervisor = engine.supervisor(&id);
    assert_eq!(supervisor.status("Threads").as_deref(), Some("1"));
    assert_eq!(supervisor.read("environ"), "", "nothing of the caller's environment is kept");
}

#[test]
fn the_next_command_records_the_end_and_cleans_up() {
    let Some(engine) = TestEngine::new() else { return };
    let id = engine.start(&["--name", "web"], &["sleep", "1000"]);
    kill_supervisor(&engine, &id);
    let lines = engine.tare(["ps", "-a", "--format", "{{.Names}} {{.Status}}"]).text();
    assert!(lines.starts_with("web Exited (137) "), "{lines}");
    assert_eq!(
        engine
            .tare(["inspect", "-f", "{{.State.Status}} {{.State.ExitCode}} {{.State.Running}}", "web"])
            .text(),
        "exited 137 false"
    );
    assert_eq!(engine.tare(["wait", "web"]).text(), "137");
    assert_eq!(engine.tare(["start", "web"]).text(), "web");
    assert!(engine.init(&id).is_alive());
    kill_supervisor(&engine, &id);
    assert_eq!(engine.tare(["rm", "web"]).text(), "web");
}

/// Whichever command comes first.
#[test]
fn every_command_knows_of_the_end() {
    let Some(engine) = TestEngine::new() else { return };
    let mut wrong = Vec::new();
    for (words, expected) in [
        ("ps -a --format {{.State}}", "exited"),
        ("ps -aq -f exited=137 --no-trunc", ""),
        ("inspect -f {{.State.ExitCode}} web", "137"),
        ("wait web", "137"),
        ("start web", "web"),
        ("rm web", "web"),
        ("stop web", "web"),
        ("rename web other", ""),
    ] {
        let id = engine.line("run -d --network none --name web busybox sleep 1000").text();
        kill_supervisor(&engine, &id);
        let said = engine.line(words);
        let expected = if words.contains("no-trunc") { &id } else { expected };
        if said.code != 0 || said.out.trim_end() != expected {
            wrong.push((words, said));
        }
        engine.line(&format!("rm -f {id}")).ok();
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn a_lost_container_with_rm_is_removed_by_a_prune() {
    let Some(engine) = TestEngine::new() else { return };
    let id = engine.start(&["--rm", "--name", "web", "-v", "/data"], &["sleep", "1000"]);
    kill_supervisor(&engine, &id);
    eventually("it is gone", || {
        engine.tare(["system", "prune", "-f"]).ok();
        engine.containers().is_empty().then_some(())
    });
    engine.run(&["--name", "web"], &["true"]).ok();
}

#[test]
fn lost_containers_do_not_stop_others() {
    let Some(engine) = TestEngine::new() else { return };
    let lost = engine.start(&["--name", "lost"], &["sleep", "1000"]);
    let stuck = engine.start(&["--name", "stuck"], &["sleep", "1000"]);
    kill_supervisor(&engine, &lost);
    engine.supervisor(&stuck).signal(sys::process::Signal::STOP);
    let begun = std::time::Instant::now();
    assert_eq!(engine.tare(["ps", "-aq"]).lines().len(), 2);
    engine.tare(["inspect", "stuck"]).ok();
    engine.run(&["--network", "bridge"], &["true"]).ok();
    assert!(begun.elapsed() < std::time::Duration::from_secs(5));
    engine.supervisor(&stuck).signal(sys::process::Signal::CONT);
}

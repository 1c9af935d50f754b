//! Names, ids, labels, platforms, and what `--rm` leaves.

use e2e::{TestEngine, eventually};
use std::fs;

#[test]
fn rm_leaves_nothing() {
    let Some(engine) = TestEngine::new() else { return };
    let count = |path: &str| fs::read_dir(engine.data_root().join(path)).map_or(0, |entries| entries.count());
    engine.sh(&["--name", "web", "-v", "/data", "--network", "bridge"], "echo x > /data/x").ok();
    eventually("the container is gone", || engine.containers().is_empty().then_some(()));
    assert_eq!(count("names"), 0);
    eventually("its supervisor too", || engine.supervisors().is_empty().then_some(()));
    assert_eq!(count("volumes"), 0);
    let left: Vec<_> = fs::read_dir(engine.exec_root().join("containers")).unwrap().collect();
    assert!(left.is_empty(), "{left:?}");
    // the name is free at once
    engine.sh(&["--name", "web"], "true").ok();
}

#[test]
fn without_rm_the_container_stays() {
    let Some(engine) = TestEngine::new() else { return };
    engine.tare(["run", "--network", "none", "--name", "web", "busybox", "true"]).ok();
    assert_eq!(engine.containers().len(), 1);
}

#[test]
fn a_name_in_use_is_refused_in_docker_s_words() {
    let Some(engine) = TestEngine::new() else { return };
    let id = engine.tare(["create", "--name", "web", "busybox", "true"]).text();
    let words = format!(
        "Conflict. The container name \"/web\" is already in use by container \"{id}\". You have to remove (or rename) that container to be able to reuse that name."
    );
    engine.run(&["--name", "web"], &["true"]).fails(125, &words);
    engine.tare(["create", "--name", "web", "busybox", "true"]).fails(125, &words);
    assert_eq!(engine.containers(), [id]);
    for name in ["-web", "we/b", "", "a", "wé"] {
        assert_eq!(engine.run(&[&format!("--name={name}")], &["true"]).code, 125, "{name:?}");
    }
}

#[test]
fn one_name_is_claimed_once() {
    let Some(engine) = TestEngine::new() else { return };
    let codes: Vec<i32> = std::thread::scope(|scope| {
        let create = || engine.tare(["create", "--name", "web", "busybox", "true"]).code;
        let all: Vec<_> = (0..6).map(|_| scope.spawn(create)).collect();
        all.into_iter().map(|one| one.join().unwrap()).collect()
    });
    assert_eq!(codes.iter().filter(|code| **code == 0).count(), 1, "{codes:?}");
    assert_eq!(engine.containers().len(), 1);
}

#[test]
fn the_id_goes_to_a_new_file() {
    let Some(engine) = TestEngine::new() else { return };
    let file = engine.path("id");
    let name = file.display().to_string();
    let id = engine.tare(["create", "--cidfile", &name, "busybox", "true"]).text();
    assert_eq!(fs::read_to_string(&file).unwrap(), id);
    engine.run(&["--cidfile", &name], &["true"]).fails(125, "container ID file found");
    assert_eq!(engine.containers(), [id]);
}

#[test]
fn an_image_for_another_platform_is_refused() {
    let Some(engine) = TestEngine::new() else { return };
    let said = engine.run(&["--pull", "never", "--platform", "linux/s390x"], &["true"]);
    assert_eq!(said.code, 125);
    assert!(said.err.contains("linux/s390x") && said.err.contains("but its platform (linux/"), "{said:?}");
    let own = if std::env::consts::ARCH == "aarch64" { "linux/arm64" } else { "linux/amd64" };
    engine.run(&["--platform", own], &["true"]).ok();
    assert_eq!(engine.run(&["--platform", "bogus///"], &["true"]).code, 125);
}

#[test]
fn images_are_pulled_as_the_policy_says() {
    let Some(engine) = TestEngine::new() else { return };
    engine.tare(["tag", "busybox", "localhost:1/busybox"]).ok();
    engine.tare(["run", "--rm", "--pull", "missing", "localhost:1/busybox", "true"]).ok();
    engine.tare(["run", "--rm", "--pull", "always", "localhost:1/busybox", "true"]).fails(125, "localhost:1");
    engine.run(&["--pull", "odd"], &["true"]).fails(125, "--pull");
    engine.run(&["--pull", "never"], &["true"]).ok();
}

#[test]
fn flags_after_the_image_are_the_program_s() {
    let Some(engine) = TestEngine::new() else { return };
    assert_eq!(engine.run(&[], &["echo", "--rm", "-it", "--", "-x"]).text(), "--rm -it -- -x");
}

#[test]
fn of_flags_given_twice_the_last_counts() {
    let Some(engine) = TestEngine::new() else { return };
    let flags = [
        "--rm",
        "--rm",
        "-i",
        "-i",
        "-h",
        "one",
        "-h",
        "two",
        "-w",
        "/tmp",
        "-w",
        "/etc",
        "--network",
        "host",
        "--network",
        "none",
    ];
    assert_eq!(engine.sh(&flags, "hostname; pwd; ls /sys/class/net").lines(), ["two", "/etc", "lo"]);
}

#[test]
fn a_stop_signal_is_checked() {
    let Some(engine) = TestEngine::new() else { return };
    engine.run(&["--stop-signal", "SIGUSR1"], &["true"]).ok();
    assert_eq!(engine.run(&["--stop-signal", "NOSUCH"], &["true"]).code, 125);
}

//! `/dev` (behaviour P-8).

use e2e::TestEngine;
use std::path::Path;

#[test]
fn the_device_nodes_are_docker_s() {
    let Some(engine) = TestEngine::new() else { return };
    let seen = engine.sh(&[], "ls /dev").lines();
    let expected = [
        "fd", "full", "mqueue", "null", "ptmx", "pts", "random", "shm", "stderr", "stdin", "stdout", "tty",
        "urandom", "zero",
    ];
    let without_core: Vec<&String> =
        seen.iter().filter(|name| *name != "core" && *name != "console").collect();
    assert_eq!(without_core, expected);
    let show = "cd /dev; stat -c '%n %F %t:%T %a' null zero full random urandom tty";
    let expected = [
        "null character special file 1:3 666",
        "zero character special file 1:5 666",
        "full character special file 1:7 666",
        "random character special file 1:8 666",
        "urandom character special file 1:9 666",
        "tty character special file 5:0 666",
    ];
    assert_eq!(engine.sh(&[], show).lines(), expected);
    assert_eq!(engine.sh(&["-u", "web"], "echo x > /dev/null; head -c 4 /dev/urandom | wc -c").text(), "4");
}

#[test]
fn kernel_file_systems_have_docker_s_options() {
    let Some(engine) = TestEngine::new() else { return };
    let mounts = engine.run(&[], &["cat", "/proc/mounts"]).lines();
    let options = |path: &str| {
        let line = mounts
            .iter()
            .find(|line| line.split(' ').nth(1) == Some(path))
            .unwrap_or_else(|| panic!("{path}: {mounts:#?}"));
        line.split(' ').nth(3).unwrap().split(',').map(str::to_owned).collect::<Vec<_>>()
    };
    for (path, wanted) in [
        ("/proc", &["rw", "nosuid", "nodev", "noexec"][..]),
        ("/dev", &["rw", "nosuid", "mode=755", "size=65536k"]),
        ("/dev/pts", &["nosuid", "noexec", "gid=5", "mode=620", "ptmxmode=666"]),
        ("/sys", &["ro", "nosuid", "nodev", "noexec"]),
        ("/sys/fs/cgroup", &["ro", "nosuid", "nodev", "noexec"]),
        ("/dev/mqueue", &["nosuid", "nodev", "noexec"]),
        ("/dev/shm", &["nosuid", "nodev", "noexec", "size=65536k"]),
    ] {
        let seen = options(path);
        assert!(wanted.iter().all(|option| seen.iter().any(|s| s == option)), "{path}: {seen:?}");
    }
    assert_eq!(engine.run(&[], &["stat", "-c", "%a", "/dev/shm"]).text(), "1777");
}

#[test]
fn a_device_that_nobody_gave_cannot_be_opened() {
    let Some(engine) = TestEngine::new() else { return };
    assert_eq!(engine.run(&[], &["/probe", "device"]).lines(), ["mknod allowed", "open EPERM"]);
    assert_eq!(engine.run(&["--cap-drop", "MKNOD"], &["/probe", "device"]).lines()[0], "mknod EPERM");
}

#[test]
fn a_device_of_the_host() {
    let Some(engine) = TestEngine::new() else { return };
    if !Path::new("/dev/fuse").exists() {
        eprintln!("skipped: needs /dev/fuse");
        return;
    }
    let open = "exec 3<>/dev/mine && echo opened";
    assert_eq!(engine.sh(&["--device", "/dev/fuse:/dev/mine"], open).text(), "opened");
    assert_ne!(engine.sh(&["--device", "/dev/fuse:/dev/mine:r"], open).code, 0, "only reading was allowed");
    assert_eq!(
        engine.sh(&["--device", "/dev/fuse:/dev/mine:r"], "exec 3</dev/mine && echo opened").text(),
        "opened"
    );
    assert_eq!(engine.sh(&["--device", "/dev/fuse"], "stat -c %t:%T /dev/fuse").text(), "a:e5");
    engine.run(&["--device", "/dev/nosuch"], &["true"]).fails(125, "/dev/nosuch");
    engine.run(&["--device", "relative"], &["true"]).fails(125, "invalid device specification");
}

#[test]
fn privileged_has_the_host_s_devices() {
    let Some(engine) = TestEngine::new() else { return };
    assert_eq!(
        engine.run(&["--privileged"], &["/probe", "device"]).lines(),
        ["mknod allowed", "open allowed"]
    );
    if Path::new("/dev/fuse").exists() {
        assert_eq!(engine.sh(&["--privileged"], "stat -c %t:%T /dev/fuse").text(), "a:e5");
    }
}

//! Limits of memory, processes, processor time; resource limits; kernel settings.

use e2e::TestEngine;

fn first_of(engine: &TestEngine, id: &str, files: &[&str]) -> String {
    let found = files.iter().find(|file| {
        let attempt = std::panic::AssertUnwindSafe(|| engine.cgroup_file(id, file));
        std::panic::catch_unwind(attempt).is_ok()
    });
    engine.cgroup_file(id, found.expect("one of the files is there"))
}

#[test]
fn limits_reach_the_control_group() {
    let Some(engine) = TestEngine::new() else { return };
    let flags = [
        "--network",
        "none",
        "--memory",
        "64m",
        "--memory-swap",
        "96m",
        "--cpus",
        "0.5",
        "--pids-limit",
        "77",
        "--cpuset-cpus",
        "0",
    ];
    let id = engine.start(&flags, &["sleep", "1000"]);
    assert_eq!(first_of(&engine, &id, &["memory.limit_in_bytes", "memory.max"]), "67108864");
    let is_v2 = std::path::Path::new("/sys/fs/cgroup/cgroup.controllers").exists();
    let swap = if is_v2 { "33554432" } else { "100663296" };
    assert_eq!(first_of(&engine, &id, &["memory.memsw.limit_in_bytes", "memory.swap.max"]), swap);
    if is_v2 {
        assert_eq!(engine.cgroup_file(&id, "cpu.max"), "50000 100000");
    } else {
        assert_eq!(engine.cgroup_file(&id, "cpu.cfs_quota_us"), "50000");
        assert_eq!(engine.cgroup_file(&id, "cpu.cfs_period_us"), "100000");
    }
    assert_eq!(engine.cgroup_file(&id, "pids.max"), "77");
    assert_eq!(engine.cgroup_file(&id, "cpuset.cpus"), "0");
    let seen = engine.init(&id).status("Cpus_allowed_list");
    assert_eq!(seen.as_deref(), Some("0"));
}

#[test]
fn shares_and_quotas() {
    let Some(engine) = TestEngine::new() else { return };
    if std::path::Path::new("/sys/fs/cgroup/cgroup.controllers").exists() {
        return;
    }
    let flags = ["--network", "none", "--cpu-shares", "512", "--cpu-period", "50000", "--cpu-quota", "20000"];
    let id = engine.start(&flags, &["sleep", "1000"]);
    assert_eq!(engine.cgroup_file(&id, "cpu.shares"), "512");
    assert_eq!(engine.cgroup_file(&id, "cpu.cfs_quota_us"), "20000");
    assert_eq!(engine.cgroup_file(&id, "cpu.cfs_period_us"), "50000");
    engine.run(&["--cpus", "1", "--cpu-quota", "1000"], &["true"]).fails(125, "conflicting options");
}

#[test]
fn too_much_memory_is_137() {
    let Some(engine) = TestEngine::new() else { return };
    let said = engine.run(&["--memory", "16m", "--memory-swap", "16m"], &["/probe", "hog", "100000000"]);
    assert_eq!((said.code, said.out.as_str()), (137, ""));
    assert_eq!(engine.run(&["--memory", "64m"], &["/probe", "hog", "10000000"]).text(), "survived");
}

#[test]
fn no_more_processes_than_allowed() {
    let Some(engine) = TestEngine::new() else { return };
    assert_eq!(engine.run(&["--pids-limit", "10"], &["/probe", "forks", "50"]).text(), "10 EAGAIN");
    assert_eq!(engine.run(&["--pids-limit", "-1"], &["/probe", "forks", "50"]).text(), "50 no limit");
}

#[test]
fn resource_limits() {
    let Some(engine) = TestEngine::new() else { return };
    let flags = ["--ulimit", "nofile=123:456", "--ulimit", "core=0", "--ulimit", "stack=1048576:2097152"];
    let seen = engine
        .sh(&flags, "ulimit -Sn; ulimit -Hn; ulimit -c; grep 'Max stack' /proc/self/limits | tr -s ' '")
        .lines();
    assert_eq!(seen, ["123", "456", "0", "Max stack size 1048576 2097152 bytes "]);
    engine.run(&["--ulimit", "nosuch=1"], &["true"]).fails(125, "nosuch");
    engine
        .run(&["--ulimit", "nofile=2:1"], &["true"])
        .fails(125, "soft limit must be less than or equal to hard limit");
}

#[test]
fn shared_memory_has_its_size() {
    let Some(engine) = TestEngine::new() else { return };
    assert!(engine.sh(&[], "grep ' /dev/shm ' /proc/mounts").text().contains("size=65536k"));
    assert!(engine.sh(&["--shm-size", "1m"], "grep ' /dev/shm ' /proc/mounts").text().contains("size=1024k"));
}

#[test]
fn kernel_settings_of_the_container_s_namespaces() {
    let Some(engine) = TestEngine::new() else { return };
    let flags = [
        "--sysctl",
        "net.ipv4.ip_forward=1",
        "--sysctl",
        "kernel.msgmax=4096",
        "--sysctl",
        "fs.mqueue.msg_max=7",
    ];
    let files =
        ["cat", "/proc/sys/net/ipv4/ip_forward", "/proc/sys/kernel/msgmax", "/proc/sys/fs/mqueue/msg_max"];
    assert_eq!(engine.run(&flags, &files).lines(), ["1", "4096", "7"]);
    assert_ne!(std::fs::read_to_string("/proc/sys/kernel/msgmax").unwrap().trim(), "4096");
    engine.run(&["--sysctl", "net.ipv4.nosuch=1"], &["true"]).fails(125, "net.ipv4.nosuch");
}

#[test]
fn the_oom_score_is_set() {
    let Some(engine) = TestEngine::new() else { return };
    assert_eq!(engine.run(&["--oom-score-adj", "500"], &["cat", "/proc/self/oom_score_adj"]).text(), "500");
    let own = std::fs::read_to_string("/proc/self/oom_score_adj").unwrap();
    assert_eq!(engine.run(&[], &["cat", "/proc/self/oom_score_adj"]).text(), own.trim());
}

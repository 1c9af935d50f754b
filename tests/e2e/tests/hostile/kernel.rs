//! Kernel settings and files that a request or an image tries to reach (CVE-2022-0811, CVE-2025-31133).

use e2e::{Root, TestEngine};
use std::fs;

#[test]
fn one_setting_does_not_smuggle_another() {
    let Some(engine) = TestEngine::new() else { return };
    let before = fs::read_to_string("/proc/sys/kernel/core_pattern").unwrap();
    for setting in [
        "kernel.shm_rmid_forced=1+kernel.core_pattern=|/tmp/evil",
        "kernel.core_pattern=|/tmp/evil",
        "kernel.shm_rmid_forced=1\nkernel.core_pattern=x",
        "net/../kernel/core_pattern=x",
        "net.ipv4.../../kernel/core_pattern=x",
        "net.../kernel.core_pattern=x",
        "kernel.hostname=x",
        "vm.overcommit_memory=1",
    ] {
        let said = engine.run(&["--sysctl", setting], &["true"]);
        assert_eq!(said.code, 125, "{setting}: {said:?}");
    }
    assert_eq!(fs::read_to_string("/proc/sys/kernel/core_pattern").unwrap(), before);
    assert!(engine.containers().is_empty());
}

#[test]
fn a_null_device_of_the_image_s_is_not_used() {
    let Some(engine) = TestEngine::new() else { return };
    let root = Root::busybox()
        .directory("/dev", 0o755)
        .symlink("/dev/null", "/proc/sys/kernel/core_pattern")
        .file("/dev/console", 0o644, "x");
    engine.import("evil", &root, &[]);
    let script =
        "stat -c '%t:%T' /dev/null; head -c 10 /proc/interrupts | wc -c; echo x > /dev/null; cat /proc/keys";
    let said = engine.tare(["run", "--rm", "--network", "none", "evil", "sh", "-c", script]);
    assert_eq!(said.lines(), ["1:3", "0"]);
    assert_eq!(
        engine.tare(["run", "--rm", "-t", "--network", "none", "evil", "test", "-c", "/dev/console"]).code,
        0
    );
}

#[test]
fn a_container_cannot_mount_control_groups() {
    let Some(engine) = TestEngine::new() else { return };
    for script in [
        "unshare -Urm true",
        "mkdir /tmp/c && mount -t cgroup -o rdma x /tmp/c",
        "mount -o remount,rw /sys",
        "mount -t proc proc /proc",
    ] {
        assert_ne!(engine.sh(&[], script).code, 0, "{script}");
    }
}

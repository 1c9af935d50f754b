//! Capabilities, the system call filter, what of the kernel is hidden (behaviour P-5 to P-7; security rows 14, 17, 18).

use e2e::TestEngine;
use std::collections::BTreeMap;

/// Docker's 14.
const DEFAULT: &str = "00000000a80425fb";
const NONE: &str = "0000000000000000";

fn capabilities(engine: &TestEngine, flags: &[&str]) -> BTreeMap<String, String> {
    let lines = engine.sh(flags, "grep ^Cap /proc/self/status").lines();
    lines
        .iter()
        .filter_map(|line| line.split_once(":\t"))
        .map(|(k, v)| (k.to_owned(), v.to_owned()))
        .collect()
}

fn sets(of: [&str; 5]) -> BTreeMap<String, String> {
    ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"]
        .into_iter()
        .map(str::to_owned)
        .zip(of.map(str::to_owned))
        .collect()
}

#[test]
fn capabilities_are_docker_s_and_none_are_inheritable() {
    let Some(engine) = TestEngine::new() else { return };
    assert_eq!(capabilities(&engine, &[]), sets([NONE, DEFAULT, DEFAULT, DEFAULT, NONE]));
    assert_eq!(capabilities(&engine, &["-u", "web"]), sets([NONE, NONE, NONE, DEFAULT, NONE]));
    assert_eq!(capabilities(&engine, &["--cap-drop", "ALL"]), sets([NONE; 5]));
    let net_admin = "0000000000001000";
    assert_eq!(
        capabilities(&engine, &["--cap-drop", "all", "--cap-add", "net_admin"]),
        sets([NONE, net_admin, net_admin, net_admin, NONE])
    );
    let less = "00000000a00425fb";
    assert_eq!(capabilities(&engine, &["--cap-drop", "CAP_MKNOD"]), sets([NONE, less, less, less, NONE]));
    engine.run(&["--cap-add", "NO_SUCH"], &["true"]).fails(125, "NO_SUCH");
}

#[test]
fn privileged_has_what_the_engine_has() {
    let Some(engine) = TestEngine::new() else { return };
    let own = e2e::Process { pid: i32::try_from(std::process::id()).unwrap() }.status("CapBnd").unwrap();
    let seen = capabilities(&engine, &["--privileged"]);
    assert_eq!((&seen["CapEff"], &seen["CapBnd"], seen["CapInh"].as_str()), (&own, &own, NONE));
    let script = "grep ^Seccomp: /proc/self/status; mkdir /tmp/m && mount -t tmpfs x /tmp/m && echo mounted; test -w /proc/sys/kernel/hostname && echo writable";
    assert_eq!(engine.sh(&["--privileged"], script).lines(), ["Seccomp:\t0", "mounted", "writable"]);
}

#[test]
fn the_filter_refuses_what_docker_s_refuses() {
    let Some(engine) = TestEngine::new() else { return };
    let lines = engine.run(&[], &["/probe", "denied"]).lines();
    for line in &lines {
        let (call, result) = line.split_once(' ').unwrap();
        let expected = if call == "clone3" { "ENOSYS" } else { "EPERM" };
        assert_eq!(result, expected, "{call}");
    }
    assert!(lines.len() > 25);
    // by the filter, not only for want of a capability
    let lines = engine.run(&["--security-opt", "seccomp=unconfined"], &["/probe", "denied"]).lines();
    for call in ["keyctl", "add_key", "unshare", "clone3", "io_uring_setup", "personality"] {
        let line = lines.iter().find(|line| line.starts_with(&format!("{call} "))).unwrap();
        assert!(!line.ends_with(" EPERM") && !line.ends_with(" ENOSYS"), "{line}");
    }
}

#[test]
fn the_filter_follows_the_capabilities() {
    let Some(engine) = TestEngine::new() else { return };
    let lines = engine.run(&["--cap-add", "SYS_ADMIN"], &["/probe", "denied"]).lines();
    for (call, result) in [
        ("mount", "ENODEV"),
        ("setns", "EBADF"),
        ("fsconfig", "EINVAL"),
        ("keyctl", "EPERM"),
        ("io_uring_setup", "EPERM"),
    ] {
        let line = lines.iter().find_map(|line| line.strip_prefix(&format!("{call} "))).unwrap();
        let is_allowed = |r: &str| r != "EPERM";
        assert_eq!(is_allowed(line), is_allowed(result), "{call} {line}");
    }
}

#[test]
fn a_filter_of_one_s_own() {
    let Some(engine) = TestEngine::new() else { return };
    let profile = r#"{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO", "errnoRet": 28}]}"#;
    let file = engine.write("profile.json", profile).display().to_string();
    let option = format!("seccomp={file}");
    let said = engine.run(&["--security-opt", &option], &["mkdir", "/x"]);
    assert!(said.code == 1 && said.err.contains("No space left on device"), "{said:?}");
    engine
        .run(&["--security-opt", "seccomp=/no/such"], &["true"])
        .fails(125, "opening seccomp profile (/no/such) failed");
    let broken = engine.write("broken.json", "{").display().to_string();
    engine.run(&["--security-opt", &format!("seccomp={broken}")], &["true"]).fails(125, "seccomp profile");
    assert!(engine.containers().is_empty());
}

#[test]
fn no_new_privileges() {
    let Some(engine) = TestEngine::new() else { return };
    assert_eq!(engine.run(&[], &["/probe", "no-new-privileges"]).text(), "0");
    assert_eq!(
        engine.run(&["--security-opt", "no-new-privileges"], &["/probe", "no-new-privileges"]).text(),
        "1"
    );
    engine.run(&["--security-opt", "bogus"], &["true"]).fails(125, "bogus");
}

#[test]
fn kernel_files_are_hidden() {
    let Some(engine) = TestEngine::new() else { return };
    let script = "for f in /proc/acpi /proc/asound /proc/interrupts /proc/kcore /proc/keys /proc/latency_stats /proc/sched_debug /proc/scsi \
        /proc/timer_list /proc/timer_stats /sys/devices/virtual/powercap /sys/firmware /sys/devices/system/cpu/cpu0/thermal_throttle; do \
        test -d $f && ls -A $f; test -f $f && cat $f; test -c $f && head -c 10 $f; done; echo done";
    assert_eq!(engine.sh(&[], script).text(), "done");
    let show = "head -c 20 /proc/interrupts | wc -c";
    assert_eq!(engine.sh(&["--security-opt", "systempaths=unconfined"], show).text(), "20");
}

#[test]
fn kernel_files_cannot_be_written() {
    let Some(engine) = TestEngine::new() else { return };
    let script = "for f in /proc/sys/kernel/core_pattern /proc/sysrq-trigger /proc/irq/default_smp_affinity /sys/kernel/mm/transparent_hugepage/enabled; do \
        (echo x > $f) 2>/dev/null && echo wrote $f; done; mkdir /sys/fs/cgroup/x 2>/dev/null && echo made; \
        for d in /sys/fs/cgroup/*/; do mkdir $d/x 2>/dev/null && echo made $d; done; echo done";
    assert_eq!(engine.sh(&[], script).text(), "done");
}

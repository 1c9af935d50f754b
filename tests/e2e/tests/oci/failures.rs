//! A step that fails says which, and leaves nothing.

use e2e::Bundle;
use serde_json::{Value, json};

#[test]
fn every_step_that_fails_leaves_nothing() {
    let Some(mut bundle) = Bundle::new() else { return };
    let good = bundle.config.clone();
    let cases: [(&str, Value, &str); 18] = [
        ("/process/args", json!(["/no/such/program"]), "/no/such/program"),
        ("/process/args", json!(["/etc/passwd"]), "/etc/passwd"),
        ("/process/args", json!([]), "process.args"),
        ("/process/cwd", json!("relative"), "absolute"),
        ("/process/cwd", json!("/etc/passwd/x"), "/etc/passwd/x"),
        ("/process/rlimits", json!([{"type": "RLIMIT_NOFILE", "soft": 2, "hard": 1}]), "set limits"),
        ("/process/scheduler", json!({"policy": "SCHED_FIFO", "priority": 1000}), "scheduler"),
        ("/process/apparmorProfile", json!("nosuch"), "apparmor"),
        ("/process/oomScoreAdj", json!(5000), "oom_score_adj"),
        ("/root/path", json!("nosuch"), "nosuch"),
        ("/ociVersion", json!("7.0"), "ociVersion"),
        (
            "/linux/namespaces",
            json!([{"type": "mount"}, {"type": "uts"}, {"type": "network", "path": "/no/such"}]),
            "/no/such",
        ),
        ("/linux/namespaces", json!([{"type": "uts"}, {"type": "uts"}]), "two entries"),
        ("/linux/resources", json!({"unified": {"no.such": "1"}}), "unified"),
        ("/linux/resources", json!({"cpu": {"cpus": "9999"}}), "cpuset"),
        ("/linux/devices", json!([{"path": "/dev/x", "type": "c", "major": -1, "minor": 0}]), "/dev/x"),
        ("/linux/seccomp", json!({"defaultAction": "SCMP_ACT_NOTIFY"}), "seccomp"),
        (
            "/mounts/-",
            json!({"destination": "/x", "type": "bind", "source": "/tmp", "options": ["bind", "nosiud"]}),
            "nosiud",
        ),
    ];
    for (pointer, value, said) in cases {
        bundle.config = good.clone();
        bundle.set(pointer, value.clone());
        for command in ["run", "create"] {
            let result = bundle.detached([command, "bundle"]);
            // a created container's program is looked for when it is started
            if command == "create" && result.code == 0 {
                bundle.oci(["start", "bundle"]).fails(1, said);
                let own = std::fs::read_to_string(bundle.engine().path("detached")).unwrap();
                assert!(own.contains(said), "the container's own log: {own:?}");
                bundle.oci(["delete", "--force", "bundle"]).ok();
            } else {
                assert_ne!(result.code, 0, "{pointer} {value}");
                assert!(result.err.contains(said), "{pointer} {value}: {result:?}");
            }
            bundle.nothing_is_left();
        }
    }
}

#[test]
fn a_configuration_that_is_none_says_where() {
    let Some(bundle) = Bundle::new() else { return };
    let path = bundle.directory().join("config.json");
    std::fs::write(&path, "{\n  \"ociVersion\": \"1.2\",\n  oops\n}").unwrap();
    let said = bundle.oci(["run", "bundle"]).complaint(1);
    assert!(said.contains("config.json") && said.contains("line 3 column 3"), "{said}");
    std::fs::remove_file(&path).unwrap();
    bundle.oci(["run", "bundle"]).fails(1, "config.json");
    bundle.nothing_is_left();
}

/// System calls of a creation.
const MAKING: [&str; 37] = [
    "capset",
    "chdir",
    "clone3",
    "execve",
    "fchdir",
    "fchmod",
    "fchmodat",
    "fsconfig",
    "fsmount",
    "fsopen",
    "keyctl",
    "mkdir",
    "mkdirat",
    "mknodat",
    "mount",
    "mount_setattr",
    "move_mount",
    "open_tree",
    "pivot_root",
    "prctl",
    "prlimit64",
    "recvmsg",
    "rename",
    "seccomp",
    "sendmsg",
    "sethostname",
    "setgroups",
    "setns",
    "setresgid",
    "setresuid",
    "setsid",
    "setsockopt",
    "socket",
    "socketpair",
    "symlinkat",
    "umount2",
    "unshare",
];
/// Those that taking back needs as well: when one of them fails there, a forced deletion must do the rest.
const BOTH: [&str; 8] = ["fcntl", "openat", "openat2", "read", "readlink", "statx", "waitid", "write"];
/// Which calls of one name fail, each alone, counted in each process.
const OCCURRENCES: [u32; 9] = [1, 2, 3, 5, 8, 13, 21, 34, 55];

/// Every kind of call fails in turn, at its first and at later occurrences, by the kernel's word: whatever comes of it, nothing is left.
#[test]
fn every_system_call_that_fails_leaves_nothing() {
    if !e2e::needs_programs(&["strace"]) {
        return;
    }
    let Some(mut bundle) = Bundle::new() else { return };
    bundle.set("/linux/resources/pids", json!({"limit": 10}));
    bundle.set("/linux/sysctl", json!({"kernel.shm_rmid_forced": "1"}));
    let mut failed = 0;
    for (call, occurrence) in
        MAKING.iter().chain(&BOTH).flat_map(|call| OCCURRENCES.map(|occurrence| (*call, occurrence)))
    {
        let inject = format!("inject={call}:error=ENOMEM:when={occurrence}");
        let traced = format!("trace={call}");
        let command = bundle.command(["run", "bundle"]);
        let mut strace = std::process::Command::new("strace");
        strace.args(["-f", "-qq", "-o", "/dev/null", "-e", &traced, "-e", &inject]);
        strace.arg(command.get_program()).args(command.get_args()).current_dir(bundle.directory());
        let said = e2e::ask(&mut strace, b"");
        failed += u32::from(said.code != 0);
        if BOTH.contains(&call) {
            bundle.oci(["delete", "--force", "bundle"]).ok();
        }
        let left = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| bundle.nothing_is_left()));
        assert!(left.is_ok(), "{call} {occurrence}: {said:?}");
    }
    // most of them are no matter of indifference
    assert!(failed > 100, "{failed}");
}

/// A creation that is killed when its init waits already: the id can be freed, and the init goes.
#[test]
fn what_a_killed_creation_leaves_is_removed() {
    if !e2e::needs_programs(&["strace"]) {
        return;
    }
    let Some(bundle) = Bundle::new() else { return };
    for call in ["clone3", "socketpair", "rename", "mkdir", "sendmsg"] {
        for occurrence in [1, 2, 5, 9] {
            let inject = format!("inject={call}:signal=KILL:when={occurrence}");
            let command = bundle.command(["create", "bundle"]);
            let mut strace = std::process::Command::new("strace");
            strace.args(["-qq", "-o", "/dev/null", "-e", &format!("trace={call}"), "-e", &inject]);
            strace.arg(command.get_program()).args(command.get_args()).current_dir(bundle.directory());
            let quiet = std::process::Stdio::null;
            strace.stdin(quiet()).stdout(quiet()).stderr(quiet()).status().unwrap();
            bundle.oci(["delete", "--force", "bundle"]).ok();
            bundle.nothing_is_left();
        }
    }
}

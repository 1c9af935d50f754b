//! What this runtime can do, in the specification's form (features.md).

use serde_json::{Value, json};

const OPTIONS: [&str; 62] = [
    "acl",
    "async",
    "atime",
    "bind",
    "defaults",
    "dest-nofollow",
    "dev",
    "diratime",
    "dirsync",
    "exec",
    "idmap",
    "iversion",
    "lazytime",
    "loud",
    "mand",
    "noacl",
    "noatime",
    "nodev",
    "nodiratime",
    "noexec",
    "noiversion",
    "nolazytime",
    "nomand",
    "norelatime",
    "nostrictatime",
    "nosuid",
    "nosymfollow",
    "private",
    "ratime",
    "rbind",
    "rdev",
    "rdiratime",
    "relatime",
    "remount",
    "rexec",
    "ridmap",
    "rnoatime",
    "rnodev",
    "rnodiratime",
    "rnoexec",
    "rnorelatime",
    "rnostrictatime",
    "rnosuid",
    "rnosymfollow",
    "ro",
    "rprivate",
    "rrelatime",
    "rro",
    "rrw",
    "rshared",
    "rslave",
    "rstrictatime",
    "rsuid",
    "rsymfollow",
    "runbindable",
    "rw",
    "shared",
    "silent",
    "slave",
    "src-nofollow",
    "strictatime",
    "suid",
];

const MORE_OPTIONS: [&str; 4] = ["symfollow", "sync", "tmpcopyup", "unbindable"];

/// `SECCOMP_RET_*` of linux/seccomp.h, by the specification's names.
const ACTIONS: [(&str, u32); 9] = [
    ("SCMP_ACT_ALLOW", 0x7fff_0000),
    ("SCMP_ACT_ERRNO", 0x0005_0000),
    ("SCMP_ACT_KILL", 0),
    ("SCMP_ACT_KILL_PROCESS", 0x8000_0000),
    ("SCMP_ACT_KILL_THREAD", 0),
    ("SCMP_ACT_LOG", 0x7ffc_0000),
    ("SCMP_ACT_NOTIFY", 0x7fc0_0000),
    ("SCMP_ACT_TRACE", 0x7ff0_0000),
    ("SCMP_ACT_TRAP", 0x0003_0000),
];

const FLAGS: [(&str, u64); 4] = [
    ("SECCOMP_FILTER_FLAG_TSYNC", sys::seccomp::SYNCHRONISE_THREADS),
    ("SECCOMP_FILTER_FLAG_SPEC_ALLOW", sys::seccomp::ALLOW_SPECULATION),
    ("SECCOMP_FILTER_FLAG_LOG", sys::seccomp::LOG),
    ("SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV", sys::seccomp::WAIT_KILLABLE),
];

/// The document.
#[must_use]
pub fn document() -> Value {
    let capabilities: Vec<String> =
        runtime::capability::ALL.iter().map(|(name, _)| format!("CAP_{name}")).collect();
    let mut options: Vec<&str> = OPTIONS.iter().chain(&MORE_OPTIONS).copied().collect();
    options.sort_unstable();
    let known: Vec<&str> = FLAGS.iter().map(|(name, _)| *name).collect();
    let supported: Vec<&str> =
        FLAGS.iter().filter(|(_, bit)| sys::seccomp::are_flags_known(*bit)).map(|(name, _)| *name).collect();
    let actions: Vec<&str> = ACTIONS
        .iter()
        .filter(|(_, value)| sys::seccomp::is_action_available(*value))
        .map(|(name, _)| *name)
        .collect();
    let archs: &[&str] = if cfg!(target_arch = "aarch64") {
        &["SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM"]
    } else {
        &["SCMP_ARCH_X32", "SCMP_ARCH_X86", "SCMP_ARCH_X86_64"]
    };
    json!({
        "ociVersionMin": "1.0.0",
        "ociVersionMax": "1.2.1",
        "hooks": ["prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop"],
        "mountOptions": options,
        "linux": {
            "namespaces": ["cgroup", "ipc", "mount", "network", "pid", "time", "user", "uts"],
            "capabilities": capabilities,
            "cgroup": {"v1": true, "v2": true, "systemd": true, "systemdUser": false, "rdma": true},
            "seccomp": {
                "enabled": true,
                "actions": actions,
                "operators": ["SCMP_CMP_EQ", "SCMP_CMP_GE", "SCMP_CMP_GT", "SCMP_CMP_LE", "SCMP_CMP_LT", "SCMP_CMP_MASKED_EQ", "SCMP_CMP_NE"],
                "archs": archs,
                "knownFlags": known,
                "supportedFlags": supported,
            },
            "apparmor": {"enabled": false},
            "selinux": {"enabled": false},
            "intelRdt": {"enabled": false},
            "mountExtensions": {"idmap": {"enabled": true}},
            "netDevices": {"enabled": true},
        },
        "annotations": {
            "io.github.seccomp.libseccomp.version": "",
            "org.tare.version": env!("CARGO_PKG_VERSION"),
        },
        "potentiallyUnsafeConfigAnnotations": [],
    })
}

//! Which functions of C libraries are which features of the kernel, since when it has them, and what they ask for. Sources: man pages, section 2.

/// A version of Linux.
pub(super) type Release = (u32, u32, u32);

/// A feature of the kernel.
pub(super) struct Row {
    pub(super) name: &'static str,
    /// Functions with the versions in which their system calls came.
    pub(super) functions: &'static [(&'static str, Release)],
    /// What a caller must be allowed; empty if nothing.
    pub(super) privilege: &'static str,
}

const fn row(
    name: &'static str,
    privilege: &'static str,
    functions: &'static [(&'static str, Release)],
) -> Row {
    Row { name, functions, privilege }
}

const ADMIN: &str = "CAP_SYS_ADMIN";
const NAMESPACE: &str = "CAP_SYS_ADMIN, or a user namespace of its own";

/// The features, in the order in which they are told.
pub(super) const FEATURES: &[Row] = &[
    row(
        "epoll",
        "",
        &[
            ("epoll_create", (2, 6, 0)),
            ("epoll_ctl", (2, 6, 0)),
            ("epoll_wait", (2, 6, 0)),
            ("epoll_pwait", (2, 6, 19)),
            ("epoll_create1", (2, 6, 27)),
            ("epoll_pwait2", (5, 11, 0)),
        ],
    ),
    row(
        "inotify",
        "",
        &[("inotify_init", (2, 6, 13)), ("inotify_add_watch", (2, 6, 13)), ("inotify_init1", (2, 6, 27))],
    ),
    row("fanotify", ADMIN, &[("fanotify_init", (2, 6, 37)), ("fanotify_mark", (2, 6, 37))]),
    row("eventfd", "", &[("eventfd", (2, 6, 22))]),
    row("signalfd", "", &[("signalfd", (2, 6, 22))]),
    row("timerfd", "", &[("timerfd_create", (2, 6, 25)), ("timerfd_settime", (2, 6, 25))]),
    row("memfd_create", "", &[("memfd_create", (3, 17, 0))]),
    row("memfd_secret", "", &[("memfd_secret", (5, 14, 0))]),
    row(
        "getrandom",
        "",
        &[
            ("getrandom", (3, 17, 0)),
            ("getentropy", (3, 17, 0)),
            ("arc4random", (3, 17, 0)),
            ("arc4random_buf", (3, 17, 0)),
        ],
    ),
    row("statx", "", &[("statx", (4, 11, 0))]),
    row("copy_file_range", "", &[("copy_file_range", (4, 5, 0))]),
    row("renameat2", "", &[("renameat2", (3, 15, 0))]),
    row("openat2", "", &[("openat2", (5, 6, 0))]),
    row("close_range", "", &[("close_range", (5, 9, 0)), ("closefrom", (5, 9, 0))]),
    row("execveat", "", &[("execveat", (3, 19, 0)), ("fexecve", (3, 19, 0))]),
    row(
        "preadv2, pwritev2",
        "",
        &[
            ("preadv2", (4, 6, 0)),
            ("pwritev2", (4, 6, 0)),
            ("preadv64v2", (4, 6, 0)),
            ("pwritev64v2", (4, 6, 0)),
        ],
    ),
    row("splice", "", &[("splice", (2, 6, 17)), ("tee", (2, 6, 17)), ("vmsplice", (2, 6, 17))]),
    row("sendmmsg, recvmmsg", "", &[("recvmmsg", (2, 6, 33)), ("sendmmsg", (3, 0, 0))]),
    row("fallocate", "", &[("fallocate", (2, 6, 23)), ("fallocate64", (2, 6, 23))]),
    row("sync_file_range", "", &[("sync_file_range", (2, 6, 17))]),
    row("syncfs", "", &[("syncfs", (2, 6, 39))]),
    row(
        "io_uring",
        "",
        &[
            ("io_uring_setup", (5, 1, 0)),
            ("io_uring_queue_init", (5, 1, 0)),
            ("io_uring_queue_init_params", (5, 1, 0)),
            ("io_uring_enter", (5, 1, 0)),
        ],
    ),
    row(
        "asynchronous I/O (AIO)",
        "",
        &[("io_setup", (2, 6, 0)), ("io_submit", (2, 6, 0)), ("io_getevents", (2, 6, 0))],
    ),
    row("userfaultfd", "CAP_SYS_PTRACE, or vm.unprivileged_userfaultfd", &[("userfaultfd", (4, 3, 0))]),
    row("clone3", "", &[("clone3", (5, 3, 0))]),
    row(
        "pidfd",
        "",
        &[
            ("pidfd_send_signal", (5, 1, 0)),
            ("pidfd_open", (5, 3, 0)),
            ("pidfd_getfd", (5, 6, 0)),
            ("pidfd_spawn", (5, 7, 0)),
            ("pidfd_spawnp", (5, 7, 0)),
        ],
    ),
    row("namespaces", NAMESPACE, &[("unshare", (2, 6, 16)), ("setns", (3, 0, 0))]),
    row(
        "mount",
        ADMIN,
        &[("mount", (2, 2, 0)), ("umount", (2, 2, 0)), ("umount2", (2, 2, 0)), ("pivot_root", (2, 3, 41))],
    ),
    row(
        "new mount interface",
        ADMIN,
        &[
            ("open_tree", (5, 2, 0)),
            ("move_mount", (5, 2, 0)),
            ("fsopen", (5, 2, 0)),
            ("fsmount", (5, 2, 0)),
            ("fsconfig", (5, 2, 0)),
            ("mount_setattr", (5, 12, 0)),
        ],
    ),
    row("chroot", "CAP_SYS_CHROOT", &[("chroot", (2, 2, 0))]),
    row("ptrace", "CAP_SYS_PTRACE for processes of others", &[("ptrace", (2, 2, 0))]),
    row(
        "memory of other processes",
        "CAP_SYS_PTRACE for processes of others",
        &[("process_vm_readv", (3, 2, 0)), ("process_vm_writev", (3, 2, 0)), ("process_madvise", (5, 10, 0))],
    ),
    row("seccomp", "", &[("seccomp", (3, 17, 0)), ("seccomp_init", (3, 5, 0)), ("seccomp_load", (3, 5, 0))]),
    row(
        "landlock",
        "",
        &[
            ("landlock_create_ruleset", (5, 13, 0)),
            ("landlock_add_rule", (5, 13, 0)),
            ("landlock_restrict_self", (5, 13, 0)),
        ],
    ),
    row(
        "bpf",
        "CAP_BPF",
        &[("bpf", (3, 18, 0)), ("bpf_prog_load", (3, 18, 0)), ("bpf_map_create", (3, 18, 0))],
    ),
    row("perf_event_open", "CAP_PERFMON, or kernel.perf_event_paranoid", &[("perf_event_open", (2, 6, 31))]),
    row(
        "file handles",
        "CAP_DAC_READ_SEARCH",
        &[("name_to_handle_at", (2, 6, 39)), ("open_by_handle_at", (2, 6, 39))],
    ),
    row("keyrings", "", &[("keyctl", (2, 6, 10)), ("add_key", (2, 6, 10)), ("request_key", (2, 6, 10))]),
    row("memory protection keys", "", &[("pkey_alloc", (4, 9, 0)), ("pkey_mprotect", (4, 9, 0))]),
    row("membarrier", "", &[("membarrier", (4, 3, 0))]),
    row("mseal", "", &[("mseal", (6, 10, 0))]),
    row("mlock2", "", &[("mlock2", (4, 4, 0))]),
    row(
        "NUMA",
        "",
        &[
            ("mbind", (2, 6, 7)),
            ("set_mempolicy", (2, 6, 7)),
            ("get_mempolicy", (2, 6, 7)),
            ("move_pages", (2, 6, 18)),
        ],
    ),
    row("POSIX message queues", "", &[("mq_open", (2, 6, 6))]),
    row(
        "priorities above the usual",
        "CAP_SYS_NICE",
        &[("sched_setscheduler", (2, 2, 0)), ("sched_setattr", (3, 14, 0)), ("ioprio_set", (2, 6, 13))],
    ),
    row("capabilities", "", &[("capset", (2, 2, 0)), ("cap_set_proc", (2, 2, 0))]),
    row(
        "users and groups",
        "CAP_SETUID, CAP_SETGID",
        &[
            ("setuid", (2, 2, 0)),
            ("setresuid", (2, 2, 0)),
            ("setreuid", (2, 2, 0)),
            ("setgid", (2, 2, 0)),
            ("setresgid", (2, 2, 0)),
            ("setgroups", (2, 2, 0)),
            ("initgroups", (2, 2, 0)),
        ],
    ),
    row("device files", "CAP_MKNOD", &[("mknod", (2, 2, 0)), ("mknodat", (2, 6, 16))]),
    row(
        "the clock",
        "CAP_SYS_TIME",
        &[
            ("settimeofday", (2, 2, 0)),
            ("clock_settime", (2, 6, 0)),
            ("adjtimex", (2, 2, 0)),
            ("clock_adjtime", (2, 6, 39)),
        ],
    ),
    row("host name", ADMIN, &[("sethostname", (2, 2, 0)), ("setdomainname", (2, 2, 0))]),
    row(
        "kernel modules",
        "CAP_SYS_MODULE",
        &[("init_module", (2, 2, 0)), ("finit_module", (3, 8, 0)), ("delete_module", (2, 2, 0))],
    ),
    row("reboot", "CAP_SYS_BOOT", &[("reboot", (2, 2, 0)), ("kexec_load", (2, 6, 13))]),
    row("swap", ADMIN, &[("swapon", (2, 2, 0)), ("swapoff", (2, 2, 0))]),
    row("quotas", ADMIN, &[("quotactl", (2, 2, 0))]),
    row("the kernel's log", "CAP_SYSLOG", &[("klogctl", (2, 2, 0))]),
    row("hardware ports", "CAP_SYS_RAWIO", &[("iopl", (2, 2, 0)), ("ioperm", (2, 2, 0))]),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_function_stands_twice() {
        let mut names: Vec<&str> =
            FEATURES.iter().flat_map(|row| row.functions.iter().map(|(name, _)| *name)).collect();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
    }
}

//! The default profile as a table: which calls are allowed, and when.
//!
//! Facts as of moby/profiles `seccomp/v0.2.3` (May 2026), the profile of Docker 29. Groups for architectures that we
//! have no tables for (ppc64le, s390x, riscv64) are left out: they have no effect on the others.

use crate::arch::Arch;

/// Calls that share a condition and an answer.
#[derive(Debug)]
pub(super) struct Group {
    /// When the group applies.
    pub(super) when: When,
    /// Names, separated by white space.
    pub(super) names: &'static str,
    /// What the calls get instead of the profile's default.
    pub(super) answer: Answer,
    /// The call must pass one of these; no tests: always.
    pub(super) any: &'static [Test],
}

/// When a group applies.
#[derive(Debug)]
pub(super) enum When {
    /// Always.
    Always,
    /// From this kernel release on.
    Kernel(u32, u32),
    /// On a machine of one of these architectures.
    On(&'static [Arch]),
    /// To a container with this capability.
    With(&'static str),
    /// To a container without this capability.
    Without(&'static str),
}

/// What a group's calls get.
#[derive(Debug)]
pub(super) enum Answer {
    /// The call is made.
    Allow,
    /// This error number.
    Errno(u32),
}

/// A test of the first argument.
#[derive(Debug)]
pub(super) enum Test {
    /// It is this value.
    Equal(u64),
    /// The bits of the mask (first) have this value (second).
    Masked(u64, u64),
}

/// `ENOSYS`.
const ENOSYS: u32 = 38;

/// Every `CLONE_NEW*` flag but the one for time, which clone(2) cannot make (its bit belongs to the exit signal).
const CLONE_NAMESPACES: u64 = 0x7e02_0000;

/// What personality(2) may set: Linux with or without `UNAME26` (0x20000), the 32-bit variant (8), or nothing, asking.
const PERSONALITIES: &[Test] = &[
    Test::Equal(0),
    Test::Equal(0x0008),
    Test::Equal(0x2_0000),
    Test::Equal(0x2_0008),
    Test::Equal(0xffff_ffff),
];

/// All address families up to 63 but `AF_ALG` (38) and `AF_VSOCK` (40), and negative ones, which are no families.
///
/// The kernel reads the family from the lower 32 bits of the register. So must the filter: comparisons of the whole
/// register would let `AF_ALG` pass with a bit set above them. A mask is the one operator that looks at half of it.
const FAMILIES: &[Test] = &[
    Test::Masked(0xffff_ffe0, 0),
    Test::Masked(0xffff_fffc, 32),
    Test::Masked(0xffff_fffe, 36),
    Test::Masked(0xffff_ffff, 39),
    Test::Masked(0xffff_ffff, 41),
    Test::Masked(0xffff_fffe, 42),
    Test::Masked(0xffff_fffc, 44),
    Test::Masked(0xffff_fff0, 48),
    Test::Masked(0x8000_0000, 0x8000_0000),
];

const fn allow(when: When, names: &'static str) -> Group {
    allow_if(when, names, &[])
}

const fn allow_if(when: When, names: &'static str, any: &'static [Test]) -> Group {
    Group { when, names, answer: Answer::Allow, any }
}

/// The groups. Every call that none of them allows returns `EPERM`.
pub(super) const GROUPS: &[Group] = &[
    allow(When::Always, EVERYONE),
    // Before 4.8 a traced process could slip through its filter.
    allow(When::Kernel(4, 8), "process_vm_readv process_vm_writev ptrace"),
    allow_if(When::Always, "socket", FAMILIES),
    allow_if(When::Always, "personality", PERSONALITIES),
    allow(
        When::On(&[Arch::Arm, Arch::Aarch64]),
        "arm_fadvise64_64 arm_sync_file_range sync_file_range2 breakpoint cacheflush set_tls",
    ),
    allow(When::On(&[Arch::X86_64, Arch::X32]), "arch_prctl"),
    allow(When::On(&[Arch::X86_64, Arch::X32, Arch::X86]), "modify_ldt"),
    allow(When::With("CAP_DAC_READ_SEARCH"), "open_by_handle_at"),
    allow(
        When::With("CAP_SYS_ADMIN"),
        "bpf clone clone3 fanotify_init fsconfig fsmount fsopen fspick lookup_dcookie lsm_get_self_attr \
         lsm_list_modules lsm_set_self_attr mount mount_setattr move_mount open_tree perf_event_open quotactl \
         quotactl_fd setdomainname sethostname setns syslog umount umount2 unshare",
    ),
    allow_if(When::Without("CAP_SYS_ADMIN"), "clone", &[Test::Masked(CLONE_NAMESPACES, 0)]),
    // The flags of clone3 lie in memory, where no filter can look: a C library falls back to clone.
    Group { when: When::Without("CAP_SYS_ADMIN"), names: "clone3", answer: Answer::Errno(ENOSYS), any: &[] },
    allow(When::With("CAP_SYS_BOOT"), "reboot"),
    allow(When::With("CAP_SYS_CHROOT"), "chroot"),
    allow(When::With("CAP_SYS_MODULE"), "delete_module init_module finit_module"),
    allow(When::With("CAP_SYS_PACCT"), "acct"),
    allow(
        When::With("CAP_SYS_PTRACE"),
        "kcmp pidfd_getfd process_madvise process_vm_readv process_vm_writev ptrace",
    ),
    allow(When::With("CAP_SYS_RAWIO"), "iopl ioperm"),
    allow(When::With("CAP_SYS_TIME"), "settimeofday stime clock_settime clock_settime64"),
    allow(When::With("CAP_SYS_TTY_CONFIG"), "vhangup"),
    allow(When::With("CAP_SYS_NICE"), "get_mempolicy mbind set_mempolicy set_mempolicy_home_node"),
    allow(When::With("CAP_SYSLOG"), "syslog"),
    allow(When::With("CAP_BPF"), "bpf"),
    allow(When::With("CAP_PERFMON"), "perf_event_open"),
];

/// What every container may call, whatever its arguments.
const EVERYONE: &str = "
        accept accept4 access adjtimex alarm bind brk cachestat capget capset chdir chmod chown chown32
        clock_adjtime clock_adjtime64 clock_getres clock_getres_time64 clock_gettime clock_gettime64
        clock_nanosleep clock_nanosleep_time64 close close_range connect copy_file_range creat dup dup2 dup3
        epoll_create epoll_create1 epoll_ctl epoll_ctl_old epoll_pwait epoll_pwait2 epoll_wait
        epoll_wait_old eventfd eventfd2 execve execveat exit exit_group faccessat faccessat2 fadvise64
        fadvise64_64 fallocate fanotify_mark fchdir fchmod fchmodat fchmodat2 fchown fchown32 fchownat fcntl
        fcntl64 fdatasync fgetxattr flistxattr flock fork fremovexattr fsetxattr fstat fstat64 fstatat64
        fstatfs fstatfs64 fsync ftruncate ftruncate64 futex futex_requeue futex_time64 futex_wait
        futex_waitv futex_wake futimesat get_robust_list get_thread_area getcpu getcwd getdents getdents64
        getegid getegid32 geteuid geteuid32 getgid getgid32 getgroups getgroups32 getitimer getpeername
        getpgid getpgrp getpid getppid getpriority getrandom getresgid getresgid32 getresuid getresuid32
        getrlimit getrusage getsid getsockname getsockopt gettid gettimeofday getuid getuid32 getxattr
        getxattrat inotify_add_watch inotify_init inotify_init1 inotify_rm_watch io_cancel io_destroy
        io_getevents io_pgetevents io_pgetevents_time64 io_setup io_submit ioctl ioprio_get ioprio_set ipc
        kill landlock_add_rule landlock_create_ruleset landlock_restrict_self lchown lchown32 lgetxattr link
        linkat listen listmount listxattr listxattrat llistxattr _llseek lremovexattr lseek lsetxattr lstat
        lstat64 madvise map_shadow_stack membarrier memfd_create memfd_secret mincore mkdir mkdirat mknod
        mknodat mlock mlock2 mlockall mmap mmap2 mprotect mq_getsetattr mq_notify mq_open mq_timedreceive
        mq_timedreceive_time64 mq_timedsend mq_timedsend_time64 mq_unlink mremap mseal msgctl msgget msgrcv
        msgsnd msync munlock munlockall munmap name_to_handle_at nanosleep newfstatat _newselect open openat
        openat2 pause pidfd_open pidfd_send_signal pipe pipe2 pkey_alloc pkey_free pkey_mprotect poll ppoll
        ppoll_time64 prctl pread64 preadv preadv2 prlimit64 process_mrelease pselect6 pselect6_time64
        pwrite64 pwritev pwritev2 read readahead readlink readlinkat readv recv recvfrom recvmmsg
        recvmmsg_time64 recvmsg remap_file_pages removexattr removexattrat rename renameat renameat2
        restart_syscall riscv_hwprobe rmdir rseq rt_sigaction rt_sigpending rt_sigprocmask rt_sigqueueinfo
        rt_sigreturn rt_sigsuspend rt_sigtimedwait rt_sigtimedwait_time64 rt_tgsigqueueinfo
        sched_get_priority_max sched_get_priority_min sched_getaffinity sched_getattr sched_getparam
        sched_getscheduler sched_rr_get_interval sched_rr_get_interval_time64 sched_setaffinity
        sched_setattr sched_setparam sched_setscheduler sched_yield seccomp select semctl semget semop
        semtimedop semtimedop_time64 send sendfile sendfile64 sendmmsg sendmsg sendto set_robust_list
        set_thread_area set_tid_address setfsgid setfsgid32 setfsuid setfsuid32 setgid setgid32 setgroups
        setgroups32 setitimer setpgid setpriority setregid setregid32 setresgid setresgid32 setresuid
        setresuid32 setreuid setreuid32 setrlimit setsid setsockopt setuid setuid32 setxattr setxattrat
        shmat shmctl shmdt shmget shutdown sigaltstack signalfd signalfd4 sigprocmask sigreturn socketcall
        socketpair splice stat stat64 statfs statfs64 statmount statx symlink symlinkat sync sync_file_range
        syncfs sysinfo tee tgkill time timer_create timer_delete timer_getoverrun timer_gettime
        timer_gettime64 timer_settime timer_settime64 timerfd_create timerfd_gettime timerfd_gettime64
        timerfd_settime timerfd_settime64 times tkill truncate truncate64 ugetrlimit umask uname unlink
        unlinkat uretprobe utime utimensat utimensat_time64 utimes vfork vmsplice wait4 waitid waitpid write
        writev
";

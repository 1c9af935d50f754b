//! The default profile: what it lets through, what it does not, and what that costs.

use crate::naive::Naive;
use crate::{ALL, answer, call, program};
use oci_spec::runtime::LinuxSeccomp;
use seccomp::syscalls::Table;
use seccomp::{Action, Arch, SeccompCall, default_profile, interpret, trace};

/// What Docker leaves a container.
const DOCKER: [&str; 14] = [
    "CAP_CHOWN",
    "CAP_DAC_OVERRIDE",
    "CAP_FSETID",
    "CAP_FOWNER",
    "CAP_MKNOD",
    "CAP_NET_RAW",
    "CAP_SETGID",
    "CAP_SETUID",
    "CAP_SETFCAP",
    "CAP_SETPCAP",
    "CAP_NET_BIND_SERVICE",
    "CAP_SYS_CHROOT",
    "CAP_KILL",
    "CAP_AUDIT_WRITE",
];

const DENIED: Action = Action::Errno(1);
const MISSING: Action = Action::Errno(38);

fn docker(arch: Arch) -> LinuxSeccomp {
    default_profile(&DOCKER, arch, (6, 1))
}

#[test]
fn every_number_of_every_architecture() {
    for (native, capabilities) in [
        (Arch::X86_64, &DOCKER[..]),
        (Arch::X86_64, &["CAP_SYS_ADMIN", "CAP_BPF"]),
        (Arch::Aarch64, &DOCKER[..]),
        (Arch::X86, &[]),
        (Arch::Arm, &["CAP_SYS_PTRACE"]),
    ] {
        let profile = default_profile(capabilities, native, (4, 4));
        let program = program(&profile, native);
        let naive = Naive::new(&profile, native);
        for arch in native.family() {
            let base = if *arch == Arch::X32 { Arch::X32_BIT } else { 0 };
            for nr in (0..1000).chain(0xf_0000..0xf_0010).chain([u32::MAX - Arch::X32_BIT]) {
                for first in [0, 2, 38, 39, 40, 41, 0xffff_ffff, 0x1_0000_0026, 0x2_0008, 0x1000_0000] {
                    let args = [first, 0, 0, 0, 0, 0];
                    let call = SeccompCall { nr: base + nr, arch: arch.audit(), ip: 0, args };
                    assert_eq!(interpret(&program, &call), naive.evaluate(&call), "{call:x?}");
                }
            }
        }
    }
}

#[test]
fn what_must_be_denied() {
    let profile = docker(Arch::X86_64);
    for name in "acct add_key bpf clock_settime delete_module fanotify_init finit_module fsconfig fsmount fsopen \
                 get_mempolicy init_module io_uring_enter io_uring_register io_uring_setup ioperm iopl kcmp \
                 kexec_file_load kexec_load keyctl lookup_dcookie mbind migrate_pages mount mount_setattr move_mount \
                 move_pages nfsservctl open_by_handle_at open_tree perf_event_open pidfd_getfd pivot_root \
                 process_madvise quotactl reboot request_key set_mempolicy setdomainname sethostname setns \
                 settimeofday swapoff swapon sysfs syslog umount2 unshare uselib userfaultfd ustat vhangup"
        .split_whitespace()
    {
        assert_eq!(answer(&profile, name, &[]), DENIED, "{name}");
    }
    assert_eq!(answer(&profile, "clone3", &[]), MISSING);
    assert_eq!(answer(&profile, "open_tree_attr", &[]), MISSING);
    for flag in [0x2_0000_u64, 0x200_0000, 0x400_0000, 0x800_0000, 0x1000_0000, 0x2000_0000, 0x4000_0000] {
        assert_eq!(answer(&profile, "clone", &[flag | 17]), DENIED, "{flag:x}");
        assert_eq!(answer(&profile, "clone", &[flag | 1 << 40]), DENIED, "{flag:x}");
    }
    // The kernel sees AF_ALG and AF_VSOCK in all of these.
    for family in [38, 40, 38 | 1 << 32, 40 | 7 << 61] {
        assert_eq!(answer(&profile, "socket", &[family, 5]), DENIED, "{family:x}");
    }
    for persona in [1, 0x4_0000, 0x2_0009, u64::MAX] {
        assert_eq!(answer(&profile, "personality", &[persona]), DENIED, "{persona:x}");
    }
}

#[test]
fn what_must_be_allowed() {
    let profile = docker(Arch::X86_64);
    for name in "accept4 arch_prctl brk chroot clone close_range copy_file_range dup3 epoll_pwait2 execve execveat \
                 exit_group faccessat2 fchmodat2 fork futex futex_waitv getrandom getxattrat io_setup ioctl \
                 landlock_create_ruleset listmount memfd_create mkdirat mknodat mmap modify_ldt mseal name_to_handle_at \
                 openat2 pidfd_open pidfd_send_signal pkey_alloc ppoll prctl preadv2 prlimit64 process_mrelease \
                 process_vm_readv ptrace read renameat2 restart_syscall rseq sched_setattr seccomp setgroups shmget \
                 signalfd4 statmount statx timerfd_create utimensat vfork wait4 write"
        .split_whitespace()
    {
        assert_eq!(answer(&profile, name, &[]), Action::Allow, "{name}");
    }
    for flags in [0x11, 0x3d_0f00, 0x80 | 0x100] {
        assert_eq!(answer(&profile, "clone", &[flags]), Action::Allow, "{flags:x}");
    }
    // Every family that Linux has (AF_MAX is 46) but the two; a register's upper half means nothing.
    for family in (0..46).filter(|family| ![38, 40].contains(family)) {
        assert_eq!(answer(&profile, "socket", &[family]), Action::Allow, "{family}");
        assert_eq!(answer(&profile, "socket", &[family | 3 << 32]), Action::Allow, "{family}");
    }
    assert_eq!(answer(&profile, "socket", &[u64::MAX]), Action::Allow);
    for persona in [0, 8, 0x2_0000, 0x2_0008, 0xffff_ffff] {
        assert_eq!(answer(&profile, "personality", &[persona]), Action::Allow, "{persona:x}");
    }
}

#[test]
fn conditions_open_calls() {
    let with = |capability| default_profile(&[capability], Arch::X86_64, (6, 1));
    for (capability, calls) in [
        ("CAP_DAC_READ_SEARCH", "open_by_handle_at"),
        ("CAP_SYS_ADMIN", "bpf clone3 mount setns umount2 unshare perf_event_open syslog lsm_set_self_attr"),
        ("CAP_SYS_BOOT", "reboot"),
        ("CAP_SYS_CHROOT", "chroot"),
        ("CAP_SYS_MODULE", "init_module finit_module delete_module"),
        ("CAP_SYS_PACCT", "acct"),
        ("CAP_SYS_PTRACE", "kcmp pidfd_getfd process_madvise"),
        ("CAP_SYS_RAWIO", "iopl ioperm"),
        ("CAP_SYS_TIME", "settimeofday clock_settime"),
        ("CAP_SYS_TTY_CONFIG", "vhangup"),
        ("CAP_SYS_NICE", "get_mempolicy mbind set_mempolicy set_mempolicy_home_node"),
        ("CAP_SYSLOG", "syslog"),
        ("CAP_BPF", "bpf"),
        ("CAP_PERFMON", "perf_event_open"),
    ] {
        for name in calls.split_whitespace() {
            assert_eq!(answer(&with(capability), name, &[]), Action::Allow, "{capability} {name}");
            assert_ne!(answer(&with("CAP_KILL"), name, &[]), Action::Allow, "{name}");
        }
    }
    assert_eq!(answer(&with("CAP_SYS_ADMIN"), "clone", &[0x1000_0000]), Action::Allow);
    for name in ["ptrace", "process_vm_readv", "process_vm_writev"] {
        assert_eq!(answer(&default_profile(&[], Arch::X86_64, (4, 7)), name, &[]), DENIED, "{name}");
        assert_eq!(answer(&default_profile(&[], Arch::X86_64, (4, 8)), name, &[]), Action::Allow, "{name}");
        let tracer = default_profile(&["CAP_SYS_PTRACE"], Arch::X86_64, (3, 10));
        assert_eq!(answer(&tracer, name, &[]), Action::Allow, "{name}");
    }
}

#[test]
fn the_other_architectures_of_a_machine() {
    let x86 = program(&docker(Arch::X86_64), Arch::X86_64);
    let arm = program(&docker(Arch::Aarch64), Arch::Aarch64);
    let on = |arch: Arch, name, first| {
        let program = if arch.family().contains(&Arch::Arm) { &arm } else { &x86 };
        interpret(program, &call(arch, name, &[first]))
    };
    assert_eq!(on(Arch::X86, "socketcall", 1), Action::Allow);
    assert_eq!(on(Arch::X86, "socket", 38), DENIED);
    assert_eq!(on(Arch::X86, "mount", 0), DENIED);
    assert_eq!(on(Arch::X32, "execve", 0), Action::Allow);
    assert_eq!(on(Arch::X32, "clone3", 0), MISSING);
    assert_eq!(on(Arch::X32, "keyctl", 0), DENIED);
    assert_eq!(on(Arch::Aarch64, "newfstatat", 0), Action::Allow);
    assert_eq!(on(Arch::Aarch64, "bpf", 0), DENIED);
    assert_eq!(on(Arch::Aarch64, "clone", 0x1000_0000), DENIED);
    assert_eq!(on(Arch::Arm, "set_tls", 0), Action::Allow);
    assert_eq!(on(Arch::Arm, "cacheflush", 0), Action::Allow);
    assert_eq!(on(Arch::Arm, "socket", 40), DENIED);
    // A number of x86-64 with the bit of x32 is no way around.
    let hybrid = SeccompCall { nr: Arch::X32_BIT | 59, arch: Arch::X32.audit(), ..Default::default() };
    assert_eq!(interpret(&x86, &hybrid), DENIED);
}

#[test]
fn every_name_of_the_table_is_a_call_somewhere() {
    let everywhere = ALL.map(Table::of);
    for arch in [Arch::X86_64, Arch::Aarch64] {
        let profile = docker(arch);
        for name in profile.syscalls().iter().flatten().flat_map(|rule| rule.names()) {
            // Those belong to RISC-V, and to ARM under a second name.
            let foreign = ["riscv_hwprobe", "sync_file_range2"].contains(&name.as_str());
            assert!(foreign || everywhere.iter().any(|table| table.number(name).is_some()), "{name}");
        }
    }
}

#[test]
fn size_and_depth() {
    for (native, longest) in [(Arch::X86_64, 12), (Arch::Aarch64, 13)] {
        let profile = docker(native);
        let program = program(&profile, native);
        let instructions = program.instructions().len();
        println!("{native:?}: {instructions} instructions");
        assert!(instructions < 400, "{native:?}: {instructions}");
        for arch in native.family() {
            let base = if *arch == Arch::X32 { Arch::X32_BIT } else { 0 };
            let table = Table::of(*arch);
            let steps = |nr| trace(&program, &SeccompCall { nr, arch: arch.audit(), ..Default::default() }).1;
            let conditional = ["socket", "clone", "personality"];
            let plain = (base..base + 1000)
                .filter(|nr| table.name(*nr).is_none_or(|name| !conditional.contains(&name)));
            let deepest = plain.map(steps).max().unwrap();
            let arguments = conditional.map(|name| steps(table.number(name).unwrap()));
            println!("{arch:?}: {deepest} steps at most, with arguments {arguments:?}");
            assert!(deepest <= longest, "{arch:?}: {deepest}");
        }
    }
}

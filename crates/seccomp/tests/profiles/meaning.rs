//! Single rules whose meaning is easily mistaken.

use crate::{answer, arg, call, profile, program, rule};
use oci_spec::runtime::{Arch as Listed, LinuxSeccompAction as Act, LinuxSeccompOperator as Op};
use seccomp::{Action, Arch, SeccompCall, compile, interpret};

#[test]
fn arguments_of_one_rule_must_all_match() {
    let args = [arg(0, Op::ScmpCmpEq, 1, None), arg(2, Op::ScmpCmpGt, 1 << 32, None)];
    let profile = profile(Act::ScmpActAllow, vec![rule("write", Act::ScmpActErrno, &args)]);
    assert_eq!(answer(&profile, "write", &[1, 0, (1 << 32) + 1]), Action::Errno(1));
    assert_eq!(answer(&profile, "write", &[1, 0, 1 << 32]), Action::Allow);
    assert_eq!(answer(&profile, "write", &[2, 0, u64::MAX]), Action::Allow);
}

#[test]
fn tests_of_one_position_are_alternatives() {
    let args = [arg(0, Op::ScmpCmpEq, 1, None), arg(0, Op::ScmpCmpEq, 2, None)];
    let profile = profile(Act::ScmpActErrno, vec![rule("write", Act::ScmpActAllow, &args)]);
    assert_eq!(answer(&profile, "write", &[2]), Action::Allow);
    assert_eq!(answer(&profile, "write", &[3]), Action::Errno(1));
}

#[test]
fn a_rule_without_arguments_wins_and_the_first_of_them() {
    let rules = vec![
        rule("write", Act::ScmpActTrap, &[arg(0, Op::ScmpCmpEq, 1, None)]),
        rule("write", Act::ScmpActLog, &[]),
        rule("write", Act::ScmpActKill, &[]),
    ];
    assert_eq!(answer(&profile(Act::ScmpActErrno, rules), "write", &[1]), Action::Log);
}

#[test]
fn a_rule_that_repeats_the_default_is_no_rule() {
    let rules = vec![rule("write", Act::ScmpActErrno, &[]), rule("write", Act::ScmpActAllow, &[])];
    assert_eq!(answer(&profile(Act::ScmpActErrno, rules), "write", &[]), Action::Allow);
}

#[test]
fn calls_that_nobody_knew_do_not_exist() {
    let newest = || vec![rule("read openat2", Act::ScmpActAllow, &[])];
    let denying = profile(Act::ScmpActErrno, newest());
    assert_eq!(answer(&denying, "faccessat2", &[]), Action::Errno(38));
    assert_eq!(answer(&denying, "clone3", &[]), Action::Errno(1));
    let killing = profile(Act::ScmpActKillProcess, newest());
    assert_eq!(answer(&killing, "faccessat2", &[]), Action::Errno(38));
    let tracing = profile(Act::ScmpActTrace, newest());
    assert_eq!(answer(&tracing, "faccessat2", &[]), Action::Trace(1));
    let private = profile(Act::ScmpActErrno, vec![rule("read set_tls", Act::ScmpActAllow, &[])]);
    let program = program(&private, Arch::Arm);
    let arm = |nr| interpret(&program, &SeccompCall { nr, arch: Arch::Arm.audit(), ..Default::default() });
    assert_eq!([arm(3), arm(4), arm(0xf_0004)], [Action::Allow, Action::Errno(38), Action::Errno(1)]);
    assert_eq!([arm(0xf_0005), arm(0xf_0006)], [Action::Allow, Action::Errno(1)]);
}

#[test]
fn an_architecture_that_is_not_covered_kills() {
    let mut profile = profile(Act::ScmpActAllow, Vec::new());
    let one = program(&profile, Arch::X86_64);
    assert_eq!(interpret(&one, &call(Arch::X86_64, "read", &[])), Action::Allow);
    assert_eq!(interpret(&one, &call(Arch::X86, "read", &[])), Action::KillThread);
    assert_eq!(interpret(&one, &call(Arch::X32, "read", &[])), Action::KillThread);
    let skipped = SeccompCall { nr: u32::MAX, ..call(Arch::X86_64, "read", &[]) };
    assert_eq!(interpret(&one, &skipped), Action::Allow);
    profile.set_architectures(Some(vec![Listed::ScmpArchX86, Listed::ScmpArchX32, Listed::ScmpArchS390x]));
    let three = program(&profile, Arch::X86_64);
    for arch in [Arch::X86_64, Arch::X86, Arch::X32] {
        assert_eq!(interpret(&three, &call(arch, "read", &[])), Action::Allow);
    }
    assert_eq!(interpret(&three, &call(Arch::Aarch64, "read", &[])), Action::KillThread);
}

#[test]
fn socketcall_follows_its_calls() {
    let mut closed = profile(Act::ScmpActErrno, vec![rule("socket shmat", Act::ScmpActAllow, &[])]);
    closed.set_architectures(Some(vec![Listed::ScmpArchX86]));
    let closed = program(&closed, Arch::X86_64);
    let on = |program, name, first| interpret(program, &call(Arch::X86, name, &[first]));
    assert_eq!(on(&closed, "socketcall", 1), Action::Allow);
    assert_eq!(on(&closed, "socketcall", 2), Action::Errno(1));
    assert_eq!(on(&closed, "ipc", 0x1_0015), Action::Allow);
    let family = [arg(0, Op::ScmpCmpEq, 38, None)];
    let mut open = profile(Act::ScmpActAllow, vec![rule("socket", Act::ScmpActErrno, &family)]);
    open.set_architectures(Some(vec![Listed::ScmpArchX86]));
    let open = program(&open, Arch::X86_64);
    assert_eq!([on(&open, "socket", 38), on(&open, "socket", 2)], [Action::Errno(1), Action::Allow]);
    assert_eq!([on(&open, "socketcall", 1), on(&open, "socketcall", 2)], [Action::Errno(1), Action::Allow]);
}

#[test]
fn mistakes_are_named() {
    let message = |default, rules| compile(&profile(default, rules), Arch::X86_64).unwrap_err().to_string();
    let seventh = vec![rule("read", Act::ScmpActAllow, &[arg(6, Op::ScmpCmpEq, 0, None)])];
    assert_eq!(message(Act::ScmpActErrno, seventh), "seccomp profile: read: argument 6 is over 5");
    assert_eq!(
        message(Act::ScmpActNotify, Vec::new()),
        "seccomp profile: SCMP_ACT_NOTIFY cannot be the default action"
    );
    let write = vec![rule("read write", Act::ScmpActNotify, &[])];
    assert_eq!(
        message(Act::ScmpActAllow, write),
        "seccomp profile: SCMP_ACT_NOTIFY cannot be used for the write syscall"
    );
    let read = profile(Act::ScmpActAllow, vec![rule("read", Act::ScmpActNotify, &[])]);
    assert_eq!(compile(&read, Arch::X86_64).map(|program| program.notifies()), Ok(true));
}

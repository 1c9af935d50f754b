//! Random profiles and random calls, compared with the naive evaluation.

use crate::naive::Naive;
use crate::{ALL, arg, number, profile, program, rule};
use oci_spec::runtime::{
    LinuxSeccomp, LinuxSeccompAction as Act, LinuxSeccompArg, LinuxSeccompOperator as Op, LinuxSyscall,
};
use proptest::prelude::*;
use proptest::sample::select;
use seccomp::{Arch, SeccompCall, interpret};

/// Few names, so that rules meet; some of them not everywhere, some nowhere.
const NAMES: &[&str] = &[
    "read",
    "open",
    "openat",
    "close",
    "clone",
    "clone3",
    "socket",
    "socketcall",
    "accept",
    "semop",
    "ipc",
    "shmat",
    "ioctl",
    "execve",
    "set_tls",
    "cacheflush",
    "arch_prctl",
    "uselib",
    "futex_time64",
    "newfstatat",
    "getrandom",
    "listns",
    "no_such_call",
];

/// Values around the places where halves, signs and masks change something.
const VALUES: &[u64] = &[
    0,
    1,
    5,
    21,
    38,
    0x7e02_0000,
    0x7fff_ffff,
    0x8000_0000,
    0xffff_fffe,
    0xffff_ffff,
    0x1_0000_0000,
    0x1_0000_0001,
    0x1_0000_0005,
    0x26_0000_0026,
    0xffff_ffff_0000_0000,
    u64::MAX - 1,
    u64::MAX,
];

fn value() -> impl Strategy<Value = u64> {
    prop_oneof![8 => select(VALUES), 1 => any::<u64>()]
}

fn action() -> impl Strategy<Value = (Act, Option<u32>)> {
    let plain = select(vec![
        Act::ScmpActKill,
        Act::ScmpActKillProcess,
        Act::ScmpActTrap,
        Act::ScmpActNotify,
        Act::ScmpActLog,
        Act::ScmpActAllow,
    ]);
    let numbered = (select(vec![Act::ScmpActErrno, Act::ScmpActTrace]), proptest::option::of(0..40_u32));
    prop_oneof![plain.prop_map(|action| (action, None)), numbered]
}

fn argument() -> impl Strategy<Value = LinuxSeccompArg> {
    let ops = vec![
        Op::ScmpCmpNe,
        Op::ScmpCmpLt,
        Op::ScmpCmpLe,
        Op::ScmpCmpEq,
        Op::ScmpCmpGe,
        Op::ScmpCmpGt,
        Op::ScmpCmpMaskedEq,
    ];
    (0..6_usize, select(ops), value(), proptest::option::of(value()))
        .prop_map(|(index, op, value, two)| arg(index, op, value, two))
}

fn syscall() -> impl Strategy<Value = LinuxSyscall> {
    let names = proptest::collection::vec(select(NAMES), 1..4);
    let args = proptest::collection::vec(argument(), 0..4);
    (names, action(), args).prop_map(|(names, (action, number), args)| {
        let mut rule = rule(&names.join(" "), action, &args);
        rule.set_errno_ret(number);
        rule
    })
}

fn any_profile() -> impl Strategy<Value = LinuxSeccomp> {
    let default =
        action().prop_filter("a default may not notify", |(action, _)| *action != Act::ScmpActNotify);
    let arches = proptest::sample::subsequence(ALL.to_vec(), 0..=ALL.len());
    (default, proptest::collection::vec(syscall(), 0..12), arches).prop_map(
        |((action, number), rules, arches)| {
            let mut profile = profile(action, rules);
            profile.set_default_errno_ret(number);
            profile.set_architectures(Some(arches.iter().map(|arch| arch.listed()).collect()));
            profile
        },
    )
}

fn calls() -> impl Strategy<Value = Vec<SeccompCall>> {
    let args = proptest::array::uniform6(value());
    let near = (select(ALL.to_vec()), select(NAMES), 0..3_u32);
    let near = near.prop_map(|(arch, name, shift)| {
        (arch, number(arch, name).unwrap_or(u32::MAX).wrapping_add(shift).wrapping_sub(1))
    });
    let random = (select(ALL.to_vec()), any::<u32>());
    let one = (prop_oneof![9 => near, 1 => random], args).prop_map(|((arch, nr), args)| SeccompCall {
        nr,
        arch: arch.audit(),
        ip: 0,
        args,
    });
    proptest::collection::vec(one, 50)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn programs_mean_what_their_profiles_say(
        profile in any_profile(),
        native in select(ALL.to_vec()),
        calls in calls(),
    ) {
        let program = program(&profile, native);
        let naive = Naive::new(&profile, native);
        for call in calls {
            prop_assert_eq!(interpret(&program, &call), naive.evaluate(&call), "{:x?}", call);
        }
    }

    #[test]
    fn stored_bytes_never_break_the_machine(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        if let Ok(program) = seccomp::Program::from_bytes(&bytes) {
            interpret(&program, &SeccompCall { arch: Arch::X86.audit(), ..SeccompCall::default() });
        }
    }
}

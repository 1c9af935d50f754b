//! How large programs become and what happens where jumps do not reach.

use crate::naive::Naive;
use crate::{arg, call, profile, program, rule};
use oci_spec::runtime::{LinuxSeccompAction as Act, LinuxSeccompOperator as Op, LinuxSyscall};
use seccomp::syscalls::Table;
use seccomp::{Arch, Error, MAX_INSTRUCTIONS, SeccompCall, compile, interpret};

/// A rule of its own for every call, with an argument that no other call has: nothing merges and jumps are long.
fn scattered() -> Vec<LinuxSyscall> {
    let table = Table::of(Arch::X86_64);
    let named = (0..400).filter_map(|nr| table.name(nr));
    named
        .enumerate()
        .map(|(index, name)| {
            let args = [arg(index % 6, Op::ScmpCmpGt, (7 << 32) + index as u64, None)];
            rule(name, if index % 2 == 0 { Act::ScmpActTrap } else { Act::ScmpActAllow }, &args)
        })
        .collect()
}

#[test]
fn jumps_reach_in_long_programs() {
    let profile = profile(Act::ScmpActErrno, scattered());
    let program = program(&profile, Arch::X86_64);
    let naive = Naive::new(&profile, Arch::X86_64);
    assert!(program.instructions().len() > 1500, "{}", program.instructions().len());
    for nr in 0..500 {
        for value in [0, 7 << 32, (7 << 32) + 150, 8 << 32] {
            let call = SeccompCall { nr, arch: Arch::X86_64.audit(), ip: 0, args: [value; 6] };
            assert_eq!(interpret(&program, &call), naive.evaluate(&call), "{call:x?}");
        }
    }
}

#[test]
fn the_limit_is_named_and_reached_early() {
    let args: Vec<_> = (0..1000).map(|value| arg(0, Op::ScmpCmpEq, value << 16, None)).collect();
    let rules = |count: usize| {
        let one = |index: usize| {
            let shifted: Vec<_> =
                args.iter().map(|a| arg(0, Op::ScmpCmpEq, a.value() + index as u64, None)).collect();
            rule("read", Act::ScmpActAllow, &shifted)
        };
        profile(Act::ScmpActErrno, (0..count).map(one).collect())
    };
    let fits = program(&rules(1), Arch::X86_64);
    assert!(fits.instructions().len() < MAX_INSTRUCTIONS + 1);
    assert_eq!(compile(&rules(2), Arch::X86_64), Err(Error::TooLong));
    let flood: Vec<_> = (0..100_000).map(|value| arg(0, Op::ScmpCmpEq, value, None)).collect();
    let flood = profile(Act::ScmpActErrno, vec![rule("read", Act::ScmpActAllow, &flood)]);
    assert_eq!(compile(&flood, Arch::X86_64), Err(Error::TooLong));
}

#[test]
fn neighbours_of_one_fate_cost_nothing() {
    let table = Table::of(Arch::X86_64);
    let allowed: Vec<&str> = (0..100).filter_map(|nr| table.name(nr)).collect();
    let profile = profile(Act::ScmpActErrno, vec![rule(&allowed.join(" "), Act::ScmpActAllow, &[])]);
    let program = program(&profile, Arch::X86_64);
    // ld arch, jeq, ld nr, the boundaries at 100, 2^30 and 2^32 - 1, and four answers at most
    assert!(program.instructions().len() <= 10, "{program:?}");
    assert_eq!(interpret(&program, &call(Arch::X86_64, "read", &[])), seccomp::Action::Allow);
}

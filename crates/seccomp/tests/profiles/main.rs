//! What profiles mean, against an evaluation of their text that knows nothing of programs.

mod default;
mod meaning;
mod naive;
mod random;
mod size;

use oci_spec::runtime::{
    LinuxSeccomp, LinuxSeccompAction, LinuxSeccompArg, LinuxSeccompArgBuilder, LinuxSeccompOperator,
    LinuxSyscall,
};
use seccomp::syscalls::Table;
use seccomp::{Action, Arch, Program, SeccompCall, compile, interpret};

pub(crate) const ALL: [Arch; 5] = [Arch::X86_64, Arch::X86, Arch::X32, Arch::Aarch64, Arch::Arm];

/// A profile with an action for everything else.
pub(crate) fn profile(default: LinuxSeccompAction, rules: Vec<LinuxSyscall>) -> LinuxSeccomp {
    let mut profile = LinuxSeccomp::default();
    profile.set_default_action(default).set_syscalls(Some(rules));
    profile
}

/// A rule for some names, separated by white space.
pub(crate) fn rule(names: &str, action: LinuxSeccompAction, args: &[LinuxSeccompArg]) -> LinuxSyscall {
    let mut rule = LinuxSyscall::default();
    rule.set_names(names.split_whitespace().map(str::to_owned).collect()).set_action(action);
    rule.set_args((!args.is_empty()).then(|| args.to_vec()));
    rule
}

/// A test of one argument; for a masked one, the mask and the value.
pub(crate) fn arg(index: usize, op: LinuxSeccompOperator, value: u64, two: Option<u64>) -> LinuxSeccompArg {
    let builder = LinuxSeccompArgBuilder::default().index(index).op(op).value(value);
    match two {
        Some(two) => builder.value_two(two),
        None => builder,
    }
    .build()
    .expect("every field has a default")
}

/// The number of a call.
pub(crate) fn number(arch: Arch, name: &str) -> Option<u32> {
    Table::of(arch).number(name)
}

/// A call by name; a name that is no call of the architecture is a mistake in the test.
pub(crate) fn call(arch: Arch, name: &str, args: &[u64]) -> SeccompCall {
    let nr = number(arch, name).unwrap_or_else(|| panic!("{arch:?} has no {name}"));
    let mut call = SeccompCall { nr, arch: arch.audit(), ..SeccompCall::default() };
    call.args[..args.len()].copy_from_slice(args);
    call
}

/// The answer of a profile's program on x86-64.
pub(crate) fn answer(profile: &LinuxSeccomp, name: &str, args: &[u64]) -> Action {
    interpret(&program(profile, Arch::X86_64), &call(Arch::X86_64, name, args))
}

pub(crate) fn program(profile: &LinuxSeccomp, arch: Arch) -> Program {
    let program = compile(profile, arch).expect("a valid profile");
    assert_eq!(Program::from_bytes(&program.to_bytes()), Ok(program.clone()));
    program
}

//! The meaning of a profile, read rule by rule and call by call.

use oci_spec::runtime::{
    Arch as Listed, LinuxSeccomp, LinuxSeccompAction as Act, LinuxSeccompArg, LinuxSeccompOperator as Op,
};
use seccomp::syscalls::Table;
use seccomp::{Action, Arch, SeccompCall};
use std::collections::HashMap;

/// The calls of 32-bit x86 with a second way that the tests use, and its first argument.
const DETOURS: [(&str, u32, u64); 4] =
    [("socket", SOCKETCALL, 1), ("accept", SOCKETCALL, 5), ("semop", IPC, 1), ("shmat", IPC, 21)];

const SOCKETCALL: u32 = 102;
const IPC: u32 = 117;

/// A profile on a machine of one architecture, with the numbers of its names looked up.
pub(crate) struct Naive<'a> {
    profile: &'a LinuxSeccomp,
    native: Arch,
    rules: HashMap<Arch, Vec<Named<'a>>>,
    /// The highest number that each architecture has a rule for.
    newest: HashMap<Arch, Option<u32>>,
}

/// One name of one rule.
struct Named<'a> {
    name: &'a str,
    nr: Option<u32>,
    action: Action,
    args: &'a [LinuxSeccompArg],
}

impl<'a> Naive<'a> {
    pub(crate) fn new(profile: &'a LinuxSeccomp, native: Arch) -> Self {
        let named = |arch| {
            let table = Table::of(arch);
            let rules = profile.syscalls().iter().flatten();
            let names = rules.flat_map(|rule| rule.names().iter().map(move |name| (rule, name)));
            names
                .map(|(rule, name)| Named {
                    name,
                    nr: table.number(name),
                    action: action(rule.action(), rule.errno_ret()),
                    args: rule.args().as_deref().unwrap_or_default(),
                })
                .collect()
        };
        let rules: HashMap<_, Vec<_>> = native.family().iter().map(|arch| (*arch, named(*arch))).collect();
        let newest = rules.iter().map(|(arch, rules)| (*arch, newest(*arch, rules))).collect();
        Self { profile, native, rules, newest }
    }

    /// What should happen to `call`.
    pub(crate) fn evaluate(&self, call: &SeccompCall) -> Action {
        let default = action(self.profile.default_action(), self.profile.default_errno_ret());
        let Some(arch) = self.caller(call) else {
            let skipped =
                call.arch == Arch::X86_64.audit() && self.native == Arch::X86_64 && call.nr == u32::MAX;
            return if skipped { default } else { Action::KillThread };
        };
        if self.is_unknown(arch, call.nr) && !is_permissive(default) {
            return Action::Errno(38);
        }
        let rules = || self.rules[&arch].iter().filter(|rule| rule.action != default);
        let direct = |rule: &&Named<'_>| rule.nr == Some(call.nr);
        let final_word = rules().filter(direct).find(|rule| is_unconditional(arch, rule.args));
        let matching = rules().find(|rule| {
            let detour = takes_detour(arch, rule.name, call.nr, call.args[0])
                && (is_unconditional(arch, rule.args) || !is_permissive(rule.action));
            detour || direct(rule) && holds(arch, rule.args, call)
        });
        final_word.or(matching).map_or(default, |rule| rule.action)
    }

    fn caller(&self, call: &SeccompCall) -> Option<Arch> {
        let arch = match (call.arch, call.nr >= Arch::X32_BIT) {
            (0xc000_003e, false) => Arch::X86_64,
            (0xc000_003e, true) => Arch::X32,
            (0x4000_0003, _) => Arch::X86,
            (0xc000_00b7, _) => Arch::Aarch64,
            (0x4000_0028, _) => Arch::Arm,
            _ => return None,
        };
        let name = match arch {
            Arch::X86_64 => Listed::ScmpArchX86_64,
            Arch::X86 => Listed::ScmpArchX86,
            Arch::X32 => Listed::ScmpArchX32,
            Arch::Aarch64 => Listed::ScmpArchAarch64,
            Arch::Arm => Listed::ScmpArchArm,
        };
        let listed =
            arch == self.native || self.profile.architectures().iter().flatten().any(|arch| *arch == name);
        (listed && self.native.family().contains(&arch)).then_some(arch)
    }

    /// Whether the profile's author, whose newest call this exceeds, cannot have known the call.
    fn is_unknown(&self, arch: Arch, nr: u32) -> bool {
        !is_private(arch, nr) && self.newest[&arch].is_some_and(|newest| nr > newest)
    }
}

fn newest(arch: Arch, rules: &[Named<'_>]) -> Option<u32> {
    let detours = rules.iter().filter_map(|rule| {
        let detour = DETOURS.iter().find(|(direct, ..)| arch == Arch::X86 && *direct == rule.name)?;
        Some(detour.1)
    });
    let named = rules.iter().filter_map(|rule| rule.nr);
    named.chain(detours).filter(|nr| !is_private(arch, *nr)).max()
}

fn is_private(arch: Arch, nr: u32) -> bool {
    arch == Arch::Arm && nr >= 0xf_0000
}

fn is_permissive(action: Action) -> bool {
    matches!(action, Action::Allow | Action::Log | Action::Trace(_))
}

fn takes_detour(arch: Arch, name: &str, nr: u32, selector: u64) -> bool {
    arch == Arch::X86
        && DETOURS.iter().any(|(direct, through, value)| {
            let bits = if *through == IPC { 0xffff } else { 0xffff_ffff };
            *direct == name && *through == nr && selector & bits == *value
        })
}

fn is_wide(arch: Arch) -> bool {
    matches!(arch, Arch::X86_64 | Arch::Aarch64)
}

fn is_void(arch: Arch, arg: &LinuxSeccompArg) -> bool {
    let mask = if is_wide(arch) { arg.value() } else { arg.value() & 0xffff_ffff };
    arg.op() == Op::ScmpCmpMaskedEq && mask == 0
}

fn is_repetitive(args: &[LinuxSeccompArg]) -> bool {
    (0..6).any(|index| args.iter().filter(|arg| arg.index() == index).count() > 1)
}

fn is_unconditional(arch: Arch, args: &[LinuxSeccompArg]) -> bool {
    let mut void = args.iter().map(|arg| is_void(arch, arg));
    if is_repetitive(args) { void.any(|void| void) } else { void.all(|void| void) }
}

fn holds(arch: Arch, args: &[LinuxSeccompArg], call: &SeccompCall) -> bool {
    let mut results = args.iter().map(|arg| passes(arch, arg, call.args[arg.index()]));
    if is_repetitive(args) { results.any(|passed| passed) } else { results.all(|passed| passed) }
}

fn passes(arch: Arch, arg: &LinuxSeccompArg, actual: u64) -> bool {
    let seen = |value: u64| if is_wide(arch) { value } else { u64::from(value as u32) };
    let (actual, value) = (seen(actual), seen(arg.value()));
    match arg.op() {
        Op::ScmpCmpNe => actual != value,
        Op::ScmpCmpLt => actual < value,
        Op::ScmpCmpLe => actual <= value,
        Op::ScmpCmpEq => actual == value,
        Op::ScmpCmpGe => actual >= value,
        Op::ScmpCmpGt => actual > value,
        Op::ScmpCmpMaskedEq => actual & value == seen(arg.value_two().unwrap_or(0)) & value,
    }
}

fn action(action: Act, number: Option<u32>) -> Action {
    let number = number.unwrap_or(1) as u16;
    match action {
        Act::ScmpActKill | Act::ScmpActKillThread => Action::KillThread,
        Act::ScmpActKillProcess => Action::KillProcess,
        Act::ScmpActTrap => Action::Trap,
        Act::ScmpActErrno => Action::Errno(number),
        Act::ScmpActNotify => Action::Notify,
        Act::ScmpActTrace => Action::Trace(number),
        Act::ScmpActLog => Action::Log,
        Act::ScmpActAllow => Action::Allow,
    }
}

//! The profile that a container gets when its configuration names none.

mod groups;

use crate::arch::Arch;
use groups::{Answer, GROUPS, Group, Test, When};
use oci_spec::runtime::{
    LinuxSeccomp, LinuxSeccompAction, LinuxSeccompArg, LinuxSeccompArgBuilder, LinuxSeccompOperator,
    LinuxSyscall,
};

/// `EPERM`, the answer to every call that is not allowed.
const EPERM: u32 = 1;

/// Docker's default profile for one container.
///
/// * `capabilities`: what the container can ever have, the bounding set, in the form `CAP_SYS_ADMIN`. (Docker looks
///   there too: a process without root's effective set may still gain it by executing a set-user-id program.)
/// * `arch`: the machine's architecture; the profile also covers those that the same kernel executes.
/// * `kernel`: the first two numbers of the running kernel's release.
///
/// The socket rules are tighter than Docker's: they look at the 32 bits that the kernel looks at. See
/// `FAMILIES` in the table.
pub fn default_profile(capabilities: &[&str], arch: Arch, kernel: (u32, u32)) -> LinuxSeccomp {
    let applies = |group: &&Group| match group.when {
        When::Always => true,
        When::Kernel(major, minor) => kernel >= (major, minor),
        When::On(arches) => arches.contains(&arch),
        When::With(capability) => capabilities.contains(&capability),
        When::Without(capability) => !capabilities.contains(&capability),
    };
    let architectures: Vec<_> = arch.family().iter().map(|arch| arch.listed()).collect();
    let mut profile = LinuxSeccomp::default();
    profile
        .set_default_action(LinuxSeccompAction::ScmpActErrno)
        .set_default_errno_ret(Some(EPERM))
        .set_architectures(Some(architectures))
        .set_syscalls(Some(GROUPS.iter().filter(applies).flat_map(rules).collect()));
    profile
}

/// One rule for each alternative of a group: a profile says "or" with rules.
fn rules(group: &Group) -> Vec<LinuxSyscall> {
    let names: Vec<String> = group.names.split_whitespace().map(str::to_owned).collect();
    let mut rule = LinuxSyscall::default();
    rule.set_names(names);
    match group.answer {
        Answer::Allow => rule.set_action(LinuxSeccompAction::ScmpActAllow),
        Answer::Errno(number) => {
            rule.set_action(LinuxSeccompAction::ScmpActErrno).set_errno_ret(Some(number))
        }
    };
    if group.any.is_empty() {
        return vec![rule];
    }
    group
        .any
        .iter()
        .map(|test| {
            let mut alternative = rule.clone();
            alternative.set_args(Some(vec![argument(test)]));
            alternative
        })
        .collect()
}

fn argument(test: &Test) -> LinuxSeccompArg {
    let first = LinuxSeccompArgBuilder::default().index(0_usize);
    match *test {
        Test::Equal(value) => first.value(value).op(LinuxSeccompOperator::ScmpCmpEq),
        Test::Masked(mask, value) => {
            first.value(mask).value_two(value).op(LinuxSeccompOperator::ScmpCmpMaskedEq)
        }
    }
    .build()
    .expect("every field of an argument has a default")
}

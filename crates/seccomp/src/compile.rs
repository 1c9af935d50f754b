//! A profile becomes a program.
//!
//! The stages: [`rules`] reads the profile, [`ranges`] decides for every number of an architecture, [`tree`] writes
//! the decisions as a search tree through [`assembler`].
//!
//! The meaning is that of runc with libseccomp, so that a profile does here what it does there:
//! * A rule whose action is the default is no rule. Names that no table knows are ignored.
//! * The first rule without arguments decides a call, wherever it stands; otherwise the first rule whose arguments
//!   match does. (libseccomp orders overlapping rules of different actions by argument; we keep the profile's order.)
//! * The arguments of a rule must all match; if one position occurs twice, one match is enough.
//! * The machine's own architecture is always covered. A call from one that is not covered kills the thread.
//! * Under a default that denies, calls newer than the newest one that the profile names return `ENOSYS`, so that a
//!   C library falls back to the older way instead of believing in a denial.

mod assembler;
mod multiplexed;
mod ranges;
mod rules;
mod tree;

use crate::arch::Arch;
use crate::error::Error;
use crate::program::Program;
use oci_spec::runtime::{Arch as Listed, LinuxSeccomp};

/// Compiles a profile for a machine of architecture `arch`.
///
/// # Errors
/// [`Error::Profile`] for an argument position over 5, an error number over 16 bits, and the notifying of all calls
/// or of `write` (which the start of a container itself needs); [`Error::TooLong`] for more than 4096 instructions.
pub fn compile(profile: &LinuxSeccomp, arch: Arch) -> Result<Program, Error> {
    let policy = rules::Policy::read(profile)?;
    let covered = |candidate: &Arch| {
        *candidate == arch || profile.architectures().iter().flatten().any(|listed| is(*listed, *candidate))
    };
    let arches: Vec<Arch> = arch.family().iter().copied().filter(covered).collect();
    let mut machines = Vec::new();
    for audit in distinct(arches.iter().map(|arch| arch.audit())) {
        let members: Vec<Arch> = arches.iter().copied().filter(|arch| arch.audit() == audit).collect();
        machines.push((audit, ranges::decide(&policy, &members)?));
    }
    tree::write(&machines)
}

fn is(listed: Listed, arch: Arch) -> bool {
    listed == arch.listed()
}

/// The values in order of their first occurrence.
fn distinct(values: impl Iterator<Item = u32>) -> Vec<u32> {
    values.fold(Vec::new(), |mut seen, value| {
        if !seen.contains(&value) {
            seen.push(value);
        }
        seen
    })
}

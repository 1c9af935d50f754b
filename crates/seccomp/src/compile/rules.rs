//! The rules of a profile, checked and independent of any architecture.

use crate::action::Action;
use crate::error::Error;
use crate::program::MAX_INSTRUCTIONS;
use oci_spec::runtime::{LinuxSeccomp, LinuxSeccompArg, LinuxSeccompOperator, LinuxSyscall};

/// The positions of arguments.
const POSITIONS: usize = 6;

/// A profile in our terms.
pub(super) struct Policy {
    /// What happens to a call that no rule matches.
    pub(super) default: Action,
    /// The rules in order.
    pub(super) rules: Vec<Rule>,
}

/// Calls that get one action.
pub(super) struct Rule {
    /// The calls' names.
    pub(super) names: Vec<String>,
    /// What they get.
    pub(super) action: Action,
    /// One of these lists must hold, all of its tests; a call without any test has one empty list.
    pub(super) alternatives: Vec<Vec<Test>>,
    /// The action is the default: the rule only tells that its author knew these calls.
    pub(super) redundant: bool,
}

/// A test of one argument.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Test {
    /// The argument's position, 0 to 5.
    pub(super) position: u8,
    /// How it is compared.
    pub(super) relation: Relation,
    /// Whether the comparison must fail.
    pub(super) negated: bool,
    /// With what it is compared.
    pub(super) value: u64,
    /// The bits of both that are compared.
    pub(super) mask: u64,
}

/// How an argument and a value are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Relation {
    /// They are equal.
    Equal,
    /// The argument is greater.
    Greater,
    /// The argument is not smaller.
    AtLeast,
}

impl Policy {
    /// Reads and checks a profile.
    pub(super) fn read(profile: &LinuxSeccomp) -> Result<Self, Error> {
        let default = Action::of_profile(profile.default_action(), profile.default_errno_ret())?;
        if default == Action::Notify {
            return Err(Error::Profile("SCMP_ACT_NOTIFY cannot be the default action".into()));
        }
        let syscalls = profile.syscalls().iter().flatten();
        let rules = syscalls.map(|syscall| Rule::read(syscall, default)).collect::<Result<_, _>>()?;
        Ok(Self { default, rules })
    }
}

impl Rule {
    fn read(syscall: &LinuxSyscall, default: Action) -> Result<Self, Error> {
        let mut names = syscall.names().clone();
        let action = Action::of_profile(syscall.action(), syscall.errno_ret())?;
        if action == Action::Notify && names.iter().any(|name| name == "write") {
            return Err(Error::Profile("SCMP_ACT_NOTIFY cannot be used for the write syscall".into()));
        }
        names.sort_unstable();
        names.dedup();
        let tests = syscall.args().iter().flatten().map(|argument| Test::read(argument, &names));
        let alternatives = alternatives(tests.collect::<Result<_, _>>()?);
        // Every alternative costs an instruction at least: do not begin what cannot end well.
        if alternatives.len() > MAX_INSTRUCTIONS {
            return Err(Error::TooLong);
        }
        Ok(Self { names, action, alternatives, redundant: action == default })
    }
}

impl Test {
    fn read(argument: &LinuxSeccompArg, names: &[String]) -> Result<Self, Error> {
        let position = argument.index();
        if position >= POSITIONS {
            let name = names.first().map_or("", String::as_str);
            return Err(Error::Profile(format!("{name}: argument {position} is over {}", POSITIONS - 1)));
        }
        let (relation, negated) = match argument.op() {
            LinuxSeccompOperator::ScmpCmpEq | LinuxSeccompOperator::ScmpCmpMaskedEq => {
                (Relation::Equal, false)
            }
            LinuxSeccompOperator::ScmpCmpNe => (Relation::Equal, true),
            LinuxSeccompOperator::ScmpCmpGt => (Relation::Greater, false),
            LinuxSeccompOperator::ScmpCmpLe => (Relation::Greater, true),
            LinuxSeccompOperator::ScmpCmpGe => (Relation::AtLeast, false),
            LinuxSeccompOperator::ScmpCmpLt => (Relation::AtLeast, true),
        };
        let (value, mask) = match argument.op() {
            LinuxSeccompOperator::ScmpCmpMaskedEq => (argument.value_two().unwrap_or(0), argument.value()),
            _ => (argument.value(), u64::MAX),
        };
        // The position fits: it is under six.
        Ok(Self { position: position as u8, relation, negated, value: value & mask, mask })
    }

    /// Whether the masked bits of an argument are `value`.
    pub(super) fn equal(position: u8, value: u64, mask: u64) -> Self {
        Self { position, relation: Relation::Equal, negated: false, value: value & mask, mask }
    }

    /// The test as a 32-bit architecture sees it: the upper halves do not exist.
    pub(super) fn narrowed(self) -> Self {
        let low = u64::from(u32::MAX);
        Self { value: self.value & low, mask: self.mask & low, ..self }
    }

    /// Whether no argument fails the test: nothing is compared.
    pub(super) fn is_void(self) -> bool {
        self.mask == 0
    }
}

/// All tests together, or each for itself if two look at one position. (runc and crun do so because profiles were
/// written that way when a rule had one test.)
fn alternatives(tests: Vec<Test>) -> Vec<Vec<Test>> {
    let mut seen = [false; POSITIONS];
    let repeated = tests.iter().any(|test| std::mem::replace(&mut seen[usize::from(test.position)], true));
    if repeated { tests.into_iter().map(|test| vec![test]).collect() } else { vec![tests] }
}

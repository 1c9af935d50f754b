//! What happens to each number: the numbers of an architecture in ranges of equal fate.

use super::multiplexed::detour;
use super::rules::{Policy, Rule, Test};
use crate::action::Action;
use crate::arch::Arch;
use crate::error::Error;
use crate::program::MAX_INSTRUCTIONS;
use crate::syscalls::{ARM_PRIVATE, Table};
use std::collections::BTreeMap;
use std::rc::Rc;

/// `ENOSYS`.
const UNKNOWN: Action = Action::Errno(38);

/// The answer to a call of an architecture that the profile does not cover: libseccomp's `SCMP_ACT_KILL`.
pub(super) const FOREIGN: Action = Action::KillThread;

/// Numbers from `start` to the next range's start.
pub(super) struct Range {
    pub(super) start: u32,
    pub(super) verdict: Verdict,
}

/// What happens to a call: the action of the first branch that holds, else the last one.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct Verdict {
    pub(super) branches: Vec<Rc<Branch>>,
    pub(super) otherwise: Action,
}

/// Tests that must all hold, and what follows then.
#[derive(PartialEq, Eq, Hash)]
pub(super) struct Branch {
    /// At least one.
    pub(super) tests: Vec<Test>,
    /// Whether the tests look at whole arguments or at their lower halves.
    pub(super) wide: bool,
    pub(super) action: Action,
}

impl From<Action> for Verdict {
    fn from(otherwise: Action) -> Self {
        Self { branches: Vec::new(), otherwise }
    }
}

/// The ranges from 0 to the end for the architectures of one machine, which share an audit value:
/// one, or x86-64 and x32.
pub(super) fn decide(policy: &Policy, arches: &[Arch]) -> Result<Vec<Range>, Error> {
    let mut ranges = Ranges(Vec::new());
    if arches.contains(&Arch::X32) && !arches.contains(&Arch::X86_64) {
        ranges.push(0, FOREIGN.into());
    }
    for arch in arches {
        ranges.cover(policy, *arch)?;
    }
    if arches.contains(&Arch::X86_64) && !arches.contains(&Arch::X32) {
        ranges.push(Arch::X32_BIT, FOREIGN.into());
        // A tracer skips a call by setting its number to -1, which is no call of x32.
        ranges.push(u32::MAX, policy.default.into());
    }
    Ok(ranges.0)
}

struct Ranges(Vec<Range>);

impl Ranges {
    /// From `start` on, `verdict`; starts never decrease.
    fn push(&mut self, start: u32, verdict: Verdict) {
        self.0.pop_if(|last| last.start == start);
        if self.0.last().is_none_or(|last| last.verdict != verdict) {
            self.0.push(Range { start, verdict });
        }
    }

    /// The calls of one architecture and the gaps between and behind them.
    fn cover(&mut self, policy: &Policy, arch: Arch) -> Result<(), Error> {
        let Calls { mut verdicts, newest } = Calls::read(policy, arch)?;
        let default = Verdict::from(policy.default);
        let private = if arch == Arch::Arm { verdicts.split_off(&ARM_PRIVATE) } else { BTreeMap::new() };
        self.push(if arch == Arch::X32 { Arch::X32_BIT } else { 0 }, default.clone());
        self.push_calls(verdicts, &default);
        if let (Some(newest), false) = (newest, policy.default.is_permissive()) {
            self.push(newest + 1, UNKNOWN.into());
        }
        if arch == Arch::Arm {
            self.push(ARM_PRIVATE, default.clone());
            self.push_calls(private, &default);
        }
        Ok(())
    }

    fn push_calls(&mut self, calls: BTreeMap<u32, Verdict>, default: &Verdict) {
        for (number, verdict) in calls {
            self.push(number, verdict);
            self.push(number + 1, default.clone());
        }
    }
}

/// What the rules say about the calls of one architecture.
struct Calls {
    /// The calls that some rule treats unlike the default.
    verdicts: BTreeMap<u32, Verdict>,
    /// The highest number that some rule names, private ones apart.
    newest: Option<u32>,
}

impl Calls {
    fn read(policy: &Policy, arch: Arch) -> Result<Self, Error> {
        let mut drafts = Drafts { default: policy.default, calls: BTreeMap::new() };
        let table = Table::of(arch);
        let mut newest = None;
        for rule in &policy.rules {
            let numbers: Vec<u32> = rule.names.iter().filter_map(|name| table.number(name)).collect();
            let detours = if arch == Arch::X86 { detours(rule, &table) } else { Vec::new() };
            let named = numbers.iter().chain(detours.iter().map(|(number, _)| number));
            newest = newest.max(named.copied().filter(|number| !is_private(arch, *number)).max());
            if rule.redundant {
                continue;
            }
            let condition = Condition::of(rule, arch.is_wide());
            for number in numbers {
                drafts.add(number, &condition)?;
            }
            // The arguments are out of sight there. So a rule that denies for certain arguments denies the whole
            // call, and one that allows for certain arguments does nothing.
            let applies = matches!(condition, Condition::Always(_)) || !rule.action.is_permissive();
            for (number, condition) in detours.into_iter().filter(|_| applies) {
                drafts.add(number, &condition)?;
            }
        }
        let verdicts = drafts.calls.into_iter().map(|(number, draft)| (number, draft.verdict)).collect();
        Ok(Self { verdicts, newest })
    }
}

/// When a rule acts, on one width of arguments.
enum Condition {
    Always(Action),
    If(Vec<Rc<Branch>>),
}

impl Condition {
    fn of(rule: &Rule, wide: bool) -> Self {
        let action = rule.action;
        let mut branches = Vec::with_capacity(rule.alternatives.len());
        for alternative in &rule.alternatives {
            let seen = alternative.iter().map(|test| if wide { *test } else { test.narrowed() });
            let tests: Vec<Test> = seen.filter(|test| !test.is_void()).collect();
            if tests.is_empty() {
                return Self::Always(action);
            }
            // Programs for several architectures share what only looks at lower halves.
            let wide = tests.iter().any(|test| test.mask > u64::from(u32::MAX));
            branches.push(Rc::new(Branch { tests, wide, action }));
        }
        Self::If(branches)
    }
}

/// Verdicts while the rules are being read.
struct Drafts {
    default: Action,
    calls: BTreeMap<u32, Draft>,
}

struct Draft {
    verdict: Verdict,
    /// A rule without arguments has spoken: the rest is silence.
    closed: bool,
}

impl Drafts {
    fn add(&mut self, number: u32, condition: &Condition) -> Result<(), Error> {
        let default = self.default;
        let draft =
            self.calls.entry(number).or_insert_with(|| Draft { verdict: default.into(), closed: false });
        match condition {
            _ if draft.closed => {}
            Condition::Always(action) => *draft = Draft { verdict: (*action).into(), closed: true },
            Condition::If(branches) => draft.verdict.branches.extend(branches.iter().cloned()),
        }
        if draft.verdict.branches.len() > MAX_INSTRUCTIONS { Err(Error::TooLong) } else { Ok(()) }
    }
}

/// The other ways of 32-bit x86 to make a rule's calls: numbers and the condition under which they are that call.
fn detours(rule: &Rule, table: &Table) -> Vec<(u32, Condition)> {
    let detours = rule.names.iter().filter_map(|name| detour(name));
    let branches = detours.filter_map(|detour| {
        let test = Test::equal(0, detour.selector, detour.mask);
        let branch = Branch { tests: vec![test], wide: false, action: rule.action };
        Some((table.number(detour.through)?, Condition::If(vec![Rc::new(branch)])))
    });
    branches.collect()
}

/// Whether a number lies behind those that the kernel hands out one after another.
fn is_private(arch: Arch, number: u32) -> bool {
    arch == Arch::Arm && number >= ARM_PRIVATE
}

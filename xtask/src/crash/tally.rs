//! What a sweep of one operation found.

use std::collections::BTreeSet;
use std::fmt;

/// Kills and violations of one operation.
#[derive(Debug)]
pub(super) struct Tally {
    name: &'static str,
    kills: usize,
    calls: BTreeSet<String>,
    violations: usize,
}

impl Tally {
    pub(super) fn new(name: &'static str) -> Self {
        Self { name, kills: 0, calls: BTreeSet::new(), violations: 0 }
    }

    /// Counts a kill in this system call.
    pub(super) fn killed(&mut self, call: &str) {
        self.kills += 1;
        self.calls.insert(call.to_owned());
    }

    /// Counts a kill that left something, and says at once what, and how to see it again.
    pub(super) fn violated(&mut self, found: &[String], repetition: &str) {
        self.violations += 1;
        for line in found {
            eprintln!("{}: {line}", self.name);
        }
        eprintln!("    {repetition}");
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, kills, calls, violations } = self;
        write!(f, "{name:<12} {kills:>5} kills in {:>2} kinds of calls, {violations} violations", calls.len())
    }
}

pub(super) fn kills(tallies: &[Tally]) -> usize {
    tallies.iter().map(|tally| tally.kills).sum()
}

pub(super) fn violations(tallies: &[Tally]) -> usize {
    tallies.iter().map(|tally| tally.violations).sum()
}

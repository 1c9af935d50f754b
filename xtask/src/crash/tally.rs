//! What a sweep of one operation found.

use std::collections::BTreeSet;
use std::fmt;

/// Strikes and violations of one operation.
#[derive(Debug)]
pub(super) struct Tally {
    name: &'static str,
    pub(super) kills: usize,
    pub(super) errors: usize,
    /// Looks at the engine in a difficult place: a full disk, a read-only one, beside another engine.
    pub(super) places: usize,
    calls: BTreeSet<String>,
    pub(super) violations: usize,
}

impl Tally {
    pub(super) fn new(name: &'static str) -> Self {
        Self { name, kills: 0, errors: 0, places: 0, calls: BTreeSet::new(), violations: 0 }
    }

    /// Counts a kill in this system call.
    pub(super) fn killed(&mut self, call: &str) {
        self.kills += 1;
        self.calls.insert(call.to_owned());
    }

    /// Counts an error that this system call met.
    pub(super) fn failed(&mut self, call: &str) {
        self.errors += 1;
        self.calls.insert(call.to_owned());
    }

    /// Counts a look at the engine in a difficult place.
    pub(super) fn stood(&mut self) {
        self.places += 1;
    }

    /// Counts a strike that left something, and says at once what, and how to see it again.
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
        let Self { name, kills, errors, places, calls, violations } = self;
        write!(f, "{name:<14} {kills:>5} kills, {errors:>5} errors in {:>2} kinds of calls", calls.len())?;
        if *places > 0 {
            write!(f, ", {places} difficult places")?;
        }
        write!(f, ", {violations} violations")
    }
}

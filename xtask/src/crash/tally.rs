//! What a sweep of one operation found.

use super::weapon::{self, Weapon};
use std::collections::BTreeSet;
use std::fmt;

/// Strikes and violations of one operation, or scene, with one weapon.
#[derive(Debug)]
pub(super) struct Tally {
    name: &'static str,
    weapon: Weapon,
    /// Where it was struck, each place once.
    points: BTreeSet<String>,
    runs: usize,
    pub(super) violations: usize,
}

impl Tally {
    pub(super) fn new(name: &'static str, weapon: Weapon) -> Self {
        Self { name, weapon, points: BTreeSet::new(), runs: 0, violations: 0 }
    }

    /// Whether nothing was done.
    pub(super) fn is_empty(&self) -> bool {
        self.runs == 0 && self.violations == 0
    }

    /// Counts a strike at this point.
    pub(super) fn struck(&mut self, point: String) {
        self.runs += 1;
        self.points.insert(point);
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
        let Self { name, weapon, points, runs, violations } = self;
        let (weapon, points) = (weapon::name(*weapon), points.len());
        write!(f, "{name:<16} {weapon:<6} {points:>5} failpoints {runs:>6} runs {violations:>4} violations")
    }
}

/// The sums of a sweep, a line for each weapon.
pub(super) fn summary(tallies: &[Tally]) -> String {
    let mut text = format!(
        "{:<8} {:>10} {:>10} {:>7} {:>10}\n",
        "weapon", "failpoints", "operations", "runs", "violations"
    );
    for (weapon, name) in weapon::ALL {
        let of: Vec<&Tally> = tallies.iter().filter(|tally| tally.weapon == weapon).collect();
        let points: BTreeSet<&String> = of.iter().flat_map(|tally| &tally.points).collect();
        let runs: usize = of.iter().map(|tally| tally.runs).sum();
        let violations: usize = of.iter().map(|tally| tally.violations).sum();
        let operations: BTreeSet<&str> = of.iter().map(|tally| tally.name).collect();
        if !of.iter().all(|tally| tally.is_empty()) {
            let (points, operations) = (points.len(), operations.len());
            text.push_str(&format!("{name:<8} {points:>10} {operations:>10} {runs:>7} {violations:>10}\n"));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_that_strikes_two_operations_is_one_point_and_two_runs() {
        let mut tallies = [Tally::new("run", Weapon::Kill), Tally::new("rm", Weapon::Kill)];
        for tally in &mut tallies {
            tally.struck("command:write:1".into());
        }
        let text = summary(&tallies);
        let row: Vec<&str> = text.lines().nth(1).unwrap().split_whitespace().collect();
        assert_eq!(row, ["kill", "1", "2", "2", "0"]);
    }
}

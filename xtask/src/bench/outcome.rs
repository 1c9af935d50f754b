//! What a benchmark found out.

use std::time::Duration;

use super::contender::Kind;

/// One benchmark's result.
#[derive(Debug)]
pub(super) struct Outcome {
    pub(super) name: &'static str,
    pub(super) what: &'static str,
    pub(super) lines: Vec<Line>,
    pub(super) targets: &'static [Target],
}

/// What one contender did.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) label: String,
    pub(super) kind: Kind,
    /// An error says why there is no figure.
    pub(super) figures: Result<Figures, String>,
}

/// The figures that a benchmark has, others are none.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Figures {
    pub(super) minimum: Option<Duration>,
    pub(super) median: Option<Duration>,
    /// Mean of all that the contender's processes used, detached ones included.
    pub(super) cpu: Option<Duration>,
    /// In KiB.
    pub(super) memory: Option<u64>,
}

/// What our line, the first, should reach.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Target {
    /// At most this part of a contender's median.
    Wall(Kind, f64),
    /// At most this part of the smallest median of all others.
    Best(f64),
    /// At most this part of a contender's CPU time.
    Processor(Kind, f64),
    /// At most this part of a contender's memory.
    Memory(Kind, f64),
    /// At most this many times our own second line's median.
    Second(f64),
    /// A median of at most so many milliseconds.
    Milliseconds(f64),
    /// At most so many MiB.
    Mebibytes(f64),
}

/// How a target was met.
#[derive(Debug, PartialEq)]
pub(super) struct Verdict {
    pub(super) goal: String,
    /// None when a figure is missing.
    pub(super) reached: Option<f64>,
    pub(super) met: bool,
}

impl Outcome {
    /// The figures in the form of the targets.
    pub(super) fn verdicts(&self) -> Vec<Verdict> {
        self.targets.iter().map(|target| self.verdict(*target)).collect()
    }

    fn verdict(&self, target: Target) -> Verdict {
        let ours = self.figures(0);
        let against =
            |kind: Kind| self.lines.iter().skip(1).position(|line| line.kind == kind).map(|at| at + 1);
        let label = |kind: Kind| against(kind).map_or(kind.name(), |at| self.lines[at].label.as_str());
        let part = |kind: Kind, figure: fn(&Figures) -> Option<f64>| {
            Some(figure(ours?)? / figure(self.figures(against(kind)?)?)?)
        };
        let (goal, limit, reached) = match target {
            Target::Wall(kind, limit) => (
                format!("at most {limit} of {}", label(kind)),
                limit,
                part(kind, |figures| figures.median.map(milliseconds)),
            ),
            Target::Best(limit) => {
                let best = self.best();
                let label = best.map_or("nobody", |at| self.lines[at].label.as_str());
                (format!("at most {limit} of the best, {label}"), limit, best.and_then(|at| self.ratio(at)))
            }
            Target::Processor(kind, limit) => (
                format!("CPU: at most {limit} of {}", label(kind)),
                limit,
                part(kind, |figures| figures.cpu.map(milliseconds)),
            ),
            Target::Memory(kind, limit) => (
                format!("memory: at most {limit} of {}", label(kind)),
                limit,
                part(kind, |figures| figures.memory.map(mebibytes)),
            ),
            Target::Second(limit) => {
                let second = self.lines.get(1).map_or("the second", |line| line.label.as_str());
                (format!("at most {limit} of {second}"), limit, self.ratio(1))
            }
            Target::Milliseconds(limit) => (
                format!("at most {limit} ms"),
                limit,
                ours.and_then(|figures| figures.median).map(milliseconds),
            ),
            Target::Mebibytes(limit) => (
                format!("at most {limit} MiB"),
                limit,
                ours.and_then(|figures| figures.memory).map(mebibytes),
            ),
        };
        Verdict { goal, reached, met: reached.is_some_and(|reached| reached <= limit) }
    }

    /// Our median as a part of line `index`'s.
    pub(super) fn ratio(&self, index: usize) -> Option<f64> {
        let ours = self.figures(0)?.median?;
        let theirs = self.figures(index)?.median?;
        Some(ours.as_secs_f64() / theirs.as_secs_f64())
    }

    /// Which line but ours has the smallest median.
    fn best(&self) -> Option<usize> {
        let median = |at: usize| Some((self.figures(at)?.median?, at));
        (1..self.lines.len()).filter_map(median).min().map(|(_, at)| at)
    }

    fn figures(&self, index: usize) -> Option<&Figures> {
        self.lines.get(index)?.figures.as_ref().ok()
    }
}

pub(super) fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

pub(super) fn mebibytes(kibibytes: u64) -> f64 {
    f64::from(u32::try_from(kibibytes).unwrap_or(u32::MAX)) / 1024.0
}

/// The smallest and the middle one.
pub(super) fn minimum_and_median(mut times: Vec<Duration>) -> Figures {
    times.sort_unstable();
    let median = match times.len() {
        0 => None,
        length if length % 2 == 1 => Some(times[length / 2]),
        length => Some((times[length / 2 - 1] + times[length / 2]) / 2),
    };
    Figures { minimum: times.first().copied(), median, ..Figures::default() }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Figures, Kind, Line, Outcome, Target, minimum_and_median};

    fn line(milliseconds: &[u64]) -> Line {
        let times = milliseconds.iter().copied().map(Duration::from_millis).collect();
        Line { label: "x 1".into(), kind: Kind::Crun, figures: Ok(minimum_and_median(times)) }
    }

    #[test]
    fn the_median_is_the_middle_or_between_the_two_middle_ones() {
        let median = |times: &[u64]| line(times).figures.unwrap().median;
        assert_eq!(median(&[5, 1, 9]), Some(Duration::from_millis(5)));
        assert_eq!(median(&[5, 1, 9, 7]), Some(Duration::from_millis(6)));
        assert_eq!(median(&[]), None);
    }

    #[test]
    fn a_ratio_is_ours_to_theirs() {
        let lines = vec![line(&[5]), line(&[10])];
        let outcome = Outcome { name: "a", what: "b", lines, targets: &[Target::Wall(Kind::Crun, 0.4)] };
        let verdict = &outcome.verdicts()[0];
        assert_eq!(
            (verdict.goal.as_str(), verdict.reached, verdict.met),
            ("at most 0.4 of x 1", Some(0.5), false)
        );
    }

    #[test]
    fn what_was_not_measured_does_not_meet_a_target() {
        let missing = Line { label: "x".into(), kind: Kind::Tare, figures: Err("not built".into()) };
        let lines = vec![missing, line(&[10])];
        let outcome = Outcome { name: "a", what: "b", lines, targets: &[Target::Wall(Kind::Crun, 9.0)] };
        let verdict = &outcome.verdicts()[0];
        assert_eq!((verdict.reached, verdict.met), (None, false));
    }

    #[test]
    fn the_best_is_the_fastest_that_was_measured() {
        let failed = Line { label: "y".into(), kind: Kind::Docker, figures: Err("not up".into()) };
        let lines = vec![line(&[6]), line(&[12]), line(&[10]), failed];
        let outcome = Outcome { name: "a", what: "b", lines, targets: &[Target::Best(0.5)] };
        let verdict = &outcome.verdicts()[0];
        assert_eq!((verdict.reached, verdict.met), (Some(0.6), false));
        let alone = Outcome { lines: vec![line(&[6])], ..outcome };
        assert_eq!(alone.verdicts()[0].reached, None);
    }

    #[test]
    fn memory_is_compared_in_mebibytes() {
        let figures = Figures { memory: Some(2048), ..Figures::default() };
        let half = Figures { memory: Some(1024), ..Figures::default() };
        let lines = vec![
            Line { label: "x".into(), kind: Kind::Tare, figures: Ok(figures) },
            Line { label: "y".into(), kind: Kind::Runc, figures: Ok(half) },
        ];
        let targets = &[Target::Mebibytes(2.0), Target::Memory(Kind::Runc, 1.0)];
        let outcome = Outcome { name: "a", what: "b", lines, targets };
        let reached: Vec<_> = outcome.verdicts().iter().map(|one| (one.reached, one.met)).collect();
        assert_eq!(reached, [(Some(2.0), true), (Some(2.0), false)]);
    }
}

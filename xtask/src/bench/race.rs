//! Contenders in turn, A B, B A, A B: each runs once in every round, so that what happens to the machine happens to
//! all. The next one runs when the processes that the last one left behind have ended.

use std::time::Duration;

use super::contender::Kind;
use super::ground::Ground;
use super::outcome::{Line, minimum_and_median};

/// A command of one contender, by round.
pub(super) type Command = Box<dyn Fn(usize) -> Vec<String>>;

/// What runs before a round, untimed.
pub(super) type Preparation = Box<dyn Fn(usize) -> Result<(), String>>;

/// A race between contenders; round 0 is for warming up and does not count.
pub(super) struct Race {
    pub(super) rounds: usize,
    pub(super) before: Preparation,
    /// Each round begins when nothing of a contender runs any more.
    pub(super) settles: bool,
    pub(super) lanes: Vec<(Kind, Command)>,
}

/// What one lane has gathered.
struct Lane<'a> {
    kind: Kind,
    command: &'a Command,
    times: Vec<Duration>,
    used: Duration,
    failure: Option<String>,
}

impl Race {
    /// A race whose rounds need no preparation.
    pub(super) fn new(rounds: usize, lanes: Vec<(Kind, Command)>) -> Self {
        Self { rounds, before: Box::new(|_| Ok(())), settles: true, lanes }
    }

    /// Runs all rounds. One that fails stays out of the rounds that follow.
    pub(super) fn run(&self, ground: &mut Ground) -> Result<Vec<Line>, String> {
        let mut lanes: Vec<_> = self
            .lanes
            .iter()
            .map(|(kind, command)| Lane {
                kind: *kind,
                command,
                times: Vec::new(),
                used: Duration::ZERO,
                failure: None,
            })
            .collect();
        for round in 0..=self.rounds {
            (self.before)(round)?;
            lanes.iter_mut().for_each(|lane| lane.run(ground, round, self.settles));
            // What the kernel does later for one is then suffered as often by itself as by the other.
            lanes.reverse();
            if round == 0 {
                lanes.iter_mut().for_each(|lane| lane.start_counting(ground));
            }
        }
        if self.rounds.is_multiple_of(2) {
            lanes.reverse();
        }
        Ok(lanes.into_iter().map(|lane| lane.finish(ground)).collect())
    }
}

impl Lane<'_> {
    fn run(&mut self, ground: &mut Ground, round: usize, settles: bool) {
        if self.failure.is_some() {
            return;
        }
        let timed = ground.seat(self.kind).and_then(|seat| {
            let time = seat.time(&(self.command)(round));
            if settles {
                seat.settle();
            }
            time
        });
        match timed {
            Ok(_) if round == 0 => {}
            Ok(time) => self.times.push(time),
            Err(failure) => self.failure = Some(failure),
        }
    }

    /// Notes what has been used before the first round that counts.
    fn start_counting(&mut self, ground: &mut Ground) {
        if let Ok(seat) = ground.seat(self.kind) {
            self.used = seat.usage();
        }
    }

    fn finish(self, ground: &mut Ground) -> Line {
        let label = ground.label(self.kind);
        if let Some(failure) = self.failure {
            return Line { label, kind: self.kind, figures: Err(failure) };
        }
        let figures = ground.seat(self.kind).map(|seat| {
            let used = seat.usage().saturating_sub(self.used);
            let rounds = u32::try_from(self.times.len()).unwrap_or(u32::MAX).max(1);
            let mut figures = minimum_and_median(self.times);
            figures.cpu = Some(used / rounds);
            figures
        });
        Line { label, kind: self.kind, figures }
    }
}

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

/// What runs before each turn of a contender, untimed and uncounted.
pub(super) type Reset = Box<dyn Fn(&mut Ground, Kind) -> Result<(), String>>;

/// A race between contenders; round 0 is for warming up and does not count.
pub(super) struct Race {
    pub(super) rounds: usize,
    pub(super) before: Preparation,
    /// Each round begins when nothing of a contender runs any more.
    pub(super) settles: bool,
    /// With a reset only the turns count for CPU time, and not what a contender does between them.
    pub(super) reset: Option<Reset>,
    pub(super) lanes: Vec<(Kind, Command)>,
}

/// What one lane has gathered.
struct Lane<'a> {
    kind: Kind,
    command: &'a Command,
    times: Vec<Duration>,
    /// CPU time before the first round that counts.
    before: Duration,
    /// CPU time of the turns.
    in_turns: Duration,
    failure: Option<String>,
}

impl Race {
    /// A race whose rounds need no preparation.
    pub(super) fn new(rounds: usize, lanes: Vec<(Kind, Command)>) -> Self {
        Self { rounds, before: Box::new(|_| Ok(())), settles: true, reset: None, lanes }
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
                before: Duration::ZERO,
                in_turns: Duration::ZERO,
                failure: None,
            })
            .collect();
        for round in 0..=self.rounds {
            (self.before)(round)?;
            lanes.iter_mut().for_each(|lane| lane.run(ground, round, self));
            // What the kernel does later for one is then suffered as often by itself as by the other.
            lanes.reverse();
            if round == 0 {
                lanes.iter_mut().for_each(|lane| lane.start_counting(ground));
            }
        }
        if self.rounds.is_multiple_of(2) {
            lanes.reverse();
        }
        Ok(lanes.into_iter().map(|lane| lane.finish(ground, self.reset.is_some())).collect())
    }
}

impl Lane<'_> {
    fn run(&mut self, ground: &mut Ground, round: usize, race: &Race) {
        if self.failure.is_some() {
            return;
        }
        match self.turn(ground, round, race) {
            Ok(_) if round == 0 => {}
            Ok((time, used)) => {
                self.times.push(time);
                self.in_turns += used;
            }
            Err(failure) => self.failure = Some(failure),
        }
    }

    /// One turn: the time, and the CPU time.
    fn turn(&self, ground: &mut Ground, round: usize, race: &Race) -> Result<(Duration, Duration), String> {
        if let Some(reset) = &race.reset {
            reset(ground, self.kind)?;
        }
        let seat = ground.seat(self.kind)?;
        let before = seat.usage();
        let time = seat.time(&(self.command)(round));
        if race.settles {
            seat.settle();
        }
        Ok((time?, seat.usage().saturating_sub(before)))
    }

    /// Notes what has been used before the first round that counts.
    fn start_counting(&mut self, ground: &mut Ground) {
        if let Ok(seat) = ground.seat(self.kind) {
            self.before = seat.usage();
        }
    }

    fn finish(self, ground: &mut Ground, turns_only: bool) -> Line {
        let label = ground.label(self.kind);
        if let Some(failure) = self.failure {
            return Line { label, kind: self.kind, figures: Err(failure) };
        }
        let figures = ground.seat(self.kind).map(|seat| {
            let used = if turns_only { self.in_turns } else { seat.usage().saturating_sub(self.before) };
            let rounds = u32::try_from(self.times.len()).unwrap_or(u32::MAX).max(1);
            let mut figures = minimum_and_median(self.times);
            figures.cpu = Some(used / rounds);
            figures
        });
        Line { label, kind: self.kind, figures }
    }
}

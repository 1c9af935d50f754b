//! What is known of a build's steps, kept up to date by its events.

use std::collections::VecDeque;
use std::time::Duration;

use super::log::Log;
use super::{Event, Kind};

/// How many lines of a step's output are kept, for when it fails.
const KEPT: usize = 20;

/// The steps that have been heard of, in the order in which they were.
#[derive(Debug, Default)]
pub(super) struct Steps {
    steps: Vec<Step>,
    /// How many there will be.
    pub(super) of: usize,
}

/// One step.
#[derive(Debug)]
pub(super) struct Step {
    id: usize,
    /// The instruction with its place: `[2/4] RUN make`.
    pub(super) title: String,
    /// How far it has come.
    pub(super) state: State,
    /// When it began, since the begin of the build.
    begin: Duration,
    log: Log,
    kept: VecDeque<Line>,
}

/// How far a step has come; with the time that it took.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum State {
    Running,
    Cached,
    Done(Duration),
    Failed { after: Duration, message: String },
    Canceled(Duration),
}

/// A line of a step's output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    /// When it was complete, since the begin of the step.
    pub(super) at: Duration,
    /// The line, free of control characters.
    pub(super) text: String,
}

/// What an event changed.
#[derive(Debug)]
pub(super) struct Change {
    /// The step's index in [`Steps::all`]; `None` if the event came too late to count.
    pub(super) step: Option<usize>,
    /// The lines of output that it completed.
    pub(super) lines: Vec<Line>,
}

impl Steps {
    /// The steps.
    pub(super) fn all(&self) -> &[Step] {
        &self.steps
    }

    /// How many steps have come to an end.
    pub(super) fn ended(&self) -> usize {
        self.steps.iter().filter(|step| step.has_ended()).count()
    }

    /// Takes in what happened at `now`, since the begin of the build. What comes after a step's end
    /// does not count.
    pub(super) fn apply(&mut self, event: Event, now: Duration) -> Change {
        self.of = self.of.max(event.of);
        let index = self.index_of(&event, now);
        // some are not foreseen, as exports
        self.of = self.of.max(self.steps.len());
        let step = &mut self.steps[index];
        if step.has_ended() {
            return Change { step: None, lines: Vec::new() };
        }
        Change { step: Some(index), lines: step.apply(event.kind, now) }
    }

    fn index_of(&mut self, event: &Event, now: Duration) -> usize {
        // a step's events come close together, so the search begins with the youngest
        self.steps.iter().rposition(|step| step.id == event.step).unwrap_or_else(|| {
            self.steps.push(Step::new(event, now));
            self.steps.len() - 1
        })
    }
}

impl Step {
    fn new(event: &Event, now: Duration) -> Self {
        // names come from Dockerfiles; heredocs have several lines
        let name: String =
            event.name.lines().next().unwrap_or("").chars().filter(|c| !c.is_control()).collect();
        // the builder's names say their place in the stage
        let title =
            if name.starts_with('[') { name } else { format!("[{}/{}] {name}", event.step, event.of) };
        Self {
            id: event.step,
            title,
            state: State::Running,
            begin: now,
            log: Log::default(),
            kept: VecDeque::new(),
        }
    }

    /// Whether nothing more can happen to it.
    pub(super) fn has_ended(&self) -> bool {
        self.state != State::Running
    }

    /// How long it took, or has taken so far.
    pub(super) fn elapsed(&self, now: Duration) -> Duration {
        match &self.state {
            State::Running => now.saturating_sub(self.begin),
            State::Cached => Duration::ZERO,
            State::Done(after) | State::Failed { after, .. } | State::Canceled(after) => *after,
        }
    }

    /// The last lines of its output; none once it has ended well.
    pub(super) fn kept(&self) -> impl DoubleEndedIterator<Item = &Line> {
        self.kept.iter()
    }

    /// The line that it is writing.
    pub(super) fn unfinished(&self) -> Option<String> {
        self.log.unfinished()
    }

    fn apply(&mut self, kind: Kind, now: Duration) -> Vec<Line> {
        let after = self.elapsed(now);
        let texts = match kind {
            Kind::Started => Vec::new(),
            Kind::Output(bytes) => self.log.push(&bytes),
            Kind::Cached => self.end(State::Cached),
            Kind::Finished { milliseconds } => self.end(State::Done(Duration::from_millis(milliseconds))),
            Kind::Failed { message } => self.end(State::Failed { after, message }),
            Kind::Canceled => self.end(State::Canceled(after)),
        };
        let lines: Vec<Line> = texts.into_iter().map(|text| Line { at: after, text }).collect();
        self.keep(&lines);
        lines
    }

    fn end(&mut self, state: State) -> Vec<String> {
        self.state = state;
        self.log.finish().into_iter().collect()
    }

    fn keep(&mut self, lines: &[Line]) {
        self.kept.extend(lines[lines.len().saturating_sub(KEPT)..].iter().cloned());
        let wanted = if matches!(self.state, State::Running | State::Failed { .. }) { KEPT } else { 0 };
        self.kept.drain(..self.kept.len().saturating_sub(wanted));
    }
}

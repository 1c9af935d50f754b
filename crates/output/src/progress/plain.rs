//! Progress line by line, in BuildKit's plain form, which log viewers know how to read.

use std::fmt::Write;
use std::time::Duration;

use super::steps::{Change, Line, State, Step, Steps};

/// The most characters of a time before a line of output: `0.412`, `10.55`, `100.3`.
const TIME: usize = 5;

/// Remembers which step is being reported, to say so when it changes.
#[derive(Debug, Default)]
pub(super) struct Plain {
    current: Option<usize>,
}

impl Plain {
    /// The text that tells `change`.
    pub(super) fn render(&mut self, steps: &Steps, change: &Change) -> String {
        let mut text = String::new();
        let Some(index) = change.step else { return text };
        let step = &steps.all()[index];
        self.turn_to(&mut text, index, step);
        for line in &change.lines {
            append(&mut text, format_args!("#{} {}\n", index + 1, timed(line)));
        }
        if let Some(end) = end_of(step) {
            append(&mut text, format_args!("#{} {end}\n\n", index + 1));
            self.current = None;
        }
        text
    }

    /// Announces the step, after a word that the one before goes on.
    fn turn_to(&mut self, text: &mut String, index: usize, step: &Step) {
        if self.current == Some(index) {
            return;
        }
        if let Some(interrupted) = self.current.replace(index) {
            append(text, format_args!("#{} ...\n\n", interrupted + 1));
        }
        append(text, format_args!("#{} {}\n", index + 1, step.title));
    }
}

/// How a step ended, if it did.
fn end_of(step: &Step) -> Option<String> {
    match &step.state {
        State::Running => None,
        State::Cached => Some("CACHED".to_owned()),
        State::Done(after) => Some(format!("DONE {}", seconds(*after))),
        State::Failed { message, .. } => Some(format!("ERROR: {message}")),
        State::Canceled(_) => Some("CANCELED".to_owned()),
    }
}

/// The last output of every step that failed, between rulers.
pub(super) fn failures(steps: &Steps) -> String {
    let mut text = String::new();
    for step in steps.all().iter().filter(|step| matches!(step.state, State::Failed { .. })) {
        append(&mut text, format_args!("------\n > {}:\n", step.title));
        step.kept().for_each(|line| append(&mut text, format_args!("{}\n", timed(line))));
        text.push_str("------\n");
    }
    text
}

/// A time with tenths of a second: `1.2s`.
pub(super) fn seconds(time: Duration) -> String {
    format!("{:.1}s", time.as_secs_f64())
}

/// A line of output after its time.
fn timed(line: &Line) -> String {
    let mut time = format!("{:.3}", line.at.as_secs_f64());
    let whole = time.find('.').unwrap_or(time.len());
    // a time that fills its place with whole seconds has no dot
    time.truncate(if whole + 1 < TIME { TIME } else { whole });
    format!("{time} {}", line.text).trim_end().to_owned()
}

fn append(text: &mut String, piece: std::fmt::Arguments<'_>) {
    text.write_fmt(piece).expect("a string takes any text");
}

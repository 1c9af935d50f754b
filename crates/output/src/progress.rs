//! How a build shows what it is doing.
//!
//! The build sends events; [`follow`] shows them until the last sender is gone: line by line in
//! BuildKit's plain form, or live on a terminal. State and rendering are pure; time and the size of
//! the terminal come in from the loops at the bottom of this file.

mod log;
mod plain;
mod screen;
mod steps;

use std::io::{self, Write};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use plain::Plain;
use screen::Painter;
use steps::Steps;

/// The least time between two paintings of a terminal.
const FRAME: Duration = Duration::from_millis(100);

/// What happened to a step of a build.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// The step, counted from one over the whole build; it identifies the step.
    pub step: usize,
    /// How many steps there are in all.
    pub of: usize,
    /// The step as people know it: its instruction.
    pub name: String,
    /// What happened.
    pub kind: Kind,
}

/// The kinds of [`Event`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// The step runs from now on.
    Started,
    /// The step's result was already there.
    Cached,
    /// The step printed something; neither whole lines nor whole characters are promised.
    Output(Vec<u8>),
    /// The step is done.
    Finished {
        /// How long it took, in milliseconds.
        milliseconds: u64,
    },
    /// The step went wrong.
    Failed {
        /// Why, on one line.
        message: String,
    },
    /// The step was stopped, because another one failed or the user asked for it.
    Canceled,
}

/// The values of `--progress`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Style {
    /// Live where there is a terminal, plain elsewhere.
    Auto,
    /// Line by line.
    Plain,
    /// Live; plain all the same where there is no terminal.
    Tty,
    /// Nothing.
    Quiet,
}

/// The size of a terminal in character cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// Columns.
    pub width: usize,
    /// Rows.
    pub height: usize,
}

/// Shows `events` on `out` until nobody can send any more, and at last the final output of the steps
/// that failed. `size` measures the terminal behind `out`, and gives `None` where there is none.
///
/// # Errors
/// When `out` does not take the text; the remaining events are dropped then.
pub fn follow(
    events: &Receiver<Event>,
    style: Style,
    out: &mut dyn Write,
    size: &dyn Fn() -> Option<Size>,
) -> io::Result<()> {
    match (style, size()) {
        (Style::Quiet, _) => {
            events.iter().for_each(drop);
            Ok(())
        }
        (Style::Auto | Style::Tty, Some(first)) => {
            let result = follow_live(events, out, &|| size().unwrap_or(first));
            // whatever happened, the user gets the cursor back
            out.write_all(screen::SHOW_CURSOR.as_bytes())?;
            out.flush()?;
            result
        }
        (Style::Plain, _) | (_, None) => follow_plain(events, out),
    }
}

fn follow_plain(events: &Receiver<Event>, out: &mut dyn Write) -> io::Result<()> {
    let begin = Instant::now();
    let mut steps = Steps::default();
    let mut plain = Plain::default();
    for event in events {
        let change = steps.apply(event, begin.elapsed());
        out.write_all(plain.render(&steps, &change).as_bytes())?;
        out.flush()?;
    }
    out.write_all(plain::failures(&steps).as_bytes())?;
    out.flush()
}

fn follow_live(events: &Receiver<Event>, out: &mut dyn Write, size: &dyn Fn() -> Size) -> io::Result<()> {
    let begin = Instant::now();
    let mut steps = Steps::default();
    let mut painter = Painter::default();
    let mut due = begin;
    loop {
        match events.recv_timeout(due.saturating_duration_since(Instant::now())) {
            Ok(event) => drop(steps.apply(event, begin.elapsed())),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => break,
        }
        if Instant::now() >= due {
            let lines = screen::lines(&steps, begin.elapsed(), size());
            out.write_all(painter.frame(&lines).as_bytes())?;
            out.flush()?;
            due = Instant::now() + FRAME;
        }
    }
    let lines = screen::last_lines(&steps, begin.elapsed(), size().width);
    out.write_all(painter.frame(&lines).as_bytes())?;
    out.write_all(plain::failures(&steps).as_bytes())
}

#[cfg(test)]
mod tests;

//! Progress on a terminal: a line for each step, painted over and over again.

use std::fmt::Write;
use std::time::Duration;

use unicode_width::UnicodeWidthStr;

use super::Size;
use super::plain::seconds;
use super::steps::{State, Step, Steps};
use crate::text::ellipsis;

/// Makes the cursor visible again; every painting hides it.
pub(super) const SHOW_CURSOR: &str = "\x1b[?25h";

const HIDE_CURSOR: &str = "\x1b[?25l";

/// How many lines of a running step's output are shown.
const TAIL: usize = 6;

/// What a line on the screen tells; the first kinds give way first when the terminal is too low.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    Ended,
    Output,
    Running,
    Header,
}

/// A line on the screen, free of control characters and not wider than the terminal.
#[derive(Debug)]
pub(super) struct Line {
    role: Role,
    text: String,
}

/// The lines that show `steps` at `now`, since the begin of the build; fewer than the terminal has.
pub(super) fn lines(steps: &Steps, now: Duration, size: Size) -> Vec<Line> {
    let mut lines = vec![header(steps, now, size.width)];
    for step in steps.all() {
        lines.push(step_line(step, now, size.width));
        if !step.has_ended() {
            lines.extend(tail(step, size.width));
        }
    }
    let mut excess = (lines.len() + 1).saturating_sub(size.height);
    for role in [Role::Ended, Role::Output, Role::Running] {
        lines.retain(|line| {
            let drop = excess > 0 && line.role == role;
            excess -= usize::from(drop);
            !drop
        });
    }
    lines
}

/// The lines that stay behind when the build has ended: every step, and no output.
pub(super) fn last_lines(steps: &Steps, now: Duration, width: usize) -> Vec<Line> {
    let mut header = header(steps, now, width);
    header.text = ellipsis(&format!("{} {}", header.text, outcome(steps)), width);
    std::iter::once(header).chain(steps.all().iter().map(|step| step_line(step, now, width))).collect()
}

fn outcome(steps: &Steps) -> &'static str {
    let good = |step: &Step| matches!(step.state, State::Cached | State::Done(_));
    if steps.all().iter().all(good) { "FINISHED" } else { "FAILED" }
}

fn header(steps: &Steps, now: Duration, width: usize) -> Line {
    let text = format!("[+] Building {} ({}/{})", seconds(now), steps.ended(), steps.of);
    Line { role: Role::Header, text: ellipsis(&text, width) }
}

fn step_line(step: &Step, now: Duration, width: usize) -> Line {
    let (role, word) = match &step.state {
        State::Running => (Role::Running, ""),
        State::Done(_) => (Role::Ended, ""),
        State::Cached => (Role::Ended, "CACHED "),
        State::Failed { .. } => (Role::Ended, "ERROR "),
        State::Canceled(_) => (Role::Ended, "CANCELED "),
    };
    let time = seconds(step.elapsed(now));
    let room = width.saturating_sub(time.len() + 1);
    let title = ellipsis(&format!(" => {word}{}", step.title), room);
    let blanks = width.saturating_sub(title.width() + time.len());
    Line { role, text: ellipsis(&format!("{title}{}{time}", " ".repeat(blanks)), width) }
}

/// The last lines of a step's output, the one being written included.
fn tail(step: &Step, width: usize) -> Vec<Line> {
    let kept = step.kept().map(|line| line.text.clone());
    let texts: Vec<String> = kept.chain(step.unfinished()).collect();
    let shown = &texts[texts.len().saturating_sub(TAIL)..];
    let line =
        |text: &String| Line { role: Role::Output, text: ellipsis(&format!(" => => # {text}"), width) };
    shown.iter().map(line).collect()
}

/// Paints frames over one another.
#[derive(Debug, Default)]
pub(super) struct Painter {
    /// How many lines the last frame had.
    painted: usize,
}

impl Painter {
    /// The text that replaces the last frame by `lines`. The cursor stays hidden, below.
    pub(super) fn frame(&mut self, lines: &[Line]) -> String {
        let mut text = HIDE_CURSOR.to_owned();
        if self.painted > 0 {
            write!(text, "\x1b[{}A", self.painted).expect("a string takes any text");
        }
        text.push('\r');
        for line in lines {
            // cleared first: after the last column the cursor still stands on it
            text.push_str("\x1b[2K");
            match line.role {
                Role::Output => text.extend(["\x1b[2m", &line.text, "\x1b[0m"]),
                Role::Header | Role::Running | Role::Ended => text.push_str(&line.text),
            }
            text.push('\n');
        }
        text.push_str("\x1b[J");
        self.painted = lines.len();
        text
    }
}

impl std::fmt::Display for Line {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.text)
    }
}

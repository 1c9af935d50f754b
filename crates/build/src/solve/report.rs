//! Numbers and names of steps for progress, and the lines of the Dockerfile around a failed one.

use crate::plan::{Action, Plan, StageOrigin};
use crate::{Event, EventKind, Progress};
use dockerfile::{Source, Span};
use std::collections::HashMap;
use std::fmt::Write;

/// Lines that are shown before and after a failed instruction.
const AROUND: u32 = 2;

/// Tells what happens, by the numbers that people see.
pub(super) struct Reporter<'a> {
    progress: &'a Progress<'a>,
    /// Number and name by stage and step; step `None` is the stage's base.
    steps: HashMap<(usize, Option<usize>), (usize, String)>,
    /// Number of steps before them.
    before: usize,
}

impl<'a> Reporter<'a> {
    pub(super) fn new(plan: &Plan, before: usize, progress: &'a Progress<'a>) -> Self {
        let mut steps = HashMap::new();
        let is_single = plan.stages.len() == 1;
        for (number, stage) in &plan.stages {
            let mut names = Vec::new();
            if let StageOrigin::Image(image) = &stage.base {
                names.push((None, format!("FROM {}", image.name)));
            }
            for (index, step) in stage.steps.iter().enumerate() {
                if !matches!(step.action, Action::Metadata) {
                    names.push((Some(index), step.text.clone()));
                }
            }
            let of = names.len();
            for (position, (index, text)) in names.into_iter().enumerate() {
                let place = format!("{}/{of}", position + 1);
                let name = if is_single {
                    format!("[{place}] {text}")
                } else {
                    format!("[{} {place}] {text}", stage.name)
                };
                let unique = before + steps.len() + 1;
                steps.insert((*number, index), (unique, name));
            }
        }
        Self { progress, steps, before }
    }

    pub(super) fn tell(&self, stage: usize, index: usize, kind: EventKind) {
        self.send((stage, Some(index)), kind);
    }

    /// A stage's base image is there.
    pub(super) fn base(&self, stage: usize) {
        self.send((stage, None), EventKind::Cached);
    }

    fn send(&self, step: (usize, Option<usize>), kind: EventKind) {
        if let Some((number, name)) = self.steps.get(&step) {
            let of = self.before + self.steps.len();
            (self.progress)(Event { step: *number, of, name: name.clone(), kind });
        }
    }
}

/// The instruction's lines, marked, and some around them.
pub(super) fn excerpt(source: &Source, span: Span) -> String {
    let first = span.first_line.saturating_sub(AROUND).max(1);
    let last = (span.last_line + AROUND).min(source.line_count());
    let mut text = format!("{}:{}\n--------------------\n", source.name(), span.first_line);
    for number in first..=last {
        let mark = if (span.first_line..=span.last_line).contains(&number) { ">>>" } else { "   " };
        let line = source.line(number).unwrap_or_default();
        // a write to a String cannot fail
        let _ = writeln!(text, "{number:>4} | {mark} {}", line.trim_end());
    }
    text.push_str("--------------------");
    text
}

//! Something that is wrong.

use serde::Serialize;
use std::fmt;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The program does not start.
    Fatal,
    /// It starts, and something will not work.
    Warning,
}

/// Something that is wrong, with its evidence and a remedy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong, in one sentence.
    pub cause: String,
    /// What shows it, a line each.
    pub evidence: Vec<String>,
    /// What to do; lines to copy.
    pub fix: String,
}

impl Finding {
    pub(crate) fn fatal(cause: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { severity: Severity::Fatal, cause: cause.into(), evidence: Vec::new(), fix: fix.into() }
    }

    pub(crate) fn warning(cause: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::fatal(cause, fix) }
    }

    pub(crate) fn with_evidence(mut self, line: impl Into<String>) -> Self {
        self.evidence.push(line.into());
        self
    }

    /// Whether the program does not start because of it.
    #[must_use]
    pub fn is_fatal(&self) -> bool {
        self.severity == Severity::Fatal
    }
}

/// Several lines: cause, evidence, fix.
impl fmt::Display for Finding {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = match self.severity {
            Severity::Fatal => "does not start",
            Severity::Warning => "warning",
        };
        write!(out, "{word}: {}", self.cause)?;
        for line in &self.evidence {
            write!(out, "\n  evidence: {line}")?;
        }
        write!(out, "\n  fix: {}", self.fix)
    }
}

/// Text of an image for a message: control characters escaped, not too long.
pub(crate) fn shown(text: &str) -> String {
    let mut shown: String = text
        .chars()
        .take(256)
        .flat_map(|char| {
            let plain = ['"', '\'', '\\'].contains(&char);
            if plain { vec![char] } else { char.escape_debug().collect() }
        })
        .collect();
    if text.chars().nth(256).is_some() {
        shown.push('…');
    }
    shown
}

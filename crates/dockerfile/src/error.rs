//! What is wrong with a source text, and how it is shown.

use crate::position::Position;

/// The widest part of a source line that a message shows, in characters.
const EXCERPT_WIDTH: usize = 120;

/// A problem in a named source text. `Display` shows the place, the message, the line and a caret:
///
/// ```text
/// Dockerfile:3:1: unknown instruction `FORM`, did you mean `FROM`?
///   3 | FORM debian
///     | ^
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.render())]
pub struct Error {
    /// The name of the text as given to the parser.
    pub file: String,
    /// The line, counted from 1; 0 when the problem concerns the text as a whole.
    pub line: u32,
    /// The column, counted from 1 in characters; 0 together with the line.
    pub column: u32,
    /// The text of that line, without its ending.
    pub source_line: String,
    /// What is wrong, without the suggestion.
    pub message: String,
    /// What was probably meant, ready to be typed.
    pub suggestion: Option<String>,
}

impl Error {
    /// The message together with its suggestion, without place and excerpt.
    pub fn headline(&self) -> String {
        match &self.suggestion {
            Some(suggestion) => format!("{}, did you mean `{suggestion}`?", self.message),
            None => self.message.clone(),
        }
    }

    fn render(&self) -> String {
        if self.line == 0 {
            return format!("{}: {}", self.file, self.headline());
        }
        let place = format!("{}:{}:{}: {}", self.file, self.line, self.column, self.headline());
        let number = self.line.to_string();
        let (excerpt, caret) = self.excerpt();
        format!("{place}\n  {number} | {excerpt}\n  {:width$} | {caret}^", "", width = number.len())
    }

    /// The part of the line around the column, and the blanks that lead the caret to it.
    fn excerpt(&self) -> (String, String) {
        let column = (self.column as usize).saturating_sub(1);
        let skipped = if column < EXCERPT_WIDTH { 0 } else { column - EXCERPT_WIDTH / 2 };
        let shown: String = self.source_line.chars().skip(skipped).take(EXCERPT_WIDTH).collect();
        let caret =
            shown.chars().take(column - skipped).map(|c| if c == '\t' { '\t' } else { ' ' }).collect();
        // A control character in a hostile file must not reach the terminal.
        (shown.replace(|c: char| c.is_control() && c != '\t', "\u{fffd}"), caret)
    }
}

/// A problem at a place of a text whose name and lines are not at hand.
/// [`crate::Source::error`] makes the [`Error`] of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Where.
    pub position: Position,
    /// What is wrong: lower case, no full stop.
    pub message: String,
    /// What was probably meant, ready to be typed.
    pub suggestion: Option<String>,
}

impl Fault {
    /// A fault without a suggestion.
    pub fn new(position: Position, message: impl Into<String>) -> Self {
        Self { position, message: message.into(), suggestion: None }
    }

    /// The same fault with what was probably meant, if that is known.
    #[must_use]
    pub fn suggest(mut self, suggestion: Option<String>) -> Self {
        self.suggestion = suggestion;
        self
    }
}

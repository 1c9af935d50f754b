//! Places in a source text: lines, columns and the lines that an instruction covers.

use std::fmt;

/// One place in a source text.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// The line, counted from 1.
    pub line: u32,
    /// The column, counted from 1 in **bytes** ([`crate::Error::column`] counts characters).
    pub column: u32,
}

impl Position {
    /// The place `line`:`column`, both counted from 1.
    pub fn new(line: u32, column: u32) -> Self {
        Self { line, column }
    }

    /// The place of byte `offset`, counted from 0, of line `line`, counted from 1.
    pub(crate) fn at(line: u32, offset: usize) -> Self {
        Self::new(line, u32::try_from(offset + 1).unwrap_or(u32::MAX))
    }
}

/// `line:column`, so that trees stay readable in snapshots and messages.
impl fmt::Debug for Position {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:{}", self.line, self.column)
    }
}

/// The lines that an instruction covers, heredocs included.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Span {
    /// The line of the keyword, counted from 1.
    pub first_line: u32,
    /// The last line, counted from 1; the terminator of the last heredoc where there is one.
    pub last_line: u32,
    /// The column of the keyword on the first line, counted from 1 in bytes.
    pub column: u32,
}

impl Span {
    /// Where the span begins.
    pub fn start(&self) -> Position {
        Position::new(self.first_line, self.column)
    }
}

/// `first:column..last`, for the same reason as [`Position`]'s.
impl fmt::Debug for Span {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:{}..{}", self.first_line, self.column, self.last_line)
    }
}

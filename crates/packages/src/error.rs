//! What is wrong with a record, and where.

/// A record that cannot be read. The message has no text of the record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {problem}")]
pub struct Error {
    /// The line, counted from 1.
    pub line: usize,
    /// What is wrong there.
    pub problem: Problem,
}

/// What can be wrong with a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// The line has no name of a field, and continues none.
    #[error("neither a field nor its continuation")]
    NotAField,
    /// The package that begins at the line, or the record of one, lacks a field.
    #[error("a package without `{0}`")]
    Missing(&'static str),
    /// A package's name has other characters than letters, digits and `+-._@`.
    #[error("not the name of a package")]
    Name,
    /// An architecture's name has other characters than letters, digits, `_` and `-`.
    #[error("not the name of an architecture")]
    Architecture,
    /// `Status` is not three known words.
    #[error("not the status of a package")]
    Status,
    /// A number is not one, or larger than 64 bits hold.
    #[error("not a number of `{0}`")]
    Number(&'static str),
    /// A path is empty, not absolute where it must be, has a `..`, or is longer than Linux takes.
    #[error("not a path of a package's file")]
    Path,
    /// A checksum is not of the right length or digits.
    #[error("not a checksum")]
    Checksum,
    /// Owner and mode are not `uid:gid:mode`.
    #[error("not an owner and a mode")]
    Ownership,
    /// A line speaks of a directory or file before one was named.
    #[error("of a file, but none was named before")]
    Orphan,
    /// The text ends within an entry of several lines.
    #[error("the entry is not complete")]
    Cut,
}

impl Problem {
    /// The problem at a line, counted from 1.
    pub(crate) const fn at(self, line: usize) -> Error {
        Error { line, problem: self }
    }
}

//! What can be wrong with the words of a user about output.

use std::io;

/// Why output could not be made as asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A `--format` that cannot be parsed or does not fit what is printed.
    #[error("template parsing error: {0}")]
    Template(String),
    /// A flag's value that cannot be read: a size, a time, a duration, a filter.
    #[error("{0}")]
    Value(String),
    /// The reader went away, or the disk behind it is full.
    #[error("write output: {0}")]
    Write(#[from] io::Error),
}

//! A source text with its name and its lines.

use std::fmt;

use crate::error::{Error, Fault};

/// The largest text that is read, in bytes.
pub const MAX_SOURCE_BYTES: usize = 16 << 20;

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// A text that was checked to be UTF-8 and of bearable size, cut into lines.
#[derive(Clone, PartialEq, Eq)]
pub struct Source {
    name: String,
    text: String,
    /// Where each line begins, in bytes.
    starts: Vec<usize>,
}

impl Source {
    /// Takes in `bytes` under the name that messages will show. A byte order mark is dropped.
    ///
    /// # Errors
    /// The text is larger than [`MAX_SOURCE_BYTES`] or is not UTF-8.
    pub fn new(name: &str, bytes: &[u8]) -> Result<Self, Error> {
        if bytes.len() > MAX_SOURCE_BYTES {
            return Err(whole_text(name, format!("larger than {} MiB", MAX_SOURCE_BYTES >> 20)));
        }
        let bytes = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes);
        match std::str::from_utf8(bytes) {
            Ok(text) => Ok(Self::from_text(name, text)),
            Err(problem) => Err(not_utf8(name, bytes, problem.valid_up_to())),
        }
    }

    fn from_text(name: &str, text: &str) -> Self {
        let ends = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1);
        let starts = std::iter::once(0).chain(ends).filter(|start| *start < text.len()).collect();
        Self { name: name.to_owned(), text: text.to_owned(), starts }
    }

    /// The name that was given.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The number of lines. A line ending at the end of the text begins no further line.
    pub fn line_count(&self) -> u32 {
        u32::try_from(self.starts.len()).expect("a text of at most 16 MiB has fewer lines than that")
    }

    /// Line `number`, counted from 1, without its ending.
    pub fn line(&self, number: u32) -> Option<&str> {
        self.raw_line(number).map(|line| line.trim_end_matches(['\r', '\n']))
    }

    /// Line `number`, counted from 1, as it stands in the text.
    pub(crate) fn raw_line(&self, number: u32) -> Option<&str> {
        let index = (number as usize).checked_sub(1)?;
        let start = *self.starts.get(index)?;
        let end = self.starts.get(index + 1).copied().unwrap_or(self.text.len());
        Some(&self.text[start..end])
    }

    /// The error that shows `fault` in this text.
    pub fn error(&self, fault: Fault) -> Error {
        let Fault { position, message, suggestion } = fault;
        let source_line = self.line(position.line).unwrap_or_default().to_owned();
        let bytes = (position.column as usize).saturating_sub(1).min(source_line.len());
        let characters = source_line.char_indices().take_while(|(at, _)| *at < bytes).count();
        Error {
            file: self.name.clone(),
            line: position.line,
            column: u32::try_from(characters + 1).unwrap_or(u32::MAX),
            source_line,
            message,
            suggestion,
        }
    }
}

/// The name and size alone: the text would drown the tree that it belongs to.
impl fmt::Debug for Source {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Source({:?}, {} bytes)", self.name, self.text.len())
    }
}

fn whole_text(name: &str, message: String) -> Error {
    Error { file: name.to_owned(), line: 0, column: 0, source_line: String::new(), message, suggestion: None }
}

fn not_utf8(name: &str, bytes: &[u8], bad: usize) -> Error {
    let start = bytes[..bad].iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    let end = bytes[bad..].iter().position(|byte| *byte == b'\n').map_or(bytes.len(), |at| bad + at);
    let number = bytes[..start].iter().filter(|byte| **byte == b'\n').count() + 1;
    let before = String::from_utf8_lossy(&bytes[start..bad]).chars().count();
    Error {
        file: name.to_owned(),
        line: u32::try_from(number).unwrap_or(u32::MAX),
        column: u32::try_from(before + 1).unwrap_or(u32::MAX),
        source_line: String::from_utf8_lossy(&bytes[start..end]).trim_end_matches('\r').to_owned(),
        message: format!("byte 0x{:02x} is not UTF-8", bytes[bad]),
        suggestion: None,
    }
}

//! From bytes of a log file to records.

use super::{LogLine, Stream};
use jiff::Timestamp;
use serde::Deserialize;
use std::ops::ControlFlow;

/// The longest line that can be a record: 16 KiB of output, each byte of it escaped in six, and what is around it.
const LONGEST: usize = (6 * (16 << 10)) + (1 << 10);

/// Cuts bytes into lines, and parses those.
#[derive(Debug, Default)]
pub(super) struct Lines {
    /// The beginning of a line whose end is not there yet.
    partial: Vec<u8>,
    /// It is too long already.
    skipping: bool,
    /// How many lines were no records.
    pub(super) damaged: u64,
}

#[derive(Deserialize)]
struct Record {
    log: String,
    stream: Name,
    time: Timestamp,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Name {
    Stdout,
    Stderr,
}

impl Lines {
    /// Takes the next bytes and emits the records that are complete with them.
    pub(super) fn feed(
        &mut self,
        mut bytes: &[u8],
        emit: &mut dyn FnMut(LogLine) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        while let Some(end) = bytes.iter().position(|byte| *byte == b'\n') {
            self.extend(&bytes[..end]);
            bytes = &bytes[end + 1..];
            if let Some(line) = self.take() {
                emit(line)?;
            }
        }
        self.extend(bytes);
        ControlFlow::Continue(())
    }

    /// The file has no more: a line without an end never gets one.
    pub(super) fn end_of_file(&mut self) {
        if self.skipping || !self.partial.is_empty() {
            self.damaged += 1;
        }
        self.partial.clear();
        self.skipping = false;
    }

    fn extend(&mut self, bytes: &[u8]) {
        self.skipping |= self.partial.len() + bytes.len() > LONGEST;
        if self.skipping {
            self.partial.clear();
        } else {
            self.partial.extend_from_slice(bytes);
        }
    }

    fn take(&mut self) -> Option<LogLine> {
        let parsed = if self.skipping { None } else { parse(&self.partial) };
        if parsed.is_none() {
            self.damaged += 1;
        }
        self.partial.clear();
        self.skipping = false;
        parsed
    }
}

fn parse(line: &[u8]) -> Option<LogLine> {
    let record: Record = serde_json::from_slice(line).ok()?;
    let stream = match record.stream {
        Name::Stdout => Stream::Output,
        Name::Stderr => Stream::Error,
    };
    Some(LogLine { stream, time: record.time, bytes: record.log.into_bytes() })
}

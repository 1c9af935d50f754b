//! What a container has written, and is writing.
//!
//! The supervisor writes one JSON object a line to `log` and renames full files to `log.1`, `log.2` …; readers take no lock. A file stays the same file
//! while it is renamed, so a reader goes on in what it has open and asks for the next newer file only when that is read to its end.

mod files;
mod follow;
mod lines;
mod tail;

pub use runtime::log::Stream;

use super::directory::Directory;
use super::find;
use crate::Engine;
use crate::error::Result;
use files::LogFile;
use follow::Waiting;
use jiff::Timestamp;
use lines::Lines;
use std::ops::ControlFlow;
use std::os::fd::BorrowedFd;
use std::path::Path;

/// What to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// Nothing that was written before.
    pub since: Option<Timestamp>,
    /// Nothing that was written later; a follower ends then.
    pub until: Option<Timestamp>,
    /// Only so many records from the end, of both streams together. A line of more than 16 KiB is several records.
    pub tail: Option<u64>,
    /// Standard output, or the terminal.
    pub output: bool,
    /// Standard error.
    pub error: bool,
    /// Wait for more until the container has ended.
    pub follow: bool,
}

impl Default for Options {
    /// All that there is, of both streams.
    fn default() -> Self {
        Self { since: None, until: None, tail: None, output: true, error: true, follow: false }
    }
}

/// A line, or a piece of a long one, which has no newline at its end then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLine {
    /// Where it was written to.
    pub stream: Stream,
    /// When it was written.
    pub time: Timestamp,
    /// What, with the newline.
    pub bytes: Vec<u8>,
}

/// How a reading ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Lines of the log that are no records, and were left out: a power cut may leave some.
    pub damaged: u64,
}

/// Reads the log of a container, the oldest line first, until it is read, `emit` breaks off or `cancel` is readable or closed. With `follow` it also waits for
/// what a running container writes, until it has ended.
///
/// # Errors
/// [`crate::Error::NoContainer`], or what the system reports.
pub fn read(
    engine: &Engine,
    reference: &str,
    options: &Options,
    emit: &mut dyn FnMut(LogLine) -> ControlFlow<()>,
    cancel: Option<BorrowedFd<'_>>,
) -> Result<Outcome> {
    let id = find::find_id(engine, reference)?;
    let directory = Directory::new(engine, &id);
    // its last duty is the log; one that is gone will write nothing
    let writer =
        directory.supervisor()?.filter(|_| options.follow).and_then(|supervisor| supervisor.open().ok());
    let path = directory.data.join("log");
    let waiting =
        writer.map(|writer| Waiting::begin(&directory.data, writer, cancel, options.until)).transpose()?;
    read_files(&path, options, waiting, emit)
}

fn read_files(
    path: &Path,
    options: &Options,
    waiting: Option<Waiting<'_>>,
    emit: &mut dyn FnMut(LogLine) -> ControlFlow<()>,
) -> Result<Outcome> {
    let mut reading = Reading { path, options, lines: Lines::default(), emit };
    // either everything was read or somebody had enough
    let _ = reading.run(waiting)?;
    Ok(Outcome { damaged: reading.lines.damaged })
}

struct Reading<'a> {
    path: &'a Path,
    options: &'a Options,
    lines: Lines,
    emit: &'a mut dyn FnMut(LogLine) -> ControlFlow<()>,
}

impl Reading<'_> {
    fn run(&mut self, waiting: Option<Waiting<'_>>) -> Result<ControlFlow<()>> {
        let mut files = files::open_all(self.path)?;
        self.skip(&mut files)?;
        let mut current = None;
        while let Some(mut file) = files.pop() {
            if self.drain(&mut file)?.is_break() {
                return Ok(ControlFlow::Break(()));
            }
            if !files.is_empty() {
                self.lines.end_of_file();
            }
            current = Some(file);
        }
        match waiting {
            Some(waiting) => self.follow(current, waiting),
            None => Ok(ControlFlow::Continue(())),
        }
    }

    /// Leaves out what nobody wants, without reading it.
    fn skip(&self, files: &mut Vec<LogFile>) -> Result<()> {
        if let Some(tail) = self.options.tail {
            return tail::skip(files, tail);
        }
        if let Some(since) = self.options.since {
            while files.last().is_some_and(|file| file.is_older_than(since)) && files.len() > 1 {
                files.pop();
            }
        }
        Ok(())
    }

    fn follow(&mut self, mut current: Option<LogFile>, mut waiting: Waiting<'_>) -> Result<ControlFlow<()>> {
        let mut more = true;
        while more {
            more = waiting.wait()?;
            // its last words are read after its end was seen
            if self.catch_up(&mut current)?.is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    /// Reads to the end of the newest file.
    fn catch_up(&mut self, current: &mut Option<LogFile>) -> Result<ControlFlow<()>> {
        loop {
            // first: a file that has a successor is not written to any more
            let newer = files::newer_than(self.path, current.as_ref())?;
            if let Some(file) = current
                && self.drain(file)?.is_break()
            {
                return Ok(ControlFlow::Break(()));
            }
            let Some(newer) = newer else { return Ok(ControlFlow::Continue(())) };
            self.lines.end_of_file();
            *current = Some(newer);
        }
    }

    /// Emits what a file has more.
    fn drain(&mut self, file: &mut LogFile) -> Result<ControlFlow<()>> {
        let (options, emit) = (self.options, &mut *self.emit);
        loop {
            let block = file.next_block()?;
            if block.is_empty() {
                return Ok(ControlFlow::Continue(()));
            }
            let flow = self.lines.feed(block, &mut |line| {
                if options.until.is_some_and(|until| line.time > until) {
                    return ControlFlow::Break(());
                }
                let wanted = match line.stream {
                    Stream::Output => options.output,
                    Stream::Error => options.error,
                };
                if wanted && options.since.is_none_or(|since| line.time >= since) {
                    emit(line)
                } else {
                    ControlFlow::Continue(())
                }
            });
            if flow.is_break() {
                return Ok(flow);
            }
        }
    }
}

#[cfg(test)]
mod tests;

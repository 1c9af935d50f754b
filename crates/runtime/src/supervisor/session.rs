//! A process with its streams: the container's first, or an exec's.

use super::Ends;
use crate::log::Stream;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use sys::Errno;
use sys::clone::Child;
use sys::fs::OFlags;

/// What is read at once.
const PIECE: usize = 64 << 10;

pub(super) struct Session {
    process: Child,
    terminal: Option<OwnedFd>,
    ends: Ends,
    /// Input that the process has not taken yet.
    pending: Vec<u8>,
    input_ended: bool,
}

impl Session {
    pub(super) fn new(process: Child, terminal: Option<OwnedFd>, ends: Ends) -> Self {
        for fd in [&terminal, &ends.input, &ends.output, &ends.error].into_iter().flatten() {
            never_block(fd.as_fd());
        }
        Self { process, terminal, ends, pending: Vec::new(), input_ended: false }
    }

    pub(super) fn process(&self) -> BorrowedFd<'_> {
        self.process.pidfd.as_fd()
    }

    pub(super) fn child(&self) -> &Child {
        &self.process
    }

    pub(super) fn pid(&self) -> i32 {
        self.process.pid.as_raw_nonzero().get()
    }

    /// Whether it is process 1 of its pid namespace. What cannot be known is taken for that.
    pub(super) fn leads_pid_namespace(&self) -> bool {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid())).unwrap_or_default();
        let numbers = status.lines().find_map(|line| line.strip_prefix("NSpid:"));
        numbers.and_then(|numbers| numbers.split_whitespace().last()).is_none_or(|own| own == "1")
    }

    fn source(&self, stream: Stream) -> Option<BorrowedFd<'_>> {
        match stream {
            Stream::Output => self.terminal.as_ref().or(self.ends.output.as_ref()).map(AsFd::as_fd),
            Stream::Error => self.ends.error.as_ref().map(AsFd::as_fd),
        }
    }

    /// The streams that may still bring something.
    pub(super) fn outputs(&self) -> impl Iterator<Item = (Stream, BorrowedFd<'_>)> {
        [Stream::Output, Stream::Error].into_iter().filter_map(|s| self.source(s).map(|fd| (s, fd)))
    }

    /// The next piece of a stream; closes it at its end.
    pub(super) fn read(&mut self, stream: Stream) -> Option<Vec<u8>> {
        let mut bytes = vec![0; PIECE];
        loop {
            match sys::io::read(self.source(stream)?, &mut bytes) {
                Ok(0) => break,
                Ok(read) => {
                    bytes.truncate(read);
                    return Some(bytes);
                }
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => return None,
                // a terminal that nobody has open any more says EIO
                Err(_) => break,
            }
        }
        match stream {
            Stream::Output => {
                self.terminal = None;
                self.ends.output = None;
            }
            Stream::Error => self.ends.error = None,
        }
        None
    }

    fn input(&self) -> Option<BorrowedFd<'_>> {
        self.terminal.as_ref().or(self.ends.input.as_ref()).map(AsFd::as_fd)
    }

    /// Where pending input can be written, if there is any.
    pub(super) fn pending_input(&self) -> Option<BorrowedFd<'_>> {
        if self.pending.is_empty() { None } else { self.input() }
    }

    /// Input for the process.
    pub(super) fn give(&mut self, bytes: &[u8]) {
        self.pending.extend_from_slice(bytes);
        self.write_pending();
    }

    pub(super) fn write_pending(&mut self) {
        while !self.pending.is_empty() {
            let Some(input) = self.input() else {
                self.pending.clear();
                return;
            };
            match sys::io::write(input, &self.pending) {
                Ok(written) => {
                    self.pending.drain(..written);
                }
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => return,
                Err(_) => {
                    // the process has closed its input
                    self.pending.clear();
                    self.ends.input = None;
                    return;
                }
            }
        }
        if self.input_ended {
            self.ends.input = None;
        }
    }

    /// Nothing more will come: the process reads the end of the file once it has taken what is pending.
    pub(super) fn end_input(&mut self) {
        self.input_ended = true;
        self.write_pending();
    }

    pub(super) fn resize(&self, rows: u16, columns: u16) {
        if let Some(terminal) = &self.terminal {
            let size = sys::termios::Winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
            // a terminal that is gone has no size
            let _ = sys::termios::tcsetwinsize(terminal, size);
        }
    }
}

/// A supervisor never waits for one descriptor alone. The flag is on the open file, which is ours or was made for us.
pub(super) fn never_block(fd: BorrowedFd<'_>) {
    if let Ok(flags) = sys::fs::fcntl_getfl(fd) {
        let _ = sys::fs::fcntl_setfl(fd, flags | OFlags::NONBLOCK);
    }
}

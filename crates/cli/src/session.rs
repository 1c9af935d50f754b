//! A command that is connected to a process: bytes both ways, signals, the terminal's size, until the process ends or the user detaches.

use crate::failure::{Failure, Outcome};
use crate::terminal::{self, DetachKeys, OtherMode};
use engine::{Connection, Event, Request};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::{Duration, Instant};
use sys::Errno;
use sys::event::{PollFd, PollFlags, Timespec, poll};
use sys::pipe::{PipeFlags, SpliceFlags, pipe_with, splice};
use sys::signal::SignalQueue;

/// How long after the end of an exec other processes that have its streams are listened to, as Docker does.
const STRAGGLERS: Duration = Duration::from_secs(2);
const SIGWINCH: i32 = 28;
/// Signals that are passed on with `--sig-proxy`: all that can be caught, except those about this process's own children, pipes and terminal.
const PROXIED: [i32; 9] = [1, 2, 3, 10, 12, 14, 15, 18, 23];

/// The container's ends of the pipes.
#[derive(Debug, Default)]
pub(crate) struct Ends {
    /// To read from.
    pub(crate) input: Option<OwnedFd>,
    /// To write to.
    pub(crate) output: Option<OwnedFd>,
    /// To write to.
    pub(crate) error: Option<OwnedFd>,
}

impl Ends {
    /// As the engine takes them.
    pub(crate) fn streams(&self) -> engine::containers::start::Streams<'_> {
        engine::containers::start::Streams {
            input: self.input.as_ref().map(AsFd::as_fd),
            output: self.output.as_ref().map(AsFd::as_fd),
            error: self.error.as_ref().map(AsFd::as_fd),
        }
    }
}

/// Which streams to connect, and how.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Wanted {
    /// Standard input, output, error.
    pub(crate) streams: engine::Which,
    /// The process has a terminal.
    pub(crate) terminal: bool,
    /// Signals of this command go to the process.
    pub(crate) proxy_signals: bool,
}

/// How a session ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// The process ended with this code.
    Exited(i32),
    /// The user detached.
    Detached,
    /// The supervisor is gone.
    Lost,
}

/// This side of the pipes.
#[derive(Debug)]
pub(crate) struct Session {
    wanted: Wanted,
    keys: DetachKeys,
    queue: SignalQueue,
    input: Option<OwnedFd>,
    output: Option<OwnedFd>,
    error: Option<OwnedFd>,
    /// Typed, and not taken by the process yet.
    pending: Vec<u8>,
    input_ended: bool,
}

impl Session {
    /// Makes the pipes. The ends go to the engine and are dropped when it has them. Signals are queued from here on, so that none is lost.
    pub(crate) fn prepare(wanted: Wanted, detach_keys: &str) -> Outcome<(Self, Ends)> {
        let mut ends = Ends::default();
        let pipe =
            || pipe_with(PipeFlags::CLOEXEC).map_err(|e| Failure::new(format!("cannot make a pipe: {e}")));
        let (mut input, mut output, mut error) = (None, None, None);
        if wanted.streams.input {
            let (read, write) = pipe()?;
            (ends.input, input) = (Some(read), Some(write));
        }
        if wanted.streams.output {
            let (read, write) = pipe()?;
            (output, ends.output) = (Some(read), Some(write));
        }
        if wanted.streams.error && !wanted.terminal {
            let (read, write) = pipe()?;
            (error, ends.error) = (Some(read), Some(write));
        }
        let mut signals = vec![SIGWINCH];
        if wanted.proxy_signals {
            signals.extend(PROXIED);
        }
        let queue =
            SignalQueue::new(&signals).map_err(|e| Failure::new(format!("cannot queue signals: {e}")))?;
        let keys = DetachKeys::parse(detach_keys)?;
        let session =
            Self { wanted, keys, queue, input, output, error, pending: Vec::new(), input_ended: false };
        Ok((session, ends))
    }

    /// Carries bytes until the end.
    pub(crate) fn run(mut self, connection: &Connection) -> Outcome<End> {
        let raw = (self.wanted.terminal && self.wanted.streams.input).then(OtherMode::raw).flatten();
        if self.wanted.terminal {
            resize(connection);
        }
        let end = self.carry(connection);
        drop(raw);
        end
    }

    fn carry(&mut self, connection: &Connection) -> Outcome<End> {
        let mut ended: Option<(End, Instant)> = None;
        loop {
            let patience = ended.map(|(_, since)| STRAGGLERS.saturating_sub(since.elapsed()));
            if let Some((end, _)) = ended
                && self.output.is_none()
                && self.error.is_none()
            {
                return Ok(end);
            }
            let ready = self.wait(connection, patience);
            if let (Some((end, _)), Some(Duration::ZERO)) = (ended, patience)
                && ready.is_empty()
            {
                return Ok(end);
            }
            for ready in ready {
                match ready {
                    Ready::Typed => {
                        if self.read_input() {
                            return Ok(End::Detached);
                        }
                    }
                    Ready::Input => self.write_input(),
                    Ready::Output => carry_output(&mut self.output, sys::stdio::stdout()),
                    Ready::Error => carry_output(&mut self.error, sys::stdio::stderr()),
                    Ready::Signal => self.pass_signals(connection),
                    Ready::Event => match next_event(connection) {
                        Some(Event::Exited { code }) => ended = Some((End::Exited(code), Instant::now())),
                        Some(_) => {}
                        None => ended = ended.or(Some((End::Lost, Instant::now()))),
                    },
                }
            }
        }
    }

    /// Waits until something can be done; no longer than `patience`, which is set when the process has ended.
    fn wait(&self, connection: &Connection, patience: Option<Duration>) -> Vec<Ready> {
        let mut watched: Vec<(Ready, BorrowedFd<'_>, PollFlags)> =
            vec![(Ready::Signal, self.queue.as_fd(), PollFlags::IN)];
        if patience.is_none() {
            watched.push((Ready::Event, connection.as_fd(), PollFlags::IN));
        }
        if self.input.is_some() && self.pending.is_empty() && !self.input_ended {
            watched.push((Ready::Typed, sys::stdio::stdin(), PollFlags::IN));
        }
        if let Some(input) = self.input.as_ref().filter(|_| !self.pending.is_empty()) {
            watched.push((Ready::Input, input.as_fd(), PollFlags::OUT));
        }
        for (ready, fd) in [(Ready::Output, &self.output), (Ready::Error, &self.error)] {
            if let Some(fd) = fd {
                watched.push((ready, fd.as_fd(), PollFlags::IN));
            }
        }
        let mut fds: Vec<PollFd<'_>> =
            watched.iter().map(|(_, fd, flags)| PollFd::from_borrowed_fd(*fd, *flags)).collect();
        // an interruption is a turn without anything ready
        let timeout = patience.and_then(|patience| Timespec::try_from(patience).ok());
        let _ = poll(&mut fds, timeout.as_ref());
        let is_ready: Vec<bool> = fds.iter().map(|fd| !fd.revents().is_empty()).collect();
        watched.iter().zip(is_ready).filter(|(_, ready)| *ready).map(|((what, _, _), _)| *what).collect()
    }

    /// Reads what was typed; true if the user detached.
    fn read_input(&mut self) -> bool {
        let mut bytes = [0; 16 << 10];
        match sys::io::read(sys::stdio::stdin(), &mut bytes) {
            Ok(read) if read > 0 => {
                let typed = &bytes[..read];
                if self.wanted.terminal {
                    let (passed, detached) = self.keys.filter(typed);
                    self.pending.extend(passed);
                    if detached {
                        return true;
                    }
                } else {
                    self.pending.extend_from_slice(typed);
                }
                self.write_input();
            }
            Err(Errno::INTR | Errno::AGAIN) => {}
            _ => {
                self.input_ended = true;
                self.write_input();
            }
        }
        false
    }

    fn write_input(&mut self) {
        if let Some(input) = &self.input
            && !self.pending.is_empty()
        {
            // one piece that fits into the pipe never blocks when poll said so
            let piece = &self.pending[..self.pending.len().min(4096)];
            match sys::io::write(input, piece) {
                Ok(written) => {
                    self.pending.drain(..written);
                }
                Err(Errno::INTR | Errno::AGAIN) => {}
                Err(_) => {
                    self.pending.clear();
                    self.input = None;
                }
            }
        }
        if self.pending.is_empty() && self.input_ended {
            self.input = None;
        }
    }

    fn pass_signals(&self, connection: &Connection) {
        while let Some(number) = self.queue.next() {
            if number != SIGWINCH {
                // the process may have ended
                let _ = connection.send(&Request::Signal { number }, &[]);
            } else if self.wanted.terminal {
                resize(connection);
            }
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ready {
    Typed,
    Input,
    Output,
    Error,
    Signal,
    Event,
}

fn resize(connection: &Connection) {
    if let Some((rows, columns)) = terminal::size() {
        // the process may have ended
        let _ = connection.send(&Request::Resize { rows, columns }, &[]);
    }
}

fn next_event(connection: &Connection) -> Option<Event> {
    connection.next().ok().flatten()
}

/// Moves what is in a pipe to a standard stream, without copying where the kernel can. Closes the pipe at its end, or when nobody reads the stream.
fn carry_output(pipe: &mut Option<OwnedFd>, stream: BorrowedFd<'_>) {
    let Some(source) = pipe.as_ref() else { return };
    match splice(source, None, stream, None, 1 << 20, SpliceFlags::MOVE) {
        Ok(moved) if moved > 0 => {}
        Err(Errno::AGAIN | Errno::INTR) => {}
        // a stream in append mode, or a terminal that cannot splice
        Err(Errno::INVAL) => {
            if !copy_output(source, stream) {
                *pipe = None;
            }
        }
        _ => *pipe = None,
    }
}

fn copy_output(source: &OwnedFd, stream: BorrowedFd<'_>) -> bool {
    let mut bytes = [0; 64 << 10];
    let read = match sys::io::read(source, &mut bytes) {
        Ok(0) => return false,
        Ok(read) => read,
        Err(Errno::INTR | Errno::AGAIN) => return true,
        Err(_) => return false,
    };
    let mut rest = &bytes[..read];
    while !rest.is_empty() {
        match sys::io::write(stream, rest) {
            Ok(written) => rest = &rest[written..],
            Err(Errno::INTR) => {}
            Err(Errno::AGAIN) => {
                let _ = poll(&mut [PollFd::from_borrowed_fd(stream, PollFlags::OUT)], None);
            }
            Err(_) => return false,
        }
    }
    true
}

//! A connected command, and the streams that it attached.

use super::session::never_block;
use crate::control::{Event, Request, Which, tell};
use crate::log::Stream;
use oci::runtime::Process;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use sys::Errno;

/// Longest `process` object of an exec: larger than what execve(2) takes.
const PROCESS_LIMIT: u64 = 16 << 20;

/// A stream of a client, with what it has not taken yet.
struct Sink {
    fd: OwnedFd,
    pending: Vec<u8>,
}

pub(super) struct Client {
    socket: OwnedFd,
    gone: bool,
    /// Its process has ended: streams are closed as soon as all is taken.
    finished: bool,
    /// Number of the session that it is attached to.
    pub(super) session: usize,
    input: Option<OwnedFd>,
    /// Standard output and error.
    sinks: [Option<Sink>; 2],
}

/// What a client wants.
pub(super) enum Heard {
    Nothing,
    Gone,
    Attach(Which, Vec<OwnedFd>),
    Exec(Box<Process>, Which, Vec<OwnedFd>),
    /// It asked for something that cannot be done.
    Refused(String),
    Resize {
        rows: u16,
        columns: u16,
    },
    Signal(i32),
}

fn index(stream: Stream) -> usize {
    match stream {
        Stream::Output => 0,
        Stream::Error => 1,
    }
}

impl Client {
    pub(super) fn new(socket: OwnedFd, session: usize) -> Self {
        never_block(socket.as_fd());
        Self { socket, gone: false, finished: false, session, input: None, sinks: [None, None] }
    }

    pub(super) fn socket(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }

    /// Whether it can be forgotten: it has gone and has nothing left to take.
    pub(super) fn is_gone(&self) -> bool {
        self.gone
    }

    pub(super) fn attach(&mut self, streams: Which, descriptors: Vec<OwnedFd>) {
        let mut descriptors = descriptors.into_iter().inspect(|fd| never_block(fd.as_fd()));
        let mut next = |wanted: bool| if wanted { descriptors.next() } else { None };
        self.input = next(streams.input);
        let output = next(streams.output);
        let error = next(streams.error);
        self.sinks = [output, error].map(|fd| fd.map(|fd| Sink { fd, pending: Vec::new() }));
    }

    pub(super) fn input(&self) -> Option<BorrowedFd<'_>> {
        self.input.as_ref().map(AsFd::as_fd)
    }

    /// The next piece of the client's input; `None` at its end, after which it is closed.
    pub(super) fn read_input(&mut self) -> Option<Vec<u8>> {
        let mut bytes = vec![0; 16 << 10];
        match self.input.as_ref().map(|fd| sys::io::read(fd, &mut bytes)) {
            Some(Ok(read)) if read > 0 => {
                bytes.truncate(read);
                Some(bytes)
            }
            Some(Err(Errno::AGAIN | Errno::INTR)) => Some(Vec::new()),
            _ => {
                self.input = None;
                None
            }
        }
    }

    /// Gives up the client's input; true if it had one that was still open.
    pub(super) fn leave_input(&mut self) -> bool {
        self.input.take().is_some()
    }

    /// Whether it has not yet taken what came on a stream.
    pub(super) fn is_behind(&self, stream: Stream) -> bool {
        self.sinks[index(stream)].as_ref().is_some_and(|sink| !sink.pending.is_empty())
    }

    /// The streams on which it is behind.
    pub(super) fn behind(&self) -> impl Iterator<Item = (Stream, BorrowedFd<'_>)> {
        [Stream::Output, Stream::Error]
            .into_iter()
            .filter(|stream| self.is_behind(*stream))
            .filter_map(|stream| self.sinks[index(stream)].as_ref().map(|sink| (stream, sink.fd.as_fd())))
    }

    /// Output for the client.
    pub(super) fn give(&mut self, stream: Stream, bytes: &[u8]) {
        if let Some(sink) = &mut self.sinks[index(stream)] {
            sink.pending.extend_from_slice(bytes);
            self.flush(stream);
        }
    }

    pub(super) fn flush(&mut self, stream: Stream) {
        let place = &mut self.sinks[index(stream)];
        while let Some(sink) = place.as_mut().filter(|sink| !sink.pending.is_empty()) {
            match sys::io::write(&sink.fd, &sink.pending) {
                Ok(written) => {
                    sink.pending.drain(..written);
                }
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => return,
                // nobody reads it any more
                Err(_) => *place = None,
            }
        }
        if self.finished {
            *place = None;
        }
    }

    pub(super) fn drop_sinks(&mut self) {
        self.sinks = [None, None];
    }

    /// The process of its session has ended.
    pub(super) fn finish(&mut self, code: i32) {
        self.input = None;
        self.finished = true;
        self.flush(Stream::Output);
        self.flush(Stream::Error);
        tell(self.socket.as_fd(), &Event::Exited { code });
    }

    /// Reads one request.
    pub(super) fn hear(&mut self) -> Heard {
        let message = match sys::socket::receive(self.socket.as_fd()) {
            Ok(Some(message)) => message,
            Err(Errno::AGAIN) => return Heard::Nothing,
            Ok(None) | Err(_) => {
                self.gone = true;
                self.drop_sinks();
                return Heard::Gone;
            }
        };
        let descriptors = message.descriptors;
        match serde_json::from_slice(&message.bytes) {
            Ok(Request::Attach { streams }) => Heard::Attach(streams, descriptors),
            Ok(Request::Exec { streams }) => exec(streams, descriptors),
            Ok(Request::Resize { rows, columns }) => Heard::Resize { rows, columns },
            Ok(Request::Signal { number }) => Heard::Signal(number),
            Err(_) => Heard::Nothing,
        }
    }
}

fn exec(streams: Which, mut descriptors: Vec<OwnedFd>) -> Heard {
    use std::io::{Read, Seek};
    if descriptors.is_empty() {
        return Heard::Refused("an exec needs a process".into());
    }
    let mut file = std::fs::File::from(descriptors.remove(0));
    let mut text = Vec::new();
    let read = file.rewind().and_then(|()| file.take(PROCESS_LIMIT).read_to_end(&mut text));
    match read.map(|_| serde_json::from_slice(&text)) {
        Ok(Ok(process)) => Heard::Exec(process, streams, descriptors),
        // whoever asked waits for an answer
        Ok(Err(error)) => Heard::Refused(format!("the process cannot be read: {error}")),
        Err(error) => Heard::Refused(format!("the process cannot be read: {error}")),
    }
}

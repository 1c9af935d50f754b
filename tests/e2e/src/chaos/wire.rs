//! Chaos over HTTP/1.1.

use super::Registry;
use super::delivery::{Delivery, End, Length};
use super::exchange::Record;
use crate::http::{Ending, Head};
use crate::sockets;
use std::io::{self, BufReader, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

/// The most bytes that are written at once.
const PIECE: usize = 64 << 10;
/// How often it is looked whether the client has all that it is to get before a reset.
const LOOK: Duration = Duration::from_millis(2);

/// Answers the requests of a connection until it ends; `stream` is what it carries, `socket` what carries it.
pub(super) fn serve(registry: &Registry, stream: impl Read + Write, socket: &TcpStream, ending: &Ending) {
    let number = registry.count_connection();
    let mut line = Line { reader: BufReader::new(stream), socket, ending, number };
    while let Ok(Some(head)) = Head::read(&mut line.reader) {
        if !line.exchange(registry, head).unwrap_or(false) {
            return;
        }
    }
}

struct Line<'a, S> {
    reader: BufReader<S>,
    socket: &'a TcpStream,
    ending: &'a Ending,
    number: u64,
}

impl<S: Read + Write> Line<'_, S> {
    /// One request and its answer; whether there may be more.
    fn exchange(&mut self, registry: &Registry, head: Head) -> io::Result<bool> {
        let record = registry.record(self.number, &head);
        let turn = registry.turn(&head);
        if head.waits() {
            self.write(b"HTTP/1.1 100 Continue\r\n\r\n")?;
        }
        let body = head.read_body(&mut self.reader, turn.most_upload());
        record.now().received = body.bytes.len() as u64;
        if !body.is_whole {
            registry.keep_part(&head, &body.bytes);
            self.reset()?;
            return Ok(false);
        }
        let is_head = head.method == "HEAD";
        let closes = head.header("connection").is_some_and(|value| value.eq_ignore_ascii_case("close"));
        let delivery = registry.answer(head, body.bytes, turn);
        Ok(self.send(delivery, is_head, &record)? && !closes)
    }

    /// Sends an answer; whether the connection goes on.
    fn send(&mut self, delivery: Delivery, is_head: bool, record: &Record) -> io::Result<bool> {
        let Delivery { reply, length, stall, pace, end } = delivery;
        if end == End::NotBegun {
            return Ok(false);
        }
        record.now().status = reply.status;
        let said = match length {
            Length::True => format!("Content-Length: {}", reply.body.len()),
            Length::More => format!("Content-Length: {}", reply.body.len() + 1),
            Length::Unknown => "Transfer-Encoding: chunked".to_owned(),
        };
        let has_body = !is_head && !reply.is_bare();
        let stalls = |is_due: bool| stall.is_some_and(|time| is_due && self.ending.wait(time));
        if stalls(reply.body.is_empty()) {
            return Ok(false);
        }
        self.write(&reply.head(&said))?;
        if stalls(!reply.body.is_empty()) {
            return Ok(false);
        }
        if has_body && end == End::Never {
            return self.send_for_ever(pace, record);
        }
        let most = end.at().filter(|_| !matches!(end, End::Drain(_))).unwrap_or(u64::MAX);
        let most = usize::try_from(most).unwrap_or(usize::MAX).min(reply.body.len());
        if has_body && !self.send_pieces(&reply.body[..most], pace, record)? {
            return Ok(false);
        }
        match end {
            End::Reset(_) | End::ResetStream(_) => self.reset().map(|()| false),
            _ => Ok(end == End::Whole),
        }
    }

    /// Sends a body; whether all of it.
    fn send_pieces(
        &mut self,
        body: &[u8],
        pace: Option<(usize, Duration)>,
        record: &Record,
    ) -> io::Result<bool> {
        let (size, pause) = pace.map_or((PIECE, None), |(size, pause)| (size, Some(pause)));
        let mut pieces = body.chunks(size).peekable();
        while let Some(piece) = pieces.next() {
            // before it is sent: a client that has it may look at the record
            record.now().sent += piece.len() as u64;
            self.write(piece)?;
            let pause = pause.filter(|_| pieces.peek().is_some());
            if pause.is_some_and(|pause| self.ending.wait(pause)) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn send_for_ever(&mut self, pace: Option<(usize, Duration)>, record: &Record) -> io::Result<bool> {
        let size = pace.map_or(PIECE, |(size, _)| size);
        let chunk = [format!("{size:x}\r\n").as_bytes(), &vec![0; size], b"\r\n"].concat();
        while !self.ending.wait(pace.map_or(Duration::ZERO, |(_, pause)| pause)) {
            record.now().sent += size as u64;
            self.write(&chunk)?;
        }
        Ok(false)
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        let stream = self.reader.get_mut();
        stream.write_all(bytes)?;
        stream.flush()
    }

    fn reset(&self) -> io::Result<()> {
        reset(self.socket, self.ending)
    }
}

/// Makes the end of a connection a reset, after the client has got what was sent.
pub(super) fn reset(socket: &TcpStream, ending: &Ending) -> io::Result<()> {
    let (local, remote) = (socket.local_addr()?, socket.peer_addr()?);
    while !sockets::has_arrived(local, remote) && !ending.wait(LOOK) {}
    sys::net::sockopt::set_socket_linger(socket, Some(Duration::ZERO))?;
    Ok(())
}

/// Ends a connection in peace: what the client says now is read, because unread it would make the end a reset.
pub(super) fn close(socket: &TcpStream, ending: &Ending) -> io::Result<()> {
    socket.shutdown(Shutdown::Write)?;
    socket.set_nonblocking(true)?;
    let (mut reader, mut unheard) = (socket, [0; 4096]);
    loop {
        match reader.read(&mut unheard) {
            Ok(0) => return Ok(()),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock && ending.wait(LOOK) => return Ok(()),
            Err(error) if error.kind() != io::ErrorKind::WouldBlock => return Err(error),
            _ => {}
        }
    }
}

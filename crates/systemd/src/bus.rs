//! A connection: to the system's bus, or to the manager itself.

use crate::error::{Error, Result};
use crate::wire::{self, Beginning, FIXED, Message, Reader, Target, Writer};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// The manager's own socket, which only root may use: where no bus is.
const PRIVATE: &str = "/run/systemd/private";
const SYSTEM: &str = "/run/dbus/system_bus_socket";
/// How long an answer may take: what systemd's own clients wait.
const LIMIT: Duration = Duration::from_secs(30);
/// A line of the authentication.
const LONGEST_LINE: usize = 512;

const BUS: Target = Target {
    destination: "org.freedesktop.DBus",
    path: "/org/freedesktop/DBus",
    interface: "org.freedesktop.DBus",
};
const JOBS: &str = "type='signal',interface='org.freedesktop.systemd1.Manager',member='JobRemoved'";

/// An error that a method returned: its name, and in words.
pub(crate) type Refusal = (String, String);

/// A connection.
#[derive(Debug)]
pub(crate) struct Bus {
    stream: UnixStream,
    serial: u32,
    /// Signals that came before they were waited for.
    signals: Vec<Message>,
}

impl Bus {
    /// Connects to the system's bus, or where there is none to the manager's own socket.
    ///
    /// # Errors
    /// [`Error::Connect`] for the last of both.
    pub(crate) fn connect() -> Result<Self> {
        if let Ok(stream) = UnixStream::connect(address()) {
            let mut bus = Self::authenticate(stream)?;
            bus.must(BUS, "Hello", "", &[])?;
            let mut rule = Writer::default();
            rule.text(JOBS);
            bus.must(BUS, "AddMatch", "s", &rule.into_bytes())?;
            return Ok(bus);
        }
        let path = Path::new(PRIVATE);
        let stream = UnixStream::connect(path)
            .map_err(|source| Error::Connect { path: path.to_path_buf(), source })?;
        Self::authenticate(stream)
    }

    /// As the user that the kernel says is at this end of the socket (D-Bus specification, "EXTERNAL"). All goes in one piece: what follows
    /// a BEGIN that came alone may end up in the buffer of systemd's authentication, where nobody looks at it.
    fn authenticate(stream: UnixStream) -> Result<Self> {
        let mut bus = Self { stream, serial: 0, signals: Vec::new() };
        bus.send(b"\0AUTH EXTERNAL\r\nDATA\r\nBEGIN\r\n")?;
        let deadline = Instant::now() + LIMIT;
        loop {
            let line = bus.line(deadline)?;
            if line.starts_with(b"OK ") {
                return Ok(bus);
            }
            if line != b"DATA\r\n" {
                return Err(Error::Protocol("the bus does not accept this user"));
            }
        }
    }

    fn line(&mut self, deadline: Instant) -> Result<Vec<u8>> {
        let mut line = Vec::new();
        while !line.ends_with(b"\r\n") {
            let mut byte = [0];
            self.fill(&mut byte, deadline)?;
            line.push(byte[0]);
            if line.len() > LONGEST_LINE {
                return Err(Error::Protocol("a line of the authentication is too long"));
            }
        }
        Ok(line)
    }

    /// Calls a method; its answer, or its refusal.
    ///
    /// # Errors
    /// When the connection breaks.
    pub(crate) fn call(
        &mut self,
        target: Target,
        method: &str,
        signature: &str,
        body: &[u8],
    ) -> Result<Result<Message, Refusal>> {
        self.serial += 1;
        let serial = self.serial;
        self.send(&wire::call(target, method, signature, body, serial))?;
        let deadline = Instant::now() + LIMIT;
        loop {
            let message = self.receive(deadline)?;
            match message.kind {
                wire::RETURN if message.reply_to == serial => return Ok(Ok(message)),
                wire::ERROR if message.reply_to == serial => {
                    let has_text = message.signature.starts_with('s');
                    let text = if has_text { Reader::new(&message.body).text()? } else { "" };
                    return Ok(Err((message.error, text.to_owned())));
                }
                wire::SIGNAL => self.signals.push(message),
                _ => {}
            }
        }
    }

    fn must(&mut self, target: Target, method: &'static str, signature: &str, body: &[u8]) -> Result<()> {
        match self.call(target, method, signature, body)? {
            Ok(_) => Ok(()),
            Err((name, reason)) => Err(Error::Refused { method, unit: String::new(), name, reason }),
        }
    }

    /// Waits until a job is over; its result.
    ///
    /// # Errors
    /// When the connection breaks, or half a minute is over.
    pub(crate) fn job(&mut self, job: &str) -> Result<String> {
        let deadline = Instant::now() + LIMIT;
        let mut early = std::mem::take(&mut self.signals).into_iter();
        loop {
            let message = match early.next() {
                Some(message) => message,
                None => self.receive(deadline)?,
            };
            if message.kind == wire::SIGNAL && message.member == "JobRemoved" && message.signature == "uoss" {
                let mut reader = Reader::new(&message.body);
                let (_, path, _, result) = (reader.u32()?, reader.text()?, reader.text()?, reader.text()?);
                if path == job {
                    return Ok(result.to_owned());
                }
            }
        }
    }

    fn send(&mut self, bytes: &[u8]) -> Result<()> {
        let sent = self.stream.set_write_timeout(Some(LIMIT)).and_then(|()| self.stream.write_all(bytes));
        sent.map_err(|source| Error::Connection { doing: "send", source })
    }

    fn receive(&mut self, deadline: Instant) -> Result<Message> {
        let mut first = [0; FIXED];
        self.fill(&mut first, deadline)?;
        let beginning = Beginning::parse(&first)?;
        let mut rest = vec![0; beginning.rest()];
        self.fill(&mut rest, deadline)?;
        Message::parse(&beginning, &rest)
    }

    fn fill(&mut self, mut buffer: &mut [u8], deadline: Instant) -> Result<()> {
        let failed = |source| Error::Connection { doing: "receive", source };
        while !buffer.is_empty() {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(failed(ErrorKind::TimedOut.into()));
            }
            self.stream.set_read_timeout(Some(left)).map_err(failed)?;
            match self.stream.read(buffer) {
                Ok(0) => return Err(failed(ErrorKind::UnexpectedEof.into())),
                Ok(read) => buffer = &mut buffer[read..],
                Err(error) if matches!(error.kind(), ErrorKind::Interrupted | ErrorKind::WouldBlock) => {}
                Err(error) => return Err(failed(error)),
            }
        }
        Ok(())
    }
}

/// The socket of the system's bus (D-Bus specification, "Well-known Message Bus Instances").
fn address() -> PathBuf {
    let asked = std::env::var("DBUS_SYSTEM_BUS_ADDRESS").unwrap_or_default();
    let path = asked.strip_prefix("unix:path=").and_then(|rest| rest.split([',', ';']).next());
    path.unwrap_or(SYSTEM).into()
}

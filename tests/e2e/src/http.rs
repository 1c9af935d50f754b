//! HTTP/1.1 as far as the tests' own servers speak it (RFC 9112).

mod server;

pub(crate) use server::{Ending, Server};

use std::io::{self, BufRead, Read as _};

/// The longest line of a head, and the most lines.
const MOST_LINE: u64 = 64 << 10;
const MOST_LINES: usize = 200;

/// A request without its body.
#[derive(Debug, Clone, Default)]
pub(crate) struct Head {
    /// In capitals.
    pub(crate) method: String,
    /// Path and query.
    pub(crate) target: String,
    /// As they came.
    pub(crate) headers: Vec<(String, String)>,
}

/// What was read of a request's body.
#[derive(Debug, Default)]
pub(crate) struct Body {
    pub(crate) bytes: Vec<u8>,
    /// Whether nothing is missing.
    pub(crate) is_whole: bool,
}

impl Head {
    /// The next request of a connection; nothing if the client has closed it.
    pub(crate) fn read(reader: &mut impl BufRead) -> io::Result<Option<Self>> {
        let Some(first) = line(reader)? else { return Ok(None) };
        let mut words = first.split(' ');
        let (Some(method), Some(target), Some(_)) = (words.next(), words.next(), words.next()) else {
            return Err(io::ErrorKind::InvalidData.into());
        };
        let mut head = Self { method: method.to_owned(), target: target.to_owned(), headers: Vec::new() };
        while let Some(line) = line(reader)?.filter(|line| !line.is_empty()) {
            let (name, value) = line.split_once(':').ok_or(io::ErrorKind::InvalidData)?;
            head.headers.push((name.trim().to_owned(), value.trim().to_owned()));
            if head.headers.len() > MOST_LINES {
                return Err(io::ErrorKind::InvalidData.into());
            }
        }
        Ok(Some(head))
    }

    /// A header's value.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        find(&self.headers, name)
    }

    /// The target without its query.
    pub(crate) fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }

    /// A parameter of the query.
    pub(crate) fn parameter(&self, name: &str) -> Option<String> {
        self.parameters().into_iter().find(|(known, _)| known == name).map(|(_, value)| value)
    }

    /// The query, taken apart.
    pub(crate) fn parameters(&self) -> Vec<(String, String)> {
        parse_form(self.target.split_once('?').map_or("", |(_, query)| query))
    }

    /// Whether the client waits for a word before it sends the body.
    pub(crate) fn waits(&self) -> bool {
        self.header("expect").is_some_and(|value| value.eq_ignore_ascii_case("100-continue"))
    }

    /// Reads the body, at most so many bytes of it.
    pub(crate) fn read_body(&self, reader: &mut impl BufRead, most: u64) -> Body {
        let mut body = Body::default();
        // what came before an error counts
        body.is_whole = if self.header("transfer-encoding").is_some() {
            read_chunks(reader, most, &mut body.bytes).unwrap_or(false)
        } else {
            let length = self.header("content-length").and_then(|text| text.parse().ok()).unwrap_or(0_u64);
            let read = reader.take(length.min(most)).read_to_end(&mut body.bytes);
            read.is_ok() && body.bytes.len() as u64 == length
        };
        body
    }
}

/// A header's value in a list of them.
pub(crate) fn find<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
    headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
}

fn line(reader: &mut impl BufRead) -> io::Result<Option<String>> {
    let mut bytes = Vec::new();
    reader.take(MOST_LINE).read_until(b'\n', &mut bytes)?;
    if bytes.is_empty() {
        return Ok(None);
    }
    let text = String::from_utf8(bytes).map_err(|_| io::ErrorKind::InvalidData)?;
    let text = text.strip_suffix('\n').ok_or(io::ErrorKind::UnexpectedEof)?;
    Ok(Some(text.trim_end_matches('\r').to_owned()))
}

/// Reads chunks until the last one, or until there are so many bytes; whether it was the last one.
fn read_chunks(reader: &mut impl BufRead, most: u64, bytes: &mut Vec<u8>) -> io::Result<bool> {
    loop {
        let size = line(reader)?.ok_or(io::ErrorKind::UnexpectedEof)?;
        let size = size.split(';').next().unwrap_or_default().trim();
        let size = u64::from_str_radix(size, 16).map_err(|_| io::ErrorKind::InvalidData)?;
        if size == 0 {
            while line(reader)?.is_some_and(|trailer| !trailer.is_empty()) {}
            return Ok(true);
        }
        let room = most.saturating_sub(bytes.len() as u64);
        reader.take(size.min(room)).read_to_end(bytes)?;
        if size > room {
            return Ok(false);
        }
        line(reader)?;
    }
}

/// A form or a query, taken apart.
pub(crate) fn parse_form(text: &str) -> Vec<(String, String)> {
    let pairs = text.split('&').filter(|pair| !pair.is_empty());
    let pairs = pairs.map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    pairs.map(|(name, value)| (decode(name), decode(value))).collect()
}

/// Text without percent signs.
pub(crate) fn decode(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        let code = after.get(..2).and_then(|code| std::str::from_utf8(code).ok());
        rest = match (first, code.and_then(|code| u8::from_str_radix(code, 16).ok())) {
            (b'%', Some(byte)) => {
                bytes.push(byte);
                &after[2..]
            }
            (b'+', _) => {
                bytes.push(b' ');
                after
            }
            (byte, _) => {
                bytes.push(*byte);
                after
            }
        };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// An answer.
#[derive(Debug, Clone, Default)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    /// All but those about the length.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Reply {
    /// One without a body.
    pub(crate) fn new(status: u16) -> Self {
        Self { status, ..Self::default() }
    }

    /// One of JSON.
    pub(crate) fn json(status: u16, value: &serde_json::Value) -> Self {
        Self::new(status).header("Content-Type", "application/json").body(value.to_string())
    }

    /// With a header, instead of another one of this name.
    pub(crate) fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// With a body.
    pub(crate) fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// Whether answers of this status have neither a body nor a length (RFC 9110, 8.6).
    pub(crate) fn is_bare(&self) -> bool {
        [204, 304].contains(&self.status)
    }

    /// The head, with this about the length.
    pub(crate) fn head(&self, length: &str) -> Vec<u8> {
        let mut head = format!("HTTP/1.1 {} Tested\r\n", self.status);
        for (name, value) in &self.headers {
            head.extend([name, ": ", value, "\r\n"]);
        }
        if !self.is_bare() {
            head.extend([length, "\r\n"]);
        }
        format!("{head}\r\n").into_bytes()
    }

    /// All of it.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut bytes = self.head(&format!("Content-Length: {}", self.body.len()));
        bytes.extend_from_slice(&self.body);
        bytes
    }
}

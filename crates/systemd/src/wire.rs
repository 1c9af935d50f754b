//! Messages as bytes (D-Bus specification, "Marshaling" and "Message Format"). Pure: no I/O.

use crate::error::{Error, Result};
use crate::value::{Property, Value};

/// Numbers have their least significant byte first.
const LITTLE_ENDIAN: u8 = b'l';
const VERSION: u8 = 1;
/// Of one message: a hundred times what the manager sends, and far below what the specification allows.
pub(crate) const LARGEST: usize = 1 << 20;
/// The part of a message that always has the same size.
pub(crate) const FIXED: usize = 16;

/// Kinds of messages.
const CALL: u8 = 1;
pub(crate) const RETURN: u8 = 2;
pub(crate) const ERROR: u8 = 3;
pub(crate) const SIGNAL: u8 = 4;

/// Header fields.
const FIELD_PATH: u8 = 1;
const FIELD_INTERFACE: u8 = 2;
const FIELD_MEMBER: u8 = 3;
const FIELD_ERROR: u8 = 4;
const FIELD_REPLY_TO: u8 = 5;
const FIELD_DESTINATION: u8 = 6;
const FIELD_SIGNATURE: u8 = 8;

/// Writes values, each aligned to its size. Header and body both begin at a multiple of eight, so that each is written on its own.
#[derive(Debug, Default)]
pub(crate) struct Writer(Vec<u8>);

impl Writer {
    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    fn align(&mut self, to: usize) {
        self.0.resize(self.0.len().next_multiple_of(to), 0);
    }

    fn byte(&mut self, byte: u8) {
        self.0.push(byte);
    }

    pub(crate) fn u32(&mut self, value: u32) {
        self.align(4);
        self.0.extend(value.to_le_bytes());
    }

    fn u64(&mut self, value: u64) {
        self.align(8);
        self.0.extend(value.to_le_bytes());
    }

    /// A text. One with a zero in it cannot be sent and ends there.
    pub(crate) fn text(&mut self, text: &str) {
        let text = text.split('\0').next().unwrap_or_default();
        self.u32(length(text.len()));
        self.0.extend(text.as_bytes());
        self.byte(0);
    }

    fn signature(&mut self, text: &str) {
        self.byte(u8::try_from(text.len()).unwrap_or(u8::MAX));
        self.0.extend(text.as_bytes());
        self.byte(0);
    }

    /// An array of elements that are aligned to `alignment`. Its length does not count the padding before the first one.
    fn array<T>(
        &mut self,
        alignment: usize,
        elements: impl IntoIterator<Item = T>,
        mut write: impl FnMut(&mut Self, T),
    ) {
        self.u32(0);
        let place = self.0.len() - 4;
        self.align(alignment);
        let begin = self.0.len();
        for element in elements {
            self.align(alignment);
            write(self, element);
        }
        let size = length(self.0.len() - begin);
        self.0[place..place + 4].copy_from_slice(&size.to_le_bytes());
    }

    fn variant(&mut self, value: &Value) {
        self.signature(value.signature());
        match value {
            Value::Text(text) => self.text(text),
            Value::Flag(flag) => self.u32(u32::from(*flag)),
            Value::Unsigned32(number) => self.u32(*number),
            Value::Signed32(number) => self.u32(number.cast_unsigned()),
            Value::Unsigned(number) => self.u64(*number),
            Value::Signed(number) => self.u64(number.cast_unsigned()),
            Value::Bytes(bytes) => self.array(1, bytes, |writer, byte| writer.byte(*byte)),
            Value::Numbers(numbers) => self.array(4, numbers, |writer, number| writer.u32(*number)),
            Value::Texts(texts) => self.array(4, texts, |writer, text| writer.text(text)),
            Value::Pairs(pairs) => self.array(8, pairs, |writer, (one, other)| {
                writer.text(one);
                writer.text(other);
            }),
        }
    }

    /// `a(sv)`
    pub(crate) fn properties(&mut self, properties: &[Property]) {
        self.array(8, properties, |writer, (name, value)| {
            writer.text(name);
            writer.variant(value);
        });
    }

    /// `a(sa(sv))`: units that are made beside the one that is asked for.
    pub(crate) fn no_further_units(&mut self) {
        self.array(8, [], |_, ()| {});
    }
}

fn length(size: usize) -> u32 {
    u32::try_from(size).unwrap_or(u32::MAX)
}

/// Where a call goes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Target {
    pub(crate) destination: &'static str,
    pub(crate) path: &'static str,
    pub(crate) interface: &'static str,
}

/// A method call as bytes; `body` has values of the types in `signature`.
pub(crate) fn call(target: Target, method: &str, signature: &str, body: &[u8], serial: u32) -> Vec<u8> {
    let mut header = Writer(vec![LITTLE_ENDIAN, CALL, 0, VERSION]);
    header.u32(length(body.len()));
    header.u32(serial);
    let mut fields = vec![
        (FIELD_PATH, "o", target.path),
        (FIELD_INTERFACE, "s", target.interface),
        (FIELD_MEMBER, "s", method),
        (FIELD_DESTINATION, "s", target.destination),
    ];
    if !signature.is_empty() {
        fields.push((FIELD_SIGNATURE, "g", signature));
    }
    header.array(8, fields, |writer, (code, kind, text)| {
        writer.byte(code);
        writer.signature(kind);
        if kind == "g" { writer.signature(text) } else { writer.text(text) }
    });
    header.align(8);
    header.0.extend(body);
    header.0
}

/// Reads numbers and texts.
#[derive(Debug)]
pub(crate) struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

const SHORT: Error = Error::Protocol("a message is shorter than it says");

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    fn take(&mut self, alignment: usize, size: usize) -> Result<&'a [u8]> {
        let begin = self.at.next_multiple_of(alignment);
        let end = begin.checked_add(size).ok_or(SHORT)?;
        let piece = self.bytes.get(begin..end).ok_or(SHORT)?;
        self.at = end;
        Ok(piece)
    }

    fn byte(&mut self) -> Result<u8> {
        Ok(self.take(1, 1)?[0])
    }

    pub(crate) fn u32(&mut self) -> Result<u32> {
        self.take(4, 4)?.try_into().map(u32::from_le_bytes).map_err(|_| SHORT)
    }

    pub(crate) fn text(&mut self) -> Result<&'a str> {
        let size = self.u32()? as usize;
        self.ended(size)
    }

    pub(crate) fn signature(&mut self) -> Result<&'a str> {
        let size = usize::from(self.byte()?);
        self.ended(size)
    }

    fn ended(&mut self, size: usize) -> Result<&'a str> {
        let text = self.take(1, size)?;
        self.take(1, 1)?;
        str::from_utf8(text).map_err(|_| Error::Protocol("a text is not UTF-8"))
    }
}

/// The first bytes of a message: what kind it is, and how much follows.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Beginning {
    kind: u8,
    fields: usize,
    body: usize,
}

impl Beginning {
    pub(crate) fn parse(bytes: &[u8; FIXED]) -> Result<Self> {
        let mut reader = Reader::new(bytes);
        if reader.byte()? != LITTLE_ENDIAN {
            return Err(Error::Protocol("a message in another byte order"));
        }
        let kind = reader.byte()?;
        reader.take(1, 2)?;
        let (body, _, fields) = (reader.u32()? as usize, reader.u32()?, reader.u32()? as usize);
        if body > LARGEST || fields > LARGEST {
            return Err(Error::Protocol("a message is too long"));
        }
        Ok(Self { kind, fields, body })
    }

    /// How many bytes follow.
    pub(crate) fn rest(&self) -> usize {
        self.fields.next_multiple_of(8) + self.body
    }
}

/// A message that was received.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Message {
    pub(crate) kind: u8,
    pub(crate) reply_to: u32,
    pub(crate) member: String,
    pub(crate) error: String,
    pub(crate) signature: String,
    pub(crate) body: Vec<u8>,
}

impl Message {
    /// From its beginning and what follows.
    pub(crate) fn parse(beginning: &Beginning, rest: &[u8]) -> Result<Self> {
        let fields = rest.get(..beginning.fields).ok_or(SHORT)?;
        let body = rest.get(beginning.fields.next_multiple_of(8)..).ok_or(SHORT)?;
        let mut message = Self { kind: beginning.kind, body: body.to_vec(), ..Self::default() };
        let mut reader = Reader::new(fields);
        while reader.at < fields.len() {
            reader.take(8, 0)?;
            let code = reader.byte()?;
            match (code, reader.signature()?) {
                (FIELD_REPLY_TO, "u") => message.reply_to = reader.u32()?,
                (FIELD_MEMBER, "s") => message.member = reader.text()?.into(),
                (FIELD_ERROR, "s") => message.error = reader.text()?.into(),
                (FIELD_SIGNATURE, "g") => message.signature = reader.signature()?.into(),
                (_, "s" | "o") => drop(reader.text()?),
                (_, "u") => drop(reader.u32()?),
                (_, "g") => drop(reader.signature()?),
                _ => return Err(Error::Protocol("a header field of an unknown type")),
            }
        }
        Ok(message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const TARGET: Target = Target { destination: "a.b", path: "/a", interface: "a.b.C" };

    fn parse(bytes: &[u8]) -> Result<Message> {
        let (first, rest) = bytes.split_first_chunk::<FIXED>().ok_or(SHORT)?;
        Message::parse(&Beginning::parse(first)?, rest)
    }

    #[test]
    fn a_call_is_what_the_specification_says() {
        let mut body = Writer::default();
        body.text("x");
        body.properties(&[
            ("A".into(), Value::Flag(true)),
            ("B".into(), Value::Numbers(vec![7])),
            ("C".into(), Value::Unsigned(u64::MAX)),
        ]);
        let body = body.into_bytes();
        // length 1, x, end; length of the array; padding to 8; A: name, signature, padding, value …
        assert_eq!(body[..8], [1, 0, 0, 0, b'x', 0, 0, 0]);
        assert_eq!(body[8..12], 64_u32.to_le_bytes());
        assert_eq!(body[16..32], [1, 0, 0, 0, b'A', 0, 1, b'b', 0, 0, 0, 0, 1, 0, 0, 0]);
        let bytes = call(TARGET, "Do", "sa(sv)", &body, 5);
        assert_eq!(bytes[..4], [b'l', 1, 0, 1]);
        let message = parse(&bytes).unwrap();
        assert_eq!((message.member.as_str(), message.signature.as_str()), ("Do", "sa(sv)"));
        assert_eq!(message.body, body);
    }

    #[test]
    fn lengths_are_bounded() {
        let mut bytes = call(TARGET, "Do", "", &[], 1);
        bytes[4..8].copy_from_slice(&u32::MAX.to_le_bytes());
        assert!(matches!(parse(&bytes), Err(Error::Protocol("a message is too long"))));
    }

    proptest! {
        #[test]
        fn no_bytes_are_a_surprise(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = parse(&bytes);
        }

        #[test]
        fn a_damaged_message_is_no_surprise(place in 0_usize..100, byte in any::<u8>()) {
            let mut bytes = call(TARGET, "Do", "ss", &[1, 0, 0, 0, b'x', 0], 1);
            let place = place % bytes.len();
            bytes[place] = byte;
            let _ = parse(&bytes);
        }
    }
}

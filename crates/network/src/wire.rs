//! The encoding that rtnetlink and nfnetlink share: messages of a fixed part and nested attributes.
//!
//! Source: `linux/netlink.h`; attribute lengths exclude their padding to four bytes.

use std::ffi::CStr;
use sys::netlink::{HEADER, flags};

/// `NLA_F_NESTED`: the attribute holds attributes.
const NESTED: u16 = 0x8000;
/// `NLA_TYPE_MASK`.
const TYPE_MASK: u16 = 0x3fff;

/// Requests, built back to back.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    bytes: Vec<u8>,
    /// Where the message being built begins.
    message: usize,
}

impl Batch {
    pub(crate) fn new() -> Self {
        Self { bytes: Vec::with_capacity(1024), message: 0 }
    }

    /// Begins a message: `NLM_F_REQUEST` is added to `flags`, `fixed` is the family's fixed part.
    pub(crate) fn message(&mut self, kind: u16, flags: u16, fixed: &[u8]) -> &mut Self {
        self.close();
        self.message = self.bytes.len();
        self.bytes.extend([0; 4]);
        self.bytes.extend(kind.to_ne_bytes());
        self.bytes.extend((flags | flags::REQUEST).to_ne_bytes());
        self.bytes.extend([0; 8]);
        debug_assert_eq!(self.bytes.len(), self.message + HEADER);
        self.bytes.extend(fixed);
        self
    }

    /// Asks for an acknowledgement of the message being built. Refusals come unasked, so only the last of a batch needs it.
    pub(crate) fn acknowledge(&mut self) -> &mut Self {
        let flags = self.message + 6;
        self.bytes[flags] |= flags::ACK.to_ne_bytes()[0];
        self.bytes[flags + 1] |= flags::ACK.to_ne_bytes()[1];
        self
    }

    /// Appends an attribute.
    pub(crate) fn attribute(&mut self, kind: u16, value: &[u8]) -> &mut Self {
        self.nested_bytes(kind, |batch| batch.bytes.extend(value))
    }

    /// Appends a string with its terminating zero.
    pub(crate) fn text(&mut self, kind: u16, value: &str) -> &mut Self {
        self.nested_bytes(kind, |batch| {
            batch.bytes.extend(value.as_bytes());
            batch.bytes.push(0);
        })
    }

    /// Appends a number in the machine's byte order, as rtnetlink wants it.
    pub(crate) fn number(&mut self, kind: u16, value: u32) -> &mut Self {
        self.attribute(kind, &value.to_ne_bytes())
    }

    /// Appends a number in network byte order, as nf_tables wants it.
    pub(crate) fn big_endian(&mut self, kind: u16, value: u32) -> &mut Self {
        self.attribute(kind, &value.to_be_bytes())
    }

    /// Appends an attribute that holds what `fill` appends.
    pub(crate) fn nested(&mut self, kind: u16, fill: impl FnOnce(&mut Self)) -> &mut Self {
        self.nested_bytes(kind | NESTED, fill)
    }

    /// Appends bytes that are no attribute: a fixed part inside a nested attribute.
    pub(crate) fn raw(&mut self, bytes: &[u8]) {
        self.bytes.extend(bytes);
    }

    fn nested_bytes(&mut self, kind: u16, fill: impl FnOnce(&mut Self)) -> &mut Self {
        let start = self.bytes.len();
        self.bytes.extend([0; 2]);
        self.bytes.extend(kind.to_ne_bytes());
        fill(self);
        let length = u16::try_from(self.bytes.len() - start).expect("names and rules are far below 64 KiB");
        self.bytes[start..start + 2].copy_from_slice(&length.to_ne_bytes());
        self.bytes.resize(self.bytes.len().next_multiple_of(4), 0);
        self
    }

    fn close(&mut self) {
        if self.bytes.is_empty() {
            return;
        }
        let length = u32::try_from(self.bytes.len() - self.message).expect("a message is far below 4 GiB");
        self.bytes[self.message..self.message + 4].copy_from_slice(&length.to_ne_bytes());
    }

    /// The whole messages, ready for [`sys::netlink::Socket::exchange`].
    pub(crate) fn finish(&mut self) -> &mut [u8] {
        self.close();
        &mut self.bytes
    }
}

/// The attributes in `bytes`; ends at the first that is not whole.
pub(crate) fn attributes(mut bytes: &[u8]) -> impl Iterator<Item = (u16, &[u8])> {
    std::iter::from_fn(move || {
        let length = usize::from(u16::from_ne_bytes(bytes.get(..2)?.try_into().ok()?));
        let kind = u16::from_ne_bytes(bytes.get(2..4)?.try_into().ok()?) & TYPE_MASK;
        let value = bytes.get(4..length)?;
        bytes = bytes.get(length.next_multiple_of(4)..).unwrap_or_default();
        Some((kind, value))
    })
}

/// The first attribute of a type.
pub(crate) fn find(bytes: &[u8], kind: u16) -> Option<&[u8]> {
    attributes(bytes).find_map(|(found, value)| (found == kind).then_some(value))
}

/// A number in the machine's byte order.
pub(crate) fn number(value: &[u8]) -> Option<u32> {
    Some(u32::from_ne_bytes(value.get(..4)?.try_into().ok()?))
}

/// A number in network byte order.
pub(crate) fn big_endian(value: &[u8]) -> Option<u32> {
    Some(u32::from_be_bytes(value.get(..4)?.try_into().ok()?))
}

/// A 64-bit number in network byte order.
pub(crate) fn big_endian_64(value: &[u8]) -> Option<u64> {
    Some(u64::from_be_bytes(value.get(..8)?.try_into().ok()?))
}

/// A string, without its terminating zero.
pub(crate) fn text(value: &[u8]) -> Option<&str> {
    match CStr::from_bytes_until_nul(value) {
        Ok(text) => text.to_str().ok(),
        Err(_) => std::str::from_utf8(value).ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn messages_and_nests_carry_their_lengths() {
        let mut batch = Batch::new();
        batch.message(16, 0, &[1, 2, 3, 4]).text(3, "lo").nested(18, |nest| {
            nest.number(1, 7);
        });
        batch.message(17, 0, &[]).acknowledge();
        let bytes = batch.finish();
        assert_eq!(number(&bytes[0..4]), Some(16 + 4 + 8 + 4 + 8));
        let first = &bytes[20..40];
        assert_eq!(text(find(first, 3).unwrap()), Some("lo"));
        assert_eq!(number(find(find(first, 18).unwrap(), 1).unwrap()), Some(7));
        assert_eq!(number(&bytes[40..44]), Some(16));
        assert_eq!(bytes[46..48], (flags::REQUEST | flags::ACK).to_ne_bytes());
    }

    proptest! {
        #[test]
        fn any_bytes_end(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let total: usize = attributes(&bytes).map(|(_, value)| value.len() + 4).sum();
            prop_assert!(total <= bytes.len());
        }

        #[test]
        fn what_is_written_is_read(values in proptest::collection::vec((1..100_u16, proptest::collection::vec(any::<u8>(), 0..40)), 0..10)) {
            let mut batch = Batch::new();
            batch.message(1, 0, &[]);
            for (kind, value) in &values {
                batch.attribute(*kind, value);
            }
            let bytes = batch.finish();
            let read: Vec<_> = attributes(&bytes[HEADER..]).map(|(kind, value)| (kind, value.to_vec())).collect();
            prop_assert_eq!(read, values);
        }
    }
}

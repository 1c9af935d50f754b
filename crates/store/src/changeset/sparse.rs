//! Maps of sparse files: which ranges of a file an archive stores (GNU tar manual, "Storing Sparse Files").

use super::header::{self, BLOCK};
use super::pax::{self, decimal};
use tar::{GnuExtSparseHeader, GnuSparseHeader, Header};

/// A range of a file that the archive stores; the ranges between are zeros.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Segment {
    pub(super) offset: u64,
    pub(super) length: u64,
}

/// Segments in the order of the file, not more than a limit.
#[derive(Debug)]
pub(super) struct Map {
    segments: Vec<Segment>,
    limit: usize,
}

/// Why a map is refused.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// It contradicts itself or the entry's size.
    Malformed(&'static str),
    /// It has more segments than allowed.
    TooLong,
}

impl Map {
    /// An empty map that takes at most `limit` segments.
    pub(super) fn new(limit: usize) -> Self {
        Self { segments: Vec::new(), limit }
    }

    /// A map from offsets and lengths in turn: PAX sparse formats 0.0 and 0.1.
    pub(super) fn from_numbers(numbers: &[u64], limit: usize) -> Result<Self, Fault> {
        let mut map = Self::new(limit);
        let (pairs, rest) = numbers.as_chunks::<2>();
        if !rest.is_empty() {
            return Err(Fault::Malformed("a sparse map has an offset without a length"));
        }
        for &[offset, length] in pairs {
            map.push(offset, length)?;
        }
        Ok(map)
    }

    fn push(&mut self, offset: u64, length: u64) -> Result<(), Fault> {
        if self.segments.len() == self.limit {
            return Err(Fault::TooLong);
        }
        let end = self.segments.last().map_or(0, |last| last.offset + last.length);
        if offset < end || offset.checked_add(length).is_none() {
            return Err(Fault::Malformed("a sparse map is out of order"));
        }
        self.segments.push(Segment { offset, length });
        Ok(())
    }

    /// Takes the segments in an old GNU header; true if a block with more follows.
    pub(super) fn take_gnu(&mut self, header: &Header) -> Result<bool, Fault> {
        let gnu = header.as_gnu().ok_or(Fault::Malformed("a sparse entry has no GNU header"))?;
        self.take_slots(&gnu.sparse)?;
        Ok(gnu.isextended[0] != 0)
    }

    /// Takes the segments in a block that follows an old GNU header; true if another follows.
    pub(super) fn take_gnu_extension(&mut self, block: &[u8; BLOCK]) -> Result<bool, Fault> {
        let mut extension = GnuExtSparseHeader::new();
        extension.as_mut_bytes().copy_from_slice(block);
        self.take_slots(&extension.sparse)?;
        Ok(extension.isextended[0] != 0)
    }

    fn take_slots(&mut self, slots: &[GnuSparseHeader]) -> Result<(), Fault> {
        for slot in slots.iter().take_while(|slot| slot.numbytes[0] != 0) {
            let number = |field| header::number(field).and_then(|value| u64::try_from(value).ok());
            match (number(&slot.offset), number(&slot.numbytes)) {
                (Some(offset), Some(length)) => self.push(offset, length)?,
                _ => return Err(Fault::Malformed("a sparse map has an impossible number")),
            }
        }
        Ok(())
    }

    /// The segments, once they are known to lie within `size` and to sum up to the `stored` bytes.
    pub(super) fn finish(self, size: u64, stored: u64) -> Result<Vec<Segment>, Fault> {
        if self.segments.last().is_some_and(|last| last.offset + last.length > size) {
            return Err(Fault::Malformed("a sparse map exceeds the file's size"));
        }
        // segments do not overlap and end below 2^64, so their sum does too
        if self.segments.iter().map(|segment| segment.length).sum::<u64>() != stored {
            return Err(Fault::Malformed("a sparse map does not match the entry's size"));
        }
        Ok(self.segments)
    }
}

/// Reads the map of PAX sparse format 1.0: decimal numbers, one a line, at the head of the content, padded to
/// a block.
#[derive(Debug)]
pub(super) struct MapText {
    map: Map,
    line: Vec<u8>,
    segments: Option<u64>,
    offset: Option<u64>,
}

impl MapText {
    pub(super) fn new(limit: usize) -> Self {
        Self { map: Map::new(limit), line: Vec::new(), segments: None, offset: None }
    }

    /// Takes a block of the content; true if the map goes on in the next one.
    pub(super) fn take(&mut self, block: &[u8; BLOCK]) -> Result<bool, Fault> {
        for &byte in block {
            if self.segments == Some(0) {
                break;
            }
            if byte != b'\n' {
                self.line.push(byte);
                if self.line.len() > 20 {
                    return Err(Fault::Malformed("a sparse map has an impossible number"));
                }
                continue;
            }
            let value =
                decimal(&self.line).ok_or(Fault::Malformed("a sparse map has an impossible number"))?;
            self.line.clear();
            self.number(value)?;
        }
        Ok(self.segments != Some(0))
    }

    fn number(&mut self, value: u64) -> Result<(), Fault> {
        match (self.segments, self.offset.take()) {
            (None, _) => self.segments = Some(value),
            (Some(_), None) => self.offset = Some(value),
            (Some(left), Some(offset)) => {
                self.map.push(offset, value)?;
                self.segments = Some(left - 1);
            }
        }
        Ok(())
    }

    /// The map, complete after [`MapText::take`] said so.
    pub(super) fn into_map(self) -> Map {
        self.map
    }
}

/// How an entry's PAX records store its content.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Storage {
    /// Whole.
    Dense,
    /// In the ranges of the records: formats 0.0 and 0.1.
    Listed,
    /// In the ranges that the content begins with: format 1.0.
    Headed,
}

/// Tells the sparse format from the records.
pub(super) fn storage(records: &pax::Sparse) -> Result<Storage, Fault> {
    match (records.version, &records.map) {
        ((Some(1), Some(0)), _) => Ok(Storage::Headed),
        ((None | Some(0), None | Some(0 | 1)), Some(_)) => Ok(Storage::Listed),
        ((None, None), None) => Ok(Storage::Dense),
        _ => Err(Fault::Malformed("the sparse format's version is unknown")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(text: &str) -> [u8; BLOCK] {
        let mut block = [0; BLOCK];
        block[..text.len()].copy_from_slice(text.as_bytes());
        block
    }

    #[test]
    fn maps_must_be_in_order_and_complete() {
        let map = Map::from_numbers(&[0, 10, 20, 5, 40, 0], 9).unwrap();
        let segments = map.finish(40, 15).unwrap();
        assert_eq!(segments[1], Segment { offset: 20, length: 5 });
        assert!(Map::from_numbers(&[0, 10, 5, 5], 9).is_err());
        assert!(Map::from_numbers(&[0, 10, 5], 9).is_err());
        assert!(Map::from_numbers(&[u64::MAX, 2], 9).is_err());
        assert_eq!(Map::from_numbers(&[0, 1, 2, 1], 1).unwrap_err(), Fault::TooLong);
        assert!(Map::from_numbers(&[0, 10], 9).unwrap().finish(9, 10).is_err());
        assert!(Map::from_numbers(&[0, 10], 9).unwrap().finish(20, 11).is_err());
    }

    #[test]
    fn a_map_of_format_1_0_may_span_blocks() {
        let mut text = MapText::new(9);
        let head = format!("2\n{:0>509}", "");
        assert!(text.take(&block(&head[..500])).is_err(), "a line has at most 20 digits");
        let mut text = MapText::new(9);
        assert_eq!(text.take(&block("1\n4096\n512\n")), Ok(false));
        assert_eq!(text.into_map().finish(8192, 512).unwrap(), [Segment { offset: 4096, length: 512 }]);
        let mut text = MapText::new(9);
        assert!(text.take(&block("1\n4096\n")).is_err(), "padding is no number");
    }
}

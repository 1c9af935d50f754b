//! Inputs that are streams: one byte of options, then an archive, compressed or not.

use crate::tar;
use std::io::Read;
use std::path::Path;
use store::changeset;

/// The most that one input may become: the time of a run is for many inputs.
pub const MOST: u64 = 1 << 20;

/// Takes an input apart. None if it is empty, or becomes too large.
///
/// If the lowest bit of its options is set, the archive is the input's own, compressed and damaged as it is; otherwise
/// it is uncompressed with right checksums.
#[must_use]
pub fn read(input: &[u8], base: &Path) -> Option<(u8, Vec<u8>)> {
    let (&options, archive) = input.split_first()?;
    let mut plain = Vec::new();
    let stream = changeset::decompress(archive);
    let read = stream.map(|stream| stream.take(MOST + 1).read_to_end(&mut plain));
    if plain.len() as u64 > MOST {
        return None;
    }
    let is_whole = read.is_ok_and(|read| read.is_ok());
    if options & 1 == 1 || !is_whole {
        return Some((options, archive.to_vec()));
    }
    tar::seal(&mut plain, base);
    Some((options, plain))
}

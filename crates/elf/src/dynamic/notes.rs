//! Notes for whoever loads a program: the oldest kernel, and libraries that it opens while it runs.

use super::{Dynamic, LIST_LIMIT, OpenNote, Priority, View};
use crate::text::lossy;
use object::elf;
use object::endian::Endianness;
use object::read::elf::{FileHeader, ProgramHeader};
use serde::Deserialize;

/// `NT_GNU_ABI_TAG`.
const ABI_TAG: u32 = 1;
/// The type of a note of the vendor `FDO` with dlopen metadata.
const OPEN: u32 = 0x407c_0c0a;
/// Linux, in an ABI tag.
const LINUX: u32 = 0;

/// An entry of the metadata, which is a JSON array of them.
#[derive(Deserialize)]
struct Entry {
    #[serde(default)]
    feature: String,
    #[serde(default)]
    priority: String,
    #[serde(default)]
    soname: Vec<String>,
}

/// Reads the notes in a file's note segments.
pub(super) fn read<Header: FileHeader<Endian = Endianness>>(view: &View<'_, Header>, dynamic: &mut Dynamic) {
    let segments =
        view.segments.iter().filter(|segment| segment.p_type(view.endian) == elf::PT_NOTE).take(64);
    let notes = segments.filter_map(|segment| segment.notes(view.endian, view.file).ok().flatten());
    for note in notes.flat_map(|notes| notes.map_while(Result::ok)).take(LIST_LIMIT) {
        match (note.name(), note.n_type(view.endian).0) {
            (b"GNU", ABI_TAG) => dynamic.kernel = kernel(note.desc(), view.endian).or(dynamic.kernel),
            (b"FDO", OPEN) => dynamic.opens.extend(opens(note.desc())),
            _ => {}
        }
    }
    dynamic.opens.truncate(LIST_LIMIT);
}

/// Four words: the operating system, and its version in three numbers.
fn kernel(description: &[u8], endian: Endianness) -> Option<(u32, u32, u32)> {
    let mut words = description.chunks_exact(4).map(|bytes| {
        let bytes = [bytes[0], bytes[1], bytes[2], bytes[3]];
        match endian {
            Endianness::Little => u32::from_le_bytes(bytes),
            Endianness::Big => u32::from_be_bytes(bytes),
        }
    });
    (words.next()? == LINUX).then_some(())?;
    Some((words.next()?, words.next()?, words.next()?))
}

fn opens(description: &[u8]) -> Vec<OpenNote> {
    let text = lossy(description);
    let entries: Vec<Entry> = serde_json::from_str(text.trim_end_matches('\0')).unwrap_or_default();
    let note = |entry: Entry| OpenNote {
        feature: entry.feature,
        priority: match entry.priority.as_str() {
            "required" => Priority::Required,
            "suggested" => Priority::Suggested,
            _ => Priority::Recommended,
        },
        sonames: entry.soname,
    };
    entries.into_iter().map(note).collect()
}

//! Versions of symbols: those that a file needs of others, and those that it gives its own (LSB Core, "Symbol Versioning").

use super::{Dynamic, LIST_LIMIT, Tables, VersionNeed, View, value};
use object::elf;
use object::endian::Endianness;
use object::read::elf::FileHeader;

/// `VER_FLG_BASE`: the entry names the file itself.
const BASE: u16 = 1;
/// `VER_FLG_WEAK`.
const WEAK: u16 = 2;

/// Reads both lists; what is damaged ends its list.
pub(super) fn read<Header: FileHeader<Endian = Endianness>>(
    view: &View<'_, Header>,
    tables: &Tables<'_, Header>,
    entries: &[Header::Dyn],
    dynamic: &mut Dynamic,
) {
    let list = |tag| {
        value(entries, view.endian, tag)
            .and_then(|at| view.at(at))
            .map(|data| List { data, endian: view.endian })
    };
    if let Some(list) = list(elf::DT_VERNEED) {
        dynamic.requires = needs(list, tables);
    }
    if let Some(list) = list(elf::DT_VERDEF) {
        dynamic.defines = definitions(list, tables);
    }
}

/// A chain of records, each of which says how far the next one is.
#[derive(Clone, Copy)]
struct List<'data> {
    data: &'data [u8],
    endian: Endianness,
}

impl List<'_> {
    fn half(self, offset: usize) -> Option<u16> {
        let bytes = self.data.get(offset..offset.checked_add(2)?)?.try_into().ok()?;
        Some(match self.endian {
            Endianness::Little => u16::from_le_bytes(bytes),
            Endianness::Big => u16::from_be_bytes(bytes),
        })
    }

    fn word(self, offset: usize) -> Option<u32> {
        let bytes = self.data.get(offset..offset.checked_add(4)?)?.try_into().ok()?;
        Some(match self.endian {
            Endianness::Little => u32::from_le_bytes(bytes),
            Endianness::Big => u32::from_be_bytes(bytes),
        })
    }

    /// The offsets of a chain's records; the distance to the next one stands at `next` in each. Distances are positive, so a chain ends.
    fn chain(self, first: usize, next: usize) -> impl Iterator<Item = usize> {
        let mut at = Some(first);
        std::iter::from_fn(move || {
            let here = at?;
            at = match self.word(here.checked_add(next)?)? {
                0 => None,
                distance => here.checked_add(usize::try_from(distance).ok()?),
            };
            Some(here)
        })
    }

    /// The first record below one, whose distance stands at `offset` in it.
    fn below(self, record: usize, offset: usize) -> Option<usize> {
        record.checked_add(usize::try_from(self.word(record.checked_add(offset)?)?).ok()?)
    }
}

/// `Elfxx_Verneed` (version, count, file, auxiliary, next) with its `Elfxx_Vernaux` (hash, flags, other, name, next).
fn needs<Header: FileHeader<Endian = Endianness>>(
    list: List<'_>,
    tables: &Tables<'_, Header>,
) -> Vec<VersionNeed> {
    let mut found = Vec::new();
    for need in list.chain(0, 12).take(LIST_LIMIT) {
        let library = list.word(need + 4).and_then(|offset| tables.text(offset.into())).unwrap_or_default();
        let Some(first) = list.below(need, 8) else { continue };
        for version in list.chain(first, 12).take(LIST_LIMIT) {
            let Some(name) = list.word(version + 8).and_then(|offset| tables.text(offset.into())) else {
                continue;
            };
            let is_weak = list.half(version + 4).is_some_and(|flags| flags & WEAK != 0);
            found.push(VersionNeed { library: library.clone(), version: name, is_weak });
            if found.len() == LIST_LIMIT {
                return found;
            }
        }
    }
    found
}

/// `Elfxx_Verdef` (version, flags, index, count, hash, auxiliary, next), the first of whose `Elfxx_Verdaux` (name, next) names it.
fn definitions<Header: FileHeader<Endian = Endianness>>(
    list: List<'_>,
    tables: &Tables<'_, Header>,
) -> Vec<String> {
    let own = list
        .chain(0, 16)
        .take(LIST_LIMIT)
        .filter(|at| list.half(at + 2).is_none_or(|flags| flags & BASE == 0));
    own.filter_map(|at| tables.text(list.word(list.below(at, 12)?)?.into())).collect()
}

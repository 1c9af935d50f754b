//! The loader's cache of libraries, `/etc/ld.so.cache`, in glibc's old and new formats (`sysdeps/generic/dl-cache.h`; written by ldconfig(8)).

use crate::machine::Endian;
use crate::text::lossy;

/// The start of the old format, which the new one may follow.
const OLD_MAGIC: &[u8] = b"ld.so-1.7.0";
/// The start of the new format.
const NEW_MAGIC: &[u8] = b"glibc-ld.so.cache1.1";
/// The most entries that are read; a full desktop has some 5,000.
const ENTRY_LIMIT: usize = 1 << 16;

/// A library in the cache.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CacheEntry {
    /// What programs call it: its soname.
    pub soname: String,
    /// Where it lies.
    pub path: String,
}

/// Reads a cache: its entries in the loader's order. Damaged ones are left out, and bytes that are no cache give none.
///
/// The flags, which say for which machine an entry is, are not read: the loader skips libraries for others, whose files say what they are for.
pub fn library_cache(bytes: &[u8]) -> Vec<CacheEntry> {
    if bytes.starts_with(NEW_MAGIC) {
        return new_format(bytes);
    }
    if !bytes.starts_with(OLD_MAGIC) {
        return Vec::new();
    }
    let cache = Cache { bytes, endian: Endian::Little }.in_likely_order(12);
    let count = cache.word(12).unwrap_or(0) as usize;
    let strings = 16 + count.saturating_mul(12);
    // the new format follows, aligned to its own structure
    if let Some(new) = bytes.get(strings.next_multiple_of(8)..).filter(|rest| rest.starts_with(NEW_MAGIC)) {
        return new_format(new);
    }
    let entry = |index: usize| cache.entry(16 + index * 12 + 4, strings);
    (0..count.min(ENTRY_LIMIT)).map_while(entry).flatten().collect()
}

/// Header: magic (20), count, length of strings, flags, offset of extensions, 3 unused words; entries of 24 bytes: flags, key, value, OS version, hwcaps (8).
fn new_format(bytes: &[u8]) -> Vec<CacheEntry> {
    let cache = Cache { bytes, endian: Endian::Little }.in_likely_order(20);
    let count = (cache.word(20).unwrap_or(0) as usize).min(ENTRY_LIMIT);
    (0..count).map_while(|index| cache.entry(48 + index * 24 + 4, 0)).flatten().collect()
}

#[derive(Clone, Copy)]
struct Cache<'a> {
    bytes: &'a [u8],
    endian: Endian,
}

impl Cache<'_> {
    /// The byte order is the machine's that the cache is for: the one in which the count of entries fits into the file.
    fn in_likely_order(self, count_at: usize) -> Self {
        let fits = |endian| {
            Self { endian, ..self }
                .word(count_at)
                .is_some_and(|count| (count as usize) <= self.bytes.len() / 12)
        };
        if fits(Endian::Little) { self } else { Self { endian: Endian::Big, ..self } }
    }

    fn word(self, offset: usize) -> Option<u32> {
        let bytes = self.bytes.get(offset..offset.checked_add(4)?)?.try_into().ok()?;
        Some(match self.endian {
            Endian::Little => u32::from_le_bytes(bytes),
            Endian::Big => u32::from_be_bytes(bytes),
        })
    }

    /// The entry whose key and value stand at `offset`, counted from `base`; the outer `None` at the end of the file.
    fn entry(self, offset: usize, base: usize) -> Option<Option<CacheEntry>> {
        let (key, value) = (self.word(offset)?, self.word(offset + 4)?);
        let text = |at: u32| {
            let rest = self.bytes.get(base.checked_add(at as usize)?..)?;
            let end = rest.iter().take(4096).position(|byte| *byte == 0)?;
            Some(lossy(&rest[..end]))
        };
        Some((|| Some(CacheEntry { soname: text(key)?, path: text(value)? }))())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A cache as ldconfig writes it, in the new format.
    fn cache(entries: &[(&str, &str)], word: fn(u32) -> [u8; 4]) -> Vec<u8> {
        let mut table = Vec::new();
        let mut strings = Vec::new();
        let base = 48 + entries.len() * 24;
        for (soname, path) in entries {
            let mut place = |text: &str| {
                let at = u32::try_from(base + strings.len()).unwrap();
                strings.extend_from_slice(text.as_bytes());
                strings.push(0);
                at
            };
            let (key, value) = (place(soname), place(path));
            table.extend([word(0x303), word(key), word(value), word(0), word(0), word(0)].concat());
        }
        let header =
            [word(u32::try_from(entries.len()).unwrap()), word(u32::try_from(strings.len()).unwrap())];
        [NEW_MAGIC, &header.concat(), &[0; 20], &table, &strings].concat()
    }

    #[test]
    fn entries_of_either_byte_order_are_read() {
        let entries =
            [("libz.so.1", "/lib/libz.so.1"), ("libz.so.1", "/usr/lib/glibc-hwcaps/x86-64-v3/libz.so.1")];
        let expected = entries.map(|(soname, path)| CacheEntry { soname: soname.into(), path: path.into() });
        for word in [u32::to_le_bytes, u32::to_be_bytes] {
            let new = cache(&entries, word);
            assert_eq!(library_cache(&new), expected);
            // behind an old one without entries
            let old = [&b"ld.so-1.7.0\0"[..], &word(0), &new].concat();
            assert_eq!(library_cache(&old), expected);
        }
    }

    #[test]
    fn this_machines_cache_is_what_ldconfig_says() {
        let Ok(bytes) = std::fs::read("/etc/ld.so.cache") else { return };
        let Ok(said) = std::process::Command::new("/sbin/ldconfig").arg("-p").output() else { return };
        let said = String::from_utf8_lossy(&said.stdout).into_owned();
        let expected: Vec<&str> = said.lines().filter_map(|line| Some(line.split_once(" => ")?.1)).collect();
        let found = library_cache(&bytes);
        let found: Vec<&str> = found.iter().map(|entry| entry.path.as_str()).collect();
        assert_eq!(found, expected);
    }

    proptest::proptest! {
        #[test]
        fn damage_is_left_out(count: u32, bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..512)) {
            for magic in [OLD_MAGIC, NEW_MAGIC] {
                let found = library_cache(&[magic, &count.to_le_bytes(), &bytes].concat());
                proptest::prop_assert!(found.len() <= 512);
            }
        }
    }
}

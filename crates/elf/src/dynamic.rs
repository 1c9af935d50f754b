//! What a dynamic linker reads in an ELF file: the dynamic section, versions, symbols and notes (the System V gABI, `ld.so(8)`, the LSB on symbol versions).
//!
//! Everything is found through the program headers, as the loader finds it: a file without section headers says the same.

mod notes;
#[cfg(test)]
mod tests;
mod versions;

use object::elf::{self, FileHeader32, FileHeader64};
use object::endian::Endianness;
use object::read::elf::{Dyn, FileHeader, GnuHashTable, HashTable, ProgramHeader, SectionHeader, Sym};

use crate::text::lossy;

/// The most libraries, names of versions and notes that are read of one file; real ones stay below a thousand.
const LIST_LIMIT: usize = 4096;
/// The most symbols that are read of one file; the largest C++ libraries have some 200,000.
const SYMBOL_LIMIT: usize = 1 << 20;

/// What an ELF file asks of a dynamic linker, and what it offers to others.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Dynamic {
    /// The libraries that it needs, in order (`DT_NEEDED`): names, or paths if they contain a slash.
    pub needed: Vec<String>,
    /// Libraries whose symbols come before or instead of its own (`DT_AUXILIARY`, `DT_FILTER`).
    pub filters: Vec<String>,
    /// Its own name for others (`DT_SONAME`).
    pub soname: Option<String>,
    /// Where its libraries and those of its libraries are searched, if there is no [`Dynamic::runpath`] (`DT_RPATH`).
    pub rpath: Option<String>,
    /// Where its own libraries are searched (`DT_RUNPATH`).
    pub runpath: Option<String>,
    /// The default directories and the cache are not for its libraries (`DF_1_NODEFLIB`).
    pub no_default_directories: bool,
    /// Versions of other libraries' symbols that it needs.
    pub requires: Vec<VersionNeed>,
    /// Names of the versions that its own symbols have.
    pub defines: Vec<String>,
    /// Symbols that others have to define; of a static program with a symbol table, those that it contains.
    pub imports: Vec<String>,
    /// Libraries that it may load while it runs, as its `.note.dlopen` says (the UAPI group's "ELF dlopen metadata").
    pub opens: Vec<OpenNote>,
    /// The oldest kernel that its C library works on (`.note.ABI-tag`): version, major and minor revision.
    pub kernel: Option<(u32, u32, u32)>,
}

/// A version that symbols of another library must have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionNeed {
    /// The library, by its soname.
    pub library: String,
    /// The version: `GLIBC_2.34`.
    pub version: String,
    /// Its absence is only worth a warning (`VER_FLG_WEAK`).
    pub is_weak: bool,
}

/// A feature for which a program loads libraries when it is used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenNote {
    /// What it is for, in a word; empty if it is not said.
    pub feature: String,
    /// Whether the program is of no use without (`required`), `recommended` or `suggested`.
    pub priority: Priority,
    /// The names of which one suffices, the best first.
    pub sonames: Vec<String>,
}

/// How much a program wants what it loads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Priority {
    /// A feature that few use.
    Suggested,
    /// A feature that most use; also if nothing is said.
    Recommended,
    /// The program is of no use without.
    Required,
}

impl Dynamic {
    /// Reads a whole ELF file. What is damaged or lies outside of the file is left out: whoever executes it hears of that from the kernel or the loader.
    ///
    /// `None` if it is not an ELF file.
    pub fn read(file: &[u8]) -> Option<Self> {
        if !file.starts_with(b"\x7fELF") {
            return None;
        }
        match file.get(4)? {
            1 => read_class::<FileHeader32<Endianness>>(file),
            2 => read_class::<FileHeader64<Endianness>>(file),
            _ => None,
        }
    }
}

fn read_class<Header: FileHeader<Endian = Endianness>>(file: &[u8]) -> Option<Dynamic> {
    let header = Header::parse(file).ok()?;
    let endian = header.endian().ok()?;
    let segments = header.program_headers(endian, file).unwrap_or_default();
    let view = View::<Header> { file, endian, segments };
    let mut dynamic = Dynamic::default();
    notes::read(&view, &mut dynamic);
    let entries = view.entries();
    if entries.is_empty() {
        dynamic.imports = contained_symbols(&view, header);
        return Some(dynamic);
    }
    let tables = Tables::read(&view, entries);
    tables.fill(&mut dynamic, entries, endian);
    versions::read(&view, &tables, entries, &mut dynamic);
    dynamic.imports = tables.imports(&view);
    Some(dynamic)
}

/// A file as its segments would lie in memory.
struct View<'data, Header: FileHeader> {
    file: &'data [u8],
    endian: Header::Endian,
    segments: &'data [Header::ProgramHeader],
}

impl<'data, Header: FileHeader<Endian = Endianness>> View<'data, Header> {
    /// The file's bytes from an address on, to the end of its segment.
    fn at(&self, address: u64) -> Option<&'data [u8]> {
        self.segments.iter().filter(|segment| segment.p_type(self.endian) == elf::PT_LOAD).find_map(
            |segment| {
                let start: u64 = segment.p_vaddr(self.endian).into();
                let data = segment.data(self.endian, self.file).ok()?;
                let offset = usize::try_from(address.checked_sub(start)?).ok()?;
                data.get(offset..).filter(|rest| !rest.is_empty())
            },
        )
    }

    fn entries(&self) -> &'data [Header::Dyn] {
        let segment = self.segments.iter().find(|segment| segment.p_type(self.endian) == elf::PT_DYNAMIC);
        segment
            .and_then(|segment| segment.dynamic(self.endian, self.file).ok().flatten())
            .map(|entries| {
                let end = entries.iter().position(|entry| entry.d_tag(self.endian) == elf::DT_NULL);
                &entries[..end.unwrap_or(entries.len())]
            })
            .unwrap_or_default()
    }
}

/// The value of the first entry with a tag.
fn value<D: Dyn<Endian = Endianness>>(
    entries: &[D],
    endian: Endianness,
    tag: elf::DynamicTag,
) -> Option<u64> {
    entries.iter().find(|entry| entry.d_tag(endian) == tag).map(|entry| entry.d_val(endian).into())
}

/// The tables that the dynamic section points to.
struct Tables<'data, Header: FileHeader> {
    strings: &'data [u8],
    symbols: &'data [Header::Sym],
}

impl<'data, Header: FileHeader<Endian = Endianness>> Tables<'data, Header> {
    fn read(view: &View<'data, Header>, entries: &[Header::Dyn]) -> Self {
        let endian = view.endian;
        let strings = value(entries, endian, elf::DT_STRTAB).and_then(|at| view.at(at)).unwrap_or_default();
        let size = value(entries, endian, elf::DT_STRSZ).and_then(|size| usize::try_from(size).ok());
        let strings = &strings[..size.unwrap_or(strings.len()).min(strings.len())];
        let symbols = symbols(view, entries).unwrap_or_default();
        Self { strings, symbols }
    }

    /// The text at an offset of the string table.
    fn text(&self, offset: u64) -> Option<String> {
        let rest = self.strings.get(usize::try_from(offset).ok()?..)?;
        let end = rest.iter().position(|byte| *byte == 0)?;
        Some(lossy(&rest[..end]))
    }

    fn fill(&self, dynamic: &mut Dynamic, entries: &[Header::Dyn], endian: Endianness) {
        for entry in entries {
            let text = || self.text(entry.d_val(endian).into());
            match entry.d_tag(endian) {
                elf::DT_NEEDED if dynamic.needed.len() < LIST_LIMIT => dynamic.needed.extend(text()),
                elf::DT_AUXILIARY | elf::DT_FILTER if dynamic.filters.len() < LIST_LIMIT => {
                    dynamic.filters.extend(text());
                }
                elf::DT_SONAME => dynamic.soname = text(),
                elf::DT_RPATH => dynamic.rpath = text(),
                elf::DT_RUNPATH => dynamic.runpath = text(),
                elf::DT_FLAGS_1 => {
                    let flags: u64 = entry.d_val(endian).into();
                    dynamic.no_default_directories = flags & elf::DF_1_NODEFLIB.0 != 0;
                }
                _ => {}
            }
        }
    }

    /// Names of the symbols that are not defined here.
    fn imports(&self, view: &View<'data, Header>) -> Vec<String> {
        let undefined = self.symbols.iter().filter(|symbol| symbol.st_shndx(view.endian) == elf::SHN_UNDEF);
        let names = undefined.filter_map(|symbol| self.text(symbol.st_name(view.endian).into()));
        names.filter(|name| !name.is_empty()).collect()
    }
}

/// The dynamic symbols. Their number stands in a hash table only.
fn symbols<'data, Header: FileHeader<Endian = Endianness>>(
    view: &View<'data, Header>,
    entries: &[Header::Dyn],
) -> Option<&'data [Header::Sym]> {
    let endian = view.endian;
    let gnu = || {
        let data = view.at(value(entries, endian, elf::DT_GNU_HASH)?)?;
        let table = GnuHashTable::<Header>::parse(endian, data).ok()?;
        // an empty table has no chain to measure: all symbols below its base are undefined ones
        Some(table.symbol_table_length(endian).unwrap_or(table.symbol_base()))
    };
    let plain = || {
        let data = view.at(value(entries, endian, elf::DT_HASH)?)?;
        Some(HashTable::<Header>::parse(endian, data).ok()?.symbol_table_length())
    };
    let data = view.at(value(entries, endian, elf::DT_SYMTAB)?)?;
    let size = size_of::<Header::Sym>();
    let count = usize::try_from(gnu().or_else(plain)?).ok()?.min(SYMBOL_LIMIT).min(data.len() / size);
    object::pod::slice_from_bytes(data, count).ok().map(|(symbols, _)| symbols)
}

/// The functions in the symbol table of a file that has no dynamic section.
fn contained_symbols<Header: FileHeader<Endian = Endianness>>(
    view: &View<'_, Header>,
    header: &Header,
) -> Vec<String> {
    let endian = view.endian;
    let Ok(sections) = header.sections(endian, view.file) else { return Vec::new() };
    let tables = sections.iter().filter(|section| section.sh_type(endian) == elf::SHT_SYMTAB).count();
    let Ok(table) = sections.symbols(endian, view.file, elf::SHT_SYMTAB) else { return Vec::new() };
    let functions = table.iter().take(if tables > 0 { SYMBOL_LIMIT } else { 0 });
    let functions = functions
        .filter(|symbol| symbol.st_type() == elf::STT_FUNC || symbol.st_type() == elf::STT_GNU_IFUNC);
    functions.filter_map(|symbol| symbol.name(endian, table.strings()).ok()).map(lossy).collect()
}

//! ELF headers (the System V gABI and `elf(5)`), read as far as the kernel and people care.

use std::fmt;

use object::elf::{self, FileHeader32, FileHeader64};
use object::endian::Endianness;
use object::read::elf::{Dyn, FileHeader, ProgramHeader};

use crate::machine::{Class, Endian, IsaLevel, Machine};
use crate::text::lossy;

/// The kernel reads no more bytes of program headers than this (`fs/binfmt_elf.c`).
const HEADERS_LIMIT: usize = 65536;
/// The longest name of a loader that the kernel takes (`PATH_MAX`, the final NUL included).
const PATH_LIMIT: u64 = 4096;
/// How many note segments are searched for the instruction-set note; linkers write at most three.
const NOTE_SEGMENTS: usize = 8;

/// What an ELF file is and asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Elf {
    /// Its word size (`EI_CLASS`).
    pub class: Class,
    /// The machine that it is for.
    pub machine: Machine,
    /// Its byte order (`EI_DATA`).
    pub endian: Endian,
    /// What kind of ELF file it is (`e_type`).
    pub kind: Kind,
    /// The loader that it asks for (`PT_INTERP`); `None` if it needs none.
    pub interpreter: Option<Interpreter>,
    /// The operating system that it is marked for (`EI_OSABI`).
    pub os_abi: OsAbi,
    /// The x86-64 level that its property note demands (`GNU_PROPERTY_X86_ISA_1_NEEDED`).
    pub isa_level: Option<IsaLevel>,
    /// Whether its libraries are inside it.
    pub linkage: Linkage,
}

/// What an ELF file is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A program at fixed addresses (`ET_EXEC`).
    Executable,
    /// A program at any address: `ET_DYN` with a loader or the linker's `DF_1_PIE` mark.
    Pie,
    /// A shared library: any other `ET_DYN`.
    Shared,
    /// The memory of a dead process (`ET_CORE`).
    Core,
    /// An object file that is not linked yet, or a kernel module (`ET_REL`).
    Relocatable,
    /// Another `e_type`.
    Other(u16),
}

/// The loader (dynamic linker) that a program names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Interpreter {
    /// Its path inside the root.
    Path(String),
    /// It is named, or may be, behind the bytes that were read, at this offset in the file.
    BeyondHead(u64),
    /// The name is one that the kernel refuses: empty, without its NUL, or too long.
    Malformed,
}

/// The operating system in an ELF header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OsAbi {
    /// Unmarked (System V), as most programs for Linux are.
    SystemV,
    /// GNU/Linux extensions are used.
    Linux,
    /// FreeBSD, which marks all its programs.
    FreeBsd,
    /// Another number.
    Other(u8),
}

/// Whether a program needs a dynamic linker's work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Linkage {
    /// It needs nothing else (static, also static-pie).
    Static,
    /// It names a loader or is a library.
    Dynamic,
    /// It is not a program, or its program headers lie behind the bytes that were read.
    Unknown,
}

impl Elf {
    /// Reads an ELF file's head, which begins with the ELF magic; what is wrong otherwise.
    pub(crate) fn read(head: &[u8]) -> Result<Self, &'static str> {
        match head.get(4) {
            Some(1) => read_class::<FileHeader32<Endianness>>(head),
            Some(2) => read_class::<FileHeader64<Endianness>>(head),
            Some(_) => Err("its class is neither 32 nor 64 bits"),
            None => Err("it ends inside its header"),
        }
    }

    /// Whether `execve` takes this kind of file at all.
    pub fn is_program(&self) -> bool {
        matches!(self.kind, Kind::Executable | Kind::Pie)
    }
}

fn read_class<Header: FileHeader<Endian = Endianness>>(head: &[u8]) -> Result<Elf, &'static str> {
    if head.len() < size_of::<Header>() {
        return Err("it ends inside its header");
    }
    let header = Header::parse(head).map_err(|_| "its byte order or version is unknown")?;
    let endian = header.endian().map_err(|_| "its byte order is unknown")?;
    let segments = Segments::read(header, endian, head)?;
    let interpreter = segments.interpreter();
    let class = if header.is_class_64() { Class::Bits64 } else { Class::Bits32 };
    let byte_order = if header.is_big_endian() { Endian::Big } else { Endian::Little };
    let machine = Machine::from_header(header.e_machine(endian), class, byte_order);
    let kind = segments.kind(header, interpreter.is_some());
    let is_x86 = matches!(machine, Machine::X86_64 | Machine::X32 | Machine::I386);
    Ok(Elf {
        class,
        machine,
        endian: byte_order,
        kind,
        os_abi: OsAbi::from_byte(header.e_ident().os_abi.0),
        isa_level: if is_x86 { segments.isa_level() } else { None },
        linkage: segments.linkage(kind, interpreter.is_some()),
        interpreter,
    })
}

/// The program headers, if they lie in the head.
struct Segments<'data, Header: FileHeader> {
    endian: Header::Endian,
    head: &'data [u8],
    table: Option<&'data [Header::ProgramHeader]>,
    offset: u64,
}

impl<'data, Header: FileHeader<Endian = Endianness>> Segments<'data, Header> {
    /// Finds the program headers with the kernel's own checks, which only programs have to pass.
    fn read(header: &Header, endian: Endianness, head: &'data [u8]) -> Result<Self, &'static str> {
        let count = usize::from(header.e_phnum(endian));
        let size = size_of::<Header::ProgramHeader>();
        let offset = header.e_phoff(endian).into();
        let mut found = Self { endian, head, table: Some(&[]), offset };
        if !matches!(header.e_type(endian), elf::ET_EXEC | elf::ET_DYN) {
            return Ok(found);
        }
        if count == 0 {
            return Err("it has no program headers");
        }
        if usize::from(header.e_phentsize(endian)) != size {
            return Err("its program headers have a wrong size");
        }
        if count * size > HEADERS_LIMIT {
            return Err("it has too many program headers");
        }
        found.table = header.program_headers(endian, head).ok().filter(|table| !table.is_empty());
        Ok(found)
    }

    fn of_type(&self, wanted: elf::ProgramType) -> impl Iterator<Item = &'data Header::ProgramHeader> {
        let endian = self.endian;
        self.table.unwrap_or_default().iter().filter(move |segment| segment.p_type(endian) == wanted)
    }

    fn interpreter(&self) -> Option<Interpreter> {
        if self.table.is_none() {
            return Some(Interpreter::BeyondHead(self.offset));
        }
        let segment = self.of_type(elf::PT_INTERP).next()?;
        let (offset, size) = segment.file_range(self.endian);
        if !(2..=PATH_LIMIT).contains(&size) {
            return Some(Interpreter::Malformed);
        }
        let Ok(bytes) = segment.data(self.endian, self.head) else {
            return Some(Interpreter::BeyondHead(offset));
        };
        // the kernel wants the last byte to be NUL and reads up to the first
        let name = bytes.split(|&byte| byte == 0).next().unwrap_or_default();
        let well_formed = bytes.last() == Some(&0) && !name.is_empty();
        Some(if well_formed { Interpreter::Path(lossy(name)) } else { Interpreter::Malformed })
    }

    fn kind(&self, header: &Header, has_interpreter: bool) -> Kind {
        match header.e_type(self.endian) {
            elf::ET_EXEC => Kind::Executable,
            elf::ET_DYN if has_interpreter || self.is_marked_pie(header) => Kind::Pie,
            elf::ET_DYN => Kind::Shared,
            elf::ET_CORE => Kind::Core,
            elf::ET_REL => Kind::Relocatable,
            other => Kind::Other(other.0),
        }
    }

    /// Whether the linker marked an `ET_DYN` file as a program; where the mark lies behind the
    /// head, an entry point speaks for it.
    fn is_marked_pie(&self, header: &Header) -> bool {
        let Some(dynamic) = self.of_type(elf::PT_DYNAMIC).next() else {
            return header.e_entry(self.endian).into() != 0;
        };
        match dynamic.dynamic(self.endian, self.head) {
            Ok(entries) => entries.unwrap_or_default().iter().any(|entry| {
                let flags: u64 = entry.d_val(self.endian).into();
                entry.d_tag(self.endian) == elf::DT_FLAGS_1 && flags & elf::DF_1_PIE.0 != 0
            }),
            Err(_) => header.e_entry(self.endian).into() != 0,
        }
    }

    fn linkage(&self, kind: Kind, has_interpreter: bool) -> Linkage {
        match kind {
            _ if self.table.is_none() => Linkage::Unknown,
            Kind::Shared => Linkage::Dynamic,
            Kind::Executable | Kind::Pie if has_interpreter => Linkage::Dynamic,
            Kind::Executable | Kind::Pie => Linkage::Static,
            Kind::Core | Kind::Relocatable | Kind::Other(_) => Linkage::Unknown,
        }
    }

    fn isa_level(&self) -> Option<IsaLevel> {
        let notes = self.of_type(elf::PT_NOTE).take(NOTE_SEGMENTS);
        let notes = notes.filter_map(|segment| segment.notes(self.endian, self.head).ok().flatten());
        let properties = notes.flat_map(|notes| notes.map_while(Result::ok)).filter_map(|note| {
            let named = note.name() == elf::ELF_NOTE_GNU;
            named.then(|| note.gnu_properties(self.endian)).flatten()
        });
        let needed = properties
            .flat_map(|list| list.map_while(Result::ok))
            .find(|property| property.pr_type() == elf::GNU_PROPERTY_X86_ISA_1_NEEDED)?;
        level_of(needed.data_u32(self.endian).ok()?)
    }
}

/// The highest level in the bits of `GNU_PROPERTY_X86_ISA_1_NEEDED`.
fn level_of(bits: u32) -> Option<IsaLevel> {
    let levels = [IsaLevel::V4, IsaLevel::V3, IsaLevel::V2, IsaLevel::Baseline];
    (0..4u32).rev().zip(levels).find(|(bit, _)| bits & (1 << bit) != 0).map(|(_, level)| level)
}

impl OsAbi {
    fn from_byte(byte: u8) -> Self {
        match elf::OsAbi(byte) {
            elf::ELFOSABI_SYSV => Self::SystemV,
            elf::ELFOSABI_GNU => Self::Linux,
            elf::ELFOSABI_FREEBSD => Self::FreeBsd,
            _ => Self::Other(byte),
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Executable => out.write_str("an executable"),
            Self::Pie => out.write_str("a position-independent executable"),
            Self::Shared => out.write_str("a shared library"),
            Self::Core => out.write_str("a core dump"),
            Self::Relocatable => out.write_str("an object file that is not linked yet"),
            Self::Other(number) => write!(out, "an ELF file of the unknown type {number}"),
        }
    }
}

//! What a program file is, from its first bytes.

pub(crate) mod elf;
pub(crate) mod foreign;
pub(crate) mod script;

use elf::Elf;
use foreign::Foreign;
use script::Script;

/// How many of a file's first bytes are worth reading: the loader's name, the notes and, in most
/// programs, the program headers lie in them.
pub const HEAD_BYTES: usize = 256 * 1024;

/// How many bytes [`Program::Unknown`] keeps.
const KEPT: usize = 16;

/// What a file is that somebody wants to execute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Program {
    /// No bytes at all.
    Empty,
    /// An ELF file, of whatever kind and machine.
    Elf(Elf),
    /// It begins as an ELF file does, but the kernel cannot read it; what is wrong with it.
    DamagedElf(&'static str),
    /// It begins with `#!` and names an interpreter.
    Script(Script),
    /// It begins with `#!` but the kernel finds no interpreter there.
    NamelessScript,
    /// Text that a shell would read, without `#!`; a guess.
    MissingShebangScript,
    /// A format that Linux does not execute, known by its magic.
    Foreign(Foreign),
    /// Anything else; its first bytes, 16 at most.
    Unknown(Vec<u8>),
}

impl Program {
    /// Names a file from its first bytes: all of it, or [`HEAD_BYTES`] of it.
    ///
    /// Any bytes give an answer; what lies beyond `head` is reported as such.
    pub fn read(head: &[u8]) -> Self {
        if head.is_empty() {
            Self::Empty
        } else if head.starts_with(b"\x7fELF") {
            Elf::read(head).map_or_else(Self::DamagedElf, Self::Elf)
        } else if head.starts_with(b"#!") {
            Script::read(head).map_or(Self::NamelessScript, Self::Script)
        } else if let Some(foreign) = Foreign::read(head) {
            Self::Foreign(foreign)
        } else if script::looks_like_shell(head) {
            Self::MissingShebangScript
        } else {
            Self::Unknown(head[..head.len().min(KEPT)].to_vec())
        }
    }
}

//! The ELF program under examination.

use crate::program::elf::Elf;

/// An ELF file and where it lies.
pub(super) struct Subject<'a> {
    pub(super) path: &'a str,
    pub(super) elf: &'a Elf,
    /// The head that was read is the whole file.
    pub(super) is_whole: bool,
}

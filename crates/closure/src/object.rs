//! An ELF file of a tree.

use crate::tree::{Id, Tree};
use elf::{Dynamic, Elf, Program};

/// What an ELF file says, and the names in it.
#[derive(Debug)]
pub struct Object {
    /// Its header.
    pub elf: Elf,
    /// What it says to the loader.
    pub dynamic: Dynamic,
    /// Runs of bytes that begin as a path does, as far as its first name is one of the root's or of the kernel's file systems.
    pub paths: Vec<Box<[u8]>>,
    /// Names of libraries that stand in it as strings.
    pub(crate) libraries: Vec<String>,
}

/// The most bytes of a program that are read for the names in it. What lies behind is not looked at.
const PROGRAM_LIMIT: u64 = 512 << 20;
/// The most paths of one file that are kept; a browser engine has 3,000.
const PATH_LIMIT: usize = 1 << 16;

impl Object {
    /// Reads it; nothing if it is no ELF file that somebody loads.
    pub(crate) fn read(tree: &Tree, id: Id) -> Option<Self> {
        if !tree.is_file(id) || tree.node(id).size < 52 {
            return None;
        }
        let head = tree.content(id, 4).ok()?;
        if head != *b"\x7fELF" {
            return None;
        }
        let content = tree.content(id, PROGRAM_LIMIT).ok()?;
        let Program::Elf(elf) = Program::read(&content) else { return None };
        let dynamic = Dynamic::read(&content)?;
        let opens = dynamic
            .imports
            .iter()
            .any(|name| name == "dlopen" || name == "dlmopen" || name == "g_module_open");
        let libraries = if opens { elf::library_names(&content) } else { Vec::new() };
        Some(Self { paths: paths(tree, &content), elf, dynamic, libraries })
    }
}

/// Where the kernel's own files are, whether the root has a place for them or not.
const KERNEL: [&[u8]; 3] = [b"dev", b"proc", b"sys"];

/// The paths in some bytes that may exist: their first name does.
pub(crate) fn paths(tree: &Tree, content: &[u8]) -> Vec<Box<[u8]>> {
    let mut found: Vec<Box<[u8]>> = Vec::new();
    elf::mentioned_paths(content, &mut |run| {
        let first = run.split(|byte| *byte == b'/').find(|name| !name.is_empty());
        if first.is_some_and(|name| KERNEL.contains(&name) || tree.child(tree.root(), name).is_some())
            && found.len() < PATH_LIMIT
        {
            found.push(run.into());
        }
    });
    found.sort_unstable();
    found.dedup();
    found
}

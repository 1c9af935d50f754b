//! Which C libraries an image has, and of which version.

use closure::{Id, Tree};
use elf::Dynamic;
use serde::{Deserialize, Serialize};

/// The most bytes of a C library that are read; they have 2 MB.
const LIMIT: u64 = 32 << 20;

/// A C library.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CLibrary {
    /// `glibc`, `musl`.
    pub name: String,
    /// Its version, if it says so.
    pub version: Option<String>,
    /// Where it lies.
    pub path: String,
    /// The loader that programs name for it; musl's is the library itself.
    pub loader: Option<String>,
    /// The architecture that it is for.
    pub machine: Option<String>,
}

/// The C libraries of a tree.
pub(super) fn find(tree: &Tree) -> Vec<CLibrary> {
    let mut seen: Vec<Id> = Vec::new();
    let mut found = Vec::new();
    for id in tree.ids() {
        let name = &*tree.node(id).name;
        let is_glibc = name == b"libc.so.6";
        let is_musl = name.starts_with(b"ld-musl-") && name.ends_with(b".so.1");
        if !is_glibc && !is_musl {
            continue;
        }
        let Some(file) = tree.find(tree.text(id)).filter(|file| tree.is_file(*file)) else { continue };
        if seen.contains(&file) {
            continue;
        }
        seen.push(file);
        let Ok(content) = tree.content(file, LIMIT) else { continue };
        found.extend(if is_glibc { glibc(tree, file, &content) } else { musl(tree, id, file, &content) });
    }
    found
}

fn glibc(tree: &Tree, file: Id, content: &[u8]) -> Option<CLibrary> {
    let elf::Program::Elf(head) = elf::Program::read(content) else { return None };
    let machine = head.machine;
    let told = after(content, b"GNU C Library ")
        .and_then(|rest| after(&rest[..rest.len().min(256)], b"release version "));
    let version = told.and_then(version_at).or_else(|| by_symbols(content));
    let loader = elf::Loader::of(machine)
        .find(|loader| loader.libc == elf::Libc::Glibc && tree.find(loader.path).is_some())
        .map(|loader| loader.path.to_owned());
    Some(CLibrary {
        name: elf::Libc::Glibc.to_string(),
        version,
        path: tree.text(file),
        loader,
        machine: Some(machine.name().to_owned()),
    })
}

/// The newest version of its symbols.
fn by_symbols(content: &[u8]) -> Option<String> {
    let defines = Dynamic::read(content)?.defines;
    let numbers = |text: &str| -> Vec<u32> { text.split('.').filter_map(|part| part.parse().ok()).collect() };
    let versions = defines.iter().filter_map(|name| name.strip_prefix("GLIBC_"));
    let versions = versions.filter(|version| version.starts_with(|first: char| first.is_ascii_digit()));
    versions.max_by_key(|version| numbers(version)).map(str::to_owned)
}

fn musl(tree: &Tree, name: Id, file: Id, content: &[u8]) -> Option<CLibrary> {
    let elf::Program::Elf(head) = elf::Program::read(content) else { return None };
    after(content, b"musl libc")?;
    // what `__libc_version` holds is the only string of this form in it
    let strings = content.split(|byte| *byte == 0);
    let version = strings
        .filter(|string| string.len() <= 32 && string.iter().filter(|byte| **byte == b'.').count() == 2)
        .find_map(|string| {
            version_at(string).filter(|version| version.len() == string.len() || string.contains(&b'-'))
        });
    Some(CLibrary {
        name: elf::Libc::Musl.to_string(),
        version,
        path: tree.text(file),
        loader: Some(tree.text(name)),
        machine: Some(head.machine.name().to_owned()),
    })
}

/// What follows some bytes.
fn after<'c>(content: &'c [u8], what: &[u8]) -> Option<&'c [u8]> {
    let at = content.windows(what.len()).position(|window| window == what)?;
    content.get(at + what.len()..)
}

/// A number of the form `2.36` or `1.2.3` at the beginning of some bytes.
fn version_at(bytes: &[u8]) -> Option<String> {
    let end = bytes.iter().position(|byte| !byte.is_ascii_digit() && *byte != b'.').unwrap_or(bytes.len());
    let text = std::str::from_utf8(&bytes[..end.min(16)]).ok()?.trim_end_matches('.');
    let is_version = text.contains('.') && text.split('.').all(|part| !part.is_empty());
    is_version.then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_begin_with_numbers() {
        assert_eq!(version_at(b"2.36.\nCopyright").as_deref(), Some("2.36"));
        assert_eq!(version_at(b"1.2.3").as_deref(), Some("1.2.3"));
        assert_eq!(version_at(b"stable"), None);
        assert_eq!(version_at(b".1"), None);
        assert_eq!(version_at(b""), None);
    }
}

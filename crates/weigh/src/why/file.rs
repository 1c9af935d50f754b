//! Files of an image, read and described.

use super::Case;
use super::finding::shown;
use closure::Id;
use elf::{Class, Dynamic, Program};

/// The most bytes of a library that are read for its symbols.
const LIBRARY_LIMIT: u64 = 512 << 20;

/// The first bytes of an ELF file; nothing of any other.
pub(super) fn elf_head(case: &Case<'_>, id: Id) -> Option<Vec<u8>> {
    let head = case.tree.content(id, elf::HEAD_BYTES as u64).ok()?;
    head.starts_with(b"\x7fELF").then_some(head)
}

/// What an ELF file says to a loader.
pub(super) fn dynamic(case: &Case<'_>, id: Id) -> Option<Dynamic> {
    if case.tree.content(id, 4).ok()? != b"\x7fELF" {
        return None;
    }
    Dynamic::read(&case.tree.content(id, LIBRARY_LIMIT).ok()?)
}

/// What a file is, where a library was expected.
pub(super) fn described(case: &Case<'_>, id: Id) -> String {
    let head = case.tree.content(id, elf::HEAD_BYTES as u64).unwrap_or_default();
    match Program::read(&head) {
        Program::Elf(elf) => {
            let bits = if elf.class == Class::Bits64 { 64 } else { 32 };
            format!("for {} ({bits} bits)", elf.machine)
        }
        Program::Empty => "empty".into(),
        Program::DamagedElf(reason) => format!("a damaged ELF file: {reason}"),
        _ => "no ELF file".into(),
    }
}

/// The most files of a name that are looked at.
const NAMESAKES: usize = 64;

/// A library of this name somewhere in the image: a way to it that is not searched.
pub(super) fn elsewhere(case: &Case<'_>, name: &str, user: Id) -> Option<String> {
    let wanted = kind(case, user)?;
    let same = case.tree.ids().filter(|id| *case.tree.node(*id).name == *name.as_bytes());
    same.take(NAMESAKES).map(|id| case.tree.text(id)).find(|path| {
        let end = case.tree.find(path).filter(|end| case.tree.is_file(*end));
        end.and_then(|end| kind(case, end)) == Some(wanted)
    })
}

fn kind(case: &Case<'_>, id: Id) -> Option<(Class, elf::Machine)> {
    match Program::read(&elf_head(case, id)?) {
        Program::Elf(elf) => Some((elf.class, elf.machine)),
        _ => None,
    }
}

/// How to install what is missing, if somebody knows its package.
pub(super) fn install(case: &Case<'_>, wanted: &str) -> Option<String> {
    use packages::provider::Certainty;
    let provider = packages::provider::find(wanted, case.distribution)?;
    let package = provider.package;
    let how = match provider.certainty {
        Certainty::Listed | Certainty::Resolved => "install it",
        Certainty::Renumbered | Certainty::Derived => "install it, if its package has the usual name",
    };
    Some(match case.distribution {
        packages::Distribution::Alpine => format!("{how}: RUN apk add --no-cache {package}"),
        _ => format!("{how}: RUN apt-get update && apt-get install -y --no-install-recommends {package}"),
    })
}

/// The directory of a path, for a message.
pub(super) fn directory(path: &str) -> String {
    let directory = path.rsplit_once('/').map_or("/", |(directory, _)| directory);
    shown(if directory.is_empty() { "/" } else { directory })
}

//! The image through `elf`'s eyes.

use closure::{Kind, Tree};
use elf::Look;

/// What a path is in a tree, links followed.
pub(super) fn look(tree: &Tree, path: &str) -> Look {
    let found = tree.look(path);
    let Some(id) = found.end else {
        let last = found.way.last().map(|id| tree.node(*id));
        return match last.map(|node| &node.kind) {
            Some(Kind::Link(target)) => Look::DanglingLink(String::from_utf8_lossy(target).into_owned()),
            Some(Kind::File | Kind::Special) => Look::NotADirectory,
            _ => missing(tree, path),
        };
    };
    match &tree.node(id).kind {
        Kind::Directory(_) => Look::Directory,
        Kind::Special => Look::Special,
        Kind::File => match tree.content(id, elf::HEAD_BYTES as u64) {
            Ok(head) => Look::File { mode: tree.node(id).mode, head },
            Err(_) => Look::Unreadable,
        },
        Kind::Link(_) => Look::Unreadable,
    }
}

/// Nothing is there: or something above is no directory.
fn missing(tree: &Tree, path: &str) -> Look {
    let parents = path.char_indices().skip(1).filter(|(_, char)| *char == '/').map(|(end, _)| &path[..end]);
    let is_in_the_way = |parent: &str| tree.find(parent).is_some_and(|id| !tree.is_directory(id));
    if parents.into_iter().any(is_in_the_way) { Look::NotADirectory } else { Look::Missing }
}

//! The image through `elf`'s eyes.

use closure::{Kind, Tree};
use elf::Look;

/// The most links that the kernel follows (`MAXSYMLINKS`).
const LINKS: usize = 40;

/// What a path is in a tree, links followed.
pub(super) fn look(tree: &Tree, path: &str) -> Look {
    let Some(id) = tree.find(path) else {
        return match link(tree, path) {
            Some(_) if is_circle(tree, path) => Look::Unreadable,
            Some(target) => Look::DanglingLink(target),
            None => missing(tree, path),
        };
    };
    match &tree.node(id).kind {
        // a slash at the end asks for a directory
        _ if path.ends_with('/') && !tree.is_directory(id) => Look::NotADirectory,
        Kind::Directory(_) => Look::Directory,
        Kind::Special => Look::Special,
        Kind::File => match tree.content(id, elf::HEAD_BYTES as u64) {
            Ok(head) => Look::File { mode: tree.node(id).mode, head },
            Err(_) => Look::Unreadable,
        },
        Kind::Link(_) => Look::Unreadable,
    }
}

/// Whether the last name of a path is a link that leads back to itself.
pub(super) fn is_circle(tree: &Tree, path: &str) -> bool {
    let mut at = path.to_owned();
    for _ in 0..=LINKS {
        let Some(target) = link(tree, &at) else { return false };
        at = if target.starts_with('/') {
            target
        } else {
            let directory = at.rsplit_once('/').map_or("", |(directory, _)| directory);
            format!("{directory}/{target}")
        };
        if at.len() > 1 << 16 {
            return true;
        }
    }
    true
}

/// Where a link points to that the last name of a path is.
fn link(tree: &Tree, path: &str) -> Option<String> {
    let (directory, name) = path.trim_end_matches('/').rsplit_once('/')?;
    let directory = if directory.is_empty() { tree.root() } else { tree.find(directory)? };
    match &tree.node(tree.child(directory, name.as_bytes())?).kind {
        Kind::Link(target) => Some(String::from_utf8_lossy(target).into_owned()),
        _ => None,
    }
}

/// Nothing is there: or something above is no directory.
fn missing(tree: &Tree, path: &str) -> Look {
    let parents = path.char_indices().skip(1).filter(|(_, char)| *char == '/').map(|(end, _)| &path[..end]);
    let is_in_the_way = |parent: &str| tree.find(parent).is_some_and(|id| !tree.is_directory(id));
    if parents.into_iter().any(is_in_the_way) { Look::NotADirectory } else { Look::Missing }
}

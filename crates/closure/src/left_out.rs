//! What nobody needs of a tree that is kept whole.

use crate::tree::{Id, Tree};

/// What is left out of trees that are kept whole: caches, documentation, tests and means of development of the standard libraries.
pub(crate) fn is_left_out(tree: &Tree, id: Id) -> bool {
    let node = tree.node(id);
    let name: &[u8] = &node.name;
    let parent = tree.text(node.parent);
    let last = parent.rsplit('/').next().unwrap_or_default();
    let is_directory = tree.is_directory(id);
    if [&b".git"[..], b".hg", b".svn"].contains(&name) && is_directory {
        return true;
    }
    if parent == "/usr/share/zoneinfo" {
        // times that count leap seconds, and the same files once more
        return [&b"right"[..], b"posix"].contains(&name);
    }
    if last.starts_with("python3") || last.starts_with("python2") {
        let name = String::from_utf8_lossy(name);
        let is_build = name.starts_with("config-") && is_directory;
        return is_build || ["test", "idlelib", "turtledemo", "ensurepip"].contains(&&*name) && is_directory;
    }
    if parent.contains("/ruby") || parent.contains("/gems") || parent.contains("/bundle") {
        let is_archive = last == "cache" && name.ends_with(b".gem");
        return is_archive || name.ends_with(b".a") || (name == b"ri" && is_directory && last != "lib");
    }
    if tree.child(node.parent, b"jmods").is_some()
        || tree.child(node.parent, b"release").is_some() && parent.contains("jvm")
    {
        return [&b"jmods"[..], b"include", b"man", b"legal", b"docs", b"demo", b"sample"].contains(&name)
            || name == b"src.zip"
            || name == b"lib/src.zip";
    }
    if name == b"src.zip" || name == b"ct.sym" {
        return parent.contains("/lib")
            && (parent.contains("jvm") || parent.contains("java") || parent.contains("jdk"));
    }
    if last == "node_modules" && parent.contains("/lib/") {
        return [&b"npm"[..], b"corepack"].contains(&name);
    }
    if last.contains("-packages") {
        return name == b"pip" || name.starts_with(b"pip-");
    }
    if parent.contains("/perl") {
        return name == b"pod" && is_directory || name.ends_with(b".pod") || name == b"CORE" && is_directory;
    }
    false
}

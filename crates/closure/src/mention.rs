//! Paths that stand in a file: what exists of them is kept.

use crate::closure::Closure;
use crate::ground::{is_alien, private_tree};
use crate::modules;
use crate::reason::Reason;
use crate::tree::Id;
use crate::workshop::{is_source, is_workshop};

/// Programs that no other program needs because it names them: those that install and administer.
const ADMINISTRATION: &[&str] = &[
    "apt",
    "apt-get",
    "apt-cache",
    "dpkg",
    "dpkg-query",
    "dpkg-deb",
    "apk",
    "rpm",
    "dnf",
    "yum",
    "pacman",
    "systemctl",
    "systemd-notify",
    "systemd-run",
    "journalctl",
    "sudo",
    "su",
    "mount",
    "umount",
    "modprobe",
    "insmod",
    "update-rc.d",
    "useradd",
    "adduser",
    "invoke-rc.d",
    "deb-systemd-helper",
    "deb-systemd-invoke",
    "update-alternatives",
    "gdb",
    "ptxdist",
    "lsb_release",
    "vim",
    "vi",
    "nano",
    "emacs",
    "xterm",
    "valgrind",
    "ldconfig",
];

/// Where the files beside a program belong to it.
const CONFIGURATION: &str = "/etc/";

/// Keeps what a run of bytes in a file names, as far as it exists.
pub(crate) fn keep_mentioned(closure: &mut Closure<'_>, by: Id, run: &[u8]) {
    let tree = closure.tree;
    // the longest beginning that exists and ends where a name ends: another string may follow without a mark
    let mut end = run.len();
    let found = loop {
        let part = run[..end].strip_suffix(b"/").unwrap_or(&run[..end]);
        match tree.find(part) {
            Some(found) if found != tree.root() => break found,
            _ => {}
        }
        match run[..end].iter().rposition(|byte| *byte == b'/').filter(|at| *at > 0) {
            Some(at) => end = at,
            None => return,
        }
    };
    let is_whole = end == run.len() || end + 1 == run.len();
    if closure.object(by).is_some() && is_trace(closure, found) {
        return;
    }
    if tree.is_directory(found) {
        let is_private =
            private_tree(tree, found) == Some(found) || (is_whole && private_tree(tree, found).is_some());
        if is_private {
            closure.keep(&run[..end], Reason::Mentioned(by));
            closure.keep_surroundings(found);
        }
        return;
    }
    let path = tree.text(found);
    // the rest of the run would have to be a file's name after a file
    if is_alien(&path) || is_alien(&String::from_utf8_lossy(&run[..end])) || is_administration(&path) {
        return;
    }
    // a name alone is too little to keep a language for: lists of what may stand behind `#!` have them all
    if (modules::is_interpreter(&path) || is_compiler(&path)) && !closure.contains(found) {
        return;
    }
    closure.keep(&run[..end], Reason::Mentioned(by));
    if !tree.is_program(found) || path.starts_with(CONFIGURATION) {
        closure.keep_surroundings(found);
    }
}

/// Whether a compiler may have left this path in a program: a source, or a directory in which something is made.
fn is_trace(closure: &Closure<'_>, found: Id) -> bool {
    let tree = closure.tree;
    if !tree.is_directory(found) {
        return is_source(&tree.node(found).name);
    }
    is_workshop(tree, found) || private_tree(tree, found).is_some_and(|top| is_workshop(tree, top))
}

/// Whether a path is that of a compiler: programs remember by which one they were built.
fn is_compiler(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    ["gcc", "g++", "clang", "cpp", "gfortran", "rustc", "llvm"].iter().any(|part| name.contains(part))
        || ["cc", "c++", "ld", "as", "ar"].contains(&name)
}

fn is_administration(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    ADMINISTRATION.contains(&name)
}

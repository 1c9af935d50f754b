//! Where programs are made. Compilers leave the paths of sources in what they make (assertions, panics, debugging information); nobody opens them when the
//! program runs, and the trees that they lie in are large.

use crate::tree::{Id, Tree};

/// Ends of the names of sources of compiled languages, and of what lies between them and a program.
const SOURCES: &[&str] = &[
    "c", "cc", "cpp", "cxx", "h", "hh", "hpp", "hxx", "inc", "tcc", "rs", "go", "s", "S", "asm", "y", "l",
    "f", "f90", "d", "m", "mm", "zig", "swift", "hs", "ml", "mli", "adb", "ads", "o", "a", "rlib", "rmeta",
];
/// Files that say how something is made.
const MARKS: &[&str] = &[
    "Makefile",
    "GNUmakefile",
    "makefile",
    "CMakeLists.txt",
    "CMakeCache.txt",
    "configure",
    "config.status",
    "meson.build",
    "build.ninja",
    "Cargo.toml",
    "go.mod",
    ".git",
];

/// Whether a name is that of a source or of an intermediate product.
pub(crate) fn is_source(name: &[u8]) -> bool {
    let Some(dot) = name.iter().rposition(|byte| *byte == b'.').filter(|at| *at > 0) else { return false };
    SOURCES.iter().any(|end| end.as_bytes() == &name[dot + 1..])
}

/// Whether programs are made in a directory.
pub(crate) fn is_workshop(tree: &Tree, directory: Id) -> bool {
    let is_mark = |name: &[u8]| MARKS.iter().any(|mark| mark.as_bytes() == name);
    tree.children(directory).any(|(name, child)| is_mark(name) || (tree.is_file(child) && is_source(name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_are_known_by_the_ends_of_their_names() {
        for name in ["main.c", "lib.rs", "print.go", "a.b.o"] {
            assert!(is_source(name.as_bytes()), "{name}");
        }
        for name in ["c", ".c", "nginx.conf", "lib.so", "main.py", "index.js"] {
            assert!(!is_source(name.as_bytes()), "{name}");
        }
    }
}

//! Names of entries: where they point below the root, and which of them are whiteouts.

/// What begins a whiteout's name: OCI image specification, "Image Layer Filesystem Changeset".
pub(super) const WHITEOUT: &[u8] = b".wh.";
/// The whiteout that hides everything below it in lower layers.
pub(super) const OPAQUE: &[u8] = b".wh..wh..opq";
/// Other names with a doubled prefix are AUFS's own bookkeeping, which Docker skips too.
const BOOKKEEPING: &[u8] = b".wh..wh.";

/// What an entry of a layer means by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning<'n> {
    /// A file of that name.
    Plain,
    /// The directory that holds it hides what lower layers have.
    Opaque,
    /// The name is removed from the lower layers.
    Removed(&'n [u8]),
    /// Nothing.
    Bookkeeping,
}

/// Makes a relative path of single components from an entry's name; the root is the empty path.
///
/// As Docker does, a leading `/` is dropped. `..` is refused wherever it stands.
///
/// # Errors
/// The reason why the name is refused.
pub(super) fn clean(raw: &[u8]) -> Result<Vec<u8>, &'static str> {
    if raw.is_empty() {
        return Err("the name is empty");
    }
    let mut path = Vec::with_capacity(raw.len());
    for component in raw.split(|&byte| byte == b'/') {
        match component {
            b"" | b"." => continue,
            b".." => return Err("the name contains \"..\""),
            _ if component.contains(&0) => return Err("the name contains a NUL byte"),
            _ => {}
        }
        if !path.is_empty() {
            path.push(b'/');
        }
        path.extend_from_slice(component);
    }
    Ok(path)
}

/// Splits a clean path into its parent directory (empty for the root) and its last component.
pub(super) fn split(path: &[u8]) -> (&[u8], &[u8]) {
    match path.iter().rposition(|&byte| byte == b'/') {
        Some(slash) => (&path[..slash], &path[slash + 1..]),
        None => (b"", path),
    }
}

/// Reads a clean path as a layer's: is it a whiteout?
///
/// # Errors
/// The reason why the name is refused.
pub(super) fn meaning(path: &[u8]) -> Result<Meaning<'_>, &'static str> {
    let (parent, last) = split(path);
    for component in parent.split(|&byte| byte == b'/') {
        if component.starts_with(BOOKKEEPING) {
            return Ok(Meaning::Bookkeeping);
        }
        if component.starts_with(WHITEOUT) {
            return Err("a whiteout is used as a directory");
        }
    }
    match last.strip_prefix(WHITEOUT) {
        None => Ok(Meaning::Plain),
        Some(_) if last == OPAQUE => Ok(Meaning::Opaque),
        Some(_) if last.starts_with(BOOKKEEPING) => Ok(Meaning::Bookkeeping),
        Some(b"" | b"." | b"..") => Err("a whiteout must name a file"),
        Some(hidden) => Ok(Meaning::Removed(hidden)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_relative_paths_of_single_components() {
        for (raw, path) in
            [("./a//b/./c/", "a/b/c"), ("/etc/passwd", "etc/passwd"), (".", ""), ("./", ""), ("//", "")]
        {
            assert_eq!(clean(raw.as_bytes()), Ok(path.as_bytes().to_vec()), "{raw}");
        }
    }

    #[test]
    fn names_that_could_leave_the_root_are_refused() {
        for raw in ["..", "../a", "a/..", "a/../b", "/../etc", "./../x", "a/b/../../../c"] {
            assert_eq!(clean(raw.as_bytes()), Err("the name contains \"..\""), "{raw}");
        }
        assert!(clean(b"").is_err());
        assert!(clean(b"a\0b").is_err());
    }

    #[test]
    fn whiteouts_are_told_from_names() {
        assert_eq!(meaning(b"a/.wh.b"), Ok(Meaning::Removed(b"b")));
        assert_eq!(meaning(b".wh..wh..opq"), Ok(Meaning::Opaque));
        assert_eq!(meaning(b".wh..wh.plnk/1.2"), Ok(Meaning::Bookkeeping));
        assert_eq!(meaning(b"a/.wh"), Ok(Meaning::Plain));
        for refused in [&b".wh."[..], b"a/.wh..", b"a/.wh...", b".wh.a/b"] {
            assert!(meaning(refused).is_err());
        }
        assert_eq!(meaning(b".wh...."), Ok(Meaning::Removed(b"...")));
    }
}

//! Which package has which path.

use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

/// How often a path is rewritten for links of directories: as often as Linux follows them.
const MOST_LINKS: usize = 40;

/// Paths and the packages that have them. A package is a number of the caller's, such as its place
/// in a list.
///
/// A directory belongs to many packages, and so may a file: packages of several architectures that
/// are installed together share what is the same in all. The directory of many files is kept once.
#[derive(Debug, Clone, Default)]
pub struct Owners {
    links: Vec<(PathBuf, PathBuf)>,
    directories: HashMap<PathBuf, HashMap<OsString, Vec<usize>>>,
}

impl Owners {
    /// Makes an empty map for a root whose `links` are symbolic links from directories to
    /// directories, such as `("/lib", "/usr/lib")`; both paths are absolute.
    ///
    /// Packages record `/lib/x86_64-linux-gnu/libz.so.1` though the file lies in `/usr/lib`: with
    /// the links both names find it.
    pub fn new<P: Into<PathBuf>>(links: impl IntoIterator<Item = (P, P)>) -> Self {
        let links = links.into_iter().map(|(from, to)| (from.into(), to.into()));
        Self { links: links.collect(), directories: HashMap::new() }
    }

    /// Says that a package has a path, which is absolute.
    pub fn insert(&mut self, path: &Path, package: usize) {
        let (directory, name) = split(path);
        self.insert_all(directory, [name], package);
    }

    /// Says that a package has entries of a directory, whose path is absolute.
    pub fn insert_all<'a>(
        &mut self,
        directory: &Path,
        names: impl IntoIterator<Item = &'a OsStr>,
        package: usize,
    ) {
        let moved = self.follow(directory);
        let directory = moved.as_deref().unwrap_or(directory);
        if !self.directories.contains_key(directory) {
            self.directories.insert(directory.to_owned(), HashMap::new());
        }
        let Some(entries) = self.directories.get_mut(directory) else { return };
        for name in names {
            match entries.get_mut(name) {
                // a package's paths come together, so that only the last can be the same
                Some(packages) if packages.last() == Some(&package) => {}
                Some(packages) => packages.push(package),
                None => {
                    entries.insert(name.to_owned(), vec![package]);
                }
            }
        }
    }

    /// The packages that have an absolute path, in the order in which they said so.
    pub fn of(&self, path: &Path) -> &[usize] {
        let (directory, name) = split(path);
        let moved = self.follow(directory);
        let entries = self.directories.get(moved.as_deref().unwrap_or(directory));
        entries.and_then(|entries| entries.get(name)).map_or(&[], Vec::as_slice)
    }

    /// A directory's path behind the links, if one is on its way.
    fn follow(&self, directory: &Path) -> Option<PathBuf> {
        let mut moved: Option<PathBuf> = None;
        for _ in 0..MOST_LINKS {
            let here = moved.as_deref().unwrap_or(directory);
            let step = self.links.iter().find_map(|(from, to)| {
                let rest = here.strip_prefix(from).ok()?;
                // a link into itself is no way
                let is_inside = to.starts_with(from);
                (!is_inside).then(|| if rest.as_os_str().is_empty() { to.clone() } else { to.join(rest) })
            });
            let Some(step) = step else { break };
            moved = Some(step);
        }
        moved
    }
}

/// Directory and name; the root is an empty name in `/`.
fn split(path: &Path) -> (&Path, &OsStr) {
    match (path.parent(), path.file_name()) {
        (Some(directory), Some(name)) => (directory, name),
        _ => (Path::new("/"), OsStr::new("")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directories_and_files_have_owners() {
        let mut owners = Owners::default();
        owners.insert(Path::new("/"), 1);
        owners.insert(Path::new("/etc"), 1);
        owners.insert(Path::new("/etc/"), 2);
        owners.insert_all(Path::new("/etc"), [OsStr::new("a"), OsStr::new("b"), OsStr::new("b")], 2);
        assert_eq!(owners.of(Path::new("/")), [1]);
        assert_eq!(owners.of(Path::new("/etc")), [1, 2]);
        assert_eq!(owners.of(Path::new("/etc//./b")), [2]);
        assert_eq!(owners.of(Path::new("/b")), []);
    }

    #[test]
    fn links_of_directories_are_followed_both_ways() {
        let mut owners = Owners::new([("/lib", "/usr/lib"), ("/var/run", "/run"), ("/bin", "/usr/bin")]);
        owners.insert(Path::new("/lib/a/libz.so.1"), 1);
        owners.insert(Path::new("/usr/bin/env"), 2);
        owners.insert(Path::new("/lib"), 3);
        assert_eq!(owners.of(Path::new("/usr/lib/a/libz.so.1")), [1]);
        assert_eq!(owners.of(Path::new("/lib/a/libz.so.1")), [1]);
        assert_eq!(owners.of(Path::new("/bin/env")), [2]);
        assert_eq!(owners.of(Path::new("/lib")), [3], "the link itself is not followed");
        assert_eq!(owners.of(Path::new("/libexec/a/libz.so.1")), []);
    }

    #[test]
    fn links_in_a_circle_end() {
        let mut owners = Owners::new([("/a", "/b"), ("/b", "/a"), ("/c", "/c/d"), ("/", "/")]);
        owners.insert(Path::new("/a/x"), 1);
        assert_eq!(owners.of(Path::new("/a/x")), [1]);
        owners.insert(Path::new("/c/x"), 2);
        assert_eq!(owners.of(Path::new("/c/x")), [2]);
    }
}

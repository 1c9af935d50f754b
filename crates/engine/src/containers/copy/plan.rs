//! What `cp` copies to where: Docker's rules, without looking at any file.
//!
//! The end of a path says something: `DIR/.` is what is in the directory, and `NAME/` must be a directory.

use crate::error::{Error, Result};
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};

/// The most links that are followed one after the other, as the kernel.
const MOST_LINKS: usize = 40;

/// What the last characters of a path say of what it names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    /// Anything; a link is meant itself.
    Plain,
    /// `/`: a directory, or a link to one.
    Slash,
    /// `/.`: the content of a directory, or of a link to one.
    Content,
}

/// The ending of a path.
pub(super) fn ending(path: &Path) -> Ending {
    let bytes = path.as_os_str().as_bytes();
    if bytes == b"." || bytes.ends_with(b"/.") || bytes.iter().all(|byte| *byte == b'/') {
        Ending::Content
    } else if bytes.ends_with(b"/") || bytes == b".." || bytes.ends_with(b"/..") {
        Ending::Slash
    } else {
        Ending::Plain
    }
}

/// The last name of a path; none of `/`, `.` and of what ends in `..`.
pub(super) fn name(path: &Path) -> Option<&OsStr> {
    match path.components().next_back() {
        Some(Component::Normal(name)) => Some(name),
        _ => None,
    }
}

/// The path without its last name.
pub(super) fn parent(path: &Path) -> PathBuf {
    match path.parent() {
        Some(parent) if parent.as_os_str().is_empty() => PathBuf::from("."),
        Some(parent) => parent.to_path_buf(),
        None => path.to_path_buf(),
    }
}

/// A path with the links at its end followed, until something is no link or not there; `read_link` reads one. It is only a path: whoever uses it looks it up
/// again.
pub(super) fn chase<P: AsRef<Path>>(path: &Path, read_link: impl Fn(&Path) -> Option<P>) -> PathBuf {
    let mut path = path.to_path_buf();
    for _ in 0..MOST_LINKS {
        let Some(target) = read_link(&path) else { break };
        path = parent(&path).join(target);
    }
    path
}

/// What is at the destination.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Existing {
    /// A directory, or a link to one.
    Directory,
    /// Something else.
    Other,
    /// Nothing; its parent may be there or not.
    Nothing,
}

/// What is copied.
#[derive(Debug, Clone, Copy)]
pub(super) struct Source<'a> {
    /// As it was written.
    pub(super) path: &'a Path,
    pub(super) is_directory: bool,
}

/// Where it goes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Destination<'a> {
    /// As it was written, a last link followed.
    pub(super) path: &'a Path,
    pub(super) existing: Existing,
}

/// What to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Plan {
    /// The directory to unpack in; it must be there.
    pub(super) directory: PathBuf,
    /// The name there; none for the content of a directory, which is put there without it.
    pub(super) entry: Option<OsString>,
}

/// Makes the plan.
///
/// # Errors
/// [`Error::Invalid`] with Docker's words: a directory onto a file, or a file onto a directory that is not there.
pub(super) fn plan(source: Source<'_>, destination: Destination<'_>) -> Result<Plan> {
    let into = destination.path;
    match destination.existing {
        Existing::Directory => {
            let content = ending(source.path) == Ending::Content || name(source.path).is_none();
            let entry = name(source.path).filter(|_| !content || !source.is_directory).map(OsStr::to_owned);
            Ok(Plan { directory: into.to_path_buf(), entry })
        }
        Existing::Other if source.is_directory => Err(Error::Invalid("cannot copy directory".into())),
        Existing::Other if ending(into) != Ending::Plain => Err(Error::Invalid("not a directory".into())),
        Existing::Nothing if !source.is_directory && ending(into) != Ending::Plain => {
            Err(Error::Invalid("no such directory".into()))
        }
        Existing::Other | Existing::Nothing => {
            let entry = name(into).ok_or_else(|| Error::Invalid("no such directory".into()))?;
            Ok(Plan { directory: parent(into), entry: Some(entry.to_owned()) })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endings() {
        use Ending::{Content, Plain, Slash};
        for (path, expected) in [
            ("a", Plain),
            ("a/b", Plain),
            ("a/", Slash),
            ("a//", Slash),
            ("a/.", Content),
            (".", Content),
            ("/", Content),
            ("//", Content),
            ("/.", Content),
            ("..", Slash),
            ("a/..", Slash),
            (".a", Plain),
            ("a.", Plain),
            ("a/./", Slash),
        ] {
            assert_eq!(ending(Path::new(path)), expected, "{path}");
        }
    }

    /// `docker cp`'s rules, a line each: source, whether it is a directory, destination, what is there; the expected directory and entry, or error.
    #[test]
    fn docker_rules() {
        use Existing::{Directory, Nothing, Other};
        type Row = (
            &'static str,
            bool,
            &'static str,
            Existing,
            Result<(&'static str, Option<&'static str>), &'static str>,
        );
        let rows: [Row; 22] = [
            // a file
            ("/s/f", false, "/d", Directory, Ok(("/d", Some("f")))),
            ("/s/f", false, "/d/", Directory, Ok(("/d/", Some("f")))),
            ("/s/f", false, "/d/.", Directory, Ok(("/d/.", Some("f")))),
            ("/s/f", false, "/d/g", Other, Ok(("/d", Some("g")))),
            ("/s/f", false, "/d/g/", Other, Err("not a directory")),
            ("/s/f", false, "/d/g", Nothing, Ok(("/d", Some("g")))),
            ("/s/f", false, "/d/g/", Nothing, Err("no such directory")),
            ("/s/f", false, "/d/g/.", Nothing, Err("no such directory")),
            ("/s/f", false, "g", Nothing, Ok((".", Some("g")))),
            ("f", false, "/g", Nothing, Ok(("/", Some("g")))),
            // a directory
            ("/s", true, "/d", Directory, Ok(("/d", Some("s")))),
            ("/s/", true, "/d", Directory, Ok(("/d", Some("s")))),
            ("/s/a", true, "/d", Nothing, Ok(("/", Some("d")))),
            ("/s/a", true, "/d/e/", Nothing, Ok(("/d", Some("e")))),
            ("/s", true, "/d/f", Other, Err("cannot copy directory")),
            ("/s", true, "/d/.", Directory, Ok(("/d/.", Some("s")))),
            // its content
            ("/s/.", true, "/d", Directory, Ok(("/d", None))),
            ("/s/.", true, "/d/e", Nothing, Ok(("/d", Some("e")))),
            ("/s/.", true, "/d/f", Other, Err("cannot copy directory")),
            (".", true, "/d", Directory, Ok(("/d", None))),
            ("/", true, "/d", Directory, Ok(("/d", None))),
            ("..", true, "/d", Directory, Ok(("/d", None))),
        ];
        for (source, is_directory, destination, existing, expected) in rows {
            let source_path = Path::new(source);
            let found = plan(
                Source { path: source_path, is_directory },
                Destination { path: Path::new(destination), existing },
            );
            let found = found.map_err(|error| error.to_string());
            let expected = expected
                .map(|(directory, entry)| Plan { directory: directory.into(), entry: entry.map(Into::into) })
                .map_err(str::to_owned);
            assert_eq!(found, expected, "{source} to {destination}, {existing:?}");
        }
    }
}

//! pacman: `/var/lib/pacman/local/<name>-<version>/` with `desc` and `files`.
//!
//! The files have no specification; libalpm reads them in `lib/libalpm/be_local.c`.

use crate::error::{Error, Problem};
use crate::line::{architecture, lines, lossy, name, number, path};
use crate::relation::Relation;
use std::path::{Path, PathBuf};

/// What `desc` says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Package {
    /// The name.
    pub name: String,
    /// The version with epoch and release.
    pub version: String,
    /// The source package (`BASE`).
    pub base: Option<String>,
    /// The architecture.
    pub architecture: Option<String>,
    /// The size of the installed files in bytes (`SIZE`, or `ISIZE` as repositories call it).
    pub installed_size: Option<u64>,
    /// What it needs.
    pub depends: Vec<Relation>,
    /// What it is besides its name.
    pub provides: Vec<Relation>,
}

impl Package {
    /// Reads `desc`. Sections that are not known are passed over.
    ///
    /// # Errors
    /// A value before any section; a package without `NAME` or `VERSION`; names and numbers that are none.
    pub fn read(desc: &[u8]) -> Result<Self, Error> {
        let (mut named, mut version, mut base, mut built_for) = (None, None, None, None);
        let (mut installed_size, mut depends, mut provides) = (None, Vec::new(), Vec::new());
        for value in values(desc) {
            let (section, line, text) = value?;
            match section {
                b"NAME" => named = Some(name(text, line)?),
                b"VERSION" => version = Some(lossy(text)),
                b"BASE" => base = Some(name(text, line)?),
                b"ARCH" => built_for = Some(architecture(text, line)?),
                b"SIZE" | b"ISIZE" => {
                    installed_size = Some(number(text).ok_or(Problem::Number("SIZE").at(line))?);
                }
                b"DEPENDS" => depends.extend(Relation::inline(text)),
                b"PROVIDES" => provides.extend(Relation::inline(text)),
                _ => {}
            }
        }
        Ok(Self {
            name: named.ok_or(Problem::Missing("NAME").at(1))?,
            version: version.ok_or(Problem::Missing("VERSION").at(1))?,
            base,
            architecture: built_for,
            installed_size,
            depends,
            provides,
        })
    }
}

/// Reads `files`: the absolute paths of a package's files and directories.
///
/// # Errors
/// A value before any section, and paths that are none.
pub fn files(text: &[u8]) -> Result<Vec<PathBuf>, Error> {
    let mut found = Vec::new();
    for value in values(text) {
        let (section, line, text) = value?;
        if section == b"FILES" {
            // the slash at a directory's end is no part of its name
            found.push(Path::new("/").join(path(text, line)?).components().collect());
        }
    }
    Ok(found)
}

/// A section's name, the line of a value in it, and the value.
type Value<'a> = (&'a [u8], usize, &'a [u8]);

/// The values of `%SECTION%`s; an empty line ends one.
fn values(text: &[u8]) -> impl Iterator<Item = Result<Value<'_>, Error>> {
    let mut section: Option<&[u8]> = None;
    lines(text).filter_map(move |(line, text)| {
        if text.is_empty() {
            section = None;
            return None;
        }
        match section {
            Some(section) => Some(Ok((section, line, text))),
            None => {
                section = text.strip_prefix(b"%").and_then(|text| text.strip_suffix(b"%"));
                section.is_none().then_some(Err(Problem::NotAField.at(line)))
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const DESC: &str = "%NAME%\nbash\n\n%VERSION%\n5.2.037-1\n\n%BASE%\nbash\n\n%DESC%\nThe GNU shell\n\n\
        %ARCH%\nx86_64\n\n%SIZE%\n9428398\n\n%DEPENDS%\nreadline\nlibreadline.so=8-64\nglibc\n\n%PROVIDES%\nsh\n";

    #[test]
    fn a_description_is_read() {
        let package = Package::read(DESC.as_bytes()).expect("a good description");
        assert_eq!((package.name.as_str(), package.version.as_str()), ("bash", "5.2.037-1"));
        assert_eq!(package.architecture.as_deref(), Some("x86_64"));
        assert_eq!(package.installed_size, Some(9_428_398));
        let shown: Vec<_> = package.depends.iter().map(Relation::to_string).collect();
        assert_eq!(shown, ["readline", "libreadline.so (= 8-64)", "glibc"]);
        let shared = crate::Package::from(&package);
        assert_eq!((shared.source.name.as_str(), shared.installed_size), ("bash", Some(9_428_398)));
    }

    #[test]
    fn files_are_absolute() {
        let text = b"%FILES%\netc/\netc/bash.bashrc\nusr/bin/sh\n\n%BACKUP%\netc/bash.bashrc\t472c536d\n";
        let expected = ["/etc", "/etc/bash.bashrc", "/usr/bin/sh"].map(PathBuf::from);
        assert_eq!(files(text).expect("good files"), expected);
        assert_eq!(files(b"%FILES%\n../etc/passwd\n"), Err(Problem::Path.at(2)));
    }

    #[test]
    fn what_is_wrong_has_a_line() {
        for (text, error) in [
            ("", Problem::Missing("NAME").at(1)),
            ("%NAME%\na\n", Problem::Missing("VERSION").at(1)),
            ("a\n", Problem::NotAField.at(1)),
            ("%NAME%\n../a\n", Problem::Name.at(2)),
            ("%NAME%\na\n\n%SIZE%\n-1\n", Problem::Number("SIZE").at(5)),
        ] {
            assert_eq!(Package::read(text.as_bytes()), Err(error), "{text:?}");
        }
    }
}

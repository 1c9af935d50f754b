//! apk: `/lib/apk/db/installed`, one line a letter, as apk-tools describe it in `apk-v2(5)` and read
//! it in `src/database.c`.

use crate::error::{Error, Problem};
use crate::line::{architecture, lines, lossy, name, number, path};
use crate::relation::Relation;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::path::{Path, PathBuf};

/// A package with its files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Package {
    /// The name (`P`).
    pub name: String,
    /// The version (`V`).
    pub version: String,
    /// The architecture (`A`).
    pub architecture: Option<String>,
    /// The size of the package file in bytes (`S`).
    pub size: Option<u64>,
    /// The size of the installed files in bytes (`I`).
    pub installed_size: Option<u64>,
    /// The name of the source package (`o`).
    pub origin: Option<String>,
    /// What it needs (`D`).
    pub depends: Vec<Relation>,
    /// What must not be installed with it (`D`, marked with `!`).
    pub conflicts: Vec<Relation>,
    /// What it is besides its name (`p`): `so:` libraries, `cmd:` programs.
    pub provides: Vec<Relation>,
    /// Its directories with their files, in order.
    pub directories: Vec<Directory>,
    /// The stanza as it was read, without the empty line behind it.
    pub stanza: Vec<u8>,
}

/// Owner and mode of a directory or file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ownership {
    /// The user.
    pub uid: u32,
    /// The group.
    pub gid: u32,
    /// Mode bits without the type of the file.
    pub mode: u32,
}

/// A directory that a package has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Directory {
    /// The absolute path (`F`).
    pub path: PathBuf,
    /// Owner and mode (`M`; root's with 755 if it is not told).
    pub ownership: Ownership,
    /// The package's files in it.
    pub files: Vec<File>,
}

/// A file or symbolic link that a package has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// The name within its directory (`R`).
    pub name: PathBuf,
    /// Owner and mode (`a`; root's with 644 if it is not told).
    pub ownership: Ownership,
    /// The checksum as written (`Z`): `Q1` and SHA-1 in base64. That of a symbolic link is of its target.
    pub checksum: Option<String>,
}

impl Package {
    /// The absolute paths of the package's directories and files, a directory before its files.
    pub fn paths(&self) -> impl Iterator<Item = PathBuf> {
        self.directories.iter().flat_map(|directory| {
            let files = directory.files.iter().map(|file| directory.path.join(&file.name));
            std::iter::once(directory.path.clone()).chain(files)
        })
    }
}

impl File {
    /// The SHA-1 of the content, if that is what the checksum is.
    pub fn sha1(&self) -> Option<[u8; 20]> {
        let digits = self.checksum.as_deref()?.strip_prefix("Q1")?;
        STANDARD.decode(digits).ok()?.try_into().ok()
    }
}

/// Reads `/lib/apk/db/installed`. Letters that are not known are passed over.
///
/// # Errors
/// A line that is not a letter, a colon and a value; a package without `P` or `V`; names, numbers,
/// owners and paths that are none; a file before any directory.
pub fn packages(installed: &[u8]) -> Result<Vec<Package>, Error> {
    let mut found = Vec::new();
    let mut draft: Option<Draft<'_>> = None;
    let mut at = 0;
    for (number, line) in lines(installed) {
        if line.trim_ascii().is_empty() {
            found.extend(draft.take().map(|draft| draft.finish(installed)).transpose()?);
        } else {
            let draft = draft.get_or_insert_with(|| Draft::begin(number, at));
            draft.end = at + line.len();
            draft.read(line, number)?;
        }
        at += line.len() + 1;
    }
    found.extend(draft.map(|draft| draft.finish(installed)).transpose()?);
    Ok(found)
}

/// The text of a database with these packages, as apk writes it.
pub fn installed<'a>(packages: impl IntoIterator<Item = &'a Package>) -> Vec<u8> {
    let mut text = Vec::new();
    for package in packages {
        text.extend_from_slice(&package.stanza);
        text.extend_from_slice(b"\n\n");
    }
    text
}

/// A package in the making.
struct Draft<'a> {
    line: usize,
    begin: usize,
    end: usize,
    name: Option<String>,
    version: Option<&'a [u8]>,
    package: Package,
}

impl<'a> Draft<'a> {
    fn begin(line: usize, begin: usize) -> Self {
        let package = Package {
            name: String::new(),
            version: String::new(),
            architecture: None,
            size: None,
            installed_size: None,
            origin: None,
            depends: Vec::new(),
            conflicts: Vec::new(),
            provides: Vec::new(),
            directories: Vec::new(),
            stanza: Vec::new(),
        };
        Self { line, begin, end: begin, name: None, version: None, package }
    }

    fn read(&mut self, line: &'a [u8], at: usize) -> Result<(), Error> {
        let [letter, b':', value @ ..] = line else { return Err(Problem::NotAField.at(at)) };
        let package = &mut self.package;
        let size = |field| number(value).map(Some).ok_or(Problem::Number(field).at(at));
        match letter {
            b'P' => self.name = Some(name(value, at)?),
            b'V' => self.version = Some(value),
            b'A' => package.architecture = Some(architecture(value, at)?),
            b'S' => package.size = size("S")?,
            b'I' => package.installed_size = size("I")?,
            b'o' => package.origin = Some(name(value, at)?),
            b'D' => package.depend(value),
            b'p' => package.provides = words(value).filter_map(Relation::inline).collect(),
            b'F' => package.directories.push(Directory::read(value, at)?),
            b'M' => package.last_directory(at)?.ownership = ownership(value, at)?,
            b'R' => package.last_directory(at)?.files.push(File::read(value, at)?),
            b'a' => package.last_file(at)?.ownership = ownership(value, at)?,
            b'Z' => package.last_file(at)?.checksum = Some(lossy(value)),
            _ => {}
        }
        Ok(())
    }

    fn finish(self, text: &[u8]) -> Result<Package, Error> {
        let name = self.name.ok_or(Problem::Missing("P").at(self.line))?;
        let version = self.version.filter(|version| !version.is_empty());
        let version = lossy(version.ok_or(Problem::Missing("V").at(self.line))?);
        Ok(Package { name, version, stanza: text[self.begin..self.end].to_vec(), ..self.package })
    }
}

impl Package {
    fn depend(&mut self, value: &[u8]) {
        for word in words(value) {
            match word.strip_prefix(b"!") {
                Some(word) => self.conflicts.extend(Relation::inline(word)),
                None => self.depends.extend(Relation::inline(word)),
            }
        }
    }

    fn last_directory(&mut self, line: usize) -> Result<&mut Directory, Error> {
        self.directories.last_mut().ok_or(Problem::Orphan.at(line))
    }

    fn last_file(&mut self, line: usize) -> Result<&mut File, Error> {
        self.last_directory(line)?.files.last_mut().ok_or(Problem::Orphan.at(line))
    }
}

impl Directory {
    /// The path is below the root; that of the root is empty.
    fn read(value: &[u8], line: usize) -> Result<Self, Error> {
        let below = if value.is_empty() { Path::new("") } else { path(value, line)? };
        let ownership = Ownership { uid: 0, gid: 0, mode: 0o755 };
        Ok(Self { path: Path::new("/").join(below), ownership, files: Vec::new() })
    }
}

impl File {
    fn read(value: &[u8], line: usize) -> Result<Self, Error> {
        let name = path(value, line)?;
        // one part, and nothing around it
        let is_name = name.file_name().is_some_and(|file| file == name.as_os_str());
        let ownership = Ownership { uid: 0, gid: 0, mode: 0o644 };
        let file = is_name.then(|| Self { name: name.to_owned(), ownership, checksum: None });
        file.ok_or(Problem::Path.at(line))
    }
}

fn words(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    value.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty())
}

/// `uid:gid:mode`, the mode octal; a checksum of extended attributes may follow.
fn ownership(value: &[u8], line: usize) -> Result<Ownership, Error> {
    let mut parts = value.split(|&byte| byte == b':');
    let mut next = |radix| {
        let part = parts.next().filter(|part| part.iter().all(u8::is_ascii_digit))?;
        u32::from_str_radix(std::str::from_utf8(part).ok()?, radix).ok()
    };
    let read = [next(10), next(10), next(8).filter(|mode| *mode <= 0o7777)];
    let [Some(uid), Some(gid), Some(mode)] = read else { return Err(Problem::Ownership.at(line)) };
    Ok(Ownership { uid, gid, mode })
}

#[cfg(test)]
mod tests;

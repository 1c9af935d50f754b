//! Which package brings a file that an image lacks: tables of what programs commonly need, and the
//! rules by which distributions name packages.
//!
//! A table is true for the release that [`Distribution::as_of`] names. Packages of libraries bear
//! the number of their interface, which changes with the release: [`Certainty`] says how far an
//! answer goes.

mod file;
mod library;
mod program;

use crate::os_release::Distribution;
use file::{FILES, TREES};
use library::LIBRARIES;
use program::PROGRAMS;
use std::borrow::Cow;

/// A package that would bring a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Provider {
    /// What to give to `apt-get install` or `apk add`.
    pub package: Cow<'static, str>,
    /// Where the name is from.
    pub certainty: Certainty,
}

/// How a package's name is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Certainty {
    /// The release that the tables are of has the file in this package. Where the name has a number
    /// (`libssl3`), another release may have another name.
    Listed,
    /// The name resolves to whatever package has the file: `so:libz.so.1`, `cmd:jq`. No package may have it.
    Resolved,
    /// The tables have the library with another number; the package's name was changed accordingly.
    /// It is likely to be of another release than the image.
    Renumbered,
    /// The tables do not have the library; the name is what the distribution's rule makes of the
    /// file's (Debian Policy 8.1). There may be no such package.
    Derived,
}

impl Distribution {
    /// The release that the tables are of.
    pub fn as_of(self) -> Option<&'static str> {
        match self {
            Self::Debian => Some("Debian 12 (bookworm)"),
            Self::Alpine => Some("Alpine 3.21"),
            Self::Other => None,
        }
    }

    fn column(self, debian: &'static str, alpine: &'static str) -> Option<&'static str> {
        let name = match self {
            Self::Debian => debian,
            Self::Alpine => alpine,
            Self::Other => "",
        };
        (!name.is_empty()).then_some(name)
    }
}

/// The package of a distribution that brings a file: an absolute path, the file name of a shared
/// library or of a loader, or the name of a program.
///
/// A path counts as a program only in a directory of programs (`/usr/bin`, `/sbin`, …), and as a
/// library wherever it is. `None` if nothing is known, and for distributions without a table.
pub fn find(wanted: &str, distribution: Distribution) -> Option<Provider> {
    if distribution == Distribution::Other {
        return None;
    }
    let (directory, name) = wanted.rsplit_once('/').unwrap_or(("", wanted));
    if let Some(library) = Library::parse(name) {
        return in_tree(wanted, distribution).or_else(|| library.provider(distribution));
    }
    let path = wanted.starts_with('/').then_some(wanted);
    let data = path.and_then(|path| known_file(path, distribution));
    data.or_else(|| if is_search_directory(directory) { program(name, distribution) } else { None })
}

fn listed(package: &'static str) -> Provider {
    Provider { package: Cow::Borrowed(package), certainty: Certainty::Listed }
}

fn known_file(path: &str, distribution: Distribution) -> Option<Provider> {
    let row = FILES.iter().find(|(file, ..)| *file == path);
    let exact = row.and_then(|(_, debian, alpine)| distribution.column(debian, alpine)).map(listed);
    exact.or_else(|| in_tree(path, distribution))
}

/// A file below a directory that belongs to one package.
fn in_tree(path: &str, distribution: Distribution) -> Option<Provider> {
    let is_within =
        |tree: &str| path.strip_prefix(tree).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    let mut rows = TREES.iter().filter(|(tree, ..)| is_within(tree));
    rows.find_map(|(_, debian, alpine)| distribution.column(debian, alpine)).map(listed)
}

/// Whether a directory is in what `PATH` usually is, or is not told.
fn is_search_directory(directory: &str) -> bool {
    matches!(
        directory,
        "" | "/bin" | "/sbin" | "/usr/bin" | "/usr/sbin" | "/usr/local/bin" | "/usr/local/sbin"
    )
}

fn program(name: &str, distribution: Distribution) -> Option<Provider> {
    let row = PROGRAMS.iter().find(|(program, ..)| *program == name);
    let known = row.and_then(|(_, debian, alpine)| distribution.column(debian, alpine)).map(listed);
    let is_plain =
        name.starts_with(|first: char| first.is_ascii_alphanumeric()) && name.bytes().all(is_plain);
    known.or_else(|| (distribution == Distribution::Alpine && is_plain).then(|| resolved("cmd", name)))
}

fn resolved(kind: &str, name: &str) -> Provider {
    Provider { package: Cow::Owned(format!("{kind}:{name}")), certainty: Certainty::Resolved }
}

/// Whether a byte of a file's name can stand in the name of a package, or of what one provides.
fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"+-._".contains(&byte)
}

/// The file name of a shared library: `stem.so` or `stem.so.version`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Library<'a> {
    name: &'a str,
    stem: &'a str,
    version: &'a str,
}

impl<'a> Library<'a> {
    fn parse(name: &'a str) -> Option<Self> {
        let (stem, version) = match name.split_once(".so.") {
            Some((stem, version)) => (stem, version),
            None => (name.strip_suffix(".so")?, ""),
        };
        let is_name = name.bytes().all(is_plain) && stem.bytes().any(|byte| byte.is_ascii_alphanumeric());
        is_name.then_some(Self { name, stem, version })
    }

    fn provider(self, distribution: Distribution) -> Option<Provider> {
        let row = LIBRARIES.iter().find(|(name, ..)| *name == self.name);
        if let Some(package) = row.and_then(|(_, debian, alpine)| distribution.column(debian, alpine)) {
            return Some(listed(package));
        }
        match distribution {
            Distribution::Debian => self.renumbered().or_else(|| self.derived()),
            // apk records the libraries of every package under these names
            Distribution::Alpine => Some(resolved("so", self.name)),
            Distribution::Other => None,
        }
    }

    /// Debian's package of the same library with another number, the number replaced.
    fn renumbered(self) -> Option<Provider> {
        let rows = LIBRARIES.iter().filter_map(|(name, debian, _)| Some((Library::parse(name)?, *debian)));
        let mut others = rows.filter(|(other, _)| other.stem == self.stem && !self.version.is_empty());
        let package = others.find_map(|(other, package)| {
            let start = package.strip_suffix(other.version)?;
            // `6` is no number of its own in `libfoo16`
            let is_whole = !start.ends_with(|last: char| last.is_ascii_digit() || last == '.');
            (is_whole && !other.version.is_empty()).then(|| format!("{start}{}", self.version))
        })?;
        Some(Provider { package: Cow::Owned(package.to_lowercase()), certainty: Certainty::Renumbered })
    }

    /// Debian Policy 8.1: file name without `.so.`, with a hyphen where digits would meet.
    fn derived(self) -> Option<Provider> {
        if !self.stem.starts_with("lib") || self.version.is_empty() {
            return None;
        }
        let hyphen = if self.stem.ends_with(|last: char| last.is_ascii_digit()) { "-" } else { "" };
        let package = format!("{}{hyphen}{}", self.stem, self.version).to_lowercase().replace('_', "-");
        Some(Provider { package: Cow::Owned(package), certainty: Certainty::Derived })
    }
}

#[cfg(test)]
mod tests;

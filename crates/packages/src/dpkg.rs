//! dpkg: the status of packages, and the files beside it that list theirs.
//!
//! Formats: deb-control(5), deb822(5), dpkg(1) and dpkg-divert(1); what dpkg itself makes of its
//! database is in its `lib/dpkg/parse.c`, `lib/dpkg/fields.c` and `src/main/divertdb.c`.

mod control;
mod files;
mod info;
mod state;

pub use files::{Diversion, Diversions, Md5sum, list, md5sums};
pub use info::InfoFile;
pub use state::{State, Want};

use crate::error::{Error, Problem};
use crate::line::{absolute, architecture, lossy, name, number};
use crate::relation::{Dependency, Relation};
use control::{Field, Stanza};
use std::path::PathBuf;

/// A stanza of `/var/lib/dpkg/status`, or one of the files in `/var/lib/dpkg/status.d`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Package {
    /// The name, without architecture.
    pub name: String,
    /// The version; empty only for packages that are not installed.
    pub version: String,
    /// The architecture; packages that are not installed may lack it.
    pub architecture: Option<String>,
    /// The source package, if it has another name.
    pub source: Option<String>,
    /// The version of the source package, if it is another one.
    pub source_version: Option<String>,
    /// The size of the files in KiB, as estimated when the package was built.
    pub installed_kib: Option<u64>,
    /// What was asked of dpkg for the package.
    pub want: Want,
    /// How far dpkg has come.
    pub state: State,
    /// dpkg has noted that the package must be installed again before anything else.
    pub needs_reinstallation: bool,
    /// dpkg refuses to remove the package.
    pub is_essential: bool,
    /// `Multi-Arch: same`: it can be installed for several architectures at once.
    pub is_multi_arch_same: bool,
    /// What it needs to work.
    pub depends: Vec<Dependency>,
    /// What it needs to be unpacked.
    pub pre_depends: Vec<Dependency>,
    /// What it is besides its name.
    pub provides: Vec<Relation>,
    /// Its files that the administrator may change.
    pub conffiles: Vec<Conffile>,
    /// The stanza as it was read, without the empty line behind it.
    pub stanza: Vec<u8>,
}

/// A file that the administrator may change, and that dpkg therefore does not simply replace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conffile {
    /// The absolute path.
    pub path: PathBuf,
    /// The MD5 sum as last installed, in hexadecimal digits, or `newconffile`.
    pub md5: String,
    /// The installed version of the package does not have it any more.
    pub is_obsolete: bool,
}

/// Reads `/var/lib/dpkg/status`. A file of `/var/lib/dpkg/status.d` is the same with one stanza and
/// without `Status`, which then counts as installed.
///
/// Of a field that stands twice the first counts.
///
/// # Errors
/// The line that is none of a stanza, or the stanza without `Package`, or, if the package is
/// installed, without `Version` or `Architecture`; names, numbers and paths that are none.
pub fn packages(status: &[u8]) -> Result<Vec<Package>, Error> {
    control::stanzas(status).map(|stanza| package(&stanza?)).collect()
}

/// The text of a `status` file with these packages, as dpkg writes it.
pub fn status<'a>(packages: impl IntoIterator<Item = &'a Package>) -> Vec<u8> {
    let mut text = Vec::new();
    for package in packages {
        text.extend_from_slice(&package.stanza);
        text.extend_from_slice(b"\n\n");
    }
    text
}

fn package(stanza: &Stanza<'_>) -> Result<Package, Error> {
    let field = |name| stanza.field(name);
    let missing = |name| Problem::Missing(name).at(stanza.line);
    let text = |name| field(name).map_or(&b""[..], |field| field.value);
    let named = field("Package").ok_or(missing("Package"))?;
    let name = name(named.value, named.line)?;
    let status = field("Status");
    let status = status.map(|field| state::read(field.value).ok_or(Problem::Status.at(field.line)));
    let (want, needs_reinstallation, state) =
        status.transpose()?.unwrap_or((Want::Install, false, State::Installed));
    let architecture =
        field("Architecture").map(|field| architecture(field.value, field.line)).transpose()?;
    if state.has_files() && text("Version").is_empty() {
        return Err(missing("Version"));
    }
    if state.has_files() && architecture.is_none() {
        return Err(missing("Architecture"));
    }
    let size = field("Installed-Size")
        .map(|field| number(field.value).ok_or(Problem::Number("Installed-Size").at(field.line)));
    let (source, source_version) = field("Source").map(source).transpose()?.unzip();
    Ok(Package {
        name,
        version: lossy(text("Version")),
        architecture,
        source,
        source_version: source_version.flatten(),
        installed_kib: size.transpose()?,
        want,
        state,
        needs_reinstallation,
        is_essential: text("Essential") == b"yes",
        is_multi_arch_same: text("Multi-Arch") == b"same",
        depends: Dependency::list(text("Depends")),
        pre_depends: Dependency::list(text("Pre-Depends")),
        provides: Relation::list(text("Provides")),
        conffiles: field("Conffiles").map(conffiles).transpose()?.unwrap_or_default(),
        stanza: stanza.raw.to_vec(),
    })
}

/// `name` or `name (version)`.
fn source(field: Field<'_>) -> Result<(String, Option<String>), Error> {
    let end = field.value.iter().position(|byte| byte.is_ascii_whitespace() || *byte == b'(');
    let (head, rest) = field.value.split_at(end.unwrap_or(field.value.len()));
    let version = rest.trim_ascii().strip_prefix(b"(").and_then(|rest| rest.strip_suffix(b")"));
    Ok((name(head, field.line)?, version.map(|version| lossy(version.trim_ascii()))))
}

/// Lines of path, checksum and, rarely, words. The path may have blanks, so it is read from the end.
fn conffiles(field: Field<'_>) -> Result<Vec<Conffile>, Error> {
    let mut found = Vec::new();
    for (line, text) in field.lines() {
        let (mut rest, mut last) = last_word(text);
        let mut is_obsolete = false;
        while matches!(last, b"obsolete" | b"remove-on-upgrade") {
            is_obsolete |= last == b"obsolete";
            (rest, last) = last_word(rest);
        }
        let path = absolute(rest, line)?.to_owned();
        found.push(Conffile { path, md5: lossy(last), is_obsolete });
    }
    Ok(found)
}

/// What is before the last blank, and behind it.
fn last_word(text: &[u8]) -> (&[u8], &[u8]) {
    let text = text.trim_ascii();
    let start = text.iter().rposition(u8::is_ascii_whitespace).map_or(0, |at| at + 1);
    (text[..start].trim_ascii_end(), &text[start..])
}

#[cfg(test)]
mod tests;

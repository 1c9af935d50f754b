//! `closure.json`: every file of a derived image with the reason for it.

use crate::installed::Installed;
use crate::probe::Probe;
use crate::weight::Weight;
use closure::{Closure, Kind, Size, Tree};
use serde::Serialize;

/// The most absent paths that are listed.
const ABSENT_LIMIT: usize = 10_000;

/// What a derived image consists of, and why.
#[derive(Debug, Clone, Serialize)]
pub struct Record {
    /// The image that it was derived from, by name.
    pub from: String,
    /// Its configuration's digest.
    pub from_id: String,
    /// `strict`, `safe` or `package`.
    pub size: &'static str,
    /// The probes, in words.
    pub probes: Vec<String>,
    /// How often files were added because the derived image missed them.
    pub rounds: u32,
    /// The image.
    pub fat: Weight,
    /// The derived image.
    pub thin: Weight,
    /// Packages of which there are files.
    pub packages: Count,
    /// The derived image's files.
    pub files: Vec<FileRecord>,
    /// Paths that the probes looked for and that do not exist: a file that appeared there would change what the program does.
    pub absent: Vec<String>,
}

/// A number in the image and in the derived image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Count {
    /// In the image.
    pub fat: usize,
    /// In the derived image.
    pub thin: usize,
}

/// A file of a derived image.
#[derive(Debug, Clone, Serialize)]
pub struct FileRecord {
    /// Where it lies.
    pub path: String,
    /// `file`, `directory`, `link` or `special`.
    pub kind: &'static str,
    /// Its bytes; none of a directory.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// Why it is there.
    pub reason: String,
    /// The package that it came with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub package: Option<String>,
}

/// The name of a size.
pub(crate) fn size_name(size: Size) -> &'static str {
    match size {
        Size::Strict => "strict",
        Size::Safe => "safe",
        Size::Package => "package",
    }
}

/// The files of a closure, by path.
pub(crate) fn files(tree: &Tree, closure: &Closure<'_>, installed: &Installed) -> Vec<FileRecord> {
    let record = |(id, reason): (closure::Id, &closure::Reason)| {
        let node = tree.node(id);
        let (kind, size) = match node.kind {
            Kind::Directory(_) => ("directory", None),
            Kind::File => ("file", Some(node.size)),
            Kind::Link(_) => ("link", None),
            Kind::Special => ("special", None),
        };
        let package = installed.package_of(id).map(|package| package.name.clone());
        FileRecord { path: tree.text(id), kind, size, reason: reason.text(tree), package }
    };
    closure.files().map(record).collect()
}

/// Probes in words.
pub(crate) fn probes(probes: &[Probe]) -> Vec<String> {
    probes.iter().map(Probe::text).collect()
}

/// The paths that were looked up and are not there, each once, sorted.
pub(crate) fn absent<'a>(tree: &Tree, paths: impl Iterator<Item = &'a [u8]>) -> Vec<String> {
    let kernel = [&b"/proc/"[..], b"/sys/", b"/dev/"];
    let wanted =
        paths.filter(|path| !kernel.iter().any(|start| path.starts_with(start)) && tree.find(path).is_none());
    let set: std::collections::BTreeSet<String> =
        wanted.take(ABSENT_LIMIT).map(|path| String::from_utf8_lossy(path).into_owned()).collect();
    set.into_iter().collect()
}

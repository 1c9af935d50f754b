//! Payload against tare.

use super::program::Program;
use crate::installed::Installed;
use closure::{Closure, Id, Kind, Missing, Tree};
use output::size::decimal;
use serde::{Deserialize, Serialize};

/// An image whose tare is less than this part of it is as good as made from nothing.
const NEGLIGIBLE: u64 = 20;

/// How much of something.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Amount {
    /// Bytes of content of regular files; a file with several names counts once.
    pub bytes: u64,
    /// Files that are no directories, each name.
    pub files: u64,
    /// Packages with a file among them.
    pub packages: u64,
}

/// Payload against tare.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scale {
    /// What the image shows.
    pub total: Amount,
    /// What its program reaches.
    pub payload: Amount,
    /// All the rest: the packaging. Packages of which nothing is payload.
    pub tare: Amount,
    /// Directories of the image.
    pub directories: u64,
    /// What that means.
    pub verdict: Verdict,
}

/// What can be said of an image's size.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// In a word.
    pub kind: VerdictKind,
    /// In a sentence.
    pub text: String,
}

/// What can be said of an image's size, in a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum VerdictKind {
    /// It has no files.
    Empty,
    /// It names no program.
    NoProgram,
    /// Its program does not start.
    DoesNotStart,
    /// Its program is a shell that waits for commands: anything may be needed.
    Shell,
    /// Next to all of it is payload.
    Scratch,
    /// Most of it can go.
    Shrinks,
}

/// Which nodes carry bytes, and whether they are payload: by [`Id::index`]. Of a file with several names the first one carries the bytes.
#[derive(Debug)]
pub(super) struct Payload {
    pub(super) is_kept: Vec<bool>,
    pub(super) carries: Vec<bool>,
}

impl Payload {
    pub(super) fn of(tree: &Tree, closure: &Closure<'_>) -> Self {
        let count = tree.ids().count();
        let mut found = Self { is_kept: vec![false; count], carries: vec![false; count] };
        for (id, _) in closure.files() {
            found.is_kept[id.index()] = true;
            found.carries[content(tree, id).index()] = true;
        }
        found
    }
}

/// The name that carries a file's bytes.
pub(super) fn content(tree: &Tree, id: Id) -> Id {
    tree.node(id).first.unwrap_or(id)
}

/// Bytes that a node adds to what lies in its directory.
pub(super) fn own_bytes(tree: &Tree, id: Id) -> u64 {
    let node = tree.node(id);
    if matches!(node.kind, Kind::File) && node.first.is_none() { node.size } else { 0 }
}

/// Weighs all files of a tree.
pub(super) fn weigh(tree: &Tree, payload: &Payload, installed: &Installed) -> (Amount, Amount, u64) {
    let (mut total, mut kept, mut directories) = (Amount::default(), Amount::default(), 0);
    let mut packages = vec![false; installed.packages.len()];
    for id in tree.ids() {
        if tree.is_directory(id) {
            directories += 1;
            continue;
        }
        let bytes = own_bytes(tree, id);
        total.bytes += bytes;
        total.files += 1;
        if payload.carries[id.index()] {
            kept.bytes += bytes;
        }
        if payload.is_kept[id.index()] {
            kept.files += 1;
            if let Some(package) = installed.owner(id) {
                packages[package] = true;
            }
        }
    }
    total.packages = count(installed.packages.len());
    kept.packages = count(packages.iter().filter(|is_kept| **is_kept).count());
    (total, kept, directories)
}

pub(super) fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

impl Scale {
    pub(super) fn new((total, payload, directories): (Amount, Amount, u64), verdict: Verdict) -> Self {
        let tare = Amount {
            bytes: total.bytes - payload.bytes,
            files: total.files - payload.files,
            packages: total.packages - payload.packages,
        };
        Self { total, payload, tare, directories, verdict }
    }
}

/// The verdict on an image; `name` is what it is called in a command line.
pub(super) fn verdict(total: Amount, payload: Amount, program: &Program, is_open_shell: bool) -> Verdict {
    let files = |number: u64| if number == 1 { "1 file".to_owned() } else { format!("{number} files") };
    let (kind, text) = if total.files == 0 {
        (VerdictKind::Empty, "it has no files: it is FROM scratch, and nothing else".to_owned())
    } else if program.command.is_empty() {
        (VerdictKind::NoProgram, "it names no program: what of it is needed, its user decides".to_owned())
    } else if let Some(first) = program.missing.first() {
        let more = program.missing.len() - 1;
        let more = if more == 0 { String::new() } else { format!(" (and {more} more)") };
        (VerdictKind::DoesNotStart, format!("its program does not start: {first}{more}"))
    } else if is_open_shell {
        let text = format!(
            "its entry point is a shell: what it needs is what is typed; with the usual tools {} of {}",
            decimal(payload.bytes),
            decimal(total.bytes)
        );
        (VerdictKind::Shell, text)
    } else if (total.bytes - payload.bytes).saturating_mul(NEGLIGIBLE) <= total.bytes {
        let text = format!(
            "is as good as FROM scratch already: its program reaches {} of its {}",
            decimal(payload.bytes),
            decimal(total.bytes)
        );
        (VerdictKind::Scratch, text)
    } else {
        let text = format!(
            "can be FROM scratch with {}, {} of {}, as far as its files tell; 'tare strip' derives that image and proves it",
            files(payload.files),
            decimal(payload.bytes),
            decimal(total.bytes)
        );
        (VerdictKind::Shrinks, text)
    };
    Verdict { kind, text }
}

/// What is missing, in words.
pub(super) fn missing_text(tree: &Tree, missing: &Missing) -> String {
    match missing {
        Missing::Loader { of, path } => {
            format!("{} wants the loader {path}, which is not there", tree.text(*of))
        }
        Missing::Library { name, by, unfit: None, .. } => {
            format!("{} needs the library {name}, which is not there", tree.text(*by))
        }
        Missing::Library { name, by, unfit: Some(unfit), .. } => format!(
            "{} needs the library {name}; {} is for another machine",
            tree.text(*by),
            tree.text(*unfit)
        ),
        Missing::Version { version, library, by } => {
            format!("{} needs {version} of {}, which has it not", tree.text(*by), tree.text(*library))
        }
        Missing::Interpreter { of, name } => {
            format!("{} wants the interpreter {name}, which is not there", tree.text(*of))
        }
    }
}

//! Why a program does not start, or will not work when it has: the cause, the evidence and what to do.
//!
//! Nothing is executed: the image is looked into, with the same judgement that speaks when `run` fails (`elf`), and the same model of the loaders by which
//! images are derived (`closure`).

mod data;
mod finding;
mod libraries;
mod look;
mod start;

pub use finding::{Finding, Severity};

use crate::subject::{Subject, command};
use closure::{Closure, Setting, Size, Tree};
use elf::{IsaLevel, Machine};

/// The machine that is to run a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Host {
    /// Its architecture.
    pub machine: Machine,
    /// The level of an x86-64 CPU.
    pub isa_level: Option<IsaLevel>,
    /// The version of its kernel.
    pub kernel: (u32, u32, u32),
}

impl Host {
    /// This machine.
    #[must_use]
    pub fn own() -> Self {
        let release = sys::system::uname();
        let release = release.release().to_string_lossy().into_owned();
        let mut numbers =
            release.split(|char: char| !char.is_ascii_digit()).map(|number| number.parse().unwrap_or(0));
        let mut next = || numbers.next().unwrap_or(0);
        Self { machine: Machine::host(), isa_level: IsaLevel::host(), kernel: (next(), next(), next()) }
    }
}

/// What is under examination.
pub(crate) struct Case<'a> {
    pub(crate) tree: &'a Tree,
    pub(crate) setting: &'a Setting,
    pub(crate) command: &'a [String],
    pub(crate) host: &'a Host,
    pub(crate) distribution: packages::Distribution,
    /// Is asked for the loader's needs only.
    pub(crate) closure: Closure<'a>,
}

/// Says what is wrong with what a container of an image would start: the image's own command, or with `arguments` in the place of `CMD`. Nothing if nothing is wrong.
#[must_use]
pub fn why(subject: &Subject, arguments: Option<&[String]>, host: &Host) -> Vec<Finding> {
    let command = command(&subject.configuration.config, arguments);
    let mut findings = Vec::new();
    if command.is_empty() {
        return vec![Finding::fatal(
            "the image names no command",
            "write one behind the image's name, or set CMD or ENTRYPOINT in the image",
        )];
    }
    let Some(tree) = &subject.tree else {
        return vec![Finding::fatal("the image has no files", "copy a program into it: COPY app /app")];
    };
    let mut closure = Closure::new(tree, &subject.setting, Size::Strict);
    closure.command(&command, "command");
    closure.settle();
    let distribution = distribution(tree);
    let case = Case { tree, setting: &subject.setting, command: &command, host, distribution, closure };
    findings.extend(start::findings(&case, &subject.configuration.config, arguments.is_none()));
    if !findings.iter().any(Finding::is_fatal) {
        findings.extend(libraries::findings(&case));
    }
    if !findings.iter().any(Finding::is_fatal) {
        findings.extend(data::findings(&case));
    }
    findings
}

/// Whose packages an image is made of.
pub(crate) fn distribution(tree: &Tree) -> packages::Distribution {
    let read = |path: &str| tree.find(path).and_then(|id| tree.content(id, 1 << 16).ok());
    let release = read("/etc/os-release").or_else(|| read("/usr/lib/os-release"));
    release.map_or(packages::Distribution::Other, |text| packages::OsRelease::read(&text).distribution())
}

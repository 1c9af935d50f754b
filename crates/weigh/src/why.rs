//! Why a program does not start, or will not work when it has: the cause, the evidence and what to do.
//!
//! Nothing is executed: the image is looked into, with the same judgement that speaks when `run` fails (`elf`), and the same model of the loaders by which
//! images are derived (`closure`).

mod access;
mod data;
mod demands;
mod file;
mod finding;
mod libraries;
mod look;
mod names;
mod scan;
mod start;
#[cfg(test)]
mod tests;
mod versions;

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
struct Case<'a> {
    tree: &'a Tree,
    setting: &'a Setting,
    command: &'a [String],
    host: &'a Host,
    distribution: packages::Distribution,
    /// Is asked for the loader's needs only.
    closure: Closure<'a>,
    /// Where something is mounted into the container, that is not in the tree.
    mounted: &'a [String],
}

impl Case<'_> {
    /// Whether a path may lead into something that is mounted.
    fn is_mounted(&self, path: &str) -> bool {
        self.mounted.iter().any(|mount| is_below(path, mount))
    }

    /// Whether a directory may have something mounted on it, above or below it.
    fn is_mounted_about(&self, directory: &str) -> bool {
        self.mounted.iter().any(|mount| is_below(directory, mount) || is_below(mount, directory))
    }
}

fn is_below(path: &str, directory: &str) -> bool {
    let parts = |path: &str| -> Vec<String> {
        path.split('/').filter(|name| !name.is_empty() && *name != ".").map(str::to_owned).collect()
    };
    parts(path).starts_with(&parts(directory))
}

/// Says what is wrong with what a container of an image would start: the image's own command, or with `arguments` in the place of `CMD`. Nothing if nothing is wrong.
#[must_use]
pub fn why(subject: &Subject, arguments: Option<&[String]>, host: &Host) -> Vec<Finding> {
    let execution = &subject.configuration.config;
    let command = command(execution, arguments);
    let Some(tree) = subject.tree.as_ref().filter(|_| !command.is_empty()) else {
        return vec![nothing(command.is_empty())];
    };
    let mut closure = Closure::new(tree, &subject.setting, Size::Strict);
    closure.command(&command, "command");
    closure.settle();
    let distribution = distribution(tree);
    let (setting, command, mounted) = (&subject.setting, command.as_slice(), subject.mounted.as_slice());
    let case = Case { tree, setting, command, host, distribution, closure, mounted };
    let mut findings = start::findings(&case, execution, arguments.is_none());
    if !findings.iter().any(Finding::is_fatal) {
        findings.extend(libraries::findings(&case));
        findings.extend(versions::findings(&case));
        findings.extend(demands::findings(&case));
    }
    if !findings.iter().any(Finding::is_fatal) {
        findings.extend(data::findings(&case));
        findings.extend(names::findings(&case));
    }
    findings.extend(start::health_check(&case));
    findings
}

fn nothing(names_no_command: bool) -> Finding {
    if names_no_command {
        return Finding::fatal(125, "the image names no command")
            .with_evidence("neither ENTRYPOINT nor CMD is set")
            .with_fix("say what it is to do: CMD [\"/app\"]")
            .with_fix("name a program behind the image: tare run IMAGE /app");
    }
    Finding::fatal(127, "the image has no files")
        .with_evidence("it has no layers")
        .with_fix("copy a program into it: COPY --chmod=755 app /app")
}

/// Whose packages an image is made of.
fn distribution(tree: &Tree) -> packages::Distribution {
    let read = |path: &str| tree.find(path).and_then(|id| tree.content(id, 1 << 16).ok());
    let release = packages::OS_RELEASE.iter().find_map(|path| read(path));
    release.map_or(packages::Distribution::Other, |text| packages::OsRelease::read(&text).distribution())
}

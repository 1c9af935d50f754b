//! Why a file belongs to a closure.

use crate::tree::{Id, Tree};

/// How much is taken of what a program touches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Size {
    /// What was traced, and what the loader needs for it.
    Strict,
    /// Whole trees of modules: a standard library, a gem, a program's directory of configuration.
    Safe,
    /// All files of every package of which anything is needed.
    Package,
}

/// Why a file is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// The image's configuration names it.
    Configuration(&'static str),
    /// The loader of a program.
    Loader(Id),
    /// A library that a file needs (`DT_NEEDED`).
    Needed(Id),
    /// A library that a file may open while it runs: its note or a string says so.
    Opens(Id),
    /// The interpreter of a script.
    Interpreter(Id),
    /// A command in a script.
    Command(Id),
    /// A path that stands in a file.
    Mentioned(Id),
    /// It lies in the same tree of modules as another file.
    Tree(Id),
    /// A traced access, in words.
    Traced(String),
    /// A rule, by its name.
    Policy(&'static str),
    /// A link or directory on the way to another file.
    Way(Id),
    /// It belongs to a package of which something else is needed.
    Package(String),
}

impl Reason {
    /// In words, as they stand in `closure.json`.
    pub fn text(&self, tree: &Tree) -> String {
        match self {
            Self::Configuration(what) => format!("configuration: {what}"),
            Self::Loader(of) => format!("loader of {}", tree.text(*of)),
            Self::Needed(by) => format!("NEEDED by {}", tree.text(*by)),
            Self::Opens(by) => format!("opened at run time by {}", tree.text(*by)),
            Self::Interpreter(of) => format!("interpreter of {}", tree.text(*of)),
            Self::Command(of) => format!("command in {}", tree.text(*of)),
            Self::Mentioned(by) => format!("named in {}", tree.text(*by)),
            Self::Tree(of) => format!("same module tree as {}", tree.text(*of)),
            Self::Traced(how) => how.clone(),
            Self::Policy(name) => format!("policy: {name}"),
            Self::Way(to) => format!("on the way to {}", tree.text(*to)),
            Self::Package(name) => format!("package {name}"),
        }
    }
}

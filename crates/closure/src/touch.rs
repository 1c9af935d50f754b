//! What a running program was seen to use.

use crate::closure::Closure;
use crate::ground;
use crate::reason::{Reason, Size};

/// The most names of a listed directory whose files `strict` keeps: those that a program reads one after another (`conf.d`, a loader of plug-ins). Larger
/// ones are search paths, of which an interpreter lists all and opens few.
const LISTED_LIMIT: usize = 64;

/// How a path was used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Access {
    /// Looked at, or tried.
    Look,
    /// Entered, as a working directory.
    Enter,
    /// Its names were read.
    List,
    /// Opened.
    Open,
    /// Executed.
    Execute,
}

/// A use of a path.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Touch {
    /// Absolute, from the root.
    pub path: Vec<u8>,
    /// How.
    pub access: Access,
}

impl Access {
    /// In words: `opened`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Look => "looked up",
            Self::Enter => "entered",
            Self::List => "listed",
            Self::Open => "opened",
            Self::Execute => "executed",
        }
    }
}

impl Closure<'_> {
    /// Keeps what was touched, if the tree has it; `by` says who did (`probe 2`).
    pub fn touch(&mut self, touch: &Touch, by: &str) {
        let reason = Reason::Traced(format!("{} by {by}", touch.access.word()));
        let Some(id) = self.keep(&touch.path, reason.clone()) else {
            // it may be made there
            if let Some(at) = touch.path.iter().rposition(|byte| *byte == b'/').filter(|at| *at > 0) {
                self.keep(&touch.path[..at], reason);
            }
            return;
        };
        match touch.access {
            Access::Look | Access::Enter => {}
            Access::Open | Access::Execute => {
                let is_module = self.tree.is_file(id);
                if is_module {
                    self.keep_surroundings(id);
                }
            }
            Access::List if self.size == Size::Strict => {
                let children: Vec<_> = self.tree.children(id).map(|(_, child)| child).collect();
                if children.len() <= LISTED_LIMIT && ground::private_tree(self.tree, id).is_some() {
                    for child in children {
                        self.keep_file(child, reason.clone());
                    }
                }
            }
            Access::List => self.keep_surroundings(id),
        }
    }
}

//! How much some files are.

use closure::{Id, Kind, Tree};
use serde::Serialize;

/// Bytes and numbers of some files.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Weight {
    /// Bytes of content; a file with several names counts once.
    pub bytes: u64,
    /// Regular files and links, each name.
    pub files: u64,
    /// Directories.
    pub directories: u64,
}

impl Weight {
    /// Weighs files.
    pub fn of(tree: &Tree, ids: impl IntoIterator<Item = Id>) -> Self {
        let mut weight = Self::default();
        for id in ids {
            weight.add(tree, id);
        }
        weight
    }

    /// Adds a file.
    pub fn add(&mut self, tree: &Tree, id: Id) {
        let node = tree.node(id);
        match node.kind {
            Kind::Directory(_) => self.directories += 1,
            Kind::File => {
                self.files += 1;
                if node.first.is_none() {
                    self.bytes += node.size;
                }
            }
            Kind::Link(_) | Kind::Special => self.files += 1,
        }
    }
}

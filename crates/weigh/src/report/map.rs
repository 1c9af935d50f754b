//! Where the bytes of an image lie: its directories as a tree of cells, the small ones put together.

use super::scale::{Payload, own_bytes};
use closure::{Id, Tree};
use serde::{Deserialize, Serialize};

/// A cell is at least this part of all.
const PART: u64 = 400;
/// How deep cells lie in each other.
const DEPTH: usize = 6;

/// A directory or file, or several small ones together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cell {
    /// Its name in its directory; of small ones together how many they are: `12 more`.
    pub name: String,
    /// Bytes.
    pub bytes: u64,
    /// Bytes of them that are payload.
    pub payload: u64,
    /// What is in it, the largest first; empty if nothing of it is large enough.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cells: Vec<Cell>,
}

/// The map of a tree.
pub(super) fn draw(tree: &Tree, payload: &Payload) -> Cell {
    let ids: Vec<Id> = tree.ids().collect();
    let mut sums: Vec<(u64, u64)> = vec![(0, 0); ids.len()];
    // whatever is in a directory comes behind it
    for id in ids.iter().rev() {
        let bytes = own_bytes(tree, *id);
        let kept = if payload.carries[id.index()] { bytes } else { 0 };
        let own = &mut sums[id.index()];
        *own = (own.0 + bytes, own.1 + kept);
        let (below, parent) = (*own, tree.node(*id).parent);
        if parent != *id {
            let above = &mut sums[parent.index()];
            *above = (above.0 + below.0, above.1 + below.1);
        }
    }
    let least = (sums[0].0 / PART).max(1);
    let drawing = Drawing { tree, sums: &sums, least };
    Cell { name: "/".into(), ..drawing.cell(tree.root(), DEPTH) }
}

struct Drawing<'a> {
    tree: &'a Tree,
    sums: &'a [(u64, u64)],
    least: u64,
}

impl Drawing<'_> {
    fn cell(&self, id: Id, depth: usize) -> Cell {
        let (bytes, payload) = self.sums[id.index()];
        let name = String::from_utf8_lossy(&self.tree.node(id).name).into_owned();
        let mut cell = Cell { name, bytes, payload, cells: Vec::new() };
        if depth == 0 {
            return cell;
        }
        let mut small = (0_usize, 0, 0);
        for (_, child) in self.tree.children(id) {
            let (bytes, payload) = self.sums[child.index()];
            if bytes >= self.least {
                cell.cells.push(self.cell(child, depth - 1));
            } else if bytes > 0 {
                small = (small.0 + 1, small.1 + bytes, small.2 + payload);
            }
        }
        if cell.cells.is_empty() {
            return cell;
        }
        cell.cells.sort_by(|a, b| b.bytes.cmp(&a.bytes).then(a.name.cmp(&b.name)));
        if small.0 > 0 {
            let name = format!("{} more", small.0);
            cell.cells.push(Cell { name, bytes: small.1, payload: small.2, cells: Vec::new() });
        }
        cell
    }
}

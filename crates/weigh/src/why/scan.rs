//! Searching files for texts, however large they are.

use closure::{Id, Tree};
use memchr::memmem::Finder;
use std::io::Read;

/// The most bytes of a file that are searched; the largest programs have a few hundred million.
const LIMIT: u64 = 512 << 20;
/// How much is in memory at a time.
const PIECE: usize = 1 << 20;

/// Which of some texts, none longer than a path, stand in a file. What cannot be read has none.
pub(super) fn contains<const N: usize>(tree: &Tree, id: Id, texts: [&[u8]; N]) -> [bool; N] {
    let mut found = [false; N];
    let path = tree.path(id);
    let relative = path.strip_prefix("/").unwrap_or(&path);
    let Ok(file) = sys::rooted::open_regular(tree.as_fd(), relative) else { return found };
    let mut file = std::fs::File::from(file).take(LIMIT);
    let finders = texts.map(Finder::new);
    let overlap = texts.iter().map(|text| text.len()).max().unwrap_or(0).saturating_sub(1);
    let mut piece = Vec::with_capacity(PIECE + overlap);
    loop {
        let kept = piece.len().min(overlap);
        piece.drain(..piece.len() - kept);
        match file.by_ref().take(PIECE as u64).read_to_end(&mut piece) {
            Ok(read) if read > 0 => {}
            _ => return found,
        }
        for (found, finder) in found.iter_mut().zip(&finders) {
            *found = *found || finder.find(&piece).is_some();
        }
        if found.iter().all(|found| *found) {
            return found;
        }
    }
}

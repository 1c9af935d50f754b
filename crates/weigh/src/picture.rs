//! Pictures of a report: for a terminal, and as a page. Pure functions; text that comes from an image is made harmless here.

pub mod html;
mod square;
pub mod terminal;

use crate::report::Cell;

/// Text of an image without what steers a terminal or turns the direction of writing: such characters are escaped.
pub(crate) fn harmless(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            '"' | '\'' | '\\' => out.push(char),
            _ => out.extend(char.escape_debug()),
        }
    }
    out
}

/// A part of a whole in percent, as people write it: `<1 %`, `63 %`.
pub(crate) fn percent(part: u64, whole: u64) -> String {
    if whole == 0 {
        return "0 %".into();
    }
    let percent = part as f64 * 100.0 / whole as f64;
    match percent {
        _ if part == 0 => "0 %".into(),
        _ if percent < 1.0 => "<1 %".into(),
        // what is not all must not look so
        _ if part < whole && percent > 99.0 => ">99 %".into(),
        _ => format!("{percent:.0} %"),
    }
}

/// `1 file`, `2 files`.
pub(crate) fn counted(number: u64, what: &str) -> String {
    if number == 1 { format!("1 {what}") } else { format!("{number} {what}s") }
}

/// A cell by its whole path, and what is left of it when others of the list are inside of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Flat {
    pub(crate) path: String,
    pub(crate) bytes: u64,
    pub(crate) payload: u64,
}

/// The cells of a map side by side, `most` at most: the largest one is replaced by what is in it while there is room.
pub(crate) fn flatten(map: &Cell, most: usize) -> Vec<Flat> {
    let mut open: Vec<(String, &Cell)> = vec![(String::new(), map)];
    // one that is not divisible stays as it is
    while let Some(at) = open
        .iter()
        .enumerate()
        .filter(|(_, (_, cell))| !cell.cells.is_empty() && open.len() + cell.cells.len() - 1 <= most)
        .max_by_key(|(_, (_, cell))| cell.bytes)
        .map(|(at, _)| at)
    {
        let (path, cell) = open.remove(at);
        open.extend(cell.cells.iter().map(|inner| (format!("{path}/{}", inner.name), inner)));
    }
    let mut flat: Vec<Flat> = open
        .into_iter()
        .filter(|(_, cell)| cell.bytes > 0)
        .map(|(path, cell)| Flat {
            path: if path.is_empty() { "/".into() } else { path },
            bytes: cell.bytes,
            payload: cell.payload,
        })
        .collect();
    flat.sort_by(|a, b| b.bytes.cmp(&a.bytes).then(a.path.cmp(&b.path)));
    flat
}

#[cfg(test)]
pub(crate) mod tests;

//! The tree map in characters: each rectangle is a directory, its left part payload, its right part tare.

use super::Look;
use crate::picture::square::{self, Area};
use crate::picture::{Flat, flatten, harmless};
use crate::report::Cell;
use output::size::decimal;

/// Lines of the map.
const HEIGHT: usize = 18;
/// The most rectangles.
const MOST: usize = 28;
/// A character is twice as high as it is wide.
const ASPECT: f64 = 2.0;
pub(super) const PAYLOAD_TEXT: &str = "\x1b[38;5;36m";
pub(super) const TARE_TEXT: &str = "\x1b[38;5;244m";
/// Backgrounds, two of each: neighbours differ.
const PAYLOAD: [&str; 2] = ["\x1b[48;5;29;38;5;255m", "\x1b[48;5;23;38;5;255m"];
const TARE: [&str; 2] = ["\x1b[48;5;238;38;5;252m", "\x1b[48;5;236;38;5;252m"];

/// What a place of the map shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Place {
    char: char,
    is_payload: bool,
    cell: usize,
    /// A label or a border, and not mere ground.
    is_drawn: bool,
}

pub(super) fn draw(map: &Cell, look: Look) -> String {
    let cells = flatten(map, MOST);
    let width = look.width.saturating_sub(4).clamp(20, 116);
    if cells.is_empty() {
        return String::new();
    }
    let weights: Vec<u64> = cells.iter().map(|cell| cell.bytes).collect();
    let area = Area { x: 0.0, y: 0.0, width: width as f64, height: HEIGHT as f64 * ASPECT };
    let areas = square::divide(&weights, area);
    let ground = Place { char: ' ', is_payload: false, cell: usize::MAX, is_drawn: false };
    let mut grid = vec![vec![ground; width]; HEIGHT];
    for (number, (cell, area)) in cells.iter().zip(&areas).enumerate() {
        fill(&mut grid, number, cell, *area);
    }
    let mut text = String::new();
    for row in &grid {
        text.push_str("  ");
        text.push_str(line(row, look.is_colored).trim_end());
        text.push('\n');
    }
    let legend = if look.is_colored {
        format!("  {} payload {} {} tare \x1b[0m\n", PAYLOAD[0], "\x1b[0m", TARE[0])
    } else {
        "  # payload  . tare\n".to_owned()
    };
    text + &legend
}

fn fill(grid: &mut [Vec<Place>], number: usize, cell: &Flat, area: Area) {
    let (left, right) = (area.x.round() as usize, (area.x + area.width).round() as usize);
    let (top, bottom) =
        ((area.y / ASPECT).round() as usize, ((area.y + area.height) / ASPECT).round() as usize);
    let right = right.min(grid.first().map_or(0, Vec::len));
    if right <= left || bottom <= top {
        return;
    }
    let share = cell.payload as f64 / cell.bytes.max(1) as f64;
    let split = left + ((right - left) as f64 * share).round() as usize;
    for row in grid.iter_mut().take(bottom).skip(top) {
        for (x, place) in row.iter_mut().enumerate().take(right).skip(left) {
            let is_payload = x < split;
            *place =
                Place { char: if is_payload { '#' } else { '.' }, is_payload, cell: number, is_drawn: false };
            if x == left {
                (place.char, place.is_drawn) = ('|', true);
            }
        }
    }
    let labels = [harmless(&cell.path), decimal(cell.bytes)];
    for (label, row) in labels.iter().zip(grid.iter_mut().take(bottom).skip(top)) {
        let room = right - left - 1;
        for (place, char) in row[left + 1..right].iter_mut().zip(label_of(label, room).chars()) {
            (place.char, place.is_drawn) = (char, true);
        }
    }
}

/// A label as long as there is room: of a path the end tells more.
fn label_of(label: &str, room: usize) -> String {
    let length = label.chars().count();
    // characters of two columns would move all that follows
    let is_plain = label.is_ascii();
    match room {
        _ if !is_plain => String::new(),
        0..3 => String::new(),
        _ if length < room => format!("{label} "),
        _ if length == room => label.to_owned(),
        _ if label.starts_with('/') => format!("~{}", &label[length - (room - 1)..]),
        _ => String::new(),
    }
}

fn line(row: &[Place], is_colored: bool) -> String {
    if !is_colored {
        return row.iter().map(|place| place.char).collect();
    }
    let mut text = String::new();
    let mut style = None;
    for place in row {
        let wanted = if place.is_payload { PAYLOAD } else { TARE }[place.cell % 2];
        if style != Some(wanted) {
            text.push_str(wanted);
            style = Some(wanted);
        }
        text.push(match place.char {
            '|' if place.is_drawn => '▏',
            char if place.is_drawn => char,
            _ => ' ',
        });
    }
    text + "\x1b[0m"
}

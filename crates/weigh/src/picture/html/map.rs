//! The tree map as SVG: directories in directories, and of each innermost one the left part payload and the right part tare.

use super::Page;
use crate::picture::square::{self, Area};
use crate::picture::{harmless, percent};
use crate::report::Cell;
use output::size::decimal;

const WIDTH: f64 = 1180.0;
const HEIGHT: f64 = 560.0;
/// Room for a directory's name above what is in it.
const NAME: f64 = 15.0;
/// Width of a character of the labels, about.
const CHARACTER: f64 = 6.2;

pub(super) fn draw(page: &mut Page, map: &Cell) {
    page.format(format_args!(
        "<svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"Tree map: directories by size, payload against tare\">\n"
    ));
    let area = Area { x: 0.0, y: 0.0, width: WIDTH, height: HEIGHT };
    cell(page, map, "", area);
    page.raw("</svg>\n");
}

fn cell(page: &mut Page, cell: &Cell, above: &str, area: Area) {
    if area.width < 1.5 || area.height < 1.5 {
        return;
    }
    let path = if above.is_empty() {
        cell.name.clone()
    } else {
        format!("{}/{}", above.trim_end_matches('/'), cell.name)
    };
    let has_room = area.width > 46.0 && area.height > 40.0;
    if cell.cells.is_empty() || !has_room {
        leaf(page, cell, &path, area);
        return;
    }
    page.raw("<g>");
    title(page, cell, &path);
    rectangle(page, "frame", area);
    label(page, "name", &cell.name, area);
    page.raw("\n");
    let weights: Vec<u64> = cell.cells.iter().map(|inner| inner.bytes).collect();
    // the last one is what is left over, and may be larger than its place in the order says
    let mut order: Vec<usize> = (0..weights.len()).collect();
    order.sort_by_key(|at| std::cmp::Reverse(weights[*at]));
    let sorted: Vec<u64> = order.iter().map(|at| weights[*at]).collect();
    let areas = square::divide(&sorted, area.inside(2.0, NAME));
    for (at, area) in order.into_iter().zip(areas) {
        self::cell(page, &cell.cells[at], &path, area);
    }
    page.raw("</g>\n");
}

fn leaf(page: &mut Page, cell: &Cell, path: &str, area: Area) {
    let area = area.inside(0.5, 0.0);
    let share = cell.payload as f64 / cell.bytes.max(1) as f64;
    let split = area.width * share;
    page.raw("<g>");
    title(page, cell, path);
    if share < 1.0 {
        rectangle(page, "tare", Area { x: area.x + split, width: area.width - split, ..area });
    }
    if share > 0.0 {
        rectangle(page, "payload", Area { width: split, ..area });
    }
    label(page, if share > 0.5 { "on" } else { "" }, &cell.name, area);
    if area.height > 30.0 && area.width > 50.0 {
        let below = Area { y: area.y + 13.0, height: area.height - 13.0, ..area };
        label(page, if share > 0.5 { "on" } else { "" }, &decimal(cell.bytes), below);
    }
    page.raw("</g>\n");
}

fn title(page: &mut Page, cell: &Cell, path: &str) {
    let text = format!(
        "{path}: {}, payload {} ({}), tare {}",
        decimal(cell.bytes),
        decimal(cell.payload),
        percent(cell.payload, cell.bytes),
        decimal(cell.bytes - cell.payload)
    );
    page.element("title", &text);
}

fn rectangle(page: &mut Page, class: &str, area: Area) {
    page.format(format_args!(
        "<rect class=\"{class}\" x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{:.1}\" rx=\"2\"/>",
        area.x, area.y, area.width, area.height
    ));
}

fn label(page: &mut Page, class: &str, text: &str, area: Area) {
    let text = harmless(text);
    let room = ((area.width - 8.0) / CHARACTER).max(0.0) as usize;
    if area.height < 14.0 || room < 3 {
        return;
    }
    let text = output::text::ellipsis(&text, room);
    let class = if class.is_empty() { String::new() } else { format!(" class=\"{class}\"") };
    page.format(format_args!("<text{class} x=\"{:.1}\" y=\"{:.1}\">", area.x + 4.0, area.y + 12.0));
    page.text(&text);
    page.raw("</text>");
}

//! The page from top to bottom.

use super::{Page, map, tables};
use crate::picture::{counted, percent};
use crate::report::{Amount, Report, Scale, VerdictKind};
use output::size::decimal;

pub(super) fn body(page: &mut Page, report: &Report) {
    head(page, report);
    if let Some(scale) = &report.scale {
        self::scale(page, scale);
    }
    if let Some(cell) = &report.map {
        page.raw("<h2>Where the bytes lie</h2>\n");
        page.raw("<p class=\"soft\"><span class=\"dot payload\"></span>payload: what the program reaches ");
        page.raw("<span class=\"dot tare\"></span>tare: the packaging. Areas are bytes; a pointer on a directory tells its numbers.</p>\n");
        map::draw(page, cell);
    }
    if let Some(contents) = &report.contents {
        tables::contents(page, contents);
    }
    tables::program(page, &report.program);
    tables::layers(page, &report.layers, &report.waste);
    tables::kernel(page, &report.kernel);
    if let Some(contents) = &report.contents {
        tables::packages(page, &contents.packages);
    }
    if !report.notes.is_empty() {
        page.raw("<h2>Notes</h2>\n<ul>\n");
        for note in &report.notes {
            page.element("li", note);
        }
        page.raw("</ul>\n");
    }
    foot(page, report);
}

fn head(page: &mut Page, report: &Report) {
    let about = &report.subject;
    page.element("h1", &about.name);
    let parts = [Some(&about.kind), about.platform.as_ref(), about.created.as_ref()];
    let parts: Vec<String> = parts.into_iter().flatten().cloned().collect();
    page.raw("\n<p class=\"about\">");
    page.text(&parts.join(" · "));
    if let Some(id) = &about.id {
        page.raw(" · ");
        page.element("code", id);
    }
    page.raw("</p>\n");
}

fn scale(page: &mut Page, scale: &Scale) {
    let is_bad = scale.verdict.kind == VerdictKind::DoesNotStart;
    page.element(
        if is_bad { "p class=\"verdict warn\"" } else { "p class=\"verdict\"" },
        &scale.verdict.text,
    );
    let share = |bytes: u64| bytes as f64 * 1000.0 / scale.total.bytes.max(1) as f64;
    let payload = share(scale.payload.bytes);
    page.format(format_args!(
        "\n<svg class=\"bar\" viewBox=\"0 0 1000 18\" preserveAspectRatio=\"none\" role=\"img\" aria-label=\"payload and tare\">\
         <rect class=\"tare\" width=\"1000\" height=\"18\"/><rect class=\"payload\" width=\"{payload:.2}\" height=\"18\"/></svg>\n"
    ));
    page.raw("<div class=\"sums\">\n");
    sum(page, "payload", &scale.payload, &scale.total);
    sum(page, "tare", &scale.tare, &scale.total);
    sum(page, "total", &scale.total, &scale.total);
    page.raw("</div>\n");
}

fn sum(page: &mut Page, name: &str, amount: &Amount, total: &Amount) {
    page.raw("<div>");
    if name != "total" {
        page.format(format_args!("<span class=\"dot {name}\"></span>"));
    }
    page.text(name);
    page.element("b", &decimal(amount.bytes));
    let part =
        if name == "total" { String::new() } else { format!("{}, ", percent(amount.bytes, total.bytes)) };
    let text = format!("{part}{}, {}", counted(amount.files, "file"), counted(amount.packages, "package"));
    page.element("span class=\"soft\"", &text);
    page.format(format_args!("<br/><span class=\"soft\">{} bytes</span></div>\n", grouped(amount.bytes)));
}

/// A number with its digits in groups of three.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn foot(page: &mut Page, report: &Report) {
    page.raw("<footer><p>Bytes are those of regular files, one with several names once; <code>MB</code> is a million of them. ");
    page.raw("Payload is what the program reaches as far as its files tell: its loader, its libraries, its interpreter's modules, ");
    page.raw("the files that they name, and what rules know. Nothing of the image was executed. What a program opens by a name that it ");
    page.raw("computes is not seen: <code>tare strip</code> watches it run, and proves the smaller image.</p><p>Made by tare ");
    page.text(&report.made_by);
    page.raw(".</p></footer>\n");
}

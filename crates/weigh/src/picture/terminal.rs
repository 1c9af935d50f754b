//! A report for a terminal or a pipe: lines of text, and a tree map.

mod map;

use super::{counted, harmless, percent};
use crate::report::{Amount, Contents, Kernel, Layer, Program, Report, Scale, Waste};
use output::size::decimal;
use std::fmt::Write;

/// How many packages, layers' lines and hidden files are told.
const SHOWN: usize = 10;

/// How it is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    /// Columns.
    pub width: usize,
    /// Colours and drawing characters; plain ASCII otherwise.
    pub is_colored: bool,
}

/// The report as text.
#[must_use]
pub fn draw(report: &Report, look: Look) -> String {
    let mut drawing = Drawing { text: String::new(), look };
    drawing.head(report);
    if let Some(scale) = &report.scale {
        drawing.scale(scale);
    }
    if let Some(map) = &report.map {
        drawing.text.push_str(&map::draw(map, look));
    }
    if let Some(contents) = &report.contents {
        drawing.contents(contents);
    }
    drawing.program(&report.program);
    drawing.layers(&report.layers, &report.waste);
    drawing.kernel(&report.kernel);
    if !report.notes.is_empty() {
        drawing.title("Notes");
        for note in &report.notes {
            drawing.line("", note);
        }
    }
    drawing.text
}

struct Drawing {
    text: String,
    look: Look,
}

impl Drawing {
    fn push(&mut self, line: std::fmt::Arguments<'_>) {
        self.text.write_fmt(line).expect("a string takes any text");
        self.text.push('\n');
    }

    fn title(&mut self, title: &str) {
        let title = if self.look.is_colored { format!("\x1b[1m{title}\x1b[0m") } else { title.to_owned() };
        self.push(format_args!("\n{title}"));
    }

    /// A line of a section: what it is about, and harmless text, broken where it is too long.
    fn line(&mut self, about: &str, text: &str) {
        // what is about nothing in particular takes the whole width
        let indent = if about.is_empty() { 2 } else { 19 };
        self.paragraph(about, indent, text);
    }

    fn paragraph(&mut self, about: &str, indent: usize, text: &str) {
        let room = self.look.width.saturating_sub(indent).max(20);
        let text = harmless(text);
        let mut rows: Vec<String> = vec![String::new()];
        for word in text.split(' ') {
            let row = rows.last_mut().expect("there is always a row");
            if !row.is_empty() && row.chars().count() + 1 + word.chars().count() > room {
                rows.push(word.to_owned());
            } else {
                if !row.is_empty() {
                    row.push(' ');
                }
                row.push_str(word);
            }
        }
        for (number, row) in rows.iter().enumerate() {
            let about = if number == 0 { about } else { "" };
            let start = if indent > 2 { format!("{about:<16} ") } else { String::new() };
            self.push(format_args!("  {}", format!("{start}{row}").trim_end()));
        }
    }

    fn head(&mut self, report: &Report) {
        let about = &report.subject;
        let id = about.id.as_deref().map(|id| output::text::short_id(id).to_owned());
        let rest = [Some(about.kind.clone()), id, about.platform.clone(), about.created.clone()];
        let rest: Vec<String> = rest.into_iter().flatten().map(|part| harmless(&part)).collect();
        self.push(format_args!("{} ({})", harmless(&about.name), rest.join(", ")));
    }

    fn scale(&mut self, scale: &Scale) {
        let Scale { total, payload, tare, .. } = scale;
        self.text.push('\n');
        for (name, amount) in [("payload", payload), ("tare", tare), ("total", total)] {
            let bar = self.bar(amount.bytes, total.bytes, name == "payload");
            let bar = if name == "total" { String::new() } else { format!("  {bar}") };
            self.push(format_args!("{}{bar}", amount_text(name, amount, total)));
        }
        self.text.push('\n');
        self.line("", &format!("{}.", scale.verdict.text));
        self.text.push('\n');
    }

    fn bar(&self, part: u64, whole: u64, is_payload: bool) -> String {
        const WIDTH: usize = 20;
        let filled = if whole == 0 { 0.0 } else { part as f64 / whole as f64 * WIDTH as f64 };
        let filled = (filled.round() as usize).min(WIDTH).max(usize::from(part > 0));
        let (full, empty) = if self.look.is_colored { ("█", "░") } else { ("#", "-") };
        let bar = format!("{}{}", full.repeat(filled), empty.repeat(WIDTH - filled));
        match (self.look.is_colored, is_payload) {
            (false, _) => bar,
            (true, true) => format!("{}{bar}\x1b[0m", map::PAYLOAD_TEXT),
            (true, false) => format!("{}{bar}\x1b[0m", map::TARE_TEXT),
        }
    }

    fn contents(&mut self, contents: &Contents) {
        self.title("In it");
        let none = "none".to_owned();
        let distribution = contents.distribution.as_ref().map(|distribution| distribution.name.clone());
        self.line("distribution", &distribution.unwrap_or_else(|| none.clone()));
        let libraries = contents.c_libraries.iter().map(|library| {
            let version = library.version.as_deref().unwrap_or("of an unknown version");
            let loader = library.loader.as_ref().filter(|loader| **loader != library.path);
            let loader = loader.map(|loader| format!(", loader {loader}")).unwrap_or_default();
            format!("{} {version} ({}{loader})", library.name, library.path)
        });
        self.line("C library", &list(libraries));
        self.line("shells", &list(contents.shells.iter().map(|shell| shell.path.clone())));
        self.line("package managers", &list(contents.package_managers.iter().map(|tool| tool.name.clone())));
        let interpreters = contents.interpreters.iter().map(|interpreter| {
            let version =
                interpreter.version.as_deref().map(|version| format!(" {version}")).unwrap_or_default();
            format!("{}{version} ({})", interpreter.name, interpreter.path)
        });
        self.line("interpreters", &list(interpreters));
        let programs = &contents.programs;
        let machines = programs.machines.iter().map(|machine| machine.machine.clone());
        self.line(
            "programs",
            &format!(
                "{} static, {} dynamic, {}, {}; for {}",
                programs.without_loader,
                programs.dynamic,
                counted(programs.scripts, "script"),
                if programs.libraries == 1 {
                    "1 library".to_owned()
                } else {
                    format!("{} libraries", programs.libraries)
                },
                list(machines)
            ),
        );
        self.packages(contents);
    }

    fn packages(&mut self, contents: &Contents) {
        let packages = &contents.packages;
        if packages.count == 0 {
            self.line("packages", "none");
            return;
        }
        let managers = packages.managers.join(", ");
        let text =
            format!("{} ({managers}), {} as they say", packages.count, decimal(packages.installed_size));
        self.line("packages", &text);
        let mut heaviest: Vec<_> = packages.list.iter().collect();
        heaviest.sort_by_key(|package| std::cmp::Reverse(package.bytes - package.payload_bytes));
        heaviest.truncate(SHOWN);
        heaviest.retain(|package| package.bytes > package.payload_bytes);
        let names = heaviest
            .iter()
            .map(|package| format!("{} {}", package.name, decimal(package.bytes - package.payload_bytes)));
        self.line("most tare", &list(names));
    }

    fn program(&mut self, program: &Program) {
        self.title("Program");
        if program.command.is_empty() {
            self.line("", "none");
            return;
        }
        self.line("command", &program.command.join(" "));
        if let Some(path) = program.path.as_ref().filter(|path| Some(*path) != program.command.first()) {
            self.line("file", path);
        }
        if !program.interpreters.is_empty() {
            self.line("read by", &program.interpreters.join(" "));
        }
        let kind = [program.linkage.clone(), program.machine.clone()].into_iter().flatten();
        let kind: Vec<String> = kind.collect();
        if !kind.is_empty() {
            self.line("is", &format!("{} ({})", kind.join(", "), decimal(program.bytes)));
        }
        if let Some(loader) = &program.loader {
            self.line("loader", loader);
        }
        if !program.libraries.is_empty() {
            let names = program.libraries.iter().map(|library| library.name.clone());
            self.line("libraries", &list(names));
        }
        for missing in &program.missing {
            self.line("missing", missing);
        }
    }

    fn layers(&mut self, layers: &[Layer], waste: &Waste) {
        if layers.is_empty() {
            return;
        }
        self.title("Layers, the lowest first");
        for layer in layers {
            let hidden = match layer.hidden_bytes {
                0 => String::new(),
                bytes => format!("  {} of it hidden", decimal(bytes)),
            };
            let by = harmless(&layer.created_by.replace(['\n', '\t'], " "));
            let by =
                output::text::ellipsis(by.trim(), self.look.width.saturating_sub(36 + hidden.len()).max(20));
            let (bytes, files) = (decimal(layer.bytes), counted(layer.files, "file"));
            let line = format!("  {bytes:>8}  {files:>13}  {by}{hidden}");
            self.push(format_args!("{}", line.trim_end()));
        }
        if waste.files > 0 {
            let text = format!(
                "{} in {} that upper layers hide",
                decimal(waste.bytes),
                counted(waste.files, "file")
            );
            self.line("waste", &text);
            for hidden in waste.largest.iter().take(SHOWN) {
                let how = if hidden.is_removed { "removed" } else { "replaced" };
                self.paragraph(
                    "",
                    19,
                    &format!("{} {} ({how} by layer {})", hidden.path, decimal(hidden.bytes), hidden.by + 1),
                );
            }
        } else {
            self.line("waste", "none: no layer hides anything of another");
        }
    }

    fn kernel(&mut self, kernel: &Kernel) {
        self.title("Kernel");
        self.line("", &format!("{}.", kernel.sentence));
        if let Some(minimum) = &kernel.minimum {
            self.line("needs", &format!("Linux {} or newer, says {}", minimum.version, minimum.by));
        }
        let names = kernel.features.iter().filter(|feature| feature.privilege.is_none());
        let names = names.map(|feature| format!("{} ({})", feature.name, feature.since));
        let names: Vec<String> = names.collect();
        if !names.is_empty() {
            self.line("may call", &names.join(", "));
        }
        for feature in kernel.features.iter().filter(|feature| feature.privilege.is_some()) {
            let privilege = feature.privilege.as_deref().unwrap_or_default();
            let text = format!(
                "{} ({}): {privilege}; {}",
                feature.name,
                feature.since,
                list(feature.by.iter().cloned())
            );
            self.line("with a privilege", &text);
        }
        let newer = kernel.features.iter().filter(|feature| !feature.is_there);
        let newer: Vec<String> =
            newer.map(|feature| format!("{} ({})", feature.name, feature.since)).collect();
        if !newer.is_empty() {
            self.line("not in this kernel", &newer.join(", "));
        }
        for (name, paths) in [("devices", &kernel.devices), ("/proc", &kernel.proc), ("/sys", &kernel.sys)] {
            if !paths.is_empty() {
                let more = paths.len().saturating_sub(SHOWN);
                let more = if more > 0 { format!(", and {more} more") } else { String::new() };
                let text = list(paths.iter().take(SHOWN).cloned());
                self.line(name, &format!("{text}{more}"));
            }
        }
        for note in &kernel.notes {
            self.line("", note);
        }
    }
}

fn amount_text(name: &str, amount: &Amount, total: &Amount) -> String {
    format!(
        "  {name:<8} {:>8}  {:>5}  {:>14}  {:>13}",
        decimal(amount.bytes),
        percent(amount.bytes, total.bytes),
        counted(amount.files, "file"),
        counted(amount.packages, "package")
    )
}

fn list(items: impl Iterator<Item = String>) -> String {
    let items: Vec<String> = items.collect();
    if items.is_empty() { "none".into() } else { items.join(", ") }
}

//! The tables of the page.

use super::Page;
use crate::picture::{counted, percent};
use crate::report::{Contents, Kernel, Layer, Packages, Program, Waste};
use output::size::decimal;

fn begin(page: &mut Page, columns: &[(&str, bool)]) {
    page.raw("<div class=\"wide\"><table>\n<thead><tr>");
    for (name, is_number) in columns {
        page.element(if *is_number { "th class=\"n\" scope=\"col\"" } else { "th scope=\"col\"" }, name);
    }
    page.raw("</tr></thead>\n<tbody>\n");
}

fn end(page: &mut Page) {
    page.raw("</tbody></table></div>\n");
}

/// A row of a table with names on the left.
fn fact(page: &mut Page, name: &str, values: &[String]) {
    page.raw("<tr>");
    page.element("th scope=\"row\"", name);
    page.raw("<td>");
    for (number, value) in values.iter().enumerate() {
        if number > 0 {
            page.raw("<br/>");
        }
        page.text(value);
    }
    if values.is_empty() {
        page.raw("<span class=\"soft\">none</span>");
    }
    page.raw("</td></tr>\n");
}

fn facts(page: &mut Page, title: &str) {
    page.element("h2", title);
    page.raw("\n<div class=\"wide\"><table>\n<tbody>\n");
}

pub(super) fn contents(page: &mut Page, contents: &Contents) {
    facts(page, "What is in it");
    let distribution = contents.distribution.iter().map(|distribution| distribution.name.clone());
    fact(page, "Distribution", &distribution.collect::<Vec<_>>());
    let libraries = contents.c_libraries.iter().map(|library| {
        let version = library.version.as_deref().unwrap_or("of an unknown version");
        let loader = library.loader.as_deref().map(|loader| format!(", loader {loader}")).unwrap_or_default();
        format!("{} {version}: {}{loader}", library.name, library.path)
    });
    fact(page, "C library", &libraries.collect::<Vec<_>>());
    let tools = |tools: &[crate::report::Tool]| -> Vec<String> {
        let one = |tool: &crate::report::Tool| match &tool.target {
            Some(target) => format!("{} → {target}", tool.path),
            None => tool.path.clone(),
        };
        tools.iter().map(one).collect()
    };
    fact(page, "Shells", &tools(&contents.shells));
    fact(page, "Package managers", &tools(&contents.package_managers));
    let interpreters = contents.interpreters.iter().map(|interpreter| {
        let version = interpreter.version.as_deref().map(|version| format!(" {version}")).unwrap_or_default();
        format!("{}{version}: {}", interpreter.name, interpreter.path)
    });
    fact(page, "Interpreters", &interpreters.collect::<Vec<_>>());
    let programs = &contents.programs;
    let text = format!(
        "{} static, {} dynamic, {}, {} libraries",
        programs.without_loader,
        programs.dynamic,
        counted(programs.scripts, "script"),
        programs.libraries
    );
    fact(page, "Programs", &[text]);
    let machines = programs.machines.iter().map(|machine| {
        format!("{}: {} programs, {} libraries", machine.machine, machine.programs, machine.libraries)
    });
    fact(page, "Architectures", &machines.collect::<Vec<_>>());
    end(page);
}

pub(super) fn program(page: &mut Page, program: &Program) {
    facts(page, "The program");
    let command = if program.command.is_empty() { Vec::new() } else { vec![program.command.join(" ")] };
    fact(page, "Command", &command);
    if let Some(path) = &program.path {
        fact(page, "File", &[format!("{path}, {}", decimal(program.bytes))]);
    }
    if !program.interpreters.is_empty() {
        fact(page, "Read by", &program.interpreters);
    }
    let kind: Vec<&str> =
        [&program.linkage, &program.machine].into_iter().flatten().map(String::as_str).collect();
    if !kind.is_empty() {
        fact(page, "Kind", &[kind.join(", ")]);
        fact(page, "Loader", &program.loader.iter().cloned().collect::<Vec<_>>());
        let libraries = program.libraries.iter().map(|library| match &library.path {
            Some(path) => format!("{}: {path}", library.name),
            None => library.name.clone(),
        });
        fact(page, "Libraries", &libraries.collect::<Vec<_>>());
    }
    if !program.missing.is_empty() {
        fact(page, "Missing", &program.missing);
    }
    end(page);
}

pub(super) fn layers(page: &mut Page, layers: &[Layer], waste: &Waste) {
    if layers.is_empty() {
        return;
    }
    page.raw("<h2>Layers, the lowest first</h2>\n");
    begin(
        page,
        &[("", true), ("Bytes", true), ("Files", true), ("Hidden by others", true), ("Made by", false)],
    );
    for (number, layer) in layers.iter().enumerate() {
        page.raw("<tr>");
        page.element("td class=\"n\"", &(number + 1).to_string());
        page.element("td class=\"n\"", &decimal(layer.bytes));
        page.element("td class=\"n\"", &layer.files.to_string());
        let hidden = if layer.hidden_files == 0 { String::new() } else { decimal(layer.hidden_bytes) };
        page.element("td class=\"n\"", &hidden);
        page.element("td class=\"path\"", &layer.created_by);
        page.raw("</tr>\n");
    }
    end(page);
    let text = format!(
        "Waste: {} in {} that upper layers hide.",
        decimal(waste.bytes),
        counted(waste.files, "file")
    );
    page.element("p", &text);
    if waste.largest.is_empty() {
        return;
    }
    begin(
        page,
        &[("Bytes", true), ("Hidden file", false), ("In layer", true), ("Hidden by", true), ("How", false)],
    );
    for hidden in &waste.largest {
        page.raw("<tr>");
        page.element("td class=\"n\"", &decimal(hidden.bytes));
        page.element("td class=\"path\"", &hidden.path);
        page.element("td class=\"n\"", &(hidden.layer + 1).to_string());
        page.element("td class=\"n\"", &(hidden.by + 1).to_string());
        page.element("td", if hidden.is_removed { "removed" } else { "replaced" });
        page.raw("</tr>\n");
    }
    end(page);
}

pub(super) fn kernel(page: &mut Page, kernel: &Kernel) {
    page.raw("<h2>What it takes from the kernel</h2>\n");
    page.element("p", &format!("{}.", kernel.sentence));
    if let Some(minimum) = &kernel.minimum {
        page.element("p", &format!("Linux {} or newer, says {}.", minimum.version, minimum.by));
    }
    for note in &kernel.notes {
        page.element("p class=\"soft\"", note);
    }
    if !kernel.features.is_empty() {
        page.raw("<p class=\"soft\">Payload calls the functions of these features; it may do without those that fail.</p>\n");
        let columns = [
            ("Feature", false),
            ("Since", true),
            ("Here", false),
            ("Privilege", false),
            ("Functions", false),
            ("Who", false),
        ];
        begin(page, &columns);
        for feature in &kernel.features {
            page.raw("<tr>");
            page.element("td", &feature.name);
            page.element("td class=\"n\"", &feature.since);
            page.element("td", if feature.is_there { "yes" } else { "no" });
            page.element("td", feature.privilege.as_deref().unwrap_or_default());
            page.element("td class=\"path\"", &feature.functions.join(" "));
            page.element("td class=\"path\"", &feature.by.join(" "));
            page.raw("</tr>\n");
        }
        end(page);
    }
    for (name, paths) in [("Devices", &kernel.devices), ("In /proc", &kernel.proc), ("In /sys", &kernel.sys)]
    {
        if paths.is_empty() {
            continue;
        }
        page.raw("<details><summary>");
        page.text(&format!("{name}: {} that payload names", paths.len()));
        page.raw("</summary>");
        page.element("p class=\"path\"", &paths.join(" "));
        page.raw("</details>\n");
    }
}

pub(super) fn packages(page: &mut Page, packages: &Packages) {
    if packages.list.is_empty() {
        return;
    }
    page.raw("<h2>Packages</h2>\n");
    let text = format!(
        "{} of {}; {} as they say themselves. {} in {} belong to none.",
        counted(packages.count, "package"),
        packages.managers.join(", "),
        decimal(packages.installed_size),
        decimal(packages.unowned.1),
        counted(packages.unowned.0, "file")
    );
    page.element("p", &text);
    let mut list: Vec<_> = packages.list.iter().collect();
    list.sort_by(|a, b| {
        (b.bytes - b.payload_bytes).cmp(&(a.bytes - a.payload_bytes)).then(a.name.cmp(&b.name))
    });
    let is_long = list.len() > 12;
    if is_long {
        page.raw("<details><summary>All of them, the one with the most tare first</summary>\n");
    }
    begin(
        page,
        &[
            ("Package", false),
            ("Version", false),
            ("Bytes", true),
            ("Tare", true),
            ("Payload", true),
            ("", true),
        ],
    );
    for package in list {
        page.raw("<tr>");
        page.element("td", &package.name);
        page.element("td class=\"path\"", &package.version);
        page.element("td class=\"n\"", &decimal(package.bytes));
        page.element("td class=\"n\"", &decimal(package.bytes - package.payload_bytes));
        page.element("td class=\"n\"", &decimal(package.payload_bytes));
        page.element("td class=\"n\"", &percent(package.payload_bytes, package.bytes));
        page.raw("</tr>\n");
    }
    end(page);
    if is_long {
        page.raw("</details>\n");
    }
}

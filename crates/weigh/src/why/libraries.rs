//! What keeps the loader from starting a program: libraries that are not there, or not where they are looked for.

use super::finding::{Finding, shown};
use super::{Case, file};
use closure::{Id, Missing};
use elf::Libc;

/// In the order in which the loader would meet them.
pub(super) fn findings(case: &Case<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for missing in case.closure.missing() {
        match missing {
            Missing::Library { name, by, program: Some(program), unfit } => {
                let wanted = Wanted { name, by: *by, program: *program };
                if !is_hidden(case, &wanted) {
                    findings.extend(library(case, &wanted, *unfit));
                }
            }
            Missing::Loader { of, path } => findings.push(loader(case, *of, path)),
            Missing::Library { .. } | Missing::Version { .. } | Missing::Interpreter { .. } => {}
        }
    }
    findings
}

fn library(case: &Case<'_>, wanted: &Wanted<'_>, unfit: Option<Id>) -> Option<Finding> {
    let is_needed = || {
        file::dynamic(case, wanted.by)
            .is_some_and(|dynamic| dynamic.needed.iter().any(|name| name == wanted.name))
    };
    if is_preloaded(case, wanted) && !is_needed() {
        return Some(preloaded(case, wanted));
    }
    // without a library that is only consulted (`DT_AUXILIARY`) the loader goes on
    is_needed().then(|| unfit.map_or_else(|| absent(case, wanted), |id| unfit_one(case, wanted, id)))
}

fn is_preloaded(case: &Case<'_>, wanted: &Wanted<'_>) -> bool {
    let list = case.setting.variable("LD_PRELOAD").unwrap_or_default();
    wanted.by == wanted.program && list.split([':', ' ']).any(|name| name == wanted.name)
}

fn preloaded(case: &Case<'_>, wanted: &Wanted<'_>) -> Finding {
    let name = shown(wanted.name);
    Finding::warning(format!("LD_PRELOAD names {name}, which the image does not have: it will be ignored"))
        .with_evidence(format!(
            "ENV LD_PRELOAD={}",
            shown(case.setting.variable("LD_PRELOAD").unwrap_or_default())
        ))
        .with_fixes(file::install(case, wanted.name))
        .with_fix("do without: ENV LD_PRELOAD=")
}

/// A library that is not found.
struct Wanted<'a> {
    name: &'a str,
    by: Id,
    program: Id,
}

impl Wanted<'_> {
    /// Who needs it, and how that one came in.
    fn evidence(&self, case: &Case<'_>, finding: Finding) -> Finding {
        let by = shown(&case.tree.text(self.by));
        let finding = finding.with_evidence(format!("{by} has DT_NEEDED {}", shown(self.name)));
        if self.by == self.program {
            finding
        } else {
            finding.with_evidence(format!("{} loads {by}", shown(&case.tree.text(self.program))))
        }
    }

    /// The directories that its user asks to be searched.
    fn own_directories(&self, case: &Case<'_>) -> Option<(&'static str, String)> {
        let dynamic = file::dynamic(case, self.by)?;
        let runpath = dynamic.runpath.map(|list| ("RUNPATH", list));
        runpath.or(dynamic.rpath.map(|list| ("RPATH", list)))
    }
}

fn absent(case: &Case<'_>, wanted: &Wanted<'_>) -> Finding {
    let (by, name) = (shown(&case.tree.text(wanted.by)), shown(wanted.name));
    if let Some((theirs, ours)) = foreign_libc(case, wanted.name) {
        return foreign(case, wanted, theirs, ours);
    }
    let elsewhere = file::elsewhere(case, wanted.name, wanted.by).filter(|_| !wanted.name.contains('/'));
    let cause = match &elsewhere {
        Some(path) => format!("{by} needs the library {name}, and does not find it at {}", shown(path)),
        None => format!("{by} needs the library {name}, which the image does not have"),
    };
    let mut finding = wanted.evidence(case, Finding::fatal(127, cause));
    if let Some((word, list)) = wanted.own_directories(case) {
        finding = finding.with_evidence(format!("{by} has {word} {}", shown(&list)));
    }
    if let Some(path) = &elsewhere {
        let directory = file::directory(path);
        return finding
            .with_evidence(format!("{directory} is none of the directories that are searched"))
            .with_fix(format!("have it searched: ENV LD_LIBRARY_PATH={directory}"))
            .with_fix(format!("say so in the program: RUN patchelf --set-rpath {directory} {by}"));
    }
    let program = shown(&case.tree.text(wanted.program));
    finding.with_fixes(file::install(case, wanted.name)).with_fix(format!(
        "copy the program with its libraries from where it was built: COPY --closure --from=build {program} {program}"
    ))
}

fn foreign(case: &Case<'_>, wanted: &Wanted<'_>, theirs: Libc, ours: Libc) -> Finding {
    let (by, name) = (shown(&case.tree.text(wanted.by)), shown(wanted.name));
    let cause = format!("{by} is built for {theirs} (it needs {name}), and the image has {ours}");
    let base = if theirs == Libc::Glibc { "debian:bookworm-slim" } else { "alpine" };
    let build = if ours == Libc::Glibc { "debian" } else { "alpine" };
    wanted
        .evidence(case, Finding::fatal(127, cause))
        .with_fix(format!("use a base with {theirs}: FROM {base}"))
        .with_fix(format!("build it for {ours}, in a stage that begins so: FROM {build} AS build"))
}

fn unfit_one(case: &Case<'_>, wanted: &Wanted<'_>, unfit: Id) -> Finding {
    let (by, name) = (shown(&case.tree.text(wanted.by)), shown(wanted.name));
    let (there, what) = (shown(&case.tree.text(unfit)), file::described(case, unfit));
    let cause = format!("{by} needs the library {name}, and {there} is {what}");
    wanted
        .evidence(case, Finding::fatal(127, cause))
        .with_evidence(format!("{by} is {}", file::described(case, wanted.by)))
        .with_fixes(file::install(case, wanted.name))
        .with_fix(format!("copy the {name} that {by} was built with"))
}

/// Whose C library a program was built for by the name of a library that is missing, and whose the image has.
fn foreign_libc(case: &Case<'_>, name: &str) -> Option<(Libc, Libc)> {
    let has = |path: &str| case.tree.find(path).is_some();
    let of =
        |libc: Libc| elf::Loader::of(case.host.machine).any(|loader| loader.libc == libc && has(loader.path));
    let is_musl_name = name.starts_with("libc.musl-") || name.starts_with("ld-musl-");
    let is_glibc_name = name == "libc.so.6" || name.starts_with("ld-linux");
    match (is_musl_name, is_glibc_name) {
        (true, _) if of(Libc::Glibc) && !of(Libc::Musl) => Some((Libc::Musl, Libc::Glibc)),
        (_, true) if of(Libc::Musl) && !of(Libc::Glibc) => Some((Libc::Glibc, Libc::Musl)),
        _ => None,
    }
}

/// Whether the library may lie in something that is mounted into the container, which nobody has looked into.
fn is_hidden(case: &Case<'_>, wanted: &Wanted<'_>) -> bool {
    let usual = ["/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib"];
    let library_path = case.setting.variable("LD_LIBRARY_PATH").unwrap_or_default();
    let own = wanted.own_directories(case).map(|(_, list)| list).unwrap_or_default();
    let origin = file::directory(&case.tree.text(wanted.by));
    let own = own.replace("${ORIGIN}", &origin).replace("$ORIGIN", &origin);
    let named = library_path.split([':', ';']).chain(own.split(':')).filter(|path| !path.is_empty());
    usual.into_iter().chain(named).any(|directory| case.is_mounted_about(&case.setting.absolute(directory)))
}

/// An inner program's loader; the command's own has been judged before.
fn loader(case: &Case<'_>, of: Id, path: &str) -> Finding {
    let (of, shown_path) = (shown(&case.tree.text(of)), shown(path));
    Finding::fatal(None, format!("{of} needs the loader {shown_path}, which the image does not have"))
        .with_evidence(format!("PT_INTERP of {of} is {shown_path}"))
        .with_fixes(file::install(case, path))
        .with_fix("link it statically, or copy the loader and its C library")
}

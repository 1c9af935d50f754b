//! What keeps the loader from starting a program: libraries, versions of symbols, the level of the CPU, the age of the kernel.

use super::Case;
use super::finding::{Finding, shown};
use closure::{Id, Missing};
use elf::{Class, Dynamic, Interpreter, Libc, Program};

/// In the order in which the loader would meet them.
pub(super) fn findings(case: &Case<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for missing in case.closure.missing() {
        match missing {
            Missing::Library { name, by, program: Some(program), unfit } => {
                findings.push(library(case, name, *by, *program, *unfit));
            }
            Missing::Version { version, library, by } => {
                findings.push(self::version(case, version, *library, *by))
            }
            Missing::Loader { of, path } => findings.push(loader(case, *of, path)),
            Missing::Library { .. } | Missing::Interpreter { .. } => {}
        }
    }
    for (id, _) in case.closure.files() {
        if case.tree.is_file(id) {
            findings.extend(demands(case, id));
        }
    }
    findings
}

fn library(case: &Case<'_>, name: &str, by: Id, program: Id, unfit: Option<Id>) -> Finding {
    let (program, by_path) = (shown(&case.tree.text(program)), shown(&case.tree.text(by)));
    let name = shown(name);
    if let Some(unfit) = unfit {
        let cause = format!(
            "{by_path} needs the library {name}, and the one in the image is for another machine or word size"
        );
        let fix = format!("install the library for the machine of {by_path}");
        return Finding::fatal(cause, fix).with_evidence(format!(
            "{}: {}",
            shown(&case.tree.text(unfit)),
            described(case, unfit)
        ));
    }
    let foreign = foreign_libc(case, &name);
    let cause = match foreign {
        Some((theirs, ours)) => {
            format!("{by_path} is built for {theirs} (it needs {name}), and the image has {ours}")
        }
        None => format!("{by_path} needs the library {name}, which the image does not have"),
    };
    let fix = match foreign {
        Some(("glibc", _)) => "use a base with glibc (debian), build it in an image of this kind, or link it statically".into(),
        Some(_) => "build it in an image of this kind, use a base with musl (alpine), or link it statically".into(),
        None => provider(case, &name).unwrap_or_else(|| {
            format!("COPY --closure --from=STAGE {program} {program} copies a program with its libraries; or install what has {name}")
        }),
    };
    let finding = Finding::fatal(cause, fix).with_evidence(format!("DT_NEEDED {name} of {by_path}"));
    if by_path == program { finding } else { finding.with_evidence(format!("{program} loads {by_path}")) }
}

/// Whose C library a program was built for by the name of a library that is missing, and whose the image has.
fn foreign_libc(case: &Case<'_>, name: &str) -> Option<(&'static str, &'static str)> {
    let has = |path: &str| case.tree.find(path).is_some();
    let of =
        |libc: Libc| elf::Loader::of(case.host.machine).any(|loader| loader.libc == libc && has(loader.path));
    let is_musl_name = name.starts_with("libc.musl-") || name.starts_with("ld-musl-");
    let is_glibc_name = name == "libc.so.6" || name.starts_with("ld-linux");
    match (is_musl_name, is_glibc_name) {
        (true, _) if of(Libc::Glibc) && !of(Libc::Musl) => Some(("musl", "glibc")),
        (_, true) if of(Libc::Musl) && !of(Libc::Glibc) => Some(("glibc", "musl")),
        _ => None,
    }
}

fn version(case: &Case<'_>, version: &str, library: Id, by: Id) -> Finding {
    let (library_path, by) = (shown(&case.tree.text(library)), shown(&case.tree.text(by)));
    let version = shown(version);
    let prefix = version.rsplit_once('_').map_or("", |(prefix, _)| prefix).to_owned();
    let newest = dynamic(case, library).and_then(|dynamic| newest(&dynamic.defines, &prefix));
    let cause = format!("{by} needs {version} of {library_path}, which is older");
    let fix = "build it in an image of this release, use a newer base for the image, or link it statically"
        .to_owned();
    let finding =
        Finding::fatal(cause, fix).with_evidence(format!("version `{version}' not found (required by {by})"));
    match newest {
        Some(newest) => finding.with_evidence(format!("the newest in {library_path} is {newest}")),
        None => finding,
    }
}

/// The newest of the versions with a prefix, by their numbers.
fn newest(defines: &[String], prefix: &str) -> Option<String> {
    let numbers = |version: &str| -> Vec<u32> {
        let rest = version.rsplit('_').next().unwrap_or_default();
        rest.split('.').map(|number| number.parse().unwrap_or(0)).collect()
    };
    let own = defines.iter().filter(|version| {
        version.rsplit_once('_').is_some_and(|(start, rest)| {
            start == prefix && rest.starts_with(|char: char| char.is_ascii_digit())
        })
    });
    own.max_by_key(|version| numbers(version)).map(|version| shown(version))
}

/// An inner program's loader; the command's own has been judged before.
fn loader(case: &Case<'_>, of: Id, path: &str) -> Finding {
    let (of, path) = (shown(&case.tree.text(of)), shown(path));
    let cause = format!("{of} needs the loader {path}, which the image does not have");
    Finding::fatal(
        cause,
        provider(case, &path)
            .unwrap_or_else(|| "link it statically, or copy the loader and its C library".into()),
    )
    .with_evidence(format!("PT_INTERP of {of}"))
}

/// What a program or library demands of CPU and kernel.
fn demands(case: &Case<'_>, id: Id) -> Vec<Finding> {
    let mut findings = Vec::new();
    let Some(content) = elf_content(case, id) else { return findings };
    let path = shown(&case.tree.text(id));
    let Program::Elf(elf) = Program::read(&content) else { return findings };
    if let (Some(needed), Some(present)) = (elf.isa_level, case.host.isa_level)
        && needed > present
        && !path.contains("/glibc-hwcaps/")
    {
        let cause = format!(
            "{path} is built for {needed}, and this CPU has {present}: it ends with an illegal instruction"
        );
        let fix = format!("build it with -march={}, or run it on a newer CPU", present.march());
        findings.push(
            Finding::fatal(cause, fix).with_evidence(format!("GNU_PROPERTY_X86_ISA_1_NEEDED of {path}")),
        );
    }
    let dynamic = Dynamic::read(&content).unwrap_or_default();
    if let Some(needed) = dynamic.kernel.filter(|needed| *needed > case.host.kernel) {
        let words = |(a, b, c): (u32, u32, u32)| format!("{a}.{b}.{c}");
        let cause = format!(
            "{path} needs Linux {}, and this kernel is {}: kernel too old",
            words(needed),
            words(case.host.kernel)
        );
        findings.push(
            Finding::fatal(cause, "use an older base for the image, or a newer kernel on this machine")
                .with_evidence(format!("NT_GNU_ABI_TAG of {path}")),
        );
    }
    findings
}

pub(super) fn elf_content(case: &Case<'_>, id: Id) -> Option<Vec<u8>> {
    let head = case.tree.content(id, 4).ok()?;
    if head != b"\x7fELF" {
        return None;
    }
    case.tree.content(id, 512 << 20).ok()
}

pub(super) fn dynamic(case: &Case<'_>, id: Id) -> Option<Dynamic> {
    Dynamic::read(&elf_content(case, id)?)
}

/// What an ELF file is, in words.
fn described(case: &Case<'_>, id: Id) -> String {
    let content = case.tree.content(id, elf::HEAD_BYTES as u64).unwrap_or_default();
    match Program::read(&content) {
        Program::Elf(elf) => {
            let bits = if elf.class == Class::Bits64 { 64 } else { 32 };
            let loader = match elf.interpreter {
                Some(Interpreter::Path(path)) => format!(", loader {}", shown(&path)),
                _ => String::new(),
            };
            format!("{} ELF, {bits} bits{loader}", elf.machine)
        }
        _ => "no ELF file".into(),
    }
}

/// The line that installs what is missing, if somebody knows it.
pub(super) fn provider(case: &Case<'_>, wanted: &str) -> Option<String> {
    let provider = packages::provider::find(wanted, case.distribution)?;
    let package = provider.package;
    match case.distribution {
        packages::Distribution::Alpine => Some(format!("RUN apk add --no-cache {package}")),
        _ => Some(format!("RUN apt-get update && apt-get install -y --no-install-recommends {package}")),
    }
}

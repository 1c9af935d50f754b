//! Look-ups of names in a program that is linked statically with glibc: its name service switch still wants libraries.
//!
//! Until glibc 2.33 every service is one. Since 2.34 `files` and `dns` are a part of the C library, and only other services that `/etc/nsswitch.conf` names
//! are loaded (`nss/nss_module.c`).

use super::finding::{Finding, shown};
use super::{Case, file, scan};
use closure::Id;
use elf::{Linkage, Program};

/// Functions that ask the switch, by the database that they ask.
const FUNCTIONS: &[(&str, &[&str])] = &[
    ("hosts", &["getaddrinfo", "gethostbyname", "gethostbyname_r", "gethostbyaddr"]),
    ("passwd", &["getpwnam", "getpwuid", "getpwnam_r", "getpwuid_r"]),
    ("group", &["getgrnam", "getgrgid", "getgrnam_r", "getgrgid_r", "initgroups", "getgrouplist"]),
    ("services", &["getservbyname", "getservbyport"]),
];
/// Services that glibc has had in itself since 2.34.
const BUILT_IN: &[&str] = &["files", "dns"];

pub(super) fn findings(case: &Case<'_>) -> Vec<Finding> {
    let files = case.closure.files().map(|(id, _)| id).filter(|id| case.tree.is_file(*id));
    files.filter_map(|id| finding(case, id)).collect()
}

fn finding(case: &Case<'_>, id: Id) -> Option<Finding> {
    let head = file::elf_head(case, id)?;
    let is_static = matches!(Program::read(&head), Program::Elf(elf) if elf.is_program() && elf.linkage == Linkage::Static);
    let texts: [&[u8]; 2] = [b"/etc/nsswitch.conf\0", b"libnss_%s.so%s\0"];
    let [has_switch, has_own] = if is_static { scan::contains(case.tree, id, texts) } else { return None };
    if !has_switch {
        return None;
    }
    let databases = databases(case, id);
    let wanted: Vec<(&str, String)> = databases
        .into_iter()
        .flat_map(|database| services(case, database).into_iter().map(move |service| (database, service)))
        .collect();
    let lost: Vec<&(&str, String)> = wanted
        .iter()
        .filter(|(database, _)| {
            // one service that works answers
            !wanted.iter().any(|(other, service)| other == database && works(case, service, has_own))
        })
        .collect();
    let (database, service) = lost.first()?;
    let path = shown(&case.tree.text(id));
    let library = format!("libnss_{}.so.2", shown(service));
    let cause = format!(
        "{path} is linked statically with glibc, which still loads libraries to look up names: those in {database} will not be found"
    );
    let evidence = if has_own {
        format!("/etc/nsswitch.conf has {database}: {}, and the image has no {library}", shown(service))
    } else {
        format!("its glibc is older than 2.34 and wants {library}, which the image does not have")
    };
    let ways = if has_own {
        format!("have them looked up in files: RUN echo '{database}: files' > /etc/nsswitch.conf")
    } else {
        "link it with a glibc of 2.34 or later: FROM debian:bookworm AS build".to_owned()
    };
    Some(Finding::warning(cause).with_evidence(evidence).with_fix(ways).with_fix(
        "link it with musl (Go: -tags netgo,osusergo, Rust: --target x86_64-unknown-linux-musl, C: musl-gcc -static)",
    ))
}

/// The databases that a program asks: by the functions in its symbol table. Without one nobody knows.
fn databases(case: &Case<'_>, id: Id) -> Vec<&'static str> {
    let symbols = file::dynamic(case, id).map(|dynamic| dynamic.imports).unwrap_or_default();
    let asks = |functions: &[&str]| symbols.iter().any(|symbol| functions.contains(&symbol.as_str()));
    FUNCTIONS.iter().filter(|(_, functions)| asks(functions)).map(|(database, _)| *database).collect()
}

/// The services of a database, as nsswitch.conf(5) names them, or by default.
fn services(case: &Case<'_>, database: &str) -> Vec<String> {
    let text = case.tree.find("/etc/nsswitch.conf").and_then(|id| case.tree.content(id, 1 << 16).ok());
    let text = String::from_utf8_lossy(&text.unwrap_or_default()).into_owned();
    let line = text.lines().map(|line| line.split('#').next().unwrap_or_default()).find_map(|line| {
        let (name, services) = line.split_once(':')?;
        (name.trim() == database).then(|| services.to_owned())
    });
    let usual = if database == "hosts" { "dns files" } else { "files" };
    let line = line.unwrap_or_else(|| usual.to_owned());
    let words = line.split_ascii_whitespace().filter(|word| !word.starts_with('[') && !word.ends_with(']'));
    words.take(16).map(str::to_owned).collect()
}

fn works(case: &Case<'_>, service: &str, has_own: bool) -> bool {
    if has_own && BUILT_IN.contains(&service) {
        return true;
    }
    let multiarch = format!("/lib/{}-linux-gnu", case.host.machine);
    let directories = ["/lib", "/lib64", "/usr/lib", "/usr/lib64", multiarch.as_str()];
    directories.iter().any(|directory| case.tree.find(format!("{directory}/libnss_{service}.so.2")).is_some())
}

//! Packages of data that the author of an image asked for by name: fonts, dictionaries, schemas. A program finds them in ways that are its own, and nobody
//! installs them for nothing.

use crate::installed::Installed;
use closure::{Closure, Reason, Tree};
use packages::{Packaging, dpkg};
use std::collections::{BTreeSet, HashMap, HashSet};

/// The most bytes of a record that are read.
const RECORD_LIMIT: u64 = 256 << 20;
/// Debian's priorities of what is in its base.
const BASE: [&str; 3] = ["required", "important", "standard"];
/// Sections of what is code, in languages whose modules are kept with their interpreters, or administers the system.
const CODE: [&str; 18] = [
    "admin",
    "debug",
    "devel",
    "doc",
    "interpreters",
    "introspection",
    "java",
    "javascript",
    "kernel",
    "libdevel",
    "libs",
    "oldlibs",
    "perl",
    "php",
    "python",
    "ruby",
    "shells",
    "utils",
];
/// Ends of the names of packages for development and reading.
const NOT_USED: [&str; 4] = ["-dev", "-doc", "-dbg", "-dbgsym"];
/// Where programs lie: a package with one is no package of data.
const PROGRAMS: [&str; 6] = ["/usr/bin/", "/usr/sbin/", "/bin/", "/sbin/", "/usr/games/", "/usr/libexec/"];
/// What of a package is for people.
const READING: [&str; 7] = [
    "/usr/share/doc/",
    "/usr/share/man/",
    "/usr/share/info/",
    "/usr/share/lintian/",
    "/usr/share/bug/",
    "/usr/share/doc-base/",
    "/usr/share/help/",
];

/// Keeps the files of packages of data that were asked for.
pub(crate) fn keep(tree: &Tree, installed: &Installed, closure: &mut Closure<'_>) {
    let mut wanted: BTreeSet<usize> = asked_of_apt(tree, installed);
    wanted.extend(asked_of_apk(tree, installed));
    if wanted.is_empty() {
        return;
    }
    let mut files: HashMap<usize, Vec<closure::Id>> = HashMap::new();
    for id in tree.ids().filter(|id| !tree.is_directory(*id)) {
        if let Some(number) = installed.owner(id).filter(|number| wanted.contains(number)) {
            files.entry(number).or_default().push(id);
        }
    }
    for (number, files) in files {
        let paths: Vec<String> = files.iter().map(|id| tree.text(*id)).collect();
        let has = |path: &String, starts: &[&str]| starts.iter().any(|start| path.starts_with(start));
        let is_code = |path: &String| has(path, &PROGRAMS) || path.contains(".so");
        if paths.iter().any(is_code) {
            continue;
        }
        for (id, _) in files.iter().zip(&paths).filter(|(_, path)| !has(path, &READING)) {
            closure.keep_file(*id, Reason::Package(installed.packages[number].name.clone()));
        }
    }
}

/// What apt does not remember as installed for others, and Debian does not have in its base.
fn asked_of_apt(tree: &Tree, installed: &Installed) -> BTreeSet<usize> {
    let read = |path: &str| tree.find(path).and_then(|id| tree.content(id, RECORD_LIMIT).ok());
    // without it nobody can tell what was asked for
    let Some(states) = read("/var/lib/apt/extended_states") else { return BTreeSet::new() };
    let states = String::from_utf8_lossy(&states).into_owned();
    let automatic: HashSet<&str> = states
        .split("\n\n")
        .filter(|stanza| stanza.lines().any(|line| line == "Auto-Installed: 1"))
        .filter_map(|stanza| stanza.lines().find_map(|line| line.strip_prefix("Package: ")))
        .collect();
    let status = read("/var/lib/dpkg/status").unwrap_or_default();
    let packages = dpkg::packages(&status).unwrap_or_default();
    let is_other = |package: &dpkg::Package| {
        let stanza = String::from_utf8_lossy(&package.stanza).into_owned();
        let field =
            |name: &str| stanza.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default().trim();
        // `contrib/fonts`
        let section = field("Section: ").rsplit('/').next().unwrap_or_default();
        package.is_essential || BASE.contains(&field("Priority: ")) || CODE.contains(&section)
    };
    let asked: HashSet<&str> = packages
        .iter()
        .filter(|package| !automatic.contains(package.name.as_str()) && !is_other(package))
        .filter(|package| package.architecture.as_deref() == Some("all"))
        .map(|package| package.name.as_str())
        .collect();
    numbers(installed, Packaging::Dpkg, &asked)
}

/// What stands in apk's world.
fn asked_of_apk(tree: &Tree, installed: &Installed) -> BTreeSet<usize> {
    let world =
        tree.find("/etc/apk/world").and_then(|id| tree.content(id, RECORD_LIMIT).ok()).unwrap_or_default();
    let world = String::from_utf8_lossy(&world).into_owned();
    let names = world
        .split_ascii_whitespace()
        .map(|word| word.split(['=', '<', '>', '~', '@']).next().unwrap_or(word));
    numbers(installed, Packaging::Apk, &names.collect())
}

fn numbers(installed: &Installed, packaging: Packaging, names: &HashSet<&str>) -> BTreeSet<usize> {
    let all = installed.packages.iter().enumerate();
    let wanted = all.filter(|(_, package)| {
        package.packaging == packaging
            && names.contains(package.name.as_str())
            && !NOT_USED.iter().any(|end| package.name.ends_with(end))
    });
    wanted.map(|(number, _)| number).collect()
}

//! This machine's own records, where dpkg is, against what dpkg says of them.

use packages::{Distribution, OsRelease, Owners, dpkg, provider};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const DATABASE: &str = "/var/lib/dpkg";

/// The status of this machine, if dpkg is here to compare it with.
fn packages() -> Option<Vec<dpkg::Package>> {
    let query = Command::new("dpkg-query").arg("--version").output();
    if !query.is_ok_and(|query| query.status.success()) || !Path::new(DATABASE).join("status").exists() {
        return None;
    }
    let text = fs::read(format!("{DATABASE}/status")).expect("the status can be read");
    let found = dpkg::packages(&text).expect("dpkg's own status is good");
    assert!(dpkg::status(&found) == text, "the stanzas together are the file");
    Some(found)
}

fn query(arguments: &[&str]) -> String {
    let output = Command::new("dpkg-query").args(arguments).env("LC_ALL", "C").output().expect("it runs");
    String::from_utf8(output.stdout).expect("dpkg says UTF-8")
}

fn list(package: &dpkg::Package) -> Vec<u8> {
    let path = format!("{DATABASE}/info/{}", package.info_name("list"));
    fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Directories at the root that are links since the merger of `/usr`.
fn links() -> Vec<(PathBuf, PathBuf)> {
    let entries = fs::read_dir("/").expect("the root can be listed").flatten();
    let target = |path: PathBuf| Some((path.clone(), Path::new("/").join(fs::read_link(path).ok()?)));
    entries.filter_map(|entry| target(entry.path())).collect()
}

#[test]
fn the_status_is_as_dpkg_says() {
    let Some(found) = packages() else { return println!("skipped: no dpkg here") };
    let shown = query(&[
        "-W",
        "-f",
        "${Package} ${Version} ${Architecture} ${Installed-Size} ${source:Package} ${source:Version} ${db:Status-Abbrev}\n",
    ]);
    let mut expected: Vec<&str> = shown.lines().map(str::trim_end).collect();
    let mut ours: Vec<String> = Vec::new();
    for package in &found {
        let shared = packages::Package::from(package);
        let size = package.installed_kib.map(|size| size.to_string()).unwrap_or_default();
        let architecture = shared.architecture.unwrap_or_default();
        let (name, version, source) = (&shared.name, &shared.version, &shared.source);
        let is_listed = package.state != dpkg::State::NotInstalled;
        let state = if package.is_installed() { "ii" } else { "" };
        let line =
            format!("{name} {version} {architecture} {size} {} {} {state}", source.name, source.version);
        ours.extend(is_listed.then_some(line));
    }
    // what is not whole has other letters, and is not compared by them
    let whole = |line: &str| line.ends_with(" ii");
    ours.retain(|line| whole(line));
    expected.retain(|line| whole(line));
    ours.sort();
    expected.sort_unstable();
    assert_eq!(ours, expected);
    assert!(!ours.is_empty());
}

#[test]
fn every_installed_package_has_its_list_by_name() {
    let Some(found) = packages() else { return println!("skipped: no dpkg here") };
    let installed: Vec<_> = found.iter().filter(|package| package.is_installed()).collect();
    for package in &installed {
        dpkg::list(&list(package)).unwrap_or_else(|error| panic!("{}: {error}", package.name));
        let sums = format!("{DATABASE}/info/{}", package.info_name("md5sums"));
        if let Ok(text) = fs::read(&sums) {
            dpkg::md5sums(&text).unwrap_or_else(|error| panic!("{sums}: {error}"));
        }
    }
    for entry in fs::read_dir(format!("{DATABASE}/info")).expect("the lists are there").flatten() {
        let name = entry.file_name().into_string().expect("names are plain");
        let Some(file) = dpkg::InfoFile::parse(&name) else { continue };
        assert!(found.iter().any(|package| package.has_info(&file)), "{name} is of a package");
    }
    for package in installed.iter().step_by(40) {
        let architecture = package.architecture.as_deref().unwrap_or_default();
        let shown = query(&["-L", &format!("{}:{architecture}", package.name)]);
        // dpkg tells of diversions between the lines
        let expected: Vec<&str> = shown.lines().filter(|line| line.starts_with('/')).collect();
        let text = list(package);
        let ours = dpkg::list(&text).expect("it was read before");
        let ours: BTreeSet<_> = ours.into_iter().collect();
        let expected: BTreeSet<_> =
            expected.into_iter().map(|path| Path::new(if path == "/." { "/" } else { path })).collect();
        assert_eq!(ours, expected, "{}", package.name);
    }
}

#[test]
fn files_have_owners_with_diversions_and_links() {
    let Some(found) = packages() else { return println!("skipped: no dpkg here") };
    let text = fs::read(format!("{DATABASE}/diversions")).unwrap_or_default();
    let diversions = dpkg::Diversions::read(&text).expect("dpkg's own diversions are good");
    let mut owners = Owners::new(links());
    for (index, package) in found.iter().enumerate().filter(|(_, package)| package.is_installed()) {
        for path in dpkg::list(&list(package)).expect("it is good") {
            owners.insert(diversions.place(path, &package.name), index);
        }
    }
    let owner = |path: &str| owners.of(Path::new(path)).first().map(|index| found[*index].name.as_str());
    assert_eq!(owner("/usr/bin/env"), Some("coreutils"));
    assert_eq!(owner("/etc/debian_version"), Some("base-files"));
    assert_eq!(owner("/usr/bin/bash"), Some("bash"), "whether or not it is recorded in /bin");
    assert_eq!(owner("/bin/bash"), Some("bash"));
    for (path, diversion) in diversions.iter() {
        let by = owners.of(path).iter().map(|index| found[*index].name.as_str());
        let others: Vec<_> = by.filter(|name| diversion.by.as_deref() != Some(*name)).collect();
        assert!(others.is_empty(), "{} is of {others:?}", path.display());
    }
}

/// What the tables say of files that this machine has, if it has the release that they are of.
#[test]
fn the_tables_agree_with_this_machine() {
    let Some(found) = packages() else { return println!("skipped: no dpkg here") };
    let release = OsRelease::read(&fs::read("/etc/os-release").unwrap_or_default());
    if release.version_codename.as_deref() != Some("bookworm") {
        println!("skipped: the tables are of another release");
        return;
    }
    let mut compared = 0;
    let mut wrong = Vec::new();
    for package in found.iter().filter(|package| package.is_installed()) {
        for path in dpkg::list(&list(package)).expect("it is good") {
            // a directory has many owners
            let Some(path) = path.to_str().filter(|path| is_public(path) && !Path::new(path).is_dir()) else {
                continue;
            };
            let Some(told) = provider::find(path, Distribution::Debian) else { continue };
            if told.certainty != provider::Certainty::Listed {
                continue;
            }
            compared += 1;
            if told.package != package.name && !STANDING_IN.contains(&(&package.name, &told.package)) {
                wrong.push(format!("{path}: {}, not {}", package.name, told.package));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    println!("{compared} files compared");
    assert!(compared > 20, "{compared} files");
}

/// Who has a file, and what the tables name instead: what brings more that is wanted with it, and
/// packages that do not come from Debian or stand in for others.
const STANDING_IN: [(&str, &str); 6] = [
    ("busybox-static", "busybox"),
    ("nodejs", "npm"),
    ("perl-base", "perl"),
    ("postgresql-client-common", "postgresql-client"),
    ("python3-minimal", "python3"),
    ("python3.11-minimal", "python3.11"),
];

/// Where files are of this machine's architecture and meant for all programs.
fn is_public(path: &str) -> bool {
    let directory = Path::new(path).parent().unwrap_or(Path::new("/"));
    let public =
        ["/bin", "/sbin", "/usr/bin", "/usr/sbin", "/lib/x86_64-linux-gnu", "/usr/lib/x86_64-linux-gnu"];
    public.iter().any(|public| Path::new(public) == directory)
        || path.starts_with("/etc/")
        || path.starts_with("/usr/share/")
}

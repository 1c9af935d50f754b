//! What an image is made of: distribution, C library, shells, package managers, interpreters, packages, programs.

use super::c_library::{self, CLibrary};
use super::interpreter::{self, Interpreter};
use super::scale::{Payload, count, own_bytes};
use crate::installed::Installed;
use closure::{Id, Kind, Setting, Tree};
use elf::{Elf, Program};
use packages::{OS_RELEASE, OsRelease};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// So many bytes of a file tell what it is: the header, the program headers, and in most the loader's name.
const HEAD: u64 = 4096;
/// The most bytes of a file like os-release that are read.
const TEXT_LIMIT: u64 = 1 << 20;

/// What an image is made of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contents {
    /// What os-release(5) says; nothing of an image without a distribution.
    pub distribution: Option<Distribution>,
    /// Its C libraries.
    pub c_libraries: Vec<CLibrary>,
    /// Its shells.
    pub shells: Vec<Tool>,
    /// What can install more: of the distribution and of languages.
    pub package_managers: Vec<Tool>,
    /// Its interpreters.
    pub interpreters: Vec<Interpreter>,
    /// Its packages.
    pub packages: Packages,
    /// Its programs.
    pub programs: Programs,
}

/// A distribution.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Distribution {
    /// `debian`.
    pub id: Option<String>,
    /// `12`.
    pub version: Option<String>,
    /// `Debian GNU/Linux 12 (bookworm)`.
    pub name: String,
}

/// A program that has a name which everybody knows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tool {
    /// The name.
    pub name: String,
    /// Where it is called.
    pub path: String,
    /// The file behind it, if that lies elsewhere.
    pub target: Option<String>,
}

/// Packages.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Packages {
    /// Whose records were read: `dpkg`, `apk`, `pacman`.
    pub managers: Vec<String>,
    /// How many there are.
    pub count: u64,
    /// Bytes, as they say themselves: the sum of all installed sizes.
    pub installed_size: u64,
    /// Files of no package, and their bytes.
    pub unowned: (u64, u64),
    /// Each of them, by name.
    pub list: Vec<PackageWeight>,
}

/// What a package weighs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PackageWeight {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Its architecture, in its manager's words.
    pub architecture: Option<String>,
    /// Whose it is.
    pub manager: String,
    /// Bytes, as it says itself.
    pub installed_size: Option<u64>,
    /// Bytes of its files that are in the image.
    pub bytes: u64,
    /// Its files in the image.
    pub files: u64,
    /// Bytes of them that are payload.
    pub payload_bytes: u64,
    /// Files of them that are payload.
    pub payload_files: u64,
}

/// Programs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Programs {
    /// Programs that need no loader.
    #[serde(rename = "static")]
    pub without_loader: u64,
    /// Programs that need a loader.
    pub dynamic: u64,
    /// Shared libraries, plug-ins and modules of interpreters.
    pub libraries: u64,
    /// Executable files that name an interpreter.
    pub scripts: u64,
    /// Programs and libraries by architecture.
    pub machines: Vec<MachineCount>,
}

/// How many programs are for an architecture.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MachineCount {
    /// `x86_64`.
    pub machine: String,
    /// ELF programs.
    pub programs: u64,
    /// ELF libraries.
    pub libraries: u64,
}

const SHELLS: &[&str] =
    &["sh", "bash", "dash", "ash", "ksh", "mksh", "zsh", "fish", "tcsh", "csh", "busybox", "toybox"];
const PACKAGE_MANAGERS: &[&str] = &[
    "apt-get",
    "apt",
    "dpkg",
    "apk",
    "rpm",
    "dnf",
    "dnf5",
    "microdnf",
    "yum",
    "zypper",
    "pacman",
    "opkg",
    "xbps-install",
    "emerge",
    "nix",
    "nix-env",
    "guix",
    "conda",
    "mamba",
    "pip",
    "pip3",
    "uv",
    "gem",
    "npm",
    "pnpm",
    "yarn",
    "composer",
    "cargo",
    "brew",
    "snap",
    "flatpak",
];
const PLACES: &[&str] = &["/usr/local/bin", "/usr/local/sbin", "/usr/bin", "/usr/sbin", "/bin", "/sbin"];

impl Contents {
    pub(super) fn of(tree: &Tree, setting: &Setting, installed: &Installed, payload: &Payload) -> Self {
        Self {
            distribution: distribution(tree),
            c_libraries: c_library::find(tree),
            shells: tools(tree, SHELLS),
            package_managers: tools(tree, PACKAGE_MANAGERS),
            interpreters: interpreter::find(tree, setting, installed),
            packages: packages(tree, installed, payload),
            programs: programs(tree),
        }
    }
}

fn distribution(tree: &Tree) -> Option<Distribution> {
    let read = |path: &str| tree.find(path).and_then(|id| tree.content(id, TEXT_LIMIT).ok());
    let release = OS_RELEASE.iter().find_map(|path| read(path)).map(|text| OsRelease::read(&text));
    let release = release
        .or_else(|| read("/etc/alpine-release").map(|text| OsRelease::from_alpine_release(&text)))
        .or_else(|| read("/etc/debian_version").map(|text| OsRelease::from_debian_version(&text)))?;
    let name = release.pretty_name.or_else(|| release.id.clone())?;
    Some(Distribution { id: release.id, version: release.version_id, name })
}

/// The programs of these names, each file under each name once.
fn tools(tree: &Tree, names: &[&str]) -> Vec<Tool> {
    let mut seen: Vec<(&str, Id)> = Vec::new();
    let mut found = Vec::new();
    for name in names {
        for place in PLACES {
            let path = format!("{place}/{name}");
            let Some(id) = tree.find(&path).filter(|id| tree.is_program(*id)) else { continue };
            if seen.contains(&(name, id)) {
                continue;
            }
            seen.push((name, id));
            // `/bin/sh` of a merged `/usr` is the same name once more
            let target = Some(tree.text(id)).filter(|target| !target.ends_with(&format!("/{name}")));
            found.push(Tool { name: (*name).to_owned(), path, target });
        }
    }
    found
}

fn packages(tree: &Tree, installed: &Installed, payload: &Payload) -> Packages {
    let mut list: Vec<PackageWeight> = installed
        .packages
        .iter()
        .map(|package| PackageWeight {
            name: package.name.clone(),
            version: package.version.clone(),
            architecture: package.architecture.clone(),
            manager: package.packaging.to_string(),
            installed_size: package.installed_size,
            bytes: 0,
            files: 0,
            payload_bytes: 0,
            payload_files: 0,
        })
        .collect();
    let mut unowned = (0, 0);
    for id in tree.ids().filter(|id| !tree.is_directory(*id)) {
        let bytes = own_bytes(tree, id);
        let Some(owner) = installed.owner(id) else {
            unowned = (unowned.0 + 1, unowned.1 + bytes);
            continue;
        };
        let package = &mut list[owner];
        package.bytes += bytes;
        package.files += 1;
        package.payload_bytes += if payload.carries[id.index()] { bytes } else { 0 };
        package.payload_files += u64::from(payload.is_kept[id.index()]);
    }
    list.sort_by(|a, b| a.name.cmp(&b.name).then(a.architecture.cmp(&b.architecture)));
    let mut managers: Vec<String> = list.iter().map(|package| package.manager.clone()).collect();
    managers.sort();
    managers.dedup();
    let sizes = list.iter().filter_map(|package| package.installed_size);
    Packages {
        managers,
        count: count(list.len()),
        installed_size: sizes.fold(0, u64::saturating_add),
        unowned,
        list,
    }
}

fn programs(tree: &Tree) -> Programs {
    let mut programs = Programs::default();
    let mut machines: BTreeMap<&'static str, (u64, u64)> = BTreeMap::new();
    for id in tree.ids() {
        let node = tree.node(id);
        let is_library = is_library_name(&node.name);
        let is_marked = node.mode & 0o111 != 0;
        if !matches!(node.kind, Kind::File)
            || node.first.is_some()
            || !(is_marked || is_library)
            || node.size < 4
        {
            continue;
        }
        let Ok(head) = tree.content(id, HEAD) else { continue };
        match Program::read(&head) {
            Program::Elf(elf) => {
                let counts = machines.entry(elf.machine.name()).or_default();
                if is_library || !elf.is_program() {
                    programs.libraries += 1;
                    counts.1 += 1;
                } else {
                    *(if is_static(&elf) { &mut programs.without_loader } else { &mut programs.dynamic }) +=
                        1;
                    counts.0 += 1;
                }
            }
            Program::Script(_) if is_marked => programs.scripts += 1,
            _ => {}
        }
    }
    let machine = |(machine, (programs, libraries)): (&str, (u64, u64))| MachineCount {
        machine: machine.to_owned(),
        programs,
        libraries,
    };
    programs.machines = machines.into_iter().map(machine).collect();
    programs
}

/// Whether a program names no loader, as far as its head tells.
fn is_static(elf: &Elf) -> bool {
    elf.interpreter.is_none()
}

/// `libx.so`, `libx.so.1.2`.
fn is_library_name(name: &[u8]) -> bool {
    name.ends_with(b".so") || name.windows(4).any(|part| part == b".so.")
}

//! The packages of an image, and which file belongs to which of them.

use closure::{Id, Tree};
use packages::dpkg::Diversions;
use packages::{Form, Package, Packaging, RECORDS, Record, apk, dpkg, pacman};
use std::collections::HashMap;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// The most bytes of a record that are read; the status of a large distribution has 10 MB.
const RECORD_LIMIT: u64 = 256 << 20;
/// The most bytes of a package's list of files.
const LIST_LIMIT: u64 = 64 << 20;

/// The packages of an image.
#[derive(Debug, Default)]
pub(crate) struct Installed {
    pub(crate) packages: Vec<Package>,
    /// What could not be read, and why.
    pub(crate) notes: Vec<String>,
    owners: HashMap<Id, usize>,
}

impl Installed {
    pub(crate) fn read(tree: &Tree) -> Self {
        let mut reading = Reading { tree, installed: Self::default(), directories: HashMap::new() };
        let mut seen = Vec::new();
        for record in RECORDS {
            let Some(found) = tree.find(record.path) else { continue };
            // apk has two names for one file where `/lib` is a link
            if !seen.contains(&found) {
                seen.push(found);
                reading.record(record, found);
            }
        }
        reading.installed
    }

    /// The package that a file belongs to: of several the first.
    pub(crate) fn owner(&self, id: Id) -> Option<usize> {
        self.owners.get(&id).copied()
    }

    /// The package that a file belongs to.
    pub(crate) fn package_of(&self, id: Id) -> Option<&Package> {
        self.owner(id).map(|package| &self.packages[package])
    }
}

struct Reading<'t> {
    tree: &'t Tree,
    installed: Installed,
    /// Directories by the paths by which packages call them.
    directories: HashMap<PathBuf, Option<Id>>,
}

impl Reading<'_> {
    fn record(&mut self, record: &Record, found: Id) {
        let result = match (record.packaging, record.form) {
            (Packaging::Dpkg, Form::Directory) => self.status_directory(found),
            (Packaging::Dpkg, _) => self.status(found),
            (Packaging::Apk, _) => self.apk(found),
            (Packaging::Pacman, _) => self.pacman(found),
            (Packaging::Rpm, form) => Err(format!("rpm's database ({form}) is not read")),
        };
        if let Err(reason) = result {
            self.installed.notes.push(format!("{}: {reason}", record.path));
        }
    }

    fn content(&self, id: Id, limit: u64) -> Result<Vec<u8>, String> {
        if self.tree.node(id).size > limit {
            return Err(format!("it has more than {limit} bytes"));
        }
        self.tree.content(id, limit).map_err(|error| error.to_string())
    }

    fn status(&mut self, found: Id) -> Result<(), String> {
        let text = self.content(found, RECORD_LIMIT)?;
        let packages = dpkg::packages(&text).map_err(|error| error.to_string())?;
        let diversions = self.tree.find("/var/lib/dpkg/diversions");
        let diversions = diversions.map(|id| self.content(id, LIST_LIMIT)).transpose()?.unwrap_or_default();
        let diversions = Diversions::read(&diversions).map_err(|error| format!("diversions: {error}"))?;
        let lists = self.tree.find("/var/lib/dpkg/info");
        for package in packages.iter().filter(|package| package.state.has_files()) {
            let number = self.add(Package::from(package));
            let names = [package.info_name("list"), package.plain_info_name("list")];
            let list =
                lists.and_then(|lists| names.iter().find_map(|name| self.tree.child(lists, name.as_bytes())));
            let Some(text) = list.map(|list| self.content(list, LIST_LIMIT)).transpose()? else { continue };
            match dpkg::list(&text) {
                Ok(paths) => {
                    for path in paths {
                        self.own(diversions.place(path, &package.name), number);
                    }
                }
                Err(error) => self.note(&package.name, &error.to_string()),
            }
        }
        Ok(())
    }

    fn status_directory(&mut self, found: Id) -> Result<(), String> {
        let children: Vec<(String, Id)> = self
            .tree
            .children(found)
            .map(|(name, id)| (String::from_utf8_lossy(name).into_owned(), id))
            .collect();
        for (name, id) in &children {
            if !self.tree.is_file(*id) || name.ends_with(".md5sums") {
                continue;
            }
            let text = self.content(*id, RECORD_LIMIT)?;
            let packages = match dpkg::packages(&text) {
                Ok(packages) => packages,
                Err(error) => {
                    self.note(name, &error.to_string());
                    continue;
                }
            };
            for package in packages.iter().filter(|package| package.state.has_files()) {
                let number = self.add(Package::from(package));
                let sums = self.tree.child(found, format!("{name}.md5sums").as_bytes());
                let Some(text) = sums.map(|sums| self.content(sums, LIST_LIMIT)).transpose()? else {
                    continue;
                };
                match dpkg::md5sums(&text) {
                    Ok(sums) => sums.iter().for_each(|sum| self.own(&sum.path, number)),
                    Err(error) => self.note(name, &error.to_string()),
                }
            }
        }
        Ok(())
    }

    fn apk(&mut self, found: Id) -> Result<(), String> {
        let text = self.content(found, RECORD_LIMIT)?;
        for package in apk::packages(&text).map_err(|error| error.to_string())? {
            let number = self.add(Package::from(&package));
            for path in package.paths() {
                self.own(&path, number);
            }
        }
        Ok(())
    }

    fn pacman(&mut self, found: Id) -> Result<(), String> {
        let children: Vec<Id> = self.tree.children(found).map(|(_, id)| id).collect();
        for directory in children {
            let Some(description) = self.tree.child(directory, b"desc") else { continue };
            let text = self.content(description, LIST_LIMIT)?;
            let package = match pacman::Package::read(&text) {
                Ok(package) => package,
                Err(error) => {
                    self.note(&self.tree.text(directory), &error.to_string());
                    continue;
                }
            };
            let number = self.add(Package::from(&package));
            let list = self.tree.child(directory, b"files");
            let Some(text) = list.map(|list| self.content(list, LIST_LIMIT)).transpose()? else { continue };
            match pacman::files(&text) {
                Ok(paths) => paths.iter().for_each(|path| self.own(path, number)),
                Err(error) => self.note(&package.name, &error.to_string()),
            }
        }
        Ok(())
    }

    fn note(&mut self, package: &str, reason: &str) {
        self.installed.notes.push(format!("the files of {package}: {reason}"));
    }

    fn add(&mut self, package: Package) -> usize {
        self.installed.packages.push(package);
        self.installed.packages.len() - 1
    }

    /// Says that a package has a path. Links on the way to it are followed, and not the last name.
    fn own(&mut self, path: &Path, package: usize) {
        let (Some(directory), Some(name)) = (path.parent(), path.file_name()) else { return };
        let found = match self.directories.get(directory) {
            Some(found) => *found,
            None => {
                let found = self.tree.find(directory.as_os_str().as_bytes());
                self.directories.insert(directory.to_owned(), found);
                found
            }
        };
        if let Some(id) = found.and_then(|directory| self.tree.child(directory, name.as_bytes())) {
            self.installed.owners.entry(id).or_insert(package);
        }
    }
}

//! Where a dynamic linker looks for a library: `ld.so(8)` of glibc, and musl's `ldso/dynlink.c`.

use crate::object::Object;
use crate::setting::Setting;
use crate::tree::{Id, Tree};
use elf::{CacheEntry, Class, Elf, Interpreter, Libc, Machine};
use std::cell::RefCell;
use std::collections::HashMap;

/// The most bytes of a cache or list of directories that are read.
const LIST_LIMIT: u64 = 64 << 20;

/// A loaded object and whose loading caused it.
#[derive(Debug, Clone)]
pub(crate) struct Link<'a> {
    pub(crate) object: &'a Object,
    /// The directories that `$ORIGIN` may stand for.
    pub(crate) origins: Vec<String>,
}

/// What the loaders of a root know.
#[derive(Debug)]
pub(crate) struct Search {
    cache: HashMap<String, Vec<String>>,
    /// `LD_LIBRARY_PATH`.
    library_path: Vec<String>,
    working_directory: String,
    /// What [`glibc_directories`] gave: a loader is not read for each library.
    defaults: RefCell<HashMap<(Class, Machine), Vec<String>>>,
}

/// What a search gave.
#[derive(Debug, Default)]
pub(crate) struct Searched {
    /// The library with its variants for newer CPUs, by the paths by which they are found.
    pub(crate) found: Vec<(Id, String)>,
    /// A file of that name for another machine.
    pub(crate) unfit: Option<Id>,
}

impl Search {
    pub(crate) fn new(tree: &Tree, setting: &Setting) -> Self {
        let read = |path: &str| tree.find(path).and_then(|id| tree.content(id, LIST_LIMIT).ok());
        let mut cache: HashMap<String, Vec<String>> = HashMap::new();
        for CacheEntry { soname, path } in elf::library_cache(&read("/etc/ld.so.cache").unwrap_or_default()) {
            cache.entry(soname).or_default().push(path);
        }
        let library_path = setting.variable("LD_LIBRARY_PATH").unwrap_or_default();
        let library_path = library_path.split([':', ';']).filter(|directory| !directory.is_empty());
        Self {
            cache,
            library_path: library_path.map(str::to_owned).collect(),
            working_directory: setting.absolute("."),
            defaults: RefCell::default(),
        }
    }

    /// Looks for a library. `chain` begins with the object that needs it and ends with the program; `fits` says whether a file is for the same machine.
    pub(crate) fn find(
        &self,
        tree: &Tree,
        name: &str,
        chain: &[Link<'_>],
        fits: &mut dyn FnMut(Id) -> bool,
    ) -> Searched {
        let mut trial = Trial { tree, name, fits, result: Searched::default() };
        let Some(first) = chain.first() else { return trial.result };
        if name.contains('/') {
            for path in expand(name, first) {
                let path =
                    if path.starts_with('/') { path } else { format!("{}/{path}", self.working_directory) };
                trial.file(path);
            }
            return trial.result;
        }
        let directories = match libc(chain) {
            Some(Libc::Musl) => self.of_musl(tree, chain),
            _ => self.of_glibc(tree, chain),
        };
        for place in directories {
            match place {
                Place::Directory(directory) => trial.directory(&directory),
                Place::Cache => trial.files(self.cache.get(name).map(Vec::as_slice).unwrap_or_default()),
            }
            if !trial.result.found.is_empty() {
                break;
            }
        }
        trial.result
    }

    fn of_glibc(&self, tree: &Tree, chain: &[Link<'_>]) -> Vec<Place> {
        let first = &chain[0];
        let mut places = Vec::new();
        if first.object.dynamic.runpath.is_none() {
            // each loader's own, but for those that have the newer kind
            let inherited = chain.iter().filter(|link| link.object.dynamic.runpath.is_none());
            places.extend(inherited.flat_map(|link| split(link.object.dynamic.rpath.as_deref(), link)));
        }
        places.extend(self.library_path.iter().flat_map(|directory| expand(directory, first)));
        places.extend(split(first.object.dynamic.runpath.as_deref(), first));
        let mut places: Vec<Place> = places.into_iter().map(Place::Directory).collect();
        if !first.object.dynamic.no_default_directories {
            places.push(Place::Cache);
            let elf = &first.object.elf;
            let mut known = self.defaults.borrow_mut();
            let defaults =
                known.entry((elf.class, elf.machine)).or_insert_with(|| glibc_directories(tree, elf));
            places.extend(defaults.iter().cloned().map(Place::Directory));
        }
        places
    }

    fn of_musl(&self, tree: &Tree, chain: &[Link<'_>]) -> Vec<Place> {
        let mut places: Vec<String> = self.library_path.clone();
        for link in chain {
            let own = link.object.dynamic.runpath.as_deref().or(link.object.dynamic.rpath.as_deref());
            places.extend(split(own, link));
        }
        places.extend(musl_directories(tree, chain[0].object.elf.machine));
        places.into_iter().map(Place::Directory).collect()
    }
}

enum Place {
    Directory(String),
    Cache,
}

/// A search that goes on.
struct Trial<'a> {
    tree: &'a Tree,
    name: &'a str,
    fits: &'a mut dyn FnMut(Id) -> bool,
    result: Searched,
}

impl Trial<'_> {
    /// The file in a directory, and its variants in `glibc-hwcaps` (glibc 2.33), `tls` and the like (before 2.37).
    fn directory(&mut self, directory: &str) {
        let Some(id) = self.tree.find(directory) else { return };
        let mut variants = Vec::new();
        if let Some(levels) = self.tree.child(id, b"glibc-hwcaps") {
            variants.extend(
                self.tree
                    .children(levels)
                    .map(|(level, _)| format!("glibc-hwcaps/{}", String::from_utf8_lossy(level))),
            );
        }
        variants.extend(["tls", "haswell", "x86_64", "sse2"].iter().map(|&name| name.to_owned()));
        for variant in variants {
            self.file(format!("{directory}/{variant}/{}", self.name));
        }
        self.file(format!("{directory}/{}", self.name));
    }

    fn files(&mut self, paths: &[String]) {
        for path in paths {
            self.file(path.clone());
        }
    }

    fn file(&mut self, path: String) {
        let Some(id) = self.tree.find(&path).filter(|id| self.tree.is_file(*id)) else { return };
        if !(self.fits)(id) {
            self.result.unfit.get_or_insert(id);
        } else if !self.result.found.iter().any(|(_, other)| *other == path) {
            self.result.found.push((id, path));
        }
    }
}

/// Whose loader loads a chain.
fn libc(chain: &[Link<'_>]) -> Option<Libc> {
    let named = chain.iter().rev().find_map(|link| match &link.object.elf.interpreter {
        Some(Interpreter::Path(path)) => Libc::of_loader(path),
        _ => None,
    });
    named.or_else(|| {
        let needs = |start: &str| {
            chain.iter().any(|link| link.object.dynamic.needed.iter().any(|name| name.starts_with(start)))
        };
        // musl's libc is called so by what Alpine builds, and `libc.so` by what others build
        (needs("libc.musl-") || needs("ld-musl-")).then_some(Libc::Musl)
    })
}

/// A list of directories, each with what its variables stand for.
fn split(list: Option<&str>, link: &Link<'_>) -> Vec<String> {
    let directories = list.unwrap_or_default().split(':').filter(|directory| !directory.is_empty());
    directories.flat_map(|directory| expand(directory, link)).collect()
}

/// A path with `$ORIGIN`, `$LIB` and `$PLATFORM` replaced, by all that they may stand for.
fn expand(path: &str, link: &Link<'_>) -> Vec<String> {
    let machine = link.object.elf.machine;
    let mut paths = vec![path.to_owned()];
    let libraries = [format!("lib/{}", triplet(machine)), "lib64".to_owned(), "lib".to_owned()];
    let platforms = [machine.name().to_owned()];
    for (variable, values) in
        [("ORIGIN", &link.origins[..]), ("LIB", &libraries[..]), ("PLATFORM", &platforms[..])]
    {
        let (braced, plain) = (format!("${{{variable}}}"), format!("${variable}"));
        if path.contains(&braced) || path.contains(&plain) {
            let expanded = paths.iter().flat_map(|path| {
                values.iter().map(|value| path.replace(&braced, value).replace(&plain, value))
            });
            paths = expanded.collect();
        }
    }
    paths
}

/// Debian's name for a machine's directories.
pub(crate) fn triplet(machine: Machine) -> String {
    match machine {
        Machine::I386 => "i386-linux-gnu".to_owned(),
        Machine::Arm => "arm-linux-gnueabihf".to_owned(),
        Machine::X32 => "x86_64-linux-gnux32".to_owned(),
        Machine::Ppc64Le => "powerpc64le-linux-gnu".to_owned(),
        other => format!("{}-linux-gnu", other.name()),
    }
}

/// The directories that glibc searches without being told: those that its loader was built with. They stand in it, one after another, each with
/// a slash at its end.
fn glibc_directories(tree: &Tree, elf: &Elf) -> Vec<String> {
    let loader = elf::Loader::of(elf.machine)
        .filter(|loader| loader.libc == Libc::Glibc)
        .find_map(|loader| tree.find(loader.path));
    let content = loader.and_then(|id| tree.content(id, 4 << 20).ok()).unwrap_or_default();
    let strings = content.split(|byte| *byte == 0).filter(|string| {
        string.starts_with(b"/")
            && string.ends_with(b"/")
            && string.windows(3).any(|part| part == b"lib")
            && string.len() < 256
    });
    let found: Vec<String> =
        strings.map(|string| String::from_utf8_lossy(string).trim_end_matches('/').to_owned()).collect();
    if !found.is_empty() {
        return found;
    }
    let triplet = triplet(elf.machine);
    let wide = if elf.class == Class::Bits64 { "64" } else { "" };
    let mut usual = vec![format!("/lib/{triplet}"), format!("/usr/lib/{triplet}")];
    usual.extend([
        format!("/lib{wide}"),
        format!("/usr/lib{wide}"),
        "/lib".to_owned(),
        "/usr/lib".to_owned(),
    ]);
    usual
}

/// The directories that musl searches: those of its list, or its own.
fn musl_directories(tree: &Tree, machine: Machine) -> Vec<String> {
    let list = tree.find(format!("/etc/ld-musl-{}.path", musl_name(machine)));
    let text = list.and_then(|id| tree.content(id, LIST_LIMIT).ok());
    let text = text.map(|text| String::from_utf8_lossy(&text).into_owned());
    let list = text.as_deref().unwrap_or("/lib:/usr/local/lib:/usr/lib");
    list.split([':', '\n'])
        .map(str::trim)
        .filter(|directory| !directory.is_empty())
        .map(str::to_owned)
        .collect()
}

/// musl's name for a machine.
fn musl_name(machine: Machine) -> &'static str {
    match machine {
        Machine::Arm => "armhf",
        Machine::Ppc64Le => "powerpc64le",
        Machine::Ppc64 => "powerpc64",
        other => other.name(),
    }
}

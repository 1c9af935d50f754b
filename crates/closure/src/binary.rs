//! What a program or library needs: its loader, its libraries, what it may open, and the paths in it.

use crate::closure::Closure;
use crate::ground;
use crate::mention;
use crate::missing::Missing;
use crate::object::Object;
use crate::reason::{Reason, Size};
use crate::search::Link;
use crate::tree::Id;
use elf::{Interpreter, Libc};
use std::collections::HashMap;
use std::rc::Rc;

/// An object in the course of a program's loading.
struct Loaded {
    id: Id,
    object: Rc<Object>,
    origins: Vec<String>,
    /// Who needed it, by the place in the list.
    by: Option<usize>,
}

/// Keeps what an ELF file needs.
pub(crate) fn examine(closure: &mut Closure<'_>, id: Id) {
    let Some(object) = closure.object(id) else { return };
    let is_program = object.elf.is_program();
    if let Some(Interpreter::Path(path)) = &object.elf.interpreter
        && closure.keep(path, Reason::Loader(id)).is_none()
    {
        closure.miss(Missing::Loader { of: id, path: path.clone() });
    }
    if is_program || !closure.loaded.contains(&id) {
        load(closure, id, &object);
    }
    opened(closure, id, &object);
    if !is_c_library(closure, id, &object) {
        closure.imports.extend(object.dynamic.imports.iter().cloned());
        if closure.size != Size::Strict {
            mentions(closure, id, &object);
        }
    }
}

/// Loads libraries in the loader's order: the program's own first, then those of the libraries.
fn load(closure: &mut Closure<'_>, id: Id, object: &Rc<Object>) {
    let is_program = object.elf.is_program();
    let origin = parent(&closure.tree.text(id));
    let mut loaded = vec![Loaded { id, object: object.clone(), origins: vec![origin], by: None }];
    let mut known: HashMap<String, Option<Id>> = HashMap::new();
    let mut next = 0;
    while next < loaded.len() {
        let (by, needs) =
            (loaded[next].id, names(&loaded[next].object, &closure.setting.environment, next == 0));
        for name in needs {
            if known.contains_key(&name) {
                continue;
            }
            let found = find(closure, &name, &loaded, next);
            known.insert(name, found.first().map(|(id, _)| *id));
            for (library, path) in found {
                closure.keep(&path, Reason::Needed(by));
                if is_program {
                    closure.loaded.insert(library);
                }
                let Some(object) = closure.object(library) else { continue };
                known.entry(object.dynamic.soname.clone().unwrap_or_default()).or_insert(Some(library));
                let mut origins = vec![parent(&path)];
                let real = parent(&closure.tree.text(library));
                if real != origins[0] {
                    origins.push(real);
                }
                if !loaded.iter().any(|other| other.id == library) {
                    loaded.push(Loaded { id: library, object, origins, by: Some(next) });
                }
            }
        }
        next += 1;
    }
    if is_program {
        closure.loaded.insert(id);
        check_versions(closure, &loaded, &known);
    }
}

/// The libraries that an object asks for by name; a program also what is loaded before all others.
fn names(object: &Object, environment: &[String], is_first: bool) -> Vec<String> {
    let mut names = object.dynamic.needed.clone();
    names.extend(object.dynamic.filters.iter().cloned());
    if is_first && object.elf.is_program() && object.elf.interpreter.is_some() {
        let preloaded = environment.iter().rev().find_map(|variable| variable.strip_prefix("LD_PRELOAD="));
        let preloaded = preloaded.unwrap_or_default().split([':', ' ']).filter(|name| !name.is_empty());
        names.extend(preloaded.map(str::to_owned));
    }
    names
}

/// Finds a library for the object at `at` and records its absence.
fn find(closure: &mut Closure<'_>, name: &str, loaded: &[Loaded], at: usize) -> Vec<(Id, String)> {
    let mut chain = Vec::new();
    let mut link = Some(at);
    while let Some(at) = link {
        chain.push(Link { object: &loaded[at].object, origins: loaded[at].origins.clone() });
        link = loaded[at].by;
    }
    let wanted = (loaded[at].object.elf.class, loaded[at].object.elf.machine);
    let tree = closure.tree;
    let objects = &mut closure.objects;
    let mut fits = |id: Id| {
        let object = objects.entry(id).or_insert_with(|| Object::read(tree, id).map(Rc::new));
        object.as_ref().is_some_and(|object| (object.elf.class, object.elf.machine) == wanted)
    };
    let searched = closure.search.find(tree, name, &chain, &mut fits);
    // musl's loader is its C library, under whatever name somebody asks for it
    let is_builtin = searched.found.is_empty() && is_musl_name(name) && names_musl(&loaded[0].object);
    if searched.found.is_empty() && !is_builtin && !is_from_the_kernel(name) {
        let program = loaded[0].object.elf.is_program().then_some(loaded[0].id);
        let (name, by) = (name.to_owned(), loaded[at].id);
        closure.miss(Missing::Library { name, by, program, unfit: searched.unfit });
    }
    searched.found
}

/// Libraries whose symbols have versions that are needed and not defined: what the loader checks before it runs a program.
fn check_versions(closure: &mut Closure<'_>, loaded: &[Loaded], known: &HashMap<String, Option<Id>>) {
    // musl does not check versions
    if loaded.first().is_some_and(|program| names_musl(&program.object)) {
        return;
    }
    for user in loaded {
        for need in &user.object.dynamic.requires {
            let Some(Some(library)) = known.get(&need.library) else { continue };
            let Some(object) = closure.object(*library) else { continue };
            // a library without any versions is taken as it is, with a warning
            let defines = &object.dynamic.defines;
            if !need.is_weak && !defines.is_empty() && !defines.contains(&need.version) {
                let (version, library) = (need.version.clone(), *library);
                closure.miss(Missing::Version { version, library, by: user.id });
            }
        }
    }
}

/// Libraries that are loaded while it runs: by its note, and by the strings in it.
fn opened(closure: &mut Closure<'_>, id: Id, object: &Rc<Object>) {
    if closure.size == Size::Strict {
        return;
    }
    let noted = object.dynamic.opens.iter().flat_map(|note| note.sonames.iter());
    let names: Vec<&String> = noted.chain(&object.libraries).collect();
    let origin = parent(&closure.tree.text(id));
    for name in names {
        let loaded = Loaded { id, object: object.clone(), origins: vec![origin.clone()], by: None };
        for (_, path) in quietly(closure, name, &loaded) {
            closure.keep(&path, Reason::Opens(id));
        }
    }
}

/// Finds a library whose absence is no fault.
fn quietly(closure: &mut Closure<'_>, name: &str, loaded: &Loaded) -> Vec<(Id, String)> {
    let wanted = (loaded.object.elf.class, loaded.object.elf.machine);
    let (tree, objects) = (closure.tree, &mut closure.objects);
    let mut fits = |id: Id| {
        let object = objects.entry(id).or_insert_with(|| Object::read(tree, id).map(Rc::new));
        object.as_ref().is_some_and(|object| (object.elf.class, object.elf.machine) == wanted)
    };
    let link = Link { object: &loaded.object, origins: loaded.origins.clone() };
    closure.search.find(tree, name, &[link], &mut fits).found
}

/// Keeps the libraries of this name that a program would find, for a rule that knows of them.
pub(crate) fn keep_library(closure: &mut Closure<'_>, user: Id, name: &str, reason: &Reason) {
    let Some(object) = closure.object(user) else { return };
    let loaded = Loaded { id: user, object, origins: vec![parent(&closure.tree.text(user))], by: None };
    for (_, path) in quietly(closure, name, &loaded) {
        closure.keep(&path, reason.clone());
    }
}

/// Paths that stand in a program: a file is kept, and the tree of modules that it lies in.
fn mentions(closure: &mut Closure<'_>, id: Id, object: &Object) {
    // a program with many names can stand for all that its parts may start
    if ground::is_multi_call(closure.tree, id) {
        return;
    }
    for run in &object.paths {
        mention::keep_mentioned(closure, id, run);
    }
}

/// Whether it is the C library or its loader: what they name is for rules, which know when it is used.
fn is_c_library(closure: &Closure<'_>, id: Id, object: &Object) -> bool {
    let name = String::from_utf8_lossy(&closure.tree.node(id).name).into_owned();
    let soname = object.dynamic.soname.as_deref().unwrap_or(&name);
    Libc::of_loader(soname).is_some()
        || ["libc.so.6", "libc.so", "libpthread.so.0", "libresolv.so.2"].contains(&soname)
}

/// Names that musl's loader answers itself (`reserved` in its `load_library`).
fn is_musl_name(name: &str) -> bool {
    let stem = name.strip_prefix("lib").and_then(|rest| rest.split('.').next()).unwrap_or_default();
    ["c", "pthread", "rt", "m", "dl", "util", "xnet"].contains(&stem) || name.starts_with("ld-musl-")
}

fn names_musl(object: &Object) -> bool {
    matches!(&object.elf.interpreter, Some(Interpreter::Path(path)) if Libc::of_loader(path) == Some(Libc::Musl))
}

/// The kernel maps it into every process.
fn is_from_the_kernel(name: &str) -> bool {
    name.starts_with("linux-vdso") || name.starts_with("linux-gate")
}

fn parent(path: &str) -> String {
    match path.rsplit_once('/') {
        None | Some(("", _)) => "/".to_owned(),
        Some((parent, _)) => parent.to_owned(),
    }
}

//! The set that grows: files with their reasons, until nothing that is kept asks for anything more.

use crate::missing::Missing;
use crate::object::Object;
use crate::reason::{Reason, Size};
use crate::search::Search;
use crate::setting::Setting;
use crate::tree::{Id, Kind, Tree};
use crate::{ground, left_out};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::rc::Rc;

/// The most missing things that are remembered: who lacks more lacks everything.
const MISSING_LIMIT: usize = 10_000;

/// Files of a tree that belong together, each with the reason for it.
///
/// Begin with [`Closure::new`], keep what is known to be needed, [`settle`](Closure::settle), and read [`files`](Closure::files).
#[derive(Debug)]
pub struct Closure<'t> {
    pub(crate) tree: &'t Tree,
    pub(crate) setting: &'t Setting,
    pub(crate) size: Size,
    kept: BTreeMap<Id, Reason>,
    /// Files that nobody has looked into yet.
    queue: Vec<Id>,
    pub(crate) objects: HashMap<Id, Option<Rc<Object>>>,
    /// Objects whose libraries were found in the course of a program's loading.
    pub(crate) loaded: HashSet<Id>,
    /// The program that was loaded first: the image's own.
    pub(crate) program: Option<Id>,
    /// Symbols that programs and libraries want of others, the C library's own apart.
    pub(crate) imports: HashSet<String>,
    pub(crate) search: Search,
    missing: Vec<Missing>,
    /// The same, to find one.
    missed: HashSet<Missing>,
    /// Programs whose interpreters' module trees are kept.
    pub(crate) interpreters: BTreeSet<Id>,
}

impl<'t> Closure<'t> {
    /// A closure of nothing.
    pub fn new(tree: &'t Tree, setting: &'t Setting, size: Size) -> Self {
        Self {
            tree,
            setting,
            size,
            kept: BTreeMap::new(),
            queue: Vec::new(),
            objects: HashMap::new(),
            loaded: HashSet::new(),
            program: None,
            imports: HashSet::new(),
            search: Search::new(tree, setting),
            missing: Vec::new(),
            missed: HashSet::new(),
            interpreters: BTreeSet::new(),
        }
    }

    /// The files, each with the reason for which it was kept first.
    pub fn files(&self) -> impl Iterator<Item = (Id, &Reason)> {
        self.kept.iter().map(|(id, reason)| (*id, reason))
    }

    /// Whether a file is kept.
    pub fn contains(&self, id: Id) -> bool {
        self.kept.contains_key(&id)
    }

    /// The reason for which a file is kept.
    pub fn reason(&self, id: Id) -> Option<&Reason> {
        self.kept.get(&id)
    }

    /// The ELF files that are kept, and what they say. Complete after [`settle`](Closure::settle).
    pub fn objects(&self) -> impl Iterator<Item = (Id, &Object)> {
        self.kept.keys().filter_map(|id| Some((*id, self.objects.get(id)?.as_deref()?)))
    }

    /// How many files are kept.
    pub fn len(&self) -> usize {
        self.kept.len()
    }

    /// Whether nothing is kept.
    pub fn is_empty(&self) -> bool {
        self.kept.is_empty()
    }

    /// What was asked for and is not in the tree. Of use after [`settle`](Closure::settle).
    pub fn missing(&self) -> impl Iterator<Item = &Missing> {
        self.missing.iter().filter(|missing| !self.is_there_after_all(missing))
    }

    /// A library that was not found where its user would look may have been loaded before by another.
    fn is_there_after_all(&self, missing: &Missing) -> bool {
        let Missing::Library { name, by, .. } = missing else { return false };
        // a program's own libraries are looked for first of all
        !self.is_loaded_program(*by)
            && self.objects.iter().any(|(id, object)| {
                let soname = object.as_ref().and_then(|object| object.dynamic.soname.as_deref());
                self.contains(*id) && (soname == Some(name) || *self.tree.node(*id).name == *name.as_bytes())
            })
    }

    fn is_loaded_program(&self, id: Id) -> bool {
        self.loaded.contains(&id)
    }

    pub(crate) fn miss(&mut self, missing: Missing) {
        if self.missing.len() < MISSING_LIMIT && self.missed.insert(missing.clone()) {
            self.missing.push(missing);
        }
    }

    /// Keeps what a path leads to, and the links and directories on the way. What does not exist is not kept: nothing is returned then.
    pub fn keep(&mut self, path: impl AsRef<[u8]>, reason: Reason) -> Option<Id> {
        self.keep_from(self.tree.root(), path.as_ref(), reason)
    }

    /// As [`keep`](Closure::keep), a relative path from a directory.
    pub fn keep_from(&mut self, base: Id, path: &[u8], reason: Reason) -> Option<Id> {
        let found = self.tree.look_from(base, path);
        let end = found.end?;
        for id in found.way {
            self.insert(id, || Reason::Way(end));
        }
        self.keep_file(end, reason);
        Some(end)
    }

    /// Keeps a file, the directories above it, and what it points to if it is a link.
    pub fn keep_file(&mut self, id: Id, reason: Reason) {
        let mut above = self.tree.node(id).parent;
        while self.insert(above, || Reason::Way(id)) {
            above = self.tree.node(above).parent;
        }
        if !self.insert(id, || reason.clone()) {
            return;
        }
        match &self.tree.node(id).kind {
            Kind::File => self.queue.push(id),
            Kind::Link(target) => {
                let (base, target) = (self.tree.node(id).parent, target.clone());
                self.keep_from(base, &target, reason);
            }
            Kind::Directory(_) | Kind::Special => {}
        }
    }

    /// Keeps a directory with all that is in it, but for what belongs to development and documentation.
    pub fn keep_tree(&mut self, id: Id, reason: &Reason) {
        self.keep_file(id, reason.clone());
        // an image may have directories deeper than this process has stack
        let mut waiting = vec![id];
        while let Some(directory) = waiting.pop() {
            let children: Vec<Id> = self.tree.children(directory).map(|(_, child)| child).collect();
            for child in children {
                if left_out::is_left_out(self.tree, child) {
                    continue;
                }
                self.keep_file(child, reason.clone());
                if self.tree.is_directory(child) {
                    waiting.push(child);
                }
            }
        }
    }

    /// Keeps the whole tree of modules that a file lies in, if it lies in one: the topmost directory above it that is not common ground.
    pub fn keep_surroundings(&mut self, id: Id) {
        if self.size == Size::Strict {
            return;
        }
        if let Some(top) = ground::private_tree(self.tree, id)
            && !matches!(self.reason(top), Some(Reason::Tree(_)))
        {
            self.kept.insert(top, Reason::Tree(id));
            self.keep_tree(top, &Reason::Tree(id));
        }
    }

    fn insert(&mut self, id: Id, reason: impl FnOnce() -> Reason) -> bool {
        if self.kept.contains_key(&id) {
            return false;
        }
        self.kept.insert(id, reason());
        true
    }

    /// Takes the files that nobody has looked into.
    pub(crate) fn waiting(&mut self) -> Vec<Id> {
        std::mem::take(&mut self.queue)
    }

    /// What an ELF file says; nothing if it is none.
    pub(crate) fn object(&mut self, id: Id) -> Option<Rc<Object>> {
        let tree = self.tree;
        self.objects.entry(id).or_insert_with(|| Object::read(tree, id).map(Rc::new)).clone()
    }

    /// Finds a program by its name as `execvp` would.
    pub(crate) fn find_program(&self, name: &str) -> Option<String> {
        find_program(self.tree, self.setting, name)
    }
}

/// Finds a program as `execvp(3)` would: its path, by the links on which it is found.
pub fn find_program(tree: &Tree, setting: &Setting, name: &str) -> Option<String> {
    let is_program = |path: &String| tree.find(path).is_some_and(|id| tree.is_program(id));
    if name.contains('/') {
        return Some(setting.absolute(name)).filter(is_program);
    }
    let candidates = setting.search_path().map(|directory| setting.absolute(&format!("{directory}/{name}")));
    candidates.into_iter().find(is_program).filter(|_| !name.is_empty())
}

//! Companions: what comes along with the sources of `COPY --closure`. They are found in the root that the sources come from by the model of `closure`,
//! and nothing in it is executed.

mod absent;
mod times;
mod write;

use super::digest;
use super::select::Selected;
use crate::error::{At, Error, Result};
use crate::plan::{ClosureAction, CopyAction};
use closure::{Closure, Id, Kind, Reason, Tree};
use oci::digest::Hasher;
use std::collections::{BTreeMap, HashSet};
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// What comes along.
#[derive(Debug)]
pub(super) struct Companions {
    /// The root that they are in.
    tree: Tree,
    /// By path, a directory before what is in it.
    files: BTreeMap<PathBuf, Companion>,
    /// What may not work.
    pub(super) warnings: Vec<String>,
}

#[derive(Debug)]
struct Companion {
    id: Id,
    meeting: Meeting,
}

/// What happens where another file is in its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Meeting {
    /// It replaces that file.
    Replaces,
    /// That file stays: the stage's own configuration and accounts are the better ones.
    Yields,
    /// Nothing is copied at all: a root with halves of two C libraries runs nothing.
    Refuses,
}

impl Companions {
    /// Finds them in `root`, for sources that were selected there.
    pub(super) fn find(
        root: OwnedFd,
        action: &CopyAction,
        wanted: &ClosureAction,
        selected: &[Selected],
    ) -> Result<Self> {
        let tree = Tree::read(root).map_err(unreadable)?;
        let mut files = BTreeMap::new();
        let mut warnings = Vec::new();
        {
            let sources = Sources::of(&tree, action, selected);
            let mut closure = Closure::new(&tree, &wanted.setting, wanted.size);
            sources.keep(&mut closure);
            closure.settle();
            warnings.extend(absent::check(&tree, &closure, &sources.named())?);
            warnings.extend(sources.displaced(&closure));
            for id in sources.companions(&closure, wanted) {
                let meeting = meeting(&tree, &closure, id);
                files.insert(tree.path(id), Companion { id, meeting });
            }
        }
        Ok(Self { tree, files, warnings })
    }

    /// Adds all of them to a digest: names, kinds, modes, owners, content.
    pub(super) fn digest(&self, hasher: &mut Hasher) -> Result<()> {
        for (path, companion) in &self.files {
            let node = self.tree.node(companion.id);
            hasher.field(path.as_os_str().as_bytes());
            for number in [companion.meeting as u32, node.mode, node.uid, node.gid] {
                hasher.field(&number.to_le_bytes());
            }
            match &node.kind {
                Kind::Directory(_) => hasher.field(b"directory"),
                Kind::Link(target) => hasher.field(target),
                Kind::Special => hasher.field(&digest::device(self.tree.as_fd(), path)?),
                Kind::File => digest::content(open(&self.tree, path)?, path, hasher)?,
            }
        }
        Ok(())
    }
}

/// Opens a regular file of a tree.
fn open(tree: &Tree, path: &Path) -> Result<OwnedFd> {
    sys::rooted::open_regular(tree.as_fd(), path).at("open", path)
}

fn unreadable(error: closure::Error) -> Error {
    match error {
        closure::Error::Io { doing, path, errno } => Error::Io { doing, path, source: errno.into() },
        other => Error::Context(other.to_string()),
    }
}

fn meeting(tree: &Tree, closure: &Closure<'_>, id: Id) -> Meeting {
    if closure.is_c_library(id) {
        return Meeting::Refuses;
    }
    match closure.reason(id) {
        Some(Reason::Policy(_) | Reason::Mentioned(_)) => Meeting::Yields,
        _ if tree.path(id).starts_with("/etc") => Meeting::Yields,
        _ => Meeting::Replaces,
    }
}

/// The sources, as files of the tree.
struct Sources<'a> {
    tree: &'a Tree,
    action: &'a CopyAction,
    /// What was named, links followed, by the path by which it was.
    given: Vec<(PathBuf, Id)>,
    /// All that the copy itself takes: what was named, and what is in it.
    taken: HashSet<Id>,
}

impl<'a> Sources<'a> {
    fn of(tree: &'a Tree, action: &'a CopyAction, selected: &[Selected]) -> Self {
        let path = |one: &Selected| Path::new("/").join(&one.path);
        let found = |path: PathBuf| tree.find(path.as_os_str().as_bytes()).map(|id| (path, id));
        let given: Vec<_> = selected.iter().filter_map(|one| found(path(one))).collect();
        let mut taken = HashSet::new();
        let mut waiting: Vec<Id> = given.iter().map(|(_, id)| *id).collect();
        while let Some(id) = waiting.pop() {
            if taken.insert(id) {
                waiting.extend(tree.children(id).map(|(_, child)| child));
            }
        }
        Self { tree, action, given, taken }
    }

    /// The files among what was named: those that have to run.
    fn named(&self) -> HashSet<Id> {
        self.given.iter().map(|(_, id)| *id).filter(|id| self.tree.is_file(*id)).collect()
    }

    /// Whether a source is put at the very path by which it was named. A destination that does not end with a slash is a file or a directory, which only
    /// the stage knows.
    fn is_in_place(&self, path: &Path, id: Id) -> bool {
        let destination = Path::new(&self.action.destination);
        destination == path
            || (!self.tree.is_directory(id) && destination.join(path.file_name().unwrap_or_default()) == path)
    }

    fn keep(&self, closure: &mut Closure<'_>) {
        let reason = Reason::Configuration("COPY --closure");
        for (path, id) in &self.given {
            if self.is_in_place(path, *id) {
                // the links by which it is named lead to it there too
                closure.keep(path.as_os_str().as_bytes(), reason.clone());
            }
        }
        for id in self.taken.iter().filter(|id| !self.tree.is_directory(**id)) {
            closure.keep_file(*id, reason.clone());
        }
    }

    /// What is kept beside the sources, with the directories above it.
    fn companions(&self, closure: &Closure<'_>, wanted: &ClosureAction) -> HashSet<Id> {
        let mut all = HashSet::new();
        let is_kept = |id: Id, reason: &Reason| {
            let only_leads_on = self.tree.is_directory(id) && matches!(reason, Reason::Way(_));
            !self.taken.contains(&id) && !only_leads_on
        };
        let kept: Vec<(Id, &Reason)> = closure.files().filter(|(id, reason)| is_kept(*id, reason)).collect();
        let add = |all: &mut HashSet<Id>, mut id: Id| {
            while id != self.tree.root() && all.insert(id) {
                id = self.tree.node(id).parent;
            }
        };
        kept.iter().for_each(|(id, _)| add(&mut all, *id));
        if self.given.iter().any(|(path, id)| !self.is_in_place(path, *id)) {
            // links lead to a source, or a script of the closure names it: then it is needed where it was
            let mut others = Closure::new(self.tree, &wanted.setting, wanted.size);
            kept.iter().for_each(|(id, reason)| others.keep_file(*id, (*reason).clone()));
            others.settle();
            self.taken.iter().filter(|id| others.contains(**id)).for_each(|id| add(&mut all, *id));
        }
        all
    }

    /// Programs that find libraries from where they lie, and will lie elsewhere.
    fn displaced(&self, closure: &Closure<'_>) -> Vec<String> {
        let destination = Path::new(&self.action.destination);
        let mut warnings = Vec::new();
        for (path, id) in self.given.iter().filter(|(_, id)| closure.uses_origin(*id)) {
            let real = self.tree.path(*id);
            let home = real.parent().unwrap_or(Path::new("/"));
            let is_at_home = |place: &Path| place.parent() == Some(home);
            let name = path.file_name().unwrap_or_default();
            if self.is_in_place(path, *id) || is_at_home(destination) || is_at_home(&destination.join(name)) {
                continue;
            }
            let (shown, home) =
                (absent::shown(&path.to_string_lossy()), absent::shown(&home.to_string_lossy()));
            warnings.push(format!(
                "{shown} finds libraries by $ORIGIN, the directory that it lies in, and they stay where they are: copy it into {home}"
            ));
        }
        warnings
    }
}

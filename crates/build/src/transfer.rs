//! `COPY`, `ADD` and `WORKDIR`: files into a stage. Sources are selected and digested first; only a miss in the cache writes anything.

mod companions;
mod digest;
mod place;
mod select;

use crate::cancel::Stop;
use crate::context::BuildContext;
use crate::error::{At, Error, Result};
use crate::plan::CopyAction;
use companions::Companions;
use engine::store::changeset::Ownership;
use engine::store::layers::Draft;
use engine::{Engine, step};
use oci::digest::Hasher;
use oci::{DiffId, Digest};
use place::Destination;
use select::Selected;
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;
use sys::fs::Mode;

/// The sources of a copy: found, and digested.
#[derive(Debug)]
pub(crate) struct Prepared {
    /// The context's, stage's or image's root; none if all content stands in the Dockerfile.
    root: Option<OwnedFd>,
    selected: Vec<Selected>,
    /// What comes along with them.
    companions: Option<Companions>,
    digest: Digest,
}

impl Prepared {
    /// The digest of everything that is copied.
    pub(crate) fn digest(&self) -> Digest {
        self.digest
    }

    /// The state of the first source.
    fn first_source(&self) -> Result<Option<sys::fs::Stat>> {
        let (Some(root), Some(first)) = (&self.root, self.selected.first()) else { return Ok(None) };
        let handle = sys::rooted::open_handle(root.as_fd(), &first.path).at("open", &first.path)?;
        sys::fs::fstat(&handle).at("stat", &first.path).map(Some)
    }

    /// What may not work, in words.
    pub(crate) fn warnings(&self) -> &[String] {
        self.companions.as_ref().map(|companions| &*companions.warnings).unwrap_or_default()
    }
}

/// What is written on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Onto<'a> {
    /// The stage so far, lowest first.
    pub(crate) layers: &'a [DiffId],
    /// What becomes the next layer.
    pub(crate) draft: &'a Draft,
}

/// Selects and digests. `origin` has the layers of a stage or image; without it the context is read.
pub(crate) fn prepare(
    engine: &Engine,
    context: &BuildContext,
    action: &CopyAction,
    origin: Option<Vec<DiffId>>,
) -> Result<Prepared> {
    let root = match &origin {
        Some(layers) => step::open_content(engine, layers)?,
        None => {
            context.root().map(|fd| fd.try_clone_to_owned()).transpose().at("duplicate", "the context")?
        }
    };
    let ignore = origin.is_none().then(|| context.ignore());
    let mut hasher = Hasher::default();
    let mut selected = Vec::new();
    for source in &action.sources {
        let Some(root) = &root else {
            let place = if origin.is_some() { "its source" } else { "the build context" };
            return Err(Error::Context(format!("{} {source}: not found, {place} is empty", action.keyword)));
        };
        let found = select::select(root.as_fd(), source, ignore, action.keyword)?;
        for one in &found {
            hasher.field(one.name.as_encoded_bytes());
            digest::digest(root.as_fd(), one, ignore, origin.is_some(), &mut hasher)?;
        }
        selected.extend(found);
    }
    for (name, content) in &action.texts {
        hasher.field(name.as_bytes());
        hasher.field(content.as_bytes());
    }
    let companions = match (&action.closure, &root) {
        (Some(wanted), Some(root)) => {
            let root = root.try_clone().at("duplicate", "a root")?;
            let companions = Companions::find(root, action, wanted, &selected)?;
            companions.digest(&mut hasher)?;
            Some(companions)
        }
        _ => None,
    };
    Ok(Prepared { root, selected, companions, digest: hasher.finish() })
}

/// Writes what was prepared into a draft on top of layers.
pub(crate) fn write(
    engine: &Engine,
    action: &CopyAction,
    prepared: &Prepared,
    onto: Onto<'_>,
    context: &BuildContext,
    stop: &Stop<'_>,
) -> Result<()> {
    let Onto { layers, draft } = onto;
    let ignore = matches!(action.origin, crate::plan::Origin::Context).then(|| context.ignore());
    let root = step::open_root(engine, layers, draft)?;
    let ownership = match &action.chown {
        Some(text) => {
            let (uid, gid) = step::owner(root.as_fd(), text)?;
            Ownership::Set(uid, gid)
        }
        None if matches!(action.origin, crate::plan::Origin::Context) => Ownership::Set(0, 0),
        None => Ownership::Keep,
    };
    let count = prepared.selected.len() + action.texts.len();
    let given = action.sources.len() + action.texts.len();
    if given > 1 && !action.destination.ends_with('/') {
        return Err(Error::Context(format!(
            "when using {} with more than one source file, the destination must be a directory and end with a /",
            action.keyword
        )));
    }
    // first: what the destination itself says comes last, and wins
    let companions = prepared.companions.as_ref();
    let place = Path::new(&action.destination);
    let directories = companions.map(|companions| companions.write(root.as_fd(), place, stop)).transpose()?;
    let destination = Destination::new(root.as_fd(), &action.destination, count > 1, ownership);
    for (name, content) in &action.texts {
        stop.check()?;
        destination.text(name, content, action.chmod)?;
    }
    for selected in &prepared.selected {
        stop.check()?;
        let source = prepared.root.as_ref().expect("sources were found in a root").as_fd();
        destination.put(source, selected, action, stop, ignore)?;
    }
    if let Some(directories) = directories {
        directories.settle(prepared.first_source()?.as_ref())?;
    }
    Ok(())
}

/// `WORKDIR`: makes the directory and its parents, owned by the stage's user.
pub(crate) fn make_directory(
    engine: &Engine,
    path: &str,
    user: &str,
    layers: &[DiffId],
    draft: &Draft,
) -> Result<()> {
    let root = step::open_root(engine, layers, draft)?;
    let (uid, gid) = if user.is_empty() { (0, 0) } else { step::user(root.as_fd(), user)? };
    let mode = Mode::from_raw_mode(0o755);
    sys::rooted::make_directories(root.as_fd(), Path::new(path), mode, &mut |made| {
        sys::fs::fchown(made, Some(sys::process::Uid::from_raw(uid)), Some(sys::process::Gid::from_raw(gid)))
    })
    .at("make directory", path)?;
    Ok(())
}

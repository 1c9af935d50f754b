//! Copying images between places: registries, layouts, archives, directories, the store.
//!
//! From registry to registry blobs go straight through (`copy/registries.rs`). Whatever else is copied passes the store, where everything is verified, and
//! keeps its bytes; what was not there before is given up afterwards.

mod registries;

use super::find::Image;
use super::load::{self, Load};
use super::pull::{self, Pull};
use super::push::{self, Push};
use super::save::{self, Called, Output};
use super::{commit, names};
use crate::error::{At, Error, Result};
use oci::image::Descriptor;
use oci::{Digest, Platform, Reference};
pub(crate) use registries::Registries;
use registry::Client;
use std::collections::HashSet;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use store::collect::Roots;
use store::leases::Lease;
use store::{Store, blobs, collect, refs};
use sys::Errno;

/// Where an image is, or is to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// In a registry.
    Registry(Reference),
    /// In the store.
    Store(String),
    /// In an OCI layout directory, under a tag.
    Layout(PathBuf, Option<String>),
    /// In a tar of an OCI layout, under a tag.
    LayoutArchive(PathBuf, Option<String>),
    /// In a tar of Docker's, under a name.
    DockerArchive(PathBuf, Option<String>),
    /// In a directory of its own, as containers/image writes it.
    Directory(PathBuf),
}

/// What of an image for several platforms is copied.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Which {
    /// The image for this machine.
    #[default]
    Own,
    /// The image for one platform.
    Platform(Platform),
    /// All of it.
    All,
}

/// Told what happens; from several threads.
pub type Progress<'p> = &'p (dyn Fn(push::PushEvent) + Sync);

/// Copies an image; what it is there.
///
/// # Errors
/// Those of pulling, loading, pushing and saving.
pub fn copy(
    store: &Store,
    client: &Client,
    ways: (&Place, &Place),
    which: &Which,
    progress: Progress<'_>,
    roots: &dyn Fn() -> store::Result<Roots>,
) -> Result<Descriptor> {
    let (from, to) = ways;
    if let (Place::Registry(from), Place::Registry(to)) = (from, to) {
        return Registries { client, progress }.copy(from, to, which);
    }
    if let Place::Store(name) = to {
        let name = names::parse(name)?;
        return bring(store, client, from, which, vec![name]);
    }
    let before: HashSet<Digest> = refs::list(store)?.into_iter().map(|(_, target)| target.digest).collect();
    let lease = Lease::new(store)?;
    let passed = pass(store, client, ways, (which, &lease), progress);
    drop(lease);
    // what has come has no name
    let mut has_come = false;
    for (name, target) in refs::list(store)? {
        if !before.contains(&target.digest) && name == commit::dangling(&target.digest) {
            has_come |= refs::remove(store, &name)?;
        }
    }
    if has_come {
        collect::collect(store, roots)?;
    }
    passed
}

/// Brings an image into the store and from there elsewhere. The lease holds it in between.
fn pass(
    store: &Store,
    client: &Client,
    (from, to): (&Place, &Place),
    (which, lease): (&Which, &Lease),
    progress: Progress<'_>,
) -> Result<Descriptor> {
    let target = loop {
        let target = bring(store, client, from, which, Vec::new())?;
        lease.hold([target.digest])?;
        // another copy of the same may have given it up in between
        if blobs::exists(store, &target.digest) {
            break target;
        }
    };
    let target = match which {
        Which::Own if target.is_index() => {
            Image::read(store, &target, &Platform::host())?.descriptor(store)?
        }
        _ => target,
    };
    send(store, client, &target, to, which, progress)
}

/// Brings an image into the store.
fn bring(
    store: &Store,
    client: &Client,
    from: &Place,
    which: &Which,
    names: Vec<Reference>,
) -> Result<Descriptor> {
    let options = |only: &Option<String>| Load {
        platforms: if let Which::Platform(platform) = which { vec![platform.clone()] } else { Vec::new() },
        only: only.clone(),
        names: Some(names.clone()),
    };
    let open = |path: &PathBuf| File::open(path).at("open", path);
    let quiet = &mut |_| {};
    let loaded = match from {
        Place::Store(name) => {
            let (_, target) = names::resolve(store, name)?;
            commit::point(store, &names, &target)?;
            return Ok(target);
        }
        Place::Registry(name) => {
            let platforms = match which {
                Which::All => Registries { client, progress: &|_| {} }.platforms(name)?,
                Which::Own => vec![None],
                Which::Platform(platform) => vec![Some(platform.clone())],
            };
            let mut target = None;
            for platform in platforms {
                let wanted = Pull { name: name.clone(), platform, names: names.clone() };
                target = Some(pull::pull(store, client, &wanted, &|_| {})?.target);
            }
            return target.ok_or_else(|| Error::NotOffered(format!("{}: it has no image", name.familiar())));
        }
        Place::Layout(path, only) => load::load_directory(store, path, &options(only), quiet)?,
        Place::LayoutArchive(path, only) | Place::DockerArchive(path, only) => {
            load::load(store, open(path)?, &options(only), quiet)?
        }
        Place::Directory(path) => load::load_flat(store, path, &options(&None), quiet)?,
    };
    match loaded.as_slice() {
        [one] => Ok(one.target.clone()),
        several => Err(Error::Invalid(format!(
            "{} images are there: say which, by a tag or name after the path",
            several.len()
        ))),
    }
}

/// Brings an image of the store elsewhere.
fn send(
    store: &Store,
    client: &Client,
    target: &Descriptor,
    to: &Place,
    which: &Which,
    progress: Progress<'_>,
) -> Result<Descriptor> {
    let platforms = if let Which::Platform(platform) = which { vec![platform.clone()] } else { Vec::new() };
    let tagged = |tag: &Option<String>| Called { names: Vec::new(), tag: tag.clone() };
    let save = |called, output: Output<'_>| save::save_target(store, target, called, &platforms, output);
    match to {
        Place::Registry(name) => {
            let platform = platforms.first().cloned();
            let push = Push { name: name.clone(), platform };
            return Ok(push::push_target(store, client, target, &push, progress)?.target);
        }
        Place::Store(_) => {}
        Place::Layout(path, tag) => save(tagged(tag), Output::Directory(path))?,
        Place::Directory(path) => save(Called::default(), Output::Flat(path))?,
        Place::LayoutArchive(path, tag) => {
            archive(path, |file| save(tagged(tag), Output::Archive(file)))?;
        }
        Place::DockerArchive(path, name) => {
            let names = name.as_deref().map(names::parse).transpose()?.into_iter().collect();
            archive(path, |file| save(Called { names, tag: None }, Output::Archive(file)))?;
        }
    }
    Ok(target.clone())
}

/// Writes a new file under a temporary name beside its own: half of one does not stand in the way of the next attempt.
fn archive(path: &Path, write: impl FnOnce(&mut File) -> Result<()>) -> Result<()> {
    if path.symlink_metadata().is_ok() {
        return Err(Error::io("create", path, Errno::EXIST));
    }
    let temporary = store::durable::temporary_beside(path);
    let mut file = File::create_new(&temporary).at("create", &temporary)?;
    let written = write(&mut file).and_then(|()| fs::rename(&temporary, path).at("create", path));
    if written.is_err() {
        // the first error is the one to tell
        let _ = fs::remove_file(&temporary);
    }
    written
}

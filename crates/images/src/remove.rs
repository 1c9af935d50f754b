//! Removing images: names first, the image with its last name.

use super::names::{self, Alias};
use super::usage::Usage;
use super::{Image, commit, find};
use crate::error::{Error, Result};
use oci::{DiffId, Digest, Reference};
use std::fmt;
use store::{Store, collect, layers, refs};

/// How to remove.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Options {
    /// Also an image with several names, or one that a stopped container uses.
    pub force: bool,
    /// Leave content that nothing refers to any more to the next prune.
    pub keep_content: bool,
}

/// One line of what was done, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Removed {
    /// A name is gone.
    Untagged(Reference),
    /// An image is gone.
    Image(Digest),
    /// A layer is gone with it.
    Layer(DiffId),
}

impl fmt::Display for Removed {
    /// Docker's line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Untagged(name) => write!(f, "Untagged: {}", name.familiar()),
            Self::Image(id) => write!(f, "Deleted: {id}"),
            Self::Layer(layer) => write!(f, "Deleted: {layer}"),
        }
    }
}

/// Removes what `name` names, as `docker rmi` does: a name is untagged, and the image goes with the last one; an id takes the image with its
/// name, and with several names only by force. An image in use by a container that runs stays, whatever is asked for; with force it may lose its names.
///
/// # Errors
/// [`Error::NoImage`]; [`Error::Conflict`] with Docker's words if containers or further names are in the way.
pub fn remove(store: &Store, name: &str, options: Options, usage: &Usage<'_>) -> Result<Vec<Removed>> {
    let image = find(store, name)?;
    let aliases = names::aliases(store, &image.id)?;
    let named = aliases.iter().filter(|alias| !alias.is_dangling()).count();
    let mut removed = Vec::new();
    if let Some(given) = names::given_name(store, name)? {
        if named <= 1
            && !options.force
            && let Some(user) = usage.of(&image.id)
        {
            return Err(Error::Conflict(format!(
                "conflict: unable to remove repository reference \"{name}\" (must force) - container {} is using its referenced image {}",
                short(&user.container),
                image.id.short()
            )));
        }
        if named > 1 {
            refs::remove(store, &given)?;
            return Ok(vec![Removed::Untagged(given)]);
        }
        if usage.of(&image.id).is_some_and(|user| user.is_running) {
            return untag_running(store, &given, &aliases);
        }
    } else {
        check(&image, named, options, usage)?;
    }
    drop_refs(store, &aliases, &mut removed)?;
    removed.push(Removed::Image(image.id));
    if !options.keep_content {
        collect::collect(store, &*usage.roots)?;
        removed.extend(gone(store, &image));
    }
    Ok(removed)
}

/// By force the last name goes, but the image stays with its container.
fn untag_running(store: &Store, given: &Reference, aliases: &[Alias]) -> Result<Vec<Removed>> {
    if let Some(alias) = aliases.iter().find(|alias| alias.name == *given) {
        // first the ref that keeps it: nothing may be collected in between
        refs::set(store, &commit::dangling(&alias.target.digest), &alias.target)?;
    }
    refs::remove(store, given)?;
    Ok(vec![Removed::Untagged(given.clone())])
}

/// What is in the way of removing an image by its id.
fn check(image: &Image, named: usize, options: Options, usage: &Usage<'_>) -> Result<()> {
    let conflict = |force: &str, reason: String| {
        let id = image.id.short();
        Err(Error::Conflict(format!("conflict: unable to delete {id} ({force}) - {reason}")))
    };
    let user = usage.of(&image.id);
    if let Some(user) = user.filter(|user| user.is_running) {
        let container = short(&user.container);
        return conflict("cannot be forced", format!("image is being used by running container {container}"));
    }
    if options.force {
        return Ok(());
    }
    if named > 1 {
        return conflict("must be forced", "image is referenced in multiple repositories".into());
    }
    match user {
        Some(user) => {
            let container = short(&user.container);
            conflict("must be forced", format!("image is being used by stopped container {container}"))
        }
        None => Ok(()),
    }
}

/// Removes every ref of an image.
pub(super) fn drop_refs(store: &Store, aliases: &[Alias], removed: &mut Vec<Removed>) -> Result<()> {
    for alias in aliases {
        let was_set = refs::remove(store, &alias.name)?;
        if was_set && !alias.is_dangling() {
            removed.push(Removed::Untagged(alias.name.clone()));
        }
    }
    Ok(())
}

/// The layers of an image that are not there any more, the uppermost first.
pub(super) fn gone(store: &Store, image: &Image) -> Vec<Removed> {
    let layers = image.configuration.rootfs.diff_ids.iter().rev();
    layers.filter(|layer| !layers::exists(store, layer)).map(|layer| Removed::Layer(*layer)).collect()
}

/// The first 12 digits of a container's id.
fn short(id: &str) -> &str {
    id.get(..12).unwrap_or(id)
}

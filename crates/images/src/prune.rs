//! Removing images that nobody needs.

use super::names;
use super::remove::{Removed, drop_refs, gone};
use super::usage::Usage;
use super::{Image, list};
use crate::error::Result;
use store::{Store, collect};

/// Which images go.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Scope {
    /// Those without a name.
    #[default]
    Dangling,
    /// Every one that no container uses.
    Unused,
}

/// What was removed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pruned {
    /// Line by line, in order.
    pub removed: Vec<Removed>,
    /// Bytes on disk that are free now.
    pub bytes: u64,
}

/// Removes the images of the scope that no container uses and that pass the filter, then all content that nothing refers to.
///
/// # Errors
/// What the system reports. What was not removed is left for the next time.
pub fn prune(
    store: &Store,
    scope: Scope,
    filter: &dyn Fn(&Image) -> bool,
    usage: &Usage<'_>,
) -> Result<Pruned> {
    let mut removed = Vec::new();
    let mut images = Vec::new();
    for image in list(store)? {
        let in_scope = scope == Scope::Unused || image.names.is_empty();
        if in_scope && usage.of(&image.id).is_none() && filter(&image) {
            images.push(image);
        }
    }
    for image in &images {
        // of an image that has a name elsewhere only the refs of this manifest go
        let mut aliases = names::aliases(store, &image.id)?;
        aliases.retain(|alias| scope == Scope::Unused || alias.is_dangling());
        drop_refs(store, &aliases, &mut removed)?;
        if names::aliases(store, &image.id)?.is_empty() {
            removed.push(Removed::Image(image.id));
        }
    }
    let collected = collect::collect(store, &*usage.roots)?;
    for layer in images.iter().flat_map(|image| gone(store, image)) {
        if !removed.contains(&layer) {
            removed.push(layer);
        }
    }
    Ok(Pruned { removed, bytes: collected.bytes })
}

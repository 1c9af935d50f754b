//! Saving images: one archive that is both an OCI layout and Docker's, as Docker writes since version 25.
//!
//! The same images give the same bytes: entries are sorted and have no time. A layer that has no blob is written again from its files
//! (docs/adr/0002), which is checked while it is written. What was loaded comes out with its own manifest, configuration and layers.

mod plan;
mod write;

use super::names;
use crate::error::{Error, Result};
use oci::image::Descriptor;
use oci::{Platform, Reference};
use plan::Plan;
use std::io::Write;
use std::path::Path;
use store::leases::Lease;
use store::{Store, refs};

/// Where images are saved to.
#[expect(missing_debug_implementations, reason = "a writer has nothing to show")]
pub enum Output<'a> {
    /// A tar archive.
    Archive(&'a mut dyn Write),
    /// An OCI layout directory, which is made, or is there and empty.
    Directory(&'a Path),
    /// A directory in the form of containers/image (`dir:`), as the other one.
    Flat(&'a Path),
}

/// An image that is to be saved, under these names.
#[derive(Debug)]
struct Selected {
    names: Vec<Reference>,
    /// A name that is no reference: the tag of a layout.
    tag: Option<String>,
    target: Descriptor,
}

/// What to save.
#[derive(Debug, Clone, Default)]
pub struct Save {
    /// Images, by name or id.
    pub names: Vec<String>,
    /// Of an index only the images for these platforms; all if there is none.
    pub platforms: Vec<Platform>,
}

/// Saves images. A name without a tag stands for all tags of its repository; what is given by its id is saved without a name.
///
/// # Errors
/// [`Error::NoImage`]; [`Error::NotOffered`] if there is none for a platform; [`Error::Store`] if content is missing or damaged; what the system reports when writing. What was written before the
/// error is no archive.
pub fn save(store: &Store, save: &Save, output: Output<'_>) -> Result<()> {
    if save.names.is_empty() {
        return Err(Error::Invalid("no image to save".into()));
    }
    let mut selected = Vec::new();
    for name in &save.names {
        select(store, name, &mut selected)?;
    }
    write(store, &selected, &save.platforms, output)
}

/// What a saved image is called.
#[derive(Debug, Clone, Default)]
pub(super) struct Called {
    /// Its names.
    pub(super) names: Vec<Reference>,
    /// A name that is no reference: the tag of a layout.
    pub(super) tag: Option<String>,
}

/// Saves a manifest or index of the store, called as it need not be called here.
///
/// # Errors
/// As [`save`].
pub(super) fn save_target(
    store: &Store,
    target: &Descriptor,
    called: Called,
    platforms: &[Platform],
    output: Output<'_>,
) -> Result<()> {
    let Called { names, tag } = called;
    write(store, &[Selected { names, tag, target: target.clone() }], platforms, output)
}

fn write(store: &Store, selected: &[Selected], platforms: &[Platform], output: Output<'_>) -> Result<()> {
    let lease = Lease::new(store)?;
    let plan = Plan::new(store, &lease, selected, platforms)?;
    match output {
        Output::Archive(out) => write::archive(store, &plan, out),
        Output::Directory(path) => write::directory(store, &plan, path),
        Output::Flat(path) => write::flat(store, &plan, path),
    }
}

fn select(store: &Store, text: &str, selected: &mut Vec<Selected>) -> Result<()> {
    if let Some(repository) = repository(text) {
        let mut tags = refs::list(store)?;
        tags.retain(|(name, _)| (name.host(), name.path()) == (repository.host(), repository.path()));
        if !tags.is_empty() {
            tags.into_iter().for_each(|(name, target)| add(selected, Some(name), target));
            return Ok(());
        }
    }
    let (_, target) = names::resolve(store, text)?;
    add(selected, names::given_name(store, text)?, target);
    Ok(())
}

/// The text as the name of a repository, without tag and digest.
fn repository(text: &str) -> Option<Reference> {
    let last = text.rsplit('/').next().unwrap_or(text);
    if last.contains([':', '@']) { None } else { text.parse().ok() }
}

fn add(selected: &mut Vec<Selected>, name: Option<Reference>, target: Descriptor) {
    match selected.iter_mut().find(|other| other.target.digest == target.digest) {
        Some(same) => {
            if let Some(name) = name
                && !same.names.contains(&name)
            {
                same.names.push(name);
            }
        }
        None => selected.push(Selected { names: name.into_iter().collect(), tag: None, target }),
    }
}

//! Which names point at an image.

use super::commit::DANGLING_HOST;
use super::find::{Image, find_for};
use crate::error::{Error, Result};
use oci::image::Descriptor;
use oci::{Digest, Platform, Reference};
use store::{Store, refs};

/// A ref that points at an image, directly or through an index.
#[derive(Debug, Clone)]
pub(crate) struct Alias {
    /// Its name.
    pub(crate) name: Reference,
    /// What it points at.
    pub(crate) target: Descriptor,
}

impl Alias {
    /// Whether it only keeps an image that has no name.
    pub(crate) fn is_dangling(&self) -> bool {
        self.name.host() == DANGLING_HOST
    }
}

/// Every ref of an image, sorted by name, those of dangling images too.
pub(crate) fn aliases(store: &Store, id: &Digest) -> Result<Vec<Alias>> {
    let mut aliases = Vec::new();
    for (name, target) in refs::list(store)? {
        match Image::read(store, &target, &Platform::host()) {
            Ok(image) if image.id == *id => aliases.push(Alias { name, target }),
            // removed meanwhile
            Ok(_) | Err(Error::Store(store::Error::NoBlob(_)) | Error::NoImage(_)) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(aliases)
}

/// Finds an image with what the given name, or else its first ref, points at.
pub(crate) fn resolve(store: &Store, text: &str) -> Result<(Image, Descriptor)> {
    resolve_for(store, text, None)
}

/// As [`resolve`]; of an index the image for this platform.
pub(crate) fn resolve_for(
    store: &Store,
    text: &str,
    platform: Option<&Platform>,
) -> Result<(Image, Descriptor)> {
    let wanted = platform.cloned().unwrap_or_else(Platform::host);
    let image = find_for(store, text, &wanted)?;
    let own = &image.platform;
    if platform.is_some() && wanted.preference(own).is_none() {
        return Err(Error::NotOffered(format!(
            "image with reference {text} was found but its platform ({own}) does not match the specified platform ({wanted})"
        )));
    }
    if let Some(name) = given_name(store, text)?
        && let Some(target) = refs::target(store, &name)?
    {
        return Ok((image, target));
    }
    let mut aliases = aliases(store, &image.id)?;
    // two manifests may have one configuration
    let exact = aliases.iter().position(|alias| Some(alias.target.digest) == image.manifest).unwrap_or(0);
    if aliases.is_empty() {
        return Err(Error::NoImage(text.to_owned()));
    }
    Ok((image, aliases.swap_remove(exact).target))
}

/// The text as a name, if it is one that is set.
pub(crate) fn given_name(store: &Store, text: &str) -> Result<Option<Reference>> {
    let Ok(name) = text.parse::<Reference>() else { return Ok(None) };
    Ok(refs::target(store, &name)?.map(|_| name))
}

/// A name that a user may set.
pub(crate) fn parse(text: &str) -> Result<Reference> {
    let invalid = |error: oci::reference::InvalidReference| Error::Invalid(error.to_string());
    let name: Reference = text.parse().map_err(invalid)?;
    allow(&name)?;
    Ok(name)
}

/// Refuses the names that keep dangling images.
///
/// # Errors
/// [`Error::Invalid`].
pub fn allow(name: &Reference) -> Result<()> {
    if name.host() == DANGLING_HOST {
        return Err(Error::Invalid(format!("{name}: names of {DANGLING_HOST} are reserved")));
    }
    Ok(())
}

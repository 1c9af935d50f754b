//! Giving images further names.

use super::{commit, names};
use crate::error::{Error, Result};
use oci::Reference;
use store::Store;

/// Points the name `target` at the image that `source` names. An image that loses its last name by that stays as a dangling one.
///
/// # Errors
/// [`Error::NoImage`]; [`Error::Invalid`] if `target` has a digest.
pub fn tag(store: &Store, source: &str, target: &Reference) -> Result<()> {
    names::allow(target)?;
    if target.digest().is_some() {
        return Err(Error::Invalid("refusing to create a tag with a digest reference".into()));
    }
    let (_, descriptor) = names::resolve(store, source)?;
    // what it points at must stay until the name does
    let lease = store::leases::Lease::new(store)?;
    lease.hold([descriptor.digest])?;
    if !store::blobs::exists(store, &descriptor.digest) {
        return Err(Error::NoImage(source.to_owned()));
    }
    commit::point(store, std::slice::from_ref(target), &descriptor)
}

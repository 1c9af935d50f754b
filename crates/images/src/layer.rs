//! A layer that came in a blob: the blob is what a manifest names, the tar in it what a configuration names.

use crate::error::{Error, Result};
use oci::digest::Hasher;
use oci::{DiffId, Digest};
use store::layers::{self, Durability};
use store::{Store, blobs, changeset};

/// Makes a layer from a blob of the store.
///
/// # Errors
/// [`Error::Invalid`] if the blob does not hold it, or what the system reports.
pub fn unpack(store: &Store, blob: &Digest, expected: &DiffId, durability: Durability) -> Result<()> {
    let file = blobs::open(store, blob)?;
    let received = layers::receive(store, file, Some(*blob)).map_err(|error| refused(expected, error))?;
    matches(received.layer(), expected)?;
    received.place(store, durability)?;
    Ok(())
}

/// Checks that a blob of the store holds the layer that it is said to hold, which the store has from elsewhere.
pub(crate) fn verify(store: &Store, blob: &Digest, expected: &DiffId) -> Result<()> {
    let mut plain = changeset::decompress(blobs::open(store, blob)?)?;
    let mut hasher = Hasher::default();
    std::io::copy(&mut plain, &mut hasher)
        .map_err(|error| Error::Invalid(format!("layer {expected}: blob {blob}: {error}")))?;
    matches(DiffId(hasher.finish()), expected)
}

/// Checks that a tar is the layer that it is said to be.
pub(crate) fn matches(found: DiffId, expected: &DiffId) -> Result<()> {
    if found == *expected {
        return Ok(());
    }
    Err(Error::Invalid(format!("layer {expected}: its tar has digest {found}")))
}

/// Why a tar is no layer, with the layer's name.
pub(crate) fn refused(expected: &DiffId, error: store::Error) -> Error {
    match error {
        store::Error::Changeset(error) => Error::Invalid(format!("layer {expected}: {error}")),
        other => other.into(),
    }
}

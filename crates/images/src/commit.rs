//! Recording an image: its documents, its durability, its names.

use crate::error::Result;
use oci::image::{Configuration, Descriptor, Manifest, media_type};
use oci::{DiffId, Digest, Reference};
use store::leases::Lease;
use store::{Store, layers, refs};

/// Host of the refs that keep images without a name. No user can write it: a host name has no underscore.
pub const DANGLING_HOST: &str = "dangling.tare.invalid";

/// The ref that keeps an image that has no name.
pub(crate) fn dangling(manifest: &Digest) -> Reference {
    format!("{DANGLING_HOST}/image:{}", manifest.hex()).parse().expect("a digest makes a well-formed tag")
}

/// A recorded image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Committed {
    /// Digest of the configuration: the IMAGE ID.
    pub id: Digest,
    /// Digest of the manifest.
    pub manifest: Digest,
}

/// Records an image whose layers are in the store, uncompressed (docs/adr/0001), and points names at it; without a name it stays as a dangling image.
///
/// # Errors
/// [`crate::Error::Store`] if a layer is missing, or what the system reports. No name points at anything half-written.
pub fn commit(store: &Store, configuration: &Configuration, names: &[Reference]) -> Result<Committed> {
    let text = serde_json::to_vec(configuration).expect("a configuration serialises");
    let id = Digest::of(&text);
    let config = Descriptor::new(media_type::CONFIGURATION, id, text.len() as u64);
    let manifest = manifest(store, config, &configuration.rootfs.diff_ids)?;
    let document = serde_json::to_vec(&manifest).expect("a manifest serialises");
    let digest = Digest::of(&document);
    // what nothing names yet must not be collected
    let lease = Lease::new(store)?;
    lease.hold([id, digest])?;
    layers::seal(store, &configuration.rootfs.diff_ids, &[&text, &document])?;
    let text = document;
    point(store, names, &Descriptor::new(media_type::MANIFEST, digest, text.len() as u64))?;
    Ok(Committed { id, manifest: digest })
}

/// The manifest of an image whose layers are in the store, uncompressed.
pub(crate) fn manifest(store: &Store, config: Descriptor, layers: &[DiffId]) -> Result<Manifest> {
    let mut descriptors = Vec::new();
    for layer in layers {
        let meta = layers::meta(store, layer)?;
        descriptors.push(Descriptor::new(media_type::LAYER, layer.0, meta.tar_size));
    }
    Ok(Manifest {
        schema_version: 2,
        media_type: Some(media_type::MANIFEST.into()),
        config,
        layers: descriptors,
        annotations: std::collections::BTreeMap::new(),
    })
}

/// Points names at a manifest or index. An image that loses its last name stays as a dangling one.
///
/// # Errors
/// What the system reports.
pub fn point(store: &Store, names: &[Reference], target: &Descriptor) -> Result<()> {
    if names.is_empty() {
        let named = refs::list(store)?.iter().any(|(_, other)| other.digest == target.digest);
        if !named {
            refs::set(store, &dangling(&target.digest), target)?;
        }
        return Ok(());
    }
    for name in names {
        let before = refs::target(store, name)?;
        if before.as_ref().is_some_and(|before| before.digest == target.digest) {
            continue;
        }
        if let Some(before) = before {
            keep_unnamed(store, &before, name)?;
        }
        refs::set(store, name, target)?;
    }
    // it has a name now
    refs::remove(store, &dangling(&target.digest))?;
    Ok(())
}

/// Keeps an image that is about to lose a name, if that is its last one.
fn keep_unnamed(store: &Store, target: &Descriptor, lost: &Reference) -> Result<()> {
    let mut others = refs::list(store)?.into_iter().filter(|(name, _)| name != lost);
    if !others.any(|(_, other)| other.digest == target.digest) {
        refs::set(store, &dangling(&target.digest), target)?;
    }
    Ok(())
}

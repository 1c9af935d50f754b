//! What is in a registry in the form of an image and is none: a configuration of another type, and layers that are fetched one by one.

use super::layer::Fetch;
use crate::document::{Document, MAX_LAYERS, cut};
use crate::error::{Error, Result};
use oci::image::Descriptor;
use oci::{DiffId, Reference};
use registry::hosts::Route;
use registry::{Client, Wanted};
use store::leases::Lease;
use store::{Store, layers};

/// An artifact that was found.
#[derive(Debug)]
pub struct Artifact {
    route: Route,
    endpoint: usize,
    layers: Vec<Descriptor>,
}

impl Artifact {
    /// Number of its layers.
    #[must_use]
    pub fn layers(&self) -> usize {
        self.layers.len()
    }
}

/// Finds an artifact whose configuration is of this type, and reads its configuration.
///
/// # Errors
/// [`Error::Registry`], and [`Error::Unsupported`] if it is something else.
pub fn fetch_artifact(client: &Client, name: &Reference, media_type: &str) -> Result<(Artifact, Vec<u8>)> {
    let (route, what) = (client.route(name)?, name.familiar());
    let found = client.document(&route, &what, Wanted::of(name))?;
    let endpoint = found.endpoint;
    let Document::Manifest(manifest) = Document::parse(&found.text, &what, "")? else {
        return Err(Error::Unsupported(format!("{what}: it is an index")));
    };
    if manifest.config.media_type != media_type || manifest.layers.len() > MAX_LAYERS {
        let kind = cut(&manifest.config.media_type);
        return Err(Error::Unsupported(format!("{what}: its content is of type {kind}")));
    }
    let text = super::resolve::small_blob(client, &route, &manifest.config, endpoint)?;
    Ok((Artifact { route, endpoint, layers: manifest.layers }, text))
}

/// Brings one of its layers, which the lease holds.
///
/// # Errors
/// As [`super::pull`].
pub fn fetch_layer(
    store: &Store,
    client: &Client,
    artifact: &Artifact,
    place: usize,
    expected: &DiffId,
    lease: &Lease,
) -> Result<()> {
    lease.hold([expected.0])?;
    if layers::exists(store, expected) {
        return Ok(());
    }
    let Artifact { route, endpoint, layers } = artifact;
    let blob = layers.get(place).ok_or_else(|| Error::Invalid(format!("no layer {place}")))?;
    let fetch = Fetch { store, client, route, endpoint: *endpoint, lease, progress: &|_| {} };
    fetch.layer(blob, expected, &registry::Stop::default())
}

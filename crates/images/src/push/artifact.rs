//! Something in the form of an image that is none: a configuration of another type, and layers of the store.

use super::{Progress, Sender};
use crate::error::Result;
use oci::image::{Descriptor, Manifest, media_type};
use oci::{DiffId, Digest, Reference};
use registry::{Client, Content, Parcel, Wanted};
use std::collections::BTreeMap;
use std::io::{self, Read};
use std::sync::Mutex;
use store::Store;
use store::leases::Lease;

/// What to push.
#[derive(Debug, Clone)]
pub struct Artifact<'a> {
    /// Its name.
    pub name: &'a Reference,
    /// The type of its configuration.
    pub media_type: &'a str,
    /// Its configuration.
    pub configuration: Vec<u8>,
    /// Its layers.
    pub layers: &'a [DiffId],
}

/// Pushes an artifact; its digest.
///
/// # Errors
/// As [`super::push`].
pub fn push_artifact(
    store: &Store,
    client: &Client,
    artifact: Artifact<'_>,
    progress: Progress<'_>,
) -> Result<Digest> {
    let Artifact { name, media_type, configuration, layers } = artifact;
    let lease = Lease::new(store)?;
    lease.hold(layers.iter().map(|layer| layer.0))?;
    let mut blobs = Vec::with_capacity(layers.len());
    for layer in layers {
        blobs.push(super::pack::layer(store, layer, &lease)?);
    }
    let (route, what) = (client.route(name)?, name.familiar());
    let sender = Sender { store, client, route: &route, siblings: &[], progress, sent: Mutex::default() };
    sender.send(&blobs)?;
    let config = Descriptor::new(media_type, Digest::of(&configuration), configuration.len() as u64);
    let content = InMemory(configuration);
    let parcel = Parcel { digest: config.digest, size: config.size, content: &content, siblings: &[] };
    client.push_blob(&route, &parcel, &|_| {})?;
    let manifest = Manifest {
        schema_version: 2,
        media_type: Some(media_type::MANIFEST.into()),
        config,
        layers: blobs,
        annotations: BTreeMap::new(),
    };
    let text = serde_json::to_vec(&manifest).expect("a manifest serialises");
    client.put_document(&route, &what, Wanted::of(name), media_type::MANIFEST, &text)?;
    Ok(Digest::of(&text))
}

struct InMemory(Vec<u8>);

impl Content for InMemory {
    fn open(&self, offset: u64) -> io::Result<Box<dyn Read + Send + '_>> {
        let start = usize::try_from(offset).unwrap_or(usize::MAX).min(self.0.len());
        Ok(Box::new(&self.0[start..]))
    }
}

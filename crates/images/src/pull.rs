//! Pulling: an image comes from a registry in one pass. What arrives is hashed, kept, decompressed and unpacked at once, several layers side by
//! side, so that the image can be run when its last byte is here.
//!
//! `resolve.rs` goes from a name to a manifest and a configuration, `layer.rs` brings one layer. Nothing is parsed whose digest was not checked.
//! What has arrived of a blob stays when the process is killed, and the next attempt goes on from there. Order makes it safe: blobs and layers,
//! then documents, each durable and held by a lease before it is looked for, and the name last.

mod artifact;
mod layer;
mod resolve;

use super::find::Image;
use super::{commit, parallel};
use crate::error::{Error, Result};
pub use artifact::{Artifact, fetch_artifact, fetch_layer};
use layer::Fetch;
use oci::image::{Configuration, Descriptor, Manifest};
use oci::{DiffId, Digest, Platform, Reference};
use registry::{Client, Wanted};
use resolve::Resolved;
pub(super) use resolve::{Resolver, small_blob};
use std::collections::HashSet;
use store::leases::Lease;
use store::{Store, layers, refs};

/// What to pull.
#[derive(Debug, Clone)]
pub struct Pull {
    /// Its name there.
    pub name: Reference,
    /// The platform, if one was asked for; else this machine's, and an image that has no other is taken as it is.
    pub platform: Option<Platform>,
    /// Its names here; without one it is a dangling image.
    pub names: Vec<Reference>,
}

impl Pull {
    /// An image that is to be called here as it is there. What is asked for by a digest has no tag, since nobody says what that means now.
    #[must_use]
    pub fn new(name: Reference, platform: Option<Platform>) -> Self {
        let own = name.digest().map_or_else(|| name.clone(), |digest| name.at(*digest));
        Self { name, platform, names: vec![own] }
    }
}

/// What happens while an image is pulled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PullEvent {
    /// The layers are known, and begin.
    Layers(Vec<Descriptor>),
    /// Something happens to a layer.
    Layer {
        /// The digest of its blob.
        blob: Digest,
        /// What.
        state: LayerState,
    },
}

/// How far a layer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LayerState {
    /// The store has it.
    Exists,
    /// Somebody else is about to bring it.
    Waiting,
    /// So many of its bytes are here.
    Arriving(u64),
    /// All of it is here, and is what it should be.
    Arrived,
    /// It is unpacked.
    Complete,
}

/// An image that was pulled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pulled {
    /// Its IMAGE ID.
    pub id: Digest,
    /// What its name points at: a manifest or an index.
    pub target: Descriptor,
    /// The platform that it is for.
    pub platform: Platform,
    /// Whether something came that was not here.
    pub is_new: bool,
}

/// Told what happens; from several threads.
pub type Progress<'p> = &'p (dyn Fn(PullEvent) + Sync);

/// Pulls an image, unless the store has what its name means now.
///
/// # Errors
/// [`Error::Registry`] if it cannot be had, [`Error::Invalid`] and [`Error::Changeset`] if it is not what it says to be, [`Error::Unsupported`] if it is no
/// image. Its name is what it was then.
pub fn pull(store: &Store, client: &Client, pull: &Pull, progress: Progress<'_>) -> Result<Pulled> {
    pull.names.iter().try_for_each(super::names::allow)?;
    let lease = Lease::new(store)?;
    if let Some(target) = here(store, client, pull)?
        && let Some(pulled) = whole(store, &lease, &target, pull)?
    {
        commit::point(store, &pull.names, &target)?;
        return Ok(pulled);
    }
    let route = client.route(&pull.name)?;
    let resolver = Resolver { store, client, route: &route, lease: &lease, pull };
    let resolved = resolver.resolve()?;
    let fetch = Fetch { store, client, route: &route, endpoint: resolved.endpoint, lease: &lease, progress };
    bring(&fetch, &resolved.manifest, &resolved.configuration)?;
    let documents: Vec<&[u8]> = resolved.documents.iter().map(Vec::as_slice).collect();
    layers::seal(store, &resolved.configuration.rootfs.diff_ids, &documents)?;
    let Resolved { target, manifest, configuration, .. } = resolved;
    commit::point(store, &pull.names, &target)?;
    Ok(Pulled { id: manifest.config.digest, target, platform: configuration.platform(), is_new: true })
}

/// What the name means now, if the store may have it already.
fn here(store: &Store, client: &Client, pull: &Pull) -> Result<Option<Descriptor>> {
    let name = &pull.name;
    let before = refs::target(store, name)?;
    match Wanted::of(&pull.name) {
        // what has a digest never changes
        Wanted::Digest(digest) => {
            let of_repository = |(other, target): &(Reference, Descriptor)| {
                target.digest == *digest && (other.host(), other.path()) == (name.host(), name.path())
            };
            if before.is_some() {
                return Ok(before);
            }
            Ok(refs::list(store)?.into_iter().find(of_repository).map(|(_, target)| target))
        }
        Wanted::Tag(tag) => {
            let Some(before) = before else { return Ok(None) };
            let now = client.digest_of(&client.route(name)?, &name.familiar(), tag)?;
            Ok((now == Some(before.digest)).then_some(before))
        }
    }
}

/// The image of the store, if every part of it is there.
fn whole(store: &Store, lease: &Lease, target: &Descriptor, pull: &Pull) -> Result<Option<Pulled>> {
    lease.hold([target.digest])?;
    let wanted = pull.platform.clone().unwrap_or_else(Platform::host);
    let image = match Image::read(store, target, &wanted) {
        Ok(image) => image,
        Err(Error::NoImage(_) | Error::Store(store::Error::NoBlob(_))) => return Ok(None),
        Err(error) => return Err(error),
    };
    let named = &image.configuration.rootfs.diff_ids;
    lease.hold(named.iter().map(|layer| layer.0).chain([image.id]).chain(image.manifest))?;
    let platform = image.platform.clone();
    // of an index another platform's image may be all that is here; one without an index is what it is
    let suits = wanted.preference(&platform).is_some() || pull.platform.is_none() && !target.is_index();
    let has_all = image.document.layers.len() == named.len()
        && image.document.layers.iter().zip(named).all(|(blob, layer)| layer::has(store, blob, layer));
    if !suits || !has_all {
        return Ok(None);
    }
    Ok(Some(Pulled { id: image.id, target: target.clone(), platform, is_new: false }))
}

/// Brings the layers, several at a time. The first failure ends the others.
fn bring(fetch: &Fetch<'_>, manifest: &Manifest, configuration: &Configuration) -> Result<()> {
    let mut seen = HashSet::new();
    let pairs: Vec<(&Descriptor, &DiffId)> = manifest
        .layers
        .iter()
        .zip(&configuration.rootfs.diff_ids)
        // a layer that is there twice comes once
        .filter(|(blob, layer)| seen.insert((blob.digest, **layer)))
        .collect();
    (fetch.progress)(PullEvent::Layers(pairs.iter().map(|(blob, _)| (*blob).clone()).collect()));
    parallel::each(&pairs, |(blob, layer), stop| fetch.layer(blob, layer, stop))
}

//! Makes what a name points at fit for sending: every blob that is named is there.

use super::{Progress, PushEvent};
use crate::error::{Error, Result};
use crate::find::{Image, parse};
use crate::parallel;
use oci::image::{Configuration, Descriptor, Index, Manifest, media_type};
use oci::{DiffId, Digest, Platform};
use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};
use store::changeset::Compression;
use store::leases::Lease;
use store::{Store, blobs, layers, refs};

pub(super) struct Packing<'a> {
    pub(super) store: &'a Store,
    pub(super) lease: &'a Lease,
    pub(super) progress: Progress<'a>,
    /// Takes each blob as soon as it is there.
    pub(super) ready: &'a (dyn Fn(&Descriptor) -> Result<()> + Sync),
}

impl Packing<'_> {
    /// What is to be sent, and of an index that is not whole the platform whose image is sent in its place.
    pub(super) fn sendable(
        &self,
        target: &Descriptor,
        platform: Option<&Platform>,
    ) -> Result<(Descriptor, Option<Platform>)> {
        if !target.is_index() {
            return Ok((self.manifest(target)?, None));
        }
        if platform.is_none() && self.is_whole(target, &mut HashSet::new())? {
            return Ok((target.clone(), None));
        }
        let wanted = platform.cloned().unwrap_or_else(Platform::host);
        let image = Image::read(self.store, target, &wanted)?;
        let own = image.platform.clone();
        if wanted.preference(&own).is_none() {
            return Err(Error::NotOffered(format!(
                "{}: the image for {wanted} is not in the store",
                target.digest
            )));
        }
        let manifest = image.descriptor(self.store)?;
        let only = platform.is_none().then_some(own);
        Ok((self.manifest(&manifest)?, only))
    }

    /// Whether all that an index names is there. What is in `seen` was looked at: documents may be named again and again.
    fn is_whole(&self, target: &Descriptor, seen: &mut HashSet<Digest>) -> Result<bool> {
        let store = self.store;
        if !seen.insert(target.digest) {
            return Ok(true);
        }
        self.lease.hold([target.digest])?;
        if !blobs::exists(store, &target.digest) {
            return Ok(false);
        }
        if target.is_index() {
            let index: Index = parse(self.store, &target.digest)?;
            for child in &index.manifests {
                if !self.is_whole(child, seen)? {
                    return Ok(false);
                }
            }
            return Ok(true);
        }
        let manifest: Manifest = parse(self.store, &target.digest)?;
        let named = || manifest.layers.iter().chain([&manifest.config]);
        self.lease.hold(named().map(|blob| blob.digest))?;
        Ok(named().all(|blob| blobs::exists(store, &blob.digest)))
    }

    /// A manifest whose blobs are all there: the same one, or one that takes its place.
    fn manifest(&self, target: &Descriptor) -> Result<Descriptor> {
        if self.is_whole(target, &mut HashSet::new())? {
            return Ok(target.clone());
        }
        let store = self.store;
        let mut manifest: Manifest = parse(self.store, &target.digest)?;
        let configuration: Configuration = parse(self.store, &manifest.config.digest)?;
        let diff_ids = &configuration.rootfs.diff_ids;
        self.lease.hold(diff_ids.iter().map(|layer| layer.0))?;
        let packed: Mutex<Vec<Descriptor>> = Mutex::new(manifest.layers.clone());
        let missing: Vec<(usize, &Descriptor, &DiffId)> = manifest
            .layers
            .iter()
            .zip(diff_ids)
            .enumerate()
            .map(|(place, (blob, layer))| (place, blob, layer))
            .filter(|(_, blob, _)| !blobs::exists(store, &blob.digest))
            .collect();
        parallel::each(&missing, |(place, blob, layer), _| {
            let descriptor = self.layer(blob, layer)?;
            packed.lock().unwrap_or_else(PoisonError::into_inner)[*place] = descriptor.clone();
            (self.ready)(&descriptor)
        })?;
        manifest.layers = packed.into_inner().unwrap_or_else(PoisonError::into_inner);
        let text = serde_json::to_vec(&manifest).expect("a manifest serialises");
        let digest = Digest::of(&text);
        self.lease.hold([digest])?;
        blobs::put_document(store, &text)?;
        let packed = Descriptor::new(&target.media_type, digest, text.len() as u64);
        for (name, other) in refs::list(store)? {
            if other.digest == target.digest {
                refs::set(store, &name, &packed)?;
            }
        }
        Ok(packed)
    }

    /// A layer that is known by its uncompressed tar.
    fn layer(&self, blob: &Descriptor, layer: &DiffId) -> Result<Descriptor> {
        if blob.digest != layer.0 {
            // only the blob itself has this digest
            return Err(Error::Store(store::Error::NoBlob(blob.digest)));
        }
        if !layers::is_packed(self.store, layer) {
            (self.progress)(PushEvent::Pack(layer.0));
        }
        self::layer(self.store, layer, self.lease)
    }
}

/// The blob of a layer of the store, compressed now if it never was.
pub(super) fn layer(store: &Store, layer: &DiffId, lease: &Lease) -> Result<Descriptor> {
    let packed = layers::pack(store, layer, lease)?;
    let kind = match packed.compression {
        Compression::Zstd => media_type::LAYER_ZSTD,
        _ => media_type::LAYER_GZIP,
    };
    Ok(Descriptor::new(kind, packed.blob, packed.size))
}

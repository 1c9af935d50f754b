//! Layers of an archive: verified twice, as the bytes that a manifest names and as the tar that a configuration names.

use super::{Admission, absent};
use crate::document::{MAX_LAYERS, check_layers, cut};
use crate::error::{Error, Result};
use crate::layer;
use crate::load::LoadEvent;
use oci::image::Descriptor;
use oci::{DiffId, Digest};
use store::layers::Durability;
use store::{blobs, layers};

/// A layer of an archive.
#[derive(Debug, Clone, Copy)]
pub(in crate::load) struct Layer<'a> {
    /// Where the archive has it.
    pub(in crate::load) path: &'a str,
    /// What its manifest says of it; an archive of Docker's has no manifest.
    pub(in crate::load) blob: Option<&'a Descriptor>,
}

impl Admission<'_> {
    /// Admits the layers of an image, which `owner` names in messages.
    pub(in crate::load) fn layers(
        &mut self,
        given: &[Layer<'_>],
        named: &[DiffId],
        owner: &str,
    ) -> Result<()> {
        let count = named.len();
        check_layers(owner, count, given.len())?;
        let blobs = given.iter().filter_map(|layer| layer.blob).map(|blob| blob.digest);
        self.lease.hold(blobs.chain(named.iter().map(|layer| layer.0)))?;
        for (position, (layer, expected)) in given.iter().zip(named).enumerate() {
            let present = layers::exists(self.store(), expected);
            let size = self.source.open(layer.path)?.map_or(0, |member| member.size);
            (self.progress)(LoadEvent::Layer {
                layer: *expected,
                position: position + 1,
                count,
                size,
                present,
            });
            self.layer(layer, expected, present)?;
        }
        Ok(())
    }

    /// The first layer that neither the archive nor the store has.
    pub(super) fn missing_layer(&mut self, given: &[Layer<'_>], named: &[DiffId]) -> Result<Option<Digest>> {
        self.lease.hold(named.iter().take(MAX_LAYERS).map(|layer| layer.0))?;
        for (layer, named) in given.iter().zip(named).take(MAX_LAYERS) {
            let Some(blob) = layer.blob else { continue };
            self.lease.hold([blob.digest])?;
            let made_again = blob.digest == named.0 && layers::exists(self.store(), named);
            if !made_again
                && !blobs::exists(self.store(), &blob.digest)
                && self.source.open(layer.path)?.is_none()
            {
                return Ok(Some(blob.digest));
            }
        }
        Ok(None)
    }

    fn layer(&mut self, layer: &Layer<'_>, expected: &DiffId, present: bool) -> Result<()> {
        let Some(descriptor) = layer.blob else {
            return if present { Ok(()) } else { self.plain_layer(layer.path, expected) };
        };
        let blob = descriptor.digest;
        // the store gives the uncompressed tar of what it has
        if present && (blob == expected.0 || layers::meta(self.store(), expected)?.blob == Some(blob)) {
            return Ok(());
        }
        self.blob(layer.path, descriptor)?;
        if present {
            layer::verify(self.store(), &blob, expected)
        } else {
            layer::unpack(self.store(), &blob, expected, Durability::Later)
        }
    }

    /// A layer that is known by its diff-id alone: it may be compressed all the same.
    fn plain_layer(&mut self, path: &str, expected: &DiffId) -> Result<()> {
        let deliver = || {
            let member = self.source.open(path)?.ok_or_else(|| {
                Error::Invalid(format!("layer {expected}: {} is not in the archive", cut(path)))
            })?;
            self.source.deliver(self.store, member, None)
        };
        let blob = deliver()?;
        self.lease.hold([blob])?;
        if !blobs::exists(self.store(), &blob) {
            // collected before it was held
            deliver()?;
        }
        layer::unpack(self.store(), &blob, expected, Durability::Later)
    }

    /// Brings a blob into the store, under its announced digest only.
    pub(super) fn blob(&mut self, path: &str, descriptor: &Descriptor) -> Result<()> {
        let digest = &descriptor.digest;
        if blobs::exists(self.store(), digest) {
            return Ok(());
        }
        let member = self.source.open(path)?.ok_or_else(|| absent(digest))?;
        if member.size != descriptor.size {
            let (size, announced) = (member.size, descriptor.size);
            return Err(Error::Invalid(format!(
                "blob {digest} has {size} bytes, announced were {announced}"
            )));
        }
        match self.source.deliver(self.store(), member, Some(digest)) {
            Err(Error::Store(store::Error::DigestMismatch { found, .. })) => {
                Err(Error::Invalid(format!("blob {digest} of the archive has digest {found}")))
            }
            delivered => delivered.map(drop),
        }
    }
}

//! What goes into an archive.

use super::Selected;
use crate::Engine;
use crate::error::{Error, Result};
use crate::images::find::{Image, parse};
use crate::images::layout::{self, DockerImage, Repositories};
use oci::image::{Configuration, Descriptor, Index, Manifest, media_type};
use oci::{DiffId, Digest, Platform};
use std::collections::BTreeMap;
use store::leases::Lease;
use store::{blobs, layers};

/// Where the content of a blob comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Content {
    /// It is in the store.
    Blob,
    /// The uncompressed tar of a layer, of this many bytes.
    Layer(DiffId, u64),
}

/// An archive in the making.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) blobs: BTreeMap<Digest, Content>,
    pub(super) index: Index,
    pub(super) images: Vec<DockerImage>,
    pub(super) repositories: Repositories,
}

impl Plan {
    /// Plans an archive. Everything in it is held by the lease.
    pub(super) fn new(engine: &Engine, lease: &Lease, selected: &[Selected]) -> Result<Self> {
        let index = Index {
            schema_version: 2,
            media_type: Some(media_type::INDEX.into()),
            manifests: Vec::new(),
            annotations: BTreeMap::new(),
        };
        let mut plan =
            Self { blobs: BTreeMap::new(), index, images: Vec::new(), repositories: BTreeMap::new() };
        for image in selected {
            plan.reach(engine, lease, &image.target)?;
            plan.list(image);
            plan.list_for_docker(engine, image)?;
        }
        Ok(plan)
    }

    /// Adds a manifest or index and all that it names. Of an index what is not here is left out, as it was when it was loaded.
    fn reach(&mut self, engine: &Engine, lease: &Lease, target: &Descriptor) -> Result<()> {
        lease.hold([target.digest])?;
        if self.blobs.insert(target.digest, Content::Blob).is_some() {
            return Ok(());
        }
        if target.media_type == media_type::INDEX || target.media_type == media_type::DOCKER_INDEX {
            let index: Index = parse(engine, &target.digest)?;
            lease.hold(index.manifests.iter().map(|d| d.digest))?;
            let here = index.manifests.iter().filter(|d| blobs::exists(engine.store(), &d.digest));
            return here.into_iter().try_for_each(|descriptor| self.reach(engine, lease, descriptor));
        }
        let manifest: Manifest = parse(engine, &target.digest)?;
        lease.hold(manifest.layers.iter().chain([&manifest.config]).map(|d| d.digest))?;
        self.blobs.insert(manifest.config.digest, content(engine, &manifest.config.digest, None)?);
        // a configuration of another kind than an image's names no layers
        let configuration = parse::<Configuration>(engine, &manifest.config.digest);
        let diff_ids = configuration.map(|c| c.rootfs.diff_ids).unwrap_or_default();
        lease.hold(diff_ids.iter().map(|layer| layer.0))?;
        for (position, layer) in manifest.layers.iter().enumerate() {
            self.blobs.insert(layer.digest, content(engine, &layer.digest, diff_ids.get(position))?);
        }
        Ok(())
    }

    fn list(&mut self, image: &Selected) {
        let Descriptor { media_type, digest, size, .. } = &image.target;
        let plain = Descriptor::new(media_type, *digest, *size);
        if image.names.is_empty() {
            self.index.manifests.push(plain);
            return;
        }
        for name in &image.names {
            let annotations = layout::annotations(name);
            self.index.manifests.push(Descriptor { annotations, ..plain.clone() });
        }
    }

    fn list_for_docker(&mut self, engine: &Engine, selected: &Selected) -> Result<()> {
        let image = Image::read(engine, &selected.target, &Platform::host())?;
        let layers = &image.document.layers;
        let top = layers.last().map_or(image.id, |layer| layer.digest);
        for name in &selected.names {
            if let Some(tag) = name.tag() {
                let tags = self.repositories.entry(name.familiar_name()).or_default();
                tags.insert(tag.to_owned(), top.hex());
            }
        }
        self.images.push(DockerImage {
            config: layout::blob(&image.id),
            repo_tags: selected.names.iter().filter(|n| n.tag().is_some()).map(|n| n.familiar()).collect(),
            layers: layers.iter().map(|layer| layout::blob(&layer.digest)).collect(),
        });
        Ok(())
    }
}

/// Where a blob's bytes come from. `layer` is what it is if it is a layer.
fn content(engine: &Engine, digest: &Digest, layer: Option<&DiffId>) -> Result<Content> {
    if blobs::exists(engine.store(), digest) {
        return Ok(Content::Blob);
    }
    match layer {
        Some(layer) if layer.0 == *digest => {
            Ok(Content::Layer(*layer, layers::meta(engine.store(), layer)?.tar_size))
        }
        _ => Err(Error::Store(store::Error::NoBlob(*digest))),
    }
}

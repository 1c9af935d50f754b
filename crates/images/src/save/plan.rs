//! What goes into an archive.

use super::Selected;
use crate::error::{Error, Result};
use crate::find::{Image, parse};
use crate::layout::{self, DockerImage, Repositories};
use oci::image::{Configuration, Descriptor, Index, Manifest, media_type};
use oci::{DiffId, Digest, Platform};
use std::collections::BTreeMap;
use store::leases::Lease;
use store::{Store, blobs, layers};

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
    pub(super) fn new(
        store: &Store,
        lease: &Lease,
        selected: &[Selected],
        platforms: &[Platform],
    ) -> Result<Self> {
        let index = Index {
            schema_version: 2,
            media_type: Some(media_type::INDEX.into()),
            manifests: Vec::new(),
            annotations: BTreeMap::new(),
        };
        let mut plan =
            Self { blobs: BTreeMap::new(), index, images: Vec::new(), repositories: BTreeMap::new() };
        let reach = Reach { store, lease, platforms };
        for image in selected {
            reach.check(&image.target)?;
            reach.add(&mut plan, &image.target)?;
            plan.list(image);
            plan.list_for_docker(store, image, platforms)?;
        }
        Ok(plan)
    }

    fn list(&mut self, image: &Selected) {
        let Descriptor { media_type, digest, size, .. } = &image.target;
        let plain = Descriptor::new(media_type, *digest, *size);
        if let Some(tag) = &image.tag {
            let annotations = BTreeMap::from([(layout::REF_NAME.to_owned(), tag.clone())]);
            self.index.manifests.push(Descriptor { annotations, ..plain });
            return;
        }
        if image.names.is_empty() {
            self.index.manifests.push(plain);
            return;
        }
        for name in &image.names {
            let annotations = layout::annotations(name);
            self.index.manifests.push(Descriptor { annotations, ..plain.clone() });
        }
    }

    fn list_for_docker(&mut self, store: &Store, selected: &Selected, platforms: &[Platform]) -> Result<()> {
        let platform = platforms.first().cloned().unwrap_or_else(Platform::host);
        let image = Image::read(store, &selected.target, &platform)?;
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

/// Follows what documents name.
struct Reach<'a> {
    store: &'a Store,
    lease: &'a Lease,
    platforms: &'a [Platform],
}

impl Reach<'_> {
    /// Refuses platforms that an image is not for.
    fn check(&self, target: &Descriptor) -> Result<()> {
        for wanted in self.platforms {
            let own = Image::read(self.store, target, wanted)?.platform;
            if wanted.preference(&own).is_none() {
                return Err(Error::NotOffered(format!("{}: no image for {wanted} is here", target.digest)));
            }
        }
        Ok(())
    }

    /// Adds a manifest or index and all that it names. Of an index what is not here, or not wanted, is left out.
    fn add(&self, plan: &mut Plan, target: &Descriptor) -> Result<()> {
        let Self { store, lease, platforms } = *self;
        lease.hold([target.digest])?;
        if plan.blobs.insert(target.digest, Content::Blob).is_some() {
            return Ok(());
        }
        if target.is_index() {
            let index: Index = parse(store, &target.digest)?;
            lease.hold(index.manifests.iter().map(|d| d.digest))?;
            let is_wanted = |descriptor: &&Descriptor| {
                let own = descriptor.platform.as_ref();
                platforms.is_empty()
                    || own.is_none_or(|own| platforms.iter().any(|wanted| wanted.preference(own).is_some()))
            };
            let here = index.manifests.iter().filter(|d| blobs::exists(store, &d.digest));
            return here.filter(is_wanted).try_for_each(|descriptor| self.add(plan, descriptor));
        }
        let manifest: Manifest = parse(store, &target.digest)?;
        lease.hold(manifest.layers.iter().chain([&manifest.config]).map(|d| d.digest))?;
        plan.blobs.insert(manifest.config.digest, content(store, &manifest.config.digest, None)?);
        // a configuration of another kind than an image's names no layers
        let configuration = parse::<Configuration>(store, &manifest.config.digest);
        let diff_ids = configuration.map(|c| c.rootfs.diff_ids).unwrap_or_default();
        lease.hold(diff_ids.iter().map(|layer| layer.0))?;
        for (position, layer) in manifest.layers.iter().enumerate() {
            plan.blobs.insert(layer.digest, content(store, &layer.digest, diff_ids.get(position))?);
        }
        Ok(())
    }
}

/// Where a blob's bytes come from. `layer` is what it is if it is a layer.
fn content(store: &Store, digest: &Digest, layer: Option<&DiffId>) -> Result<Content> {
    if blobs::exists(store, digest) {
        return Ok(Content::Blob);
    }
    match layer {
        Some(layer) if layer.0 == *digest => Ok(Content::Layer(*layer, layers::meta(store, layer)?.tar_size)),
        _ => Err(Error::Store(store::Error::NoBlob(*digest))),
    }
}

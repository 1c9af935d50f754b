//! Brings documents, blobs and layers into the store, each verified against what names it.

use super::source::Source;
use super::{Load, MAX_DOCUMENTS, Progress};
use crate::document::{self, Document, MAX_DEPTH, MAX_LAYERS, parse};
use crate::error::{Error, Result};
use crate::{commit, layout};
use oci::image::{Configuration, Descriptor, Index, Manifest, media_type};
use oci::{DiffId, Digest, Platform, Reference};
use std::collections::HashMap;
use store::leases::Lease;
use store::{Store, blobs};

mod layer;

pub(super) use layer::Layer;

/// One archive on its way into the store.
pub(super) struct Admission<'a> {
    pub(super) source: &'a Source,
    store: &'a Store,
    options: &'a Load,
    progress: Progress<'a>,
    /// Keeps everything that was admitted until names point at it.
    lease: Lease,
    documents: usize,
    /// What was looked at: the IMAGE ID, or nothing if it is left out.
    admitted: HashMap<Digest, Option<Digest>>,
}

impl<'a> Admission<'a> {
    pub(super) fn new(
        store: &'a Store,
        source: &'a Source,
        options: &'a Load,
        progress: Progress<'a>,
    ) -> Result<Self> {
        let lease = Lease::new(store)?;
        Ok(Self { source, store, options, progress, lease, documents: 0, admitted: HashMap::new() })
    }

    fn store(&self) -> &'a Store {
        self.store
    }

    /// Whether what the archive calls so is asked for: word for word, or as a name means the same.
    pub(super) fn is_called<'n>(&self, mut names: impl Iterator<Item = &'n String>) -> bool {
        let Some(only) = self.options.only.as_deref() else { return true };
        let reference = only.parse::<Reference>().ok();
        names.any(|name| name == only || reference.is_some() && name.parse::<Reference>().ok() == reference)
    }

    /// Whether images for this platform are asked for.
    pub(super) fn is_wanted(&self, platform: &Platform) -> bool {
        let platforms = &self.options.platforms;
        platforms.is_empty() || platforms.iter().any(|wanted| wanted.matches(platform))
    }

    /// Admits an entry of the top index: its first image's IMAGE ID, and what names are to point at. None if it is for another platform.
    pub(super) fn entry(&mut self, descriptor: &Descriptor) -> Result<Option<(Digest, Descriptor)>> {
        let text = self.text(descriptor)?.ok_or_else(|| absent(&descriptor.digest))?;
        let document = Document::parse(&text, &descriptor.digest.to_string(), &descriptor.media_type)?;
        let target = Descriptor::new(document.media_type(), descriptor.digest, text.len() as u64);
        let id = match document {
            Document::Manifest(manifest) => self.manifest(descriptor, &manifest, &text, Strictness::Whole)?,
            Document::Index(index) => self.index(descriptor, &index, &text, 1)?,
        };
        Ok(id.map(|id| (id, target)))
    }

    /// Admits the images of an index whose content is there: the first one's IMAGE ID.
    fn index(
        &mut self,
        own: &Descriptor,
        index: &Index,
        text: &[u8],
        depth: usize,
    ) -> Result<Option<Digest>> {
        let name = own.digest;
        if depth > MAX_DEPTH {
            return Err(Error::Invalid(format!("{name}: indexes are nested more than {MAX_DEPTH} deep")));
        }
        self.count(index.manifests.len())?;
        let mut first = None;
        for descriptor in &index.manifests {
            let id = match self.admitted.get(&descriptor.digest) {
                // what is listed twice is read once; that also ends what would otherwise multiply with the depth
                Some(id) => *id,
                None => self.child(descriptor, depth)?,
            };
            self.admitted.insert(descriptor.digest, id);
            first = first.or(id);
        }
        if first.is_none() && self.options.platforms.is_empty() {
            return Err(Error::Invalid(format!("index {name}: none of its images is in the archive")));
        }
        blobs::put_document(self.store(), text)?;
        Ok(first)
    }

    /// Admits what an index names, if it is there: archives of several platforms often hold the content of some only.
    fn child(&mut self, descriptor: &Descriptor, depth: usize) -> Result<Option<Digest>> {
        let Some(text) = self.text(descriptor)? else { return Ok(None) };
        match Document::parse(&text, &descriptor.digest.to_string(), &descriptor.media_type)? {
            Document::Manifest(manifest) => self.manifest(descriptor, &manifest, &text, Strictness::IfThere),
            Document::Index(index) => self.index(descriptor, &index, &text, depth + 1),
        }
    }

    fn count(&mut self, more: usize) -> Result<()> {
        self.documents += more;
        if self.documents > MAX_DOCUMENTS {
            return Err(Error::Invalid(format!("the archive has more than {MAX_DOCUMENTS} manifests")));
        }
        Ok(())
    }

    /// Admits a manifest: its IMAGE ID if it is an image that is asked for.
    fn manifest(
        &mut self,
        own: &Descriptor,
        manifest: &Manifest,
        text: &[u8],
        strictness: Strictness,
    ) -> Result<Option<Digest>> {
        if !document::is_image(own, manifest) {
            return match strictness {
                Strictness::Whole => Err(document::not_an_image(own, manifest)),
                Strictness::IfThere => self.attachment(manifest, text).map(|()| None),
            };
        }
        let name = own.digest;
        let Some(config) = self.text(&manifest.config)? else {
            return strictness.absent(&manifest.config.digest);
        };
        let configuration: Configuration = parse(&config, &format!("configuration of {name}"))?;
        let platform = own.platform.clone().unwrap_or_else(|| configuration.platform());
        if !self.is_wanted(&platform) {
            return Ok(None);
        }
        let paths: Vec<String> = manifest.layers.iter().map(|blob| layout::blob(&blob.digest)).collect();
        let layers: Vec<Layer<'_>> =
            paths.iter().zip(&manifest.layers).map(|(path, blob)| Layer { path, blob: Some(blob) }).collect();
        let diff_ids = &configuration.rootfs.diff_ids;
        if let (Strictness::IfThere, Some(_)) = (strictness, self.missing_layer(&layers, diff_ids)?) {
            return Ok(None);
        }
        self.layers(&layers, diff_ids, &format!("image {name}"))?;
        store::layers::seal(self.store, diff_ids, &[&config, text])?;
        Ok(Some(manifest.config.digest))
    }

    /// Keeps what is no image but belongs to one, such as an attestation, if all of it is there.
    fn attachment(&mut self, manifest: &Manifest, text: &[u8]) -> Result<()> {
        let content = || std::iter::once(&manifest.config).chain(&manifest.layers);
        if manifest.layers.len() > MAX_LAYERS {
            return Err(Error::Invalid(format!("an attachment has more than {MAX_LAYERS} parts")));
        }
        self.lease.hold(content().map(|blob| blob.digest))?;
        for blob in content() {
            if !blobs::exists(self.store(), &blob.digest)
                && self.source.open(&layout::blob(&blob.digest))?.is_none()
            {
                return Ok(());
            }
        }
        for blob in content() {
            self.blob(&layout::blob(&blob.digest), blob)?;
        }
        blobs::put_document(self.store(), text)?;
        Ok(())
    }

    /// Records an image that came without a manifest: the descriptor of the one that is made for it.
    pub(super) fn record(&mut self, configuration: &[u8], layers: &[DiffId]) -> Result<Descriptor> {
        let id = Digest::of(configuration);
        let config = Descriptor::new(media_type::CONFIGURATION, id, configuration.len() as u64);
        let manifest = commit::manifest(self.store, config, layers)?;
        let text = serde_json::to_vec(&manifest).expect("a manifest serialises");
        let digest = Digest::of(&text);
        self.lease.hold([id, digest])?;
        store::layers::seal(self.store, layers, &[configuration, &text])?;
        Ok(Descriptor::new(media_type::MANIFEST, digest, text.len() as u64))
    }

    /// The bytes of a document, verified before anybody parses them. None if neither the archive nor the store has it.
    fn text(&self, descriptor: &Descriptor) -> Result<Option<Vec<u8>>> {
        self.lease.hold([descriptor.digest])?;
        let digest = &descriptor.digest;
        let Some(text) = self.source.document(&layout::blob(digest))? else {
            return match blobs::read_document(self.store(), digest) {
                Err(store::Error::NoBlob(_)) => Ok(None),
                read => Ok(Some(read?)),
            };
        };
        let found = Digest::of(&text);
        if found != *digest {
            return Err(Error::Invalid(format!("blob {digest} of the archive has digest {found}")));
        }
        if text.len() as u64 != descriptor.size {
            let (size, announced) = (text.len(), descriptor.size);
            return Err(Error::Invalid(format!(
                "blob {digest} has {size} bytes, announced were {announced}"
            )));
        }
        Ok(Some(text))
    }
}

/// What to do about content that is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Strictness {
    /// It is an error.
    Whole,
    /// The image is left out.
    IfThere,
}

impl Strictness {
    fn absent(self, digest: &Digest) -> Result<Option<Digest>> {
        match self {
            Self::Whole => Err(absent(digest)),
            Self::IfThere => Ok(None),
        }
    }
}

fn absent(digest: &Digest) -> Error {
    Error::Invalid(format!("blob {digest} is not in the archive"))
}

//! From registry to registry: blobs pass through, and nothing is kept. The registry that takes a blob verifies it; documents are verified here.

use super::{Progress, Which};
use crate::document::{self, Document, MAX_DEPTH};
use crate::error::{Error, Result};
use crate::push::{BlobState, PushEvent, called};
use crate::{layout, parallel};
use oci::image::{Descriptor, Index, Manifest};
use oci::{Digest, Platform, Reference};
use registry::hosts::Route;
use registry::{Client, Content, Download, Parcel, Pushed, Wanted};
use std::io::{self, Read};

/// Copies between registries.
pub(crate) struct Registries<'a> {
    pub(crate) client: &'a Client,
    pub(crate) progress: Progress<'a>,
}

/// Two repositories.
struct Pair<'a> {
    from: &'a Route,
    to: &'a Route,
    /// The first one's path, if both are of one registry.
    sibling: Vec<String>,
    name: &'a Reference,
}

impl Registries<'_> {
    /// Copies what a name means to another name.
    pub(crate) fn copy(&self, from: &Reference, to: &Reference, which: &Which) -> Result<Descriptor> {
        let (source, target) = (self.client.route(from)?, self.client.route(to)?);
        let sibling = if from.host() == to.host() { vec![from.path().to_owned()] } else { Vec::new() };
        let pair = Pair { from: &source, to: &target, sibling, name: from };
        let (mut text, mut descriptor, mut document) = self.document(&pair, Wanted::of(from), None)?;
        for _ in 0..MAX_DEPTH {
            let (Document::Index(index), false) = (&document, *which == Which::All) else { break };
            let chosen = choose(index, which, from)?;
            let wanted = Wanted::Digest(&chosen.digest);
            (text, descriptor, document) = self.document(&pair, wanted, Some(chosen))?;
        }
        self.content(&pair, &document, 0)?;
        let wanted = called(to, &descriptor.digest)?;
        self.client.put_document(&target, &to.familiar(), wanted, &descriptor.media_type, &text)?;
        Ok(descriptor)
    }

    /// Copies a manifest with all that it names, under its digest.
    pub(crate) fn copy_manifest(&self, from: &Reference, to: &Reference) -> Result<()> {
        let digest = from.digest().ok_or_else(|| Error::Invalid(format!("{from}: a digest is needed")))?;
        self.copy(from, &to.at(*digest), &Which::All).map(drop)
    }

    /// The platforms that a name has images for; none stands for the only one.
    pub(crate) fn platforms(&self, name: &Reference) -> Result<Vec<Option<Platform>>> {
        let route = self.client.route(name)?;
        let pair = Pair { from: &route, to: &route, sibling: Vec::new(), name };
        Ok(match self.document(&pair, Wanted::of(name), None)?.2 {
            Document::Manifest(_) => vec![None],
            Document::Index(index) => {
                document::images(&index).filter_map(|d| d.platform.clone()).map(Some).collect()
            }
        })
    }

    /// A document; `announced` is what an index says of it.
    fn document(
        &self,
        pair: &Pair<'_>,
        wanted: Wanted<'_>,
        announced: Option<&Descriptor>,
    ) -> Result<(Vec<u8>, Descriptor, Document)> {
        let what = pair.name.familiar();
        let found = self.client.document(pair.from, &what, wanted)?;
        let told = if document::is_known(&found.media_type) { found.media_type.as_str() } else { "" };
        let announced = announced.map_or(told, |descriptor| descriptor.media_type.as_str());
        let document = Document::parse(&found.text, &what, announced)?;
        let descriptor = Descriptor::new(document.media_type(), found.digest, found.text.len() as u64);
        Ok((found.text, descriptor, document))
    }

    /// Copies what a document names.
    fn content(&self, pair: &Pair<'_>, document: &Document, depth: usize) -> Result<()> {
        match document {
            Document::Manifest(manifest) => self.blobs(pair, manifest),
            Document::Index(_) if depth > MAX_DEPTH => {
                Err(Error::Invalid(format!("indexes are nested more than {MAX_DEPTH} deep")))
            }
            Document::Index(index) => {
                for child in &index.manifests {
                    let what = format!("manifest {}", child.digest);
                    if self.client.has_document(pair.to, &what, &child.digest)? {
                        continue;
                    }
                    let wanted = Wanted::Digest(&child.digest);
                    let (text, _, document) = self.document(pair, wanted, Some(child))?;
                    self.content(pair, &document, depth + 1)?;
                    self.client.put_document(pair.to, &what, wanted, &child.media_type, &text)?;
                }
                Ok(())
            }
        }
    }

    fn blobs(&self, pair: &Pair<'_>, manifest: &Manifest) -> Result<()> {
        if manifest.layers.len() > document::MAX_LAYERS {
            let limit = document::MAX_LAYERS;
            return Err(Error::Invalid(format!("{}: more than {limit} layers", pair.name.familiar())));
        }
        let layers: Vec<Descriptor> =
            manifest.layers.iter().filter(|blob| !layout::is_foreign(&blob.media_type)).cloned().collect();
        (self.progress)(PushEvent::Blobs(layers.clone()));
        let all: Vec<Descriptor> = layers.into_iter().chain([manifest.config.clone()]).collect();
        parallel::each(&all, |blob, _| self.blob(pair, blob))
    }

    fn blob(&self, pair: &Pair<'_>, blob: &Descriptor) -> Result<()> {
        let content = Remote { client: self.client, route: pair.from, digest: blob.digest, size: blob.size };
        let parcel =
            Parcel { digest: blob.digest, size: blob.size, content: &content, siblings: &pair.sibling };
        let tell = |state| {
            if layout::is_layer(&blob.media_type) {
                (self.progress)(PushEvent::Blob { blob: blob.digest, state });
            }
        };
        let outcome = self.client.push_blob(pair.to, &parcel, &|bytes| tell(BlobState::Sending(bytes)))?;
        tell(match outcome {
            Pushed::Existed => BlobState::Exists,
            Pushed::Mounted => BlobState::Mounted,
            Pushed::Sent => BlobState::Sent,
        });
        Ok(())
    }
}

fn choose<'i>(index: &'i Index, which: &Which, name: &Reference) -> Result<&'i Descriptor> {
    let wanted = match which {
        Which::Platform(platform) => platform.clone(),
        Which::Own | Which::All => Platform::host(),
    };
    document::best(document::images(index), &wanted)
        .ok_or_else(|| Error::NotOffered(format!("{}: no manifest for {wanted}", name.familiar())))
}

/// A blob of a registry.
struct Remote<'a> {
    client: &'a Client,
    route: &'a Route,
    digest: Digest,
    size: u64,
}

impl Content for Remote<'_> {
    fn open(&self, offset: u64) -> io::Result<Box<dyn Read + Send + '_>> {
        let download = self.client.blob(self.route, &self.digest, self.size, offset, 0);
        Ok(Box::new(Passing { download, current: registry::Bytes::new() }))
    }
}

/// A download as a stream.
struct Passing<'a> {
    download: Download<'a>,
    current: registry::Bytes,
}

impl Read for Passing<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.current.is_empty() {
            match self.download.chunk().map_err(io::Error::other)? {
                Some(bytes) => self.current = bytes,
                None => return Ok(0),
            }
        }
        let count = self.current.len().min(buffer.len());
        buffer[..count].copy_from_slice(&self.current.split_to(count));
        Ok(count)
    }
}

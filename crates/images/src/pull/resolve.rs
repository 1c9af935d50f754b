//! From a name to a manifest and its configuration, by way of indexes. Every document is verified before it is parsed.

use super::Pull;
use crate::document::{self, Document, MAX_DEPTH, cut};
use crate::error::{Error, Result};
use oci::image::{Configuration, Descriptor, Index, Manifest};
use oci::{Digest, Platform};
use registry::hosts::Route;
use registry::{Client, DOCUMENT_LIMIT, Wanted};
use store::leases::Lease;
use store::{Store, blobs};

/// What a name means.
#[derive(Debug)]
pub(crate) struct Resolved {
    /// What the name points at.
    pub(crate) target: Descriptor,
    pub(crate) manifest: Manifest,
    pub(crate) configuration: Configuration,
    /// The endpoint that had the manifest.
    pub(super) endpoint: usize,
    /// What the store has to keep: what is pointed at first, stands last.
    pub(super) documents: Vec<Vec<u8>>,
}

/// Where to look.
pub(crate) struct Resolver<'a> {
    pub(crate) store: &'a Store,
    pub(crate) client: &'a Client,
    pub(crate) route: &'a Route,
    pub(crate) lease: &'a Lease,
    pub(crate) pull: &'a Pull,
}

/// A document that was fetched.
struct Fetched {
    descriptor: Descriptor,
    document: Document,
    text: Vec<u8>,
    endpoint: usize,
}

impl Resolver<'_> {
    pub(crate) fn resolve(&self) -> Result<Resolved> {
        let mut fetched = self.first()?;
        let target = fetched.descriptor.clone();
        let mut documents = Vec::new();
        for _ in 0..=MAX_DEPTH {
            let Fetched { descriptor, document, text, endpoint } = fetched;
            documents.insert(0, text);
            match document {
                Document::Manifest(manifest) => {
                    document::check_image(&descriptor, &manifest)?;
                    let (configuration, text) = self.configuration(&descriptor, &manifest, endpoint)?;
                    documents.insert(0, text);
                    return Ok(Resolved { target, manifest, configuration, endpoint, documents });
                }
                Document::Index(index) => {
                    let chosen = self.choose(&index)?;
                    fetched = self.child(chosen, endpoint)?;
                }
            }
        }
        let name = self.pull.name.familiar();
        Err(Error::Invalid(format!("{name}: indexes are nested more than {MAX_DEPTH} deep")))
    }

    /// What the name itself means.
    fn first(&self) -> Result<Fetched> {
        let what = self.pull.name.familiar();
        let found = self.client.document(self.route, &what, Wanted::of(&self.pull.name))?;
        self.lease.hold([found.digest])?;
        // servers that know no better call it JSON or text
        let announced = if document::is_known(&found.media_type) { found.media_type.as_str() } else { "" };
        let document = Document::parse(&found.text, &what, announced)?;
        let descriptor = Descriptor::new(document.media_type(), found.digest, found.text.len() as u64);
        Ok(Fetched { descriptor, document, text: found.text, endpoint: found.endpoint })
    }

    /// A document that an index names.
    fn child(&self, descriptor: &Descriptor, endpoint: usize) -> Result<Fetched> {
        let digest = &descriptor.digest;
        self.lease.hold([*digest])?;
        let (text, endpoint) = match blobs::read_document(self.store, digest) {
            Ok(text) if Digest::of(&text) == *digest => (text, endpoint),
            _ => {
                let what = format!("{}: manifest {digest}", self.pull.name.familiar());
                let found = self.client.document(self.route, &what, Wanted::Digest(digest))?;
                (found.text, found.endpoint)
            }
        };
        check_size(descriptor, text.len())?;
        let document = Document::parse(&text, &digest.to_string(), &descriptor.media_type)?;
        Ok(Fetched { descriptor: descriptor.clone(), document, text, endpoint })
    }

    /// The entry of an index that suits best.
    fn choose<'i>(&self, index: &'i Index) -> Result<&'i Descriptor> {
        let wanted = self.pull.platform.clone().unwrap_or_else(Platform::host);
        document::best(document::images(index), &wanted).ok_or_else(|| {
            let platforms: Vec<String> = document::images(index)
                .filter_map(|d| d.platform.as_ref())
                .map(|p| cut(&p.to_string()))
                .collect();
            let has = if platforms.is_empty() { "no image".to_owned() } else { platforms.join(", ") };
            Error::NotOffered(format!(
                "{}: no matching manifest for {wanted} in the manifest list entries: it has {has}",
                self.pull.name.familiar()
            ))
        })
    }

    fn configuration(
        &self,
        own: &Descriptor,
        manifest: &Manifest,
        endpoint: usize,
    ) -> Result<(Configuration, Vec<u8>)> {
        let descriptor = &manifest.config;
        self.lease.hold([descriptor.digest])?;
        let text = match blobs::read_document(self.store, &descriptor.digest) {
            Ok(text) if Digest::of(&text) == descriptor.digest => text,
            _ => small_blob(self.client, self.route, descriptor, endpoint)?,
        };
        check_size(descriptor, text.len())?;
        let name = format!("configuration of {}", own.digest);
        let configuration: Configuration = document::parse(&text, &name)?;
        let owner = format!("image {}", self.pull.name.familiar());
        document::check_layers(&owner, configuration.rootfs.diff_ids.len(), manifest.layers.len())?;
        let platform = configuration.platform();
        if let Some(wanted) = &self.pull.platform
            && own.platform.is_none()
            && wanted.preference(&platform).is_none()
        {
            return Err(Error::NotOffered(format!(
                "image with reference {} was found but its platform ({platform}) does not match the specified platform ({wanted})",
                self.pull.name.familiar()
            )));
        }
        Ok((configuration, text))
    }
}

/// A blob that is a document. Bad bytes are asked for again elsewhere.
pub(crate) fn small_blob(
    client: &Client,
    route: &Route,
    descriptor: &Descriptor,
    endpoint: usize,
) -> Result<Vec<u8>> {
    let Descriptor { digest, size, .. } = descriptor;
    if *size > DOCUMENT_LIMIT {
        return Err(Error::Invalid(format!(
            "configuration {digest} has {size} bytes, a document has at most {DOCUMENT_LIMIT}"
        )));
    }
    let mut download = client.blob(route, digest, *size, 0, endpoint);
    loop {
        let mut text = Vec::new();
        while let Some(chunk) = download.chunk()? {
            text.extend_from_slice(&chunk);
        }
        let found = Digest::of(&text);
        if found == *digest {
            return Ok(text);
        }
        let what = format!("configuration {digest}");
        let (host, expected) = (download.host().to_owned(), *digest);
        if !download.reject(0) {
            return Err(registry::Error::DigestMismatch { what, host, expected, found }.into());
        }
    }
}

fn check_size(descriptor: &Descriptor, length: usize) -> Result<()> {
    let Descriptor { digest, size, .. } = descriptor;
    if length as u64 == *size {
        return Ok(());
    }
    Err(Error::Invalid(format!("document {digest} has {length} bytes, announced were {size}")))
}

//! Images by name, id or the beginning of an id.

use super::document;
use crate::error::{Error, Result};
use oci::image::{Configuration, Descriptor, Index, Manifest, media_type};
use oci::{Digest, Platform, Reference};
use store::{Store, blobs, refs};

/// An image of the store.
#[derive(Debug, Clone)]
pub struct Image {
    /// Digest of its configuration: the IMAGE ID.
    pub id: Digest,
    /// Digest of its manifest; none only for `scratch`-like images that have no documents.
    pub manifest: Option<Digest>,
    /// Its manifest.
    pub document: Manifest,
    /// Its configuration.
    pub configuration: Configuration,
    /// What it is for: as the index says that it was found by, else as its configuration says.
    pub platform: Platform,
    /// Names that point at it.
    pub names: Vec<Reference>,
}

impl Image {
    /// Reads the image that a descriptor of a manifest or an index points at; of an index the manifest for `platform`.
    ///
    /// # Errors
    /// [`Error::NoImage`] if the index has nothing for the platform; damage.
    pub fn read(store: &Store, target: &Descriptor, platform: &Platform) -> Result<Self> {
        let manifest = manifest_for(store, target, platform)?;
        let document: Manifest = parse(store, &manifest.digest)?;
        let configuration: Configuration = parse(store, &document.config.digest)?;
        let platform = manifest.platform.unwrap_or_else(|| configuration.platform());
        Ok(Self {
            id: document.config.digest,
            manifest: Some(manifest.digest),
            platform,
            document,
            configuration,
            names: Vec::new(),
        })
    }

    /// The descriptor of its manifest.
    ///
    /// # Errors
    /// [`Error::NoImage`] if it has none, or what the system reports.
    pub fn descriptor(&self, store: &Store) -> Result<Descriptor> {
        let digest = self.manifest.ok_or_else(|| Error::NoImage(self.id.to_string()))?;
        let kind = self.document.media_type.as_deref().unwrap_or(media_type::MANIFEST);
        Ok(Descriptor::new(kind, digest, blobs::size(store, &digest)?))
    }
}

/// Of an index the manifest for `platform`, else its first image, among those that are here. It may name other indexes; they cannot name it, nor themselves.
fn manifest_for(store: &Store, target: &Descriptor, platform: &Platform) -> Result<Descriptor> {
    if !target.is_index() {
        return Ok(target.clone());
    }
    let index: Index = parse(store, &target.digest)?;
    let is_here = |descriptor: &&Descriptor| blobs::exists(store, &descriptor.digest);
    let here: Vec<&Descriptor> = document::images(&index).filter(is_here).collect();
    match document::best(here.iter().copied(), platform).or(here.first().copied()) {
        Some(chosen) => manifest_for(store, chosen, platform),
        None => Err(Error::NoImage(format!("{} has no manifest for {platform}", target.digest))),
    }
}

/// Reads a document of the store.
///
/// # Errors
/// [`Error::Store`] if it is not there, [`Error::Invalid`] if it is something else.
pub fn parse<T: serde::de::DeserializeOwned>(store: &Store, digest: &Digest) -> Result<T> {
    let text = blobs::read_document(store, digest)?;
    serde_json::from_slice(&text)
        .map_err(|error| Error::Invalid(format!("document {digest} is not what it should be: {error}")))
}

/// Finds an image: by name with Docker's defaults, by IMAGE ID or a beginning of it, or by the digest of its manifest.
///
/// # Errors
/// [`Error::NoImage`], or [`Error::Invalid`] if several ids begin so.
pub fn find(store: &Store, name: &str) -> Result<Image> {
    find_for(store, name, &Platform::host())
}

/// Finds an image as [`find`]; of an index the manifest for `platform`.
///
/// # Errors
/// As [`find`].
pub fn find_for(store: &Store, name: &str, platform: &Platform) -> Result<Image> {
    if let Ok(reference) = name.parse::<Reference>()
        && let Some(mut image) = by_reference(store, &reference, platform)?
    {
        image.names = vec![reference];
        return Ok(image);
    }
    let mut matching = by_id(store, name)?;
    match matching.len() {
        1 => Ok(matching.remove(0)),
        0 => Err(Error::NoImage(name.to_owned())),
        _ => Err(Error::Invalid(format!(
            "ambiguous image id {name}: several images begin so; give more digits"
        ))),
    }
}

fn by_reference(store: &Store, reference: &Reference, platform: &Platform) -> Result<Option<Image>> {
    if let Some(target) = refs::target(store, reference)? {
        return Image::read(store, &target, platform).map(Some);
    }
    // name@digest: any name of the same repository that points there
    let Some(digest) = reference.digest() else { return Ok(None) };
    for (name, target) in refs::list(store)? {
        if target.digest == *digest && (name.host(), name.path()) == (reference.host(), reference.path()) {
            return Image::read(store, &target, platform).map(Some);
        }
    }
    Ok(None)
}

fn by_id(store: &Store, text: &str) -> Result<Vec<Image>> {
    let digits = text.strip_prefix("sha256:").unwrap_or(text);
    if digits.is_empty() || digits.len() > 64 || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Ok(Vec::new());
    }
    let begins = |digest: &Digest| digest.hex().starts_with(&digits.to_ascii_lowercase());
    let mut matching = list(store)?;
    matching.retain(|image| begins(&image.id) || image.manifest.as_ref().is_some_and(begins));
    // two manifests of one configuration are one image
    matching.dedup_by_key(|image| image.id);
    Ok(matching)
}

/// All images, each once with all its names, the newest first. Untagged ones (dangling) have no name.
///
/// # Errors
/// What the system reports.
pub fn list(store: &Store) -> Result<Vec<Image>> {
    let mut found: Vec<(Digest, Image)> = Vec::new();
    for (name, target) in refs::list(store)? {
        let is_internal = name.host() == super::commit::DANGLING_HOST;
        let names = if is_internal { vec![] } else { vec![name] };
        match found.iter_mut().find(|(digest, _)| *digest == target.digest) {
            Some((_, image)) => image.names.extend(names),
            None => match Image::read(store, &target, &Platform::host()) {
                Ok(image) => found.push((target.digest, Image { names, ..image })),
                // removed meanwhile
                Err(Error::Store(store::Error::NoBlob(_)) | Error::NoImage(_)) => {}
                Err(error) => return Err(error),
            },
        }
    }
    let mut images: Vec<Image> = found.into_iter().map(|(_, image)| image).collect();
    images.sort_by(|a, b| b.configuration.created.cmp(&a.configuration.created).then(a.id.cmp(&b.id)));
    Ok(images)
}

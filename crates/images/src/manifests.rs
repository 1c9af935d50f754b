//! Manifest lists in the making: images of registries that are to have one name. A list is a record of its own until it is pushed; no content is here.

use super::copy::Registries;
use super::document::{Document, parse};
use super::pull::small_blob;
use super::push::PushEvent;
use crate::error::{At, Error, Result};
use oci::image::{Configuration, Descriptor, Index, media_type};
use oci::{Digest, Platform, Reference};
use registry::{Client, Wanted};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use store::Store;

/// A list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct List {
    /// Its name.
    pub name: String,
    /// Its images.
    pub entries: Vec<Entry>,
}

/// An image of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Its name, as it was given.
    pub given: String,
    /// Where it is: a name with its digest.
    pub source: String,
    /// Its manifest, with its platform.
    pub descriptor: Descriptor,
}

impl List {
    /// As it will be in the registry.
    #[must_use]
    pub fn index(&self) -> Index {
        let is_docker = |entry: &Entry| entry.descriptor.media_type == media_type::DOCKER_MANIFEST;
        let all_docker = !self.entries.is_empty() && self.entries.iter().all(is_docker);
        let kind = if all_docker { media_type::DOCKER_INDEX } else { media_type::INDEX };
        Index {
            schema_version: 2,
            media_type: Some(kind.into()),
            manifests: self.entries.iter().map(|entry| entry.descriptor.clone()).collect(),
            annotations: BTreeMap::new(),
        }
    }
}

fn path(store: &Store, name: &Reference) -> PathBuf {
    store.data_root().join("manifests").join(Digest::of(name.to_string().as_bytes()).hex())
}

fn read(path: &Path) -> Result<Option<List>> {
    let text = match fs::read(path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error).at("read", path),
    };
    serde_json::from_slice(&text).map(Some).map_err(|error| {
        Error::Store(store::Error::Damaged { path: path.to_path_buf(), reason: error.to_string() })
    })
}

/// The list of a name.
///
/// # Errors
/// [`Error::NoList`] if there is none.
pub fn find(store: &Store, name: &Reference) -> Result<List> {
    read(&path(store, name))?.ok_or_else(|| Error::NoList(name.familiar()))
}

/// What becomes of a list that is there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Existing {
    /// It stays, and that is an error.
    Refuse,
    /// More is added to it.
    Amend,
}

/// Makes a list of images of registries, or adds them to the one that is there.
///
/// # Errors
/// [`Error::Conflict`] if it is there, [`Error::Registry`] if an image cannot be had, [`Error::Invalid`] if it is a list itself.
pub fn create(
    store: &Store,
    client: &Client,
    name: &Reference,
    images: &[Reference],
    existing: Existing,
) -> Result<List> {
    super::names::allow(name)?;
    let before = read(&path(store, name))?;
    if before.is_some() && existing == Existing::Refuse {
        return Err(Error::Conflict(format!(
            "refusing to amend an existing manifest list with no --amend flag: {}",
            name.familiar()
        )));
    }
    let mut list = before.unwrap_or_else(|| List { name: name.to_string(), entries: Vec::new() });
    for image in images {
        let entry = entry(client, image)?;
        list.entries.retain(|other| other.descriptor.digest != entry.descriptor.digest);
        list.entries.push(entry);
    }
    keep(store, name, &list)?;
    Ok(list)
}

fn keep(store: &Store, name: &Reference, list: &List) -> Result<()> {
    let directory = store.data_root().join("manifests");
    fs::DirBuilder::new().recursive(true).mode(0o700).create(&directory).at("make directory", &directory)?;
    let text = serde_json::to_vec(list).expect("plain data serialises");
    Ok(store::durable::write(&path(store, name), &text)?)
}

fn entry(client: &Client, image: &Reference) -> Result<Entry> {
    let (route, what) = (client.route(image)?, image.familiar());
    let found = client.document(&route, &what, Wanted::of(image))?;
    let document = Document::parse(&found.text, &what, "")?;
    let Document::Manifest(manifest) = &document else {
        return Err(Error::Invalid(format!("{what}: it is a manifest list itself")));
    };
    let mut descriptor = Descriptor::new(document.media_type(), found.digest, found.text.len() as u64);
    let text = small_blob(client, &route, &manifest.config, found.endpoint)?;
    let configuration: Configuration = parse(&text, &format!("configuration of {what}"))?;
    descriptor.platform = Some(configuration.platform());
    Ok(Entry { given: image.to_string(), source: image.at(found.digest).to_string(), descriptor })
}

/// What is said of an image in a list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Annotation {
    /// CPU architecture.
    pub architecture: Option<String>,
    /// Operating system.
    pub os: Option<String>,
    /// CPU variant.
    pub variant: Option<String>,
}

/// Says something else of an image of a list.
///
/// # Errors
/// [`Error::NoList`] if there is no such list, or no such image in it.
pub fn annotate(store: &Store, name: &Reference, image: &Reference, annotation: &Annotation) -> Result<()> {
    let mut list = find(store, name)?;
    let found = list
        .entries
        .iter_mut()
        .find(|entry| entry.given == image.to_string() || entry.source == image.to_string());
    let entry = found.ok_or_else(|| {
        Error::NoImage(format!(
            "manifest for image {} does not exist in {}",
            image.familiar(),
            name.familiar()
        ))
    })?;
    let platform = entry.descriptor.platform.get_or_insert_with(Platform::host);
    if let Some(architecture) = &annotation.architecture {
        platform.architecture.clone_from(architecture);
    }
    if let Some(os) = &annotation.os {
        platform.os.clone_from(os);
    }
    if annotation.variant.is_some() {
        platform.variant.clone_from(&annotation.variant);
    }
    keep(store, name, &list)
}

/// Pushes a list, after the images in it that its repository does not have; its digest.
///
/// # Errors
/// [`Error::NoList`] if there is no such list, [`Error::Registry`].
pub fn push(
    store: &Store,
    client: &Client,
    name: &Reference,
    progress: &(dyn Fn(PushEvent) + Sync),
) -> Result<Digest> {
    let list = find(store, name)?;
    let route = client.route(name)?;
    for entry in &list.entries {
        let digest = entry.descriptor.digest;
        if !client.has_document(&route, &format!("manifest {digest}"), &digest)? {
            let source: Reference =
                entry.source.parse().map_err(|error| Error::Invalid(format!("{error}")))?;
            Registries { client, progress }.copy_manifest(&source, name)?;
        }
    }
    let index = list.index();
    let text = serde_json::to_vec(&index).expect("an index serialises");
    let kind = index.media_type.as_deref().unwrap_or(media_type::INDEX);
    client.put_document(&route, &name.familiar(), Wanted::of(name), kind, &text)?;
    Ok(Digest::of(&text))
}

/// Forgets a list.
///
/// # Errors
/// [`Error::NoList`] if there is none.
pub fn remove(store: &Store, name: &Reference) -> Result<()> {
    let path = path(store, name);
    match fs::remove_file(&path) {
        Ok(()) => Ok(store::durable::sync_parent(&path)?),
        Err(error) if error.kind() == ErrorKind::NotFound => find(store, name).map(drop),
        Err(error) => Err(error).at("remove", path),
    }
}

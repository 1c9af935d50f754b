//! Reads `index.json`: every entry is an image, or an index of images.

use super::admission::Admission;
use super::{Admitted, MAX_DOCUMENTS};
use crate::document::parse;
use crate::error::{Error, Result};
use crate::layout::{self, DockerImage};
use crate::names;
use oci::image::{Descriptor, Index};
use oci::{Digest, Reference};

/// Admits what `index.json` lists.
pub(super) fn admit(admission: &mut Admission<'_>, text: &[u8]) -> Result<Vec<Admitted>> {
    let index: Index = parse(text, layout::INDEX)?;
    if index.manifests.len() > MAX_DOCUMENTS {
        return Err(Error::Invalid(format!("{}: more than {MAX_DOCUMENTS} images", layout::INDEX)));
    }
    let tags = match admission.source.document(layout::DOCKER_IMAGES)? {
        Some(text) => parse::<Vec<DockerImage>>(&text, layout::DOCKER_IMAGES)?,
        None => Vec::new(),
    };
    let mut admitted = Vec::new();
    let is_wanted = |descriptor: &&Descriptor| {
        let called = [layout::REF_NAME, layout::IMAGE_NAME].map(|key| descriptor.annotations.get(key));
        admission.is_called(called.into_iter().flatten())
    };
    let wanted: Vec<&Descriptor> = index.manifests.iter().filter(is_wanted).collect();
    for descriptor in wanted {
        let Some((id, target)) = admission.entry(descriptor)? else { continue };
        let mut names = annotated(descriptor)?;
        if names.is_empty() {
            names = docker_names(&tags, &id)?;
        }
        admitted.push(Admitted { names, id, target });
    }
    Ok(admitted)
}

/// The names in a descriptor's annotations. The specification lets anything be a `ref.name`: what is no reference names nothing here.
fn annotated(descriptor: &Descriptor) -> Result<Vec<Reference>> {
    if let Some(name) = descriptor.annotations.get(layout::IMAGE_NAME) {
        return names::parse(name).map(|name| vec![name]);
    }
    let name = descriptor.annotations.get(layout::REF_NAME).and_then(|name| names::parse(name).ok());
    Ok(name.into_iter().collect())
}

/// The names that an archive which is Docker's as well gives the image there.
fn docker_names(images: &[DockerImage], id: &Digest) -> Result<Vec<Reference>> {
    let path = layout::blob(id);
    let tags = images.iter().filter(|image| image.config == path).flat_map(|image| &image.repo_tags);
    tags.map(|tag| names::parse(tag)).collect()
}

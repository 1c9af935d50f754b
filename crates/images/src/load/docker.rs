//! Reads `manifest.json`, Docker's list of images. It has no manifests of its own, so that they are made here, as those of our builds.

use super::admission::{Admission, Layer};
use super::{Admitted, MAX_DOCUMENTS};
use crate::document::parse;
use crate::error::{Error, Result};
use crate::layout::{self, DockerImage};
use crate::names;
use oci::Digest;
use oci::image::Configuration;
use std::path::Path;

/// Admits what `manifest.json` lists.
pub(super) fn admit(admission: &mut Admission<'_>, text: &[u8]) -> Result<Vec<Admitted>> {
    let images: Vec<DockerImage> = parse(text, layout::DOCKER_IMAGES)?;
    if images.len() > MAX_DOCUMENTS {
        return Err(Error::Invalid(format!("{}: more than {MAX_DOCUMENTS} images", layout::DOCKER_IMAGES)));
    }
    let mut admitted = Vec::new();
    let is_wanted = |image: &&DockerImage| admission.is_called(image.repo_tags.iter());
    let wanted: Vec<&DockerImage> = images.iter().filter(is_wanted).collect();
    for image in wanted {
        admitted.extend(image_of(admission, image)?);
    }
    Ok(admitted)
}

fn image_of(admission: &mut Admission<'_>, image: &DockerImage) -> Result<Option<Admitted>> {
    let names = image.repo_tags.iter().map(|tag| names::parse(tag)).collect::<Result<Vec<_>>>()?;
    let text = admission.source.document(&image.config)?.ok_or_else(|| absent(&image.config))?;
    let id = Digest::of(&text);
    if let Some(announced) = announced(&image.config)
        && announced != id
    {
        return Err(Error::Invalid(format!("{}: its content has digest {id}", image.config)));
    }
    let configuration: Configuration = parse(&text, &image.config)?;
    if !admission.is_wanted(&configuration.platform()) {
        return Ok(None);
    }
    let diff_ids = &configuration.rootfs.diff_ids;
    let layers: Vec<Layer<'_>> = image.layers.iter().map(|path| Layer { path, blob: None }).collect();
    admission.layers(&layers, diff_ids, &image.config)?;
    let target = admission.record(&text, diff_ids)?;
    Ok(Some(Admitted { names, id, target }))
}

/// The digest in a configuration's file name, `<digits>.json` or `blobs/sha256/<digits>`.
fn announced(path: &str) -> Option<Digest> {
    let name = Path::new(path).file_name()?.to_str()?;
    Digest::from_hex(name.strip_suffix(".json").unwrap_or(name)).ok()
}

fn absent(path: &str) -> Error {
    let shown = crate::document::cut(path);
    Error::Invalid(format!("{}: names {shown}, which is not in the archive", layout::DOCKER_IMAGES))
}

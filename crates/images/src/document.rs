//! Tells manifests from indexes, and refuses what could be taken for both.

use super::layout;
use crate::error::{Error, Result};
use oci::Platform;
use oci::image::{Descriptor, Index, Manifest, media_type};
use serde::de::IgnoredAny;
use serde::{Deserialize, de::DeserializeOwned};

/// Most layers of an image: Linux stacks 500 directories (fs/overlayfs/params.h, `OVL_MAX_STACK`), and one is ours.
pub const MAX_LAYERS: usize = 499;

/// How deep indexes may name indexes.
pub(crate) const MAX_DEPTH: usize = 4;

/// A document that a descriptor points at.
#[derive(Debug)]
pub(crate) enum Document {
    Manifest(Manifest),
    Index(Index),
}

/// What tells one from the other.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Shape {
    schema_version: Option<u32>,
    media_type: Option<String>,
    config: Option<IgnoredAny>,
    layers: Option<IgnoredAny>,
    manifests: Option<IgnoredAny>,
}

impl Document {
    /// Parses a document. `name` is for messages, `announced` the media type of its descriptor.
    ///
    /// What is both would mean one thing here and another elsewhere (CVE-2021-41190), and so would a type that contradicts the descriptor's.
    pub(crate) fn parse(text: &[u8], name: &str, announced: &str) -> Result<Self> {
        let shape: Shape = parse(text, name)?;
        let invalid = |reason: String| Err(Error::Invalid(format!("{name}: {reason}")));
        if let Some(own) = shape.media_type.as_deref()
            && !announced.is_empty()
            && own != announced
        {
            return invalid(format!("announced as {}, and says that it is {}", cut(announced), cut(own)));
        }
        if shape.schema_version != Some(2) {
            return Err(Error::Unsupported(format!("{name}: manifest of another schema than 2")));
        }
        let is_index = shape.manifests.is_some();
        if is_index && (shape.config.is_some() || shape.layers.is_some()) {
            return invalid("ambiguous: both a manifest and an index".into());
        }
        let own = shape.media_type.as_deref().unwrap_or(announced);
        if is_index && media_type::is_manifest(own) || !is_index && media_type::is_index(own) {
            return invalid(format!("its content is not of type {}", cut(own)));
        }
        if is_index { parse(text, name).map(Self::Index) } else { parse(text, name).map(Self::Manifest) }
    }

    /// The type for a descriptor of it.
    pub(crate) fn media_type(&self) -> &str {
        match self {
            Self::Manifest(manifest) => manifest.media_type.as_deref().unwrap_or(media_type::MANIFEST),
            Self::Index(index) => index.media_type.as_deref().unwrap_or(media_type::INDEX),
        }
    }
}

/// Whether a type is one of a manifest or an index.
pub(crate) fn is_known(kind: &str) -> bool {
    media_type::is_manifest(kind) || media_type::is_index(kind)
}

/// An image has a configuration of one, and nothing but layers.
pub(crate) fn is_image(own: &Descriptor, manifest: &Manifest) -> bool {
    let kind = manifest.config.media_type.as_str();
    [media_type::CONFIGURATION, media_type::DOCKER_CONFIGURATION].contains(&kind)
        && !own.annotations.contains_key(layout::REFERENCE_TYPE)
        && manifest.layers.iter().all(|blob| layout::is_layer(&blob.media_type))
}

/// What a manifest that is no image has.
pub(crate) fn not_an_image(own: &Descriptor, manifest: &Manifest) -> Error {
    let odd =
        manifest.layers.iter().find(|blob| !layout::is_layer(&blob.media_type)).unwrap_or(&manifest.config);
    Error::Unsupported(format!(
        "{} is not an image: it has content of type {}",
        own.digest,
        cut(&odd.media_type)
    ))
}

/// Refuses what is no image, or one whose layers are kept elsewhere.
pub(crate) fn check_image(own: &Descriptor, manifest: &Manifest) -> Result<()> {
    if !is_image(own, manifest) {
        return Err(not_an_image(own, manifest));
    }
    match manifest.layers.iter().find(|blob| layout::is_foreign(&blob.media_type)) {
        Some(foreign) => Err(Error::Unsupported(format!(
            "{}: layer {} is foreign: its owner lets no registry keep it (Windows does that), and Tare fetches nothing from elsewhere",
            own.digest, foreign.digest
        ))),
        None => Ok(()),
    }
}

/// Refuses numbers of layers that do not fit together, or are too many. `owner` is for messages.
pub(crate) fn check_layers(owner: &str, named: usize, given: usize) -> Result<()> {
    if named > MAX_LAYERS {
        return Err(Error::Invalid(format!("{owner}: {named} layers, Linux stacks at most {MAX_LAYERS}")));
    }
    if named != given {
        return Err(Error::Invalid(format!(
            "{owner}: the configuration names {named} layers, given are {given}"
        )));
    }
    Ok(())
}

/// The images of an index, without what is about another one.
pub fn images(index: &Index) -> impl Iterator<Item = &Descriptor> {
    index.manifests.iter().filter(|descriptor| !descriptor.annotations.contains_key(layout::REFERENCE_TYPE))
}

/// Of images the one that suits a platform best.
pub(crate) fn best<'i>(
    images: impl Iterator<Item = &'i Descriptor>,
    wanted: &Platform,
) -> Option<&'i Descriptor> {
    let rank = |descriptor: &Descriptor| match &descriptor.platform {
        Some(platform) => wanted.preference(platform),
        // one that says nothing may be for everybody
        None => Some(u32::MAX),
    };
    images.filter_map(|image| Some((rank(image)?, image))).min_by_key(|(rank, _)| *rank).map(|(_, best)| best)
}

/// Parses JSON from outside. `name` is for messages.
pub(crate) fn parse<T: DeserializeOwned>(text: &[u8], name: &str) -> Result<T> {
    oci::document::parse(text).map_err(|error| Error::Invalid(format!("{name}: {error}")))
}

/// A hostile text for a message.
pub(crate) fn cut(text: &str) -> String {
    text.chars().take(100).collect::<String>().escape_debug().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(text: &str, announced: &str) -> String {
        Document::parse(text.as_bytes(), "m", announced).unwrap_err().to_string()
    }

    #[test]
    fn what_could_be_two_things_is_refused() {
        let both = r#"{"schemaVersion":2,"manifests":[],"layers":[],"config":{}}"#;
        assert_eq!(refusal(both, ""), "m: ambiguous: both a manifest and an index");
        let index = r#"{"schemaVersion":2,"manifests":[]}"#;
        assert!(refusal(index, media_type::MANIFEST).contains("its content is not of type"));
        let typed = format!(r#"{{"schemaVersion":2,"mediaType":"{}","manifests":[]}}"#, media_type::INDEX);
        assert!(refusal(&typed, media_type::MANIFEST).contains("announced as"));
        let old = r#"{"schemaVersion":1,"fsLayers":[]}"#;
        assert_eq!(refusal(old, ""), "m: manifest of another schema than 2");
    }

    #[test]
    fn deep_nesting_is_an_error() {
        let nested = "[".repeat(100_000) + &"]".repeat(100_000);
        let deep = format!(r#"{{"schemaVersion":2,"config":{{"x":{nested}}},"layers":[]}}"#);
        assert!(refusal(&deep, "").starts_with("m: recursion limit"));
    }
}

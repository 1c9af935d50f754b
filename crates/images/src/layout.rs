//! What the files of an image archive are called and hold: the OCI image layout, and the older one of Docker beside it.
//!
//! OCI: `oci-layout`, `index.json`, `blobs/<algorithm>/<digits>` (image-spec, image-layout.md). Docker: `manifest.json` lists images with the
//! paths of their configuration and layers, `repositories` maps names to layers for versions before 1.10.

use oci::{Digest, Reference};
use serde::{Deserialize, Deserializer, Serialize};
use std::collections::BTreeMap;

/// Says that a directory or archive is an OCI layout.
pub(crate) const MARKER: &str = "oci-layout";
/// What the marker holds.
pub(crate) const MARKER_CONTENT: &[u8] = br#"{"imageLayoutVersion":"1.0.0"}"#;
/// Lists the manifests of an OCI layout.
pub(crate) const INDEX: &str = "index.json";
/// Lists the images of a docker archive.
pub(crate) const DOCKER_IMAGES: &str = "manifest.json";
/// Names of a docker archive, for very old readers.
pub(crate) const REPOSITORIES: &str = "repositories";

/// A descriptor's name by the specification. Docker puts the tag alone here, others the whole name.
pub(crate) const REF_NAME: &str = "org.opencontainers.image.ref.name";
/// A descriptor's whole name, as containerd and Docker write it.
pub(crate) const IMAGE_NAME: &str = "io.containerd.image.name";

/// The annotation of a manifest in an index that is about another one, and no image.
pub(crate) const REFERENCE_TYPE: &str = "vnd.docker.reference.type";

/// Where a layout has a blob.
pub(crate) fn blob(digest: &Digest) -> String {
    format!("blobs/sha256/{}", digest.hex())
}

/// One image of a docker archive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DockerImage {
    /// Path of its configuration.
    pub(crate) config: String,
    /// Its names.
    #[serde(default, serialize_with = "empty_as_null", deserialize_with = "null_as_empty")]
    pub(crate) repo_tags: Vec<String>,
    /// Paths of its layers, lowest first.
    #[serde(default, deserialize_with = "null_as_empty")]
    pub(crate) layers: Vec<String>,
}

/// Tags of each repository with the digits that stand for their image.
pub(crate) type Repositories = BTreeMap<String, BTreeMap<String, String>>;

/// Go writes an empty list as `null`.
fn null_as_empty<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

fn empty_as_null<S: serde::Serializer>(list: &[String], serializer: S) -> Result<S::Ok, S::Error> {
    (!list.is_empty()).then_some(list).serialize(serializer)
}

/// The annotations that name a descriptor, as Docker writes them.
pub(crate) fn annotations(name: &Reference) -> BTreeMap<String, String> {
    let mut annotations = BTreeMap::from([(IMAGE_NAME.to_owned(), name.to_string())]);
    if let Some(tag) = name.tag() {
        annotations.insert(REF_NAME.to_owned(), tag.to_owned());
    }
    annotations
}

/// Whether content of this type is a file system layer (OCI layer.md; Docker's image manifest version 2, schema 2).
pub(crate) fn is_layer(media_type: &str) -> bool {
    const OCI: [&str; 2] =
        ["application/vnd.oci.image.layer.v1.tar", "application/vnd.oci.image.layer.nondistributable.v1.tar"];
    const DOCKER: [&str; 2] = [
        "application/vnd.docker.image.rootfs.diff.tar",
        "application/vnd.docker.image.rootfs.foreign.diff.tar",
    ];
    let packed = |kinds: [&str; 2], ways: &[&str]| {
        kinds.iter().any(|kind| media_type.strip_prefix(kind).is_some_and(|way| ways.contains(&way)))
    };
    packed(OCI, &["", "+gzip", "+zstd"]) || packed(DOCKER, &["", ".gzip", ".zstd"])
}

/// Whether a layer of this type is not to be kept in registries (OCI layer.md, "Non-Distributable Layers").
pub(crate) fn is_foreign(media_type: &str) -> bool {
    media_type.contains(".nondistributable.") || media_type.contains(".foreign.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_without_names_is_written_as_docker_does() {
        let image = DockerImage { config: "c".into(), repo_tags: vec![], layers: vec!["l".into()] };
        let text = serde_json::to_string(&image).unwrap();
        assert_eq!(text, r#"{"Config":"c","RepoTags":null,"Layers":["l"]}"#);
        assert_eq!(serde_json::from_str::<DockerImage>(&text).unwrap(), image);
    }

    #[test]
    fn layers_are_told_from_other_content() {
        use oci::image::media_type;
        for layer in
            [media_type::LAYER, media_type::LAYER_GZIP, media_type::LAYER_ZSTD, media_type::DOCKER_LAYER]
        {
            assert!(is_layer(layer), "{layer}");
        }
        for other in
            ["", "application/vnd.in-toto+json", "application/vnd.oci.image.layer.v1.tar+gzip+encrypted"]
        {
            assert!(!is_layer(other), "{other}");
        }
    }
}

//! Images as registries have them: layers, a configuration, a manifest, made in memory.

use crate::digest::sha256;
use flate2::{Compression, GzBuilder, read::MultiGzDecoder};
use serde_json::{Value, json};
use std::io::{Read as _, Write as _};

const OCI_MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const OCI_INDEX: &str = "application/vnd.oci.image.index.v1+json";
const OCI_CONFIGURATION: &str = "application/vnd.oci.image.config.v1+json";
const OCI_LAYER: &str = "application/vnd.oci.image.layer.v1.tar";
const DOCKER_MANIFEST: &str = "application/vnd.docker.distribution.manifest.v2+json";
const DOCKER_INDEX: &str = "application/vnd.docker.distribution.manifest.list.v2+json";
const DOCKER_CONFIGURATION: &str = "application/vnd.docker.container.image.v1+json";
const DOCKER_LAYER: &str = "application/vnd.docker.image.rootfs.diff.tar";

/// What an image is to be like.
#[derive(Debug, Clone)]
pub struct Recipe {
    layers: Vec<Vec<u8>>,
    is_docker: bool,
    architecture: String,
    command: Vec<String>,
}

impl Recipe {
    /// An OCI image for this machine with these layers: archives, as they are or compressed with gzip or Zstandard.
    #[must_use]
    pub fn new(layers: &[Vec<u8>]) -> Self {
        let architecture = architecture().to_owned();
        Self { layers: layers.to_vec(), is_docker: false, architecture, command: vec!["/bin/sh".into()] }
    }

    /// In Docker's formats, schema 2.
    #[must_use]
    pub fn docker(mut self) -> Self {
        self.is_docker = true;
        self
    }

    /// For another architecture, in Go's words: `amd64`, `arm64`.
    #[must_use]
    pub fn architecture(mut self, name: &str) -> Self {
        name.clone_into(&mut self.architecture);
        self
    }

    /// With a command of its own.
    #[must_use]
    pub fn command(mut self, words: &[&str]) -> Self {
        self.command = words.iter().map(|&word| word.to_owned()).collect();
        self
    }

    /// Makes it.
    ///
    /// # Panics
    /// If a layer cannot be uncompressed.
    #[must_use]
    pub fn make(&self) -> Image {
        let layers: Vec<Blob> = self.layers.iter().map(|bytes| self.layer(bytes)).collect();
        let diff_ids: Vec<String> = self.layers.iter().map(|bytes| sha256(&uncompressed(bytes))).collect();
        let configuration = json!({
            "architecture": self.architecture,
            "os": "linux",
            "config": { "Env": ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"], "Cmd": self.command },
            "rootfs": { "type": "layers", "diff_ids": diff_ids },
            "history": layers.iter().map(|_| json!({ "created_by": "a test" })).collect::<Vec<_>>(),
        });
        let media_type = if self.is_docker { DOCKER_CONFIGURATION } else { OCI_CONFIGURATION };
        let configuration = Blob::new(media_type, configuration.to_string().into_bytes());
        let media_type = if self.is_docker { DOCKER_MANIFEST } else { OCI_MANIFEST };
        let manifest = json!({
            "schemaVersion": 2,
            "mediaType": media_type,
            "config": configuration.descriptor(),
            "layers": layers.iter().map(Blob::descriptor).collect::<Vec<_>>(),
        });
        let manifest = Blob::new(media_type, manifest.to_string().into_bytes());
        Image { manifest, configuration, layers, architecture: self.architecture.clone() }
    }

    fn layer(&self, bytes: &[u8]) -> Blob {
        let (plain, separator) = if self.is_docker { (DOCKER_LAYER, '.') } else { (OCI_LAYER, '+') };
        let media_type = match Packing::of(bytes) {
            Packing::None => plain.to_owned(),
            Packing::Gzip => format!("{plain}{separator}gzip"),
            Packing::Zstandard => format!("{plain}{separator}zstd"),
        };
        Blob::new(&media_type, bytes.to_vec())
    }
}

/// Some bytes of an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blob {
    /// `sha256:…`.
    pub digest: String,
    /// What kind of document it is.
    pub media_type: String,
    /// The bytes.
    pub bytes: Vec<u8>,
}

impl Blob {
    fn new(media_type: &str, bytes: Vec<u8>) -> Self {
        Self { digest: sha256(&bytes), media_type: media_type.to_owned(), bytes }
    }

    /// How other documents name it.
    #[must_use]
    pub fn descriptor(&self) -> Value {
        json!({ "mediaType": self.media_type, "digest": self.digest, "size": self.bytes.len() })
    }
}

/// A whole image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    /// The manifest.
    pub manifest: Blob,
    /// The configuration.
    pub configuration: Blob,
    /// The layers, the lowest first.
    pub layers: Vec<Blob>,
    /// The architecture.
    pub architecture: String,
}

impl Image {
    /// An index of images, in the formats of the first.
    ///
    /// # Panics
    /// If there is none.
    #[must_use]
    pub fn index(images: &[&Self]) -> Blob {
        let first = images.first().expect("an index has an image");
        let is_docker = first.manifest.media_type == DOCKER_MANIFEST;
        let media_type = if is_docker { DOCKER_INDEX } else { OCI_INDEX };
        let manifests = images.iter().map(|image| {
            let mut descriptor = image.manifest.descriptor();
            descriptor["platform"] = json!({ "architecture": image.architecture, "os": "linux" });
            descriptor
        });
        let index = json!({
            "schemaVersion": 2,
            "mediaType": media_type,
            "manifests": manifests.collect::<Vec<_>>(),
        });
        Blob::new(media_type, index.to_string().into_bytes())
    }
}

/// This machine's architecture in Go's words.
#[must_use]
pub fn architecture() -> &'static str {
    match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    }
}

/// Compresses with gzip; the same bytes give the same.
///
/// # Panics
/// Never: memory takes it.
#[must_use]
pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut writer = GzBuilder::new().write(Vec::new(), Compression::fast());
    writer.write_all(bytes).expect("memory takes it");
    writer.finish().expect("memory takes it")
}

/// Compresses with Zstandard.
///
/// # Panics
/// Never: memory takes it.
#[must_use]
pub fn zstandard(bytes: &[u8]) -> Vec<u8> {
    zstd::encode_all(bytes, 1).expect("memory takes it")
}

/// Bytes that do not compress, the same for the same seed.
#[must_use]
pub fn noise(seed: u64, length: usize) -> Vec<u8> {
    // a step of SplitMix64
    let mut state = seed;
    let mut step = || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut value = (state ^ state >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        value = (value ^ value >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        value ^ value >> 31
    };
    let mut bytes: Vec<u8> = (0..length.div_ceil(8)).flat_map(|_| step().to_le_bytes()).collect();
    bytes.truncate(length);
    bytes
}

enum Packing {
    None,
    Gzip,
    Zstandard,
}

impl Packing {
    fn of(bytes: &[u8]) -> Self {
        match bytes {
            [0x1f, 0x8b, ..] => Self::Gzip,
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Self::Zstandard,
            _ => Self::None,
        }
    }
}

fn uncompressed(bytes: &[u8]) -> Vec<u8> {
    let mut plain = Vec::new();
    match Packing::of(bytes) {
        Packing::None => plain.extend_from_slice(bytes),
        Packing::Gzip => drop(MultiGzDecoder::new(bytes).read_to_end(&mut plain).expect("it is gzip")),
        Packing::Zstandard => plain = zstd::decode_all(bytes).expect("it is Zstandard"),
    }
    plain
}

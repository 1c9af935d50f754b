//! How large an image is.

use super::Image;
use crate::Engine;
use store::layers;

/// Bytes of the files in an image's layers, uncompressed; what Docker shows as SIZE. A layer that is shared counts in each image.
#[must_use]
pub fn size(engine: &Engine, image: &Image) -> u64 {
    let layers = &image.configuration.rootfs.diff_ids;
    layers.iter().filter_map(|layer| layers::meta(engine.store(), layer).ok()).map(|meta| meta.size).sum()
}

//! How large an image is.

use super::Image;
use store::{Store, layers};

/// Bytes of the files in an image's layers, uncompressed; what Docker shows as SIZE. A layer that is shared counts in each image.
#[must_use]
pub fn size(store: &Store, image: &Image) -> u64 {
    let layers = &image.configuration.rootfs.diff_ids;
    layers.iter().filter_map(|layer| layers::meta(store, layer).ok()).map(|meta| meta.size).sum()
}

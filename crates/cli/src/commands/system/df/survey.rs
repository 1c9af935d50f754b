//! What takes how much of the disk.

use super::Total;
use crate::commands::volume;
use crate::failure::Outcome;
use engine::Engine;
use engine::containers::{self, Container};
use engine::images::{self, Image};
use engine::store::{cache, collect, layers};
use engine::volumes::{self, Volume};
use oci::{DiffId, Digest};
use std::collections::{BTreeSet, HashMap, HashSet};

/// How the build cache is called.
pub(super) const CACHE: &str = "Build Cache";

/// Everything in the store with its size in bytes.
#[derive(Debug)]
pub(super) struct Survey {
    /// Images, and the number of containers of each.
    pub(super) images: Vec<(Image, usize)>,
    /// Containers with the bytes of their changes.
    pub(super) containers: Vec<(Container, u64)>,
    /// Volumes with their bytes and the number of containers that use them.
    pub(super) volumes: Vec<(Volume, u64, usize)>,
    /// Build steps by key.
    pub(super) cache: Vec<(Digest, cache::Record)>,
    /// Bytes of each layer, and in how many images it is.
    layers: HashMap<DiffId, (u64, usize)>,
}

impl Survey {
    /// Measures everything.
    ///
    /// # Errors
    /// What the system reports.
    pub(super) fn new(engine: &Engine) -> Outcome<Self> {
        let containers = containers::list(engine)?;
        let users = |image: &Image| containers.iter().filter(|c| c.record.image == image.id).count();
        let images = images::list(engine.store())?.into_iter().map(|image| (users(&image), image));
        let images: Vec<(Image, usize)> = images.map(|(users, image)| (image, users)).collect();
        let uses = volume::uses(engine)?;
        let volumes = volumes::list(engine)?.into_iter().map(|volume| {
            let bytes = collect::disk_usage(&volumes::data(engine, &volume.name));
            let users = uses.get(&volume.name).copied().unwrap_or(0);
            (volume, bytes, users)
        });
        let cache = cache::list(engine.store()).map_err(engine::Error::from)?;
        let layers = measure(engine, &images, &cache);
        let volumes = volumes.collect();
        let containers = containers.into_iter().map(|container| {
            let bytes = containers::size::of_changes(engine, &container.record.id);
            (container, bytes)
        });
        Ok(Self { containers: containers.collect(), images, volumes, cache, layers })
    }

    /// The four kinds in Docker's order.
    pub(super) fn totals(&self) -> [(&'static str, Total); 4] {
        let containers =
            self.containers.iter().map(|(container, bytes)| (container.status.is_running(), *bytes));
        let volumes = self.volumes.iter().map(|(_, bytes, users)| (*users > 0, *bytes));
        [
            ("Images", self.images_total()),
            ("Containers", total(containers)),
            ("Local Volumes", total(volumes)),
            (CACHE, total(self.cache.iter().map(|(_, record)| (false, self.own_bytes(record))))),
        ]
    }

    /// A layer counts once, however many images share it.
    fn images_total(&self) -> Total {
        let layers = |active: bool| {
            let images = self.images.iter().filter(move |(_, users)| !active || *users > 0);
            let layers: BTreeSet<&DiffId> =
                images.flat_map(|(image, _)| &image.configuration.rootfs.diff_ids).collect();
            layers.into_iter().map(|layer| self.bytes_of(layer)).sum::<u64>()
        };
        let active = self.images.iter().filter(|(_, users)| *users > 0).count();
        let bytes = layers(false);
        Total { count: self.images.len(), active, bytes, reclaimable: bytes.saturating_sub(layers(true)) }
    }

    fn bytes_of(&self, layer: &DiffId) -> u64 {
        self.layers.get(layer).map_or(0, |(bytes, _)| *bytes)
    }

    /// Bytes of an image, and those of them that are in layers of other images too.
    pub(super) fn image_bytes(&self, image: &Image) -> (u64, u64) {
        let layers = image.configuration.rootfs.diff_ids.iter();
        layers.filter_map(|layer| self.layers.get(layer)).fold((0, 0), |(all, shared), (bytes, images)| {
            (all + bytes, shared + if *images > 1 { *bytes } else { 0 })
        })
    }

    /// Bytes of a step's layer, if no image has it.
    pub(super) fn own_bytes(&self, record: &cache::Record) -> u64 {
        let layer = record.layer.and_then(|layer| self.layers.get(&layer));
        layer.map_or(0, |(bytes, images)| if *images == 0 { *bytes } else { 0 })
    }
}

/// Sizes of all layers, and in how many images each of them is. A layer that is gone has none.
fn measure(
    engine: &Engine,
    images: &[(Image, usize)],
    cache: &[(Digest, cache::Record)],
) -> HashMap<DiffId, (u64, usize)> {
    let size = |layer: &DiffId| layers::meta(engine.store(), layer).map_or(0, |meta| meta.size);
    let mut measured = HashMap::new();
    for (image, _) in images {
        // an image may have a layer twice
        let layers: HashSet<&DiffId> = image.configuration.rootfs.diff_ids.iter().collect();
        for layer in layers {
            measured.entry(*layer).or_insert_with(|| (size(layer), 0)).1 += 1;
        }
    }
    for layer in cache.iter().filter_map(|(_, record)| record.layer) {
        measured.entry(layer).or_insert_with(|| (size(&layer), 0));
    }
    measured
}

/// The total of things that are in use or not, with their bytes.
fn total(things: impl Iterator<Item = (bool, u64)>) -> Total {
    things.fold(Total::default(), |total, (is_active, bytes)| Total {
        count: total.count + 1,
        active: total.active + usize::from(is_active),
        bytes: total.bytes.saturating_add(bytes),
        reclaimable: total.reclaimable.saturating_add(if is_active { 0 } else { bytes }),
    })
}

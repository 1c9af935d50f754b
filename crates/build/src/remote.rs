//! Build cache in registries: records of steps, with the layers that they made, as an artifact under a name.
//!
//! The keys of steps are digests of their inputs, layers included, so that they mean the same on every machine. A record that is found brings its layer here
//! only when its step is asked for. The artifact is an image manifest whose configuration lists the records; `layers[n]` of the configuration is the
//! diff-id of the manifest's layer `n`.

use crate::{Caller, Event, EventKind, Result};
use engine::Engine;
use engine::images::pull::{Artifact as Found, fetch_artifact, fetch_layer};
use engine::images::push::{Artifact, push_artifact};
use engine::store::cache::Record;
use engine::store::leases::Lease;
use oci::{DiffId, Digest, Reference};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Instant;

/// The type of the configuration of such an artifact.
const MEDIA_TYPE: &str = "application/vnd.tare.buildcache.config.v1+json";

/// Changes when the meaning of the configuration changes.
const VERSION: u32 = 1;

/// Steps of exports have numbers that no other step has.
const EXPORTS: usize = 1 << 20;

/// Where records are written to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Export {
    /// The name of the artifact.
    pub name: Reference,
    /// Records of all stages, not only of those that the image has layers of (BuildKit's `mode=max`).
    pub all: bool,
}

#[derive(Debug, Serialize, Deserialize)]
struct Content {
    version: u32,
    layers: Vec<DiffId>,
    records: Vec<Entry>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Entry {
    key: Digest,
    #[serde(flatten)]
    record: Record,
}

/// Records of registries.
pub(crate) struct Imports<'a> {
    engine: &'a Engine,
    caller: Caller<'a>,
    sources: Vec<Source>,
}

struct Source {
    found: Found,
    records: HashMap<Digest, Record>,
    /// Places of layers in the manifest.
    places: HashMap<DiffId, usize>,
}

impl<'a> Imports<'a> {
    /// Reads the lists of records of these names. One that cannot be had costs time only, and is told.
    pub(crate) fn read(engine: &'a Engine, caller: Caller<'a>, names: &[Reference]) -> Result<Self> {
        let mut sources = Vec::new();
        for name in names {
            match fetch_artifact(caller.client, name, MEDIA_TYPE) {
                Ok((found, text)) => sources.extend(source(found, &text, name, caller)),
                Err(engine::images::Error::Registry(registry::Error::Canceled)) => {
                    return Err(crate::Error::Canceled);
                }
                Err(error) => (caller.warn)(&format!("build cache is not imported: {error}")),
            }
        }
        Ok(Self { engine, caller, sources })
    }

    /// The record of a key, with its layer in the store.
    pub(crate) fn find(&self, key: &Digest, lease: &Lease) -> Result<Option<Record>> {
        for source in &self.sources {
            let Some(record) = source.records.get(key) else { continue };
            let Some(layer) = record.layer else { continue };
            let Some(place) = source.places.get(&layer) else { continue };
            match fetch_layer(self.engine.store(), self.caller.client, &source.found, *place, &layer, lease) {
                Ok(()) => return Ok(Some(record.clone())),
                Err(engine::images::Error::Registry(registry::Error::Canceled)) => {
                    return Err(crate::Error::Canceled);
                }
                // the step is carried out instead
                Err(error) => (self.caller.warn)(&format!("build cache is not used: {error}")),
            }
        }
        Ok(None)
    }
}

fn source(found: Found, text: &[u8], name: &Reference, caller: Caller<'_>) -> Option<Source> {
    let content: Content = match oci::document::parse(text) {
        Ok(content) => content,
        Err(error) => {
            (caller.warn)(&format!("build cache is not imported: {}: {error}", name.familiar()));
            return None;
        }
    };
    if content.version != VERSION || content.layers.len() != found.layers() {
        (caller.warn)(&format!("build cache is not imported: {}: of another version", name.familiar()));
        return None;
    }
    let places = content.layers.iter().enumerate().map(|(place, layer)| (*layer, place)).collect();
    let records = content.records.into_iter().map(|entry| (entry.key, entry.record)).collect();
    Some(Source { found, records, places })
}

/// Writes the records of a build to a registry, as a step that people see. `image` are the layers of the image.
pub(crate) fn export(
    engine: &Engine,
    caller: Caller<'_>,
    exports: &[Export],
    records: &BTreeMap<Digest, Record>,
    image: &[DiffId],
) -> Result<()> {
    for (number, export) in exports.iter().enumerate() {
        let name = format!("[internal] export build cache to {}", export.name);
        let tell = |kind| {
            (caller.progress)(Event { step: EXPORTS + number, of: 0, name: name.clone(), kind });
        };
        tell(EventKind::Started);
        let begin = Instant::now();
        let is_wanted =
            |record: &Record| record.layer.is_some_and(|layer| export.all || image.contains(&layer));
        let wanted = records.iter().filter(|(_, record)| is_wanted(record));
        let records: Vec<Entry> =
            wanted.map(|(key, record)| Entry { key: *key, record: record.clone() }).collect();
        let layers: BTreeSet<DiffId> = records.iter().filter_map(|entry| entry.record.layer).collect();
        let layers: Vec<DiffId> = layers.into_iter().collect();
        let content = Content { version: VERSION, layers: layers.clone(), records };
        let configuration = serde_json::to_vec(&content).expect("plain data serialises");
        let artifact =
            Artifact { name: &export.name, media_type: MEDIA_TYPE, configuration, layers: &layers };
        match push_artifact(engine.store(), caller.client, artifact, &|_| {}) {
            Ok(_) => {
                let milliseconds = u64::try_from(begin.elapsed().as_millis()).unwrap_or(u64::MAX);
                tell(EventKind::Finished { milliseconds });
            }
            Err(engine::images::Error::Registry(registry::Error::Canceled)) => {
                tell(EventKind::Canceled);
                return Err(crate::Error::Canceled);
            }
            Err(error) => {
                tell(EventKind::Failed { message: error.to_string() });
                return Err(error.into());
            }
        }
    }
    Ok(())
}

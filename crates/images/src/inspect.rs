//! What is known of an image, in the shape of Docker's `image inspect` (Engine API 1.51).

pub mod remote;

use super::names::{self, Alias};
use super::size;
use crate::error::Result;
use oci::image::{Configuration, Descriptor, Execution};
use oci::{DiffId, Platform};
use serde_json::{Map, Value, json};
use store::{Store, refs};

/// What Docker writes for no time.
const NO_TIME: &str = "0001-01-01T00:00:00Z";

/// Everything that is known of an image, with Docker's keys in Docker's order.
///
/// # Errors
/// [`crate::Error::NoImage`], or [`crate::Error::NotOffered`] for a platform that it is not for.
pub fn inspect(store: &Store, name: &str, platform: Option<&Platform>) -> Result<Value> {
    let (image, target) = names::resolve_for(store, name, platform)?;
    let mut aliases = names::aliases(store, &image.id)?;
    aliases.retain(|alias| !alias.is_dangling());
    let configuration = &image.configuration;
    let last = configuration.history.last();
    let mut document = Map::new();
    let mut put = |key: &str, value: Value| document.insert(key.to_owned(), value);
    put("Id", json!(image.id));
    put("RepoTags", json!(tags(&aliases)));
    put("RepoDigests", json!(digests(&aliases)));
    put("Parent", json!(""));
    put("Comment", json!(last.and_then(|step| step.comment.clone()).unwrap_or_default()));
    if let Some(created) = &configuration.created {
        put("Created", json!(created));
    }
    put("DockerVersion", configuration.other.get("docker_version").cloned().unwrap_or_else(|| json!("")));
    put("Author", json!(configuration.author.clone().unwrap_or_default()));
    put("Config", execution(&configuration.config));
    platform_of(configuration, &mut put);
    put("Size", json!(size::size(store, &image)));
    put("GraphDriver", json!({"Data": null, "Name": "overlayfs"}));
    put("RootFS", root(&image.configuration.rootfs.diff_ids));
    put("Metadata", json!({"LastTagTime": last_tagged(store, &aliases)?}));
    put("Descriptor", descriptor(&target));
    Ok(Value::Object(document))
}

fn tags(aliases: &[Alias]) -> Vec<String> {
    aliases.iter().filter(|alias| alias.name.tag().is_some()).map(|alias| alias.name.familiar()).collect()
}

fn digests(aliases: &[Alias]) -> Vec<String> {
    let mut digests: Vec<String> = aliases
        .iter()
        .map(|alias| format!("{}@{}", alias.name.familiar_name(), alias.target.digest))
        .collect();
    digests.sort();
    digests.dedup();
    digests
}

/// Docker's `Config`: sorted by key, some keys there even when they are empty.
fn execution(execution: &Execution) -> Value {
    let mut set = match serde_json::to_value(execution) {
        Ok(Value::Object(set)) => set,
        _ => Map::new(),
    };
    for key in ["Cmd", "Entrypoint", "Env", "Labels", "OnBuild", "Volumes"] {
        set.entry(key).or_insert(Value::Null);
    }
    for key in ["User", "WorkingDir"] {
        set.entry(key).or_insert_with(|| json!(""));
    }
    set.sort_keys();
    Value::Object(set)
}

fn platform_of(configuration: &Configuration, put: &mut dyn FnMut(&str, Value) -> Option<Value>) {
    put("Architecture", json!(configuration.architecture));
    if let Some(variant) = &configuration.variant {
        put("Variant", json!(variant));
    }
    put("Os", json!(configuration.os));
    if let Some(version) = configuration.other.get("os.version") {
        put("OsVersion", version.clone());
    }
}

fn root(layers: &[DiffId]) -> Value {
    if layers.is_empty() { json!({"Type": "layers"}) } else { json!({"Type": "layers", "Layers": layers}) }
}

fn last_tagged(store: &Store, aliases: &[Alias]) -> Result<String> {
    let mut last = None;
    for alias in aliases {
        last = last.max(refs::set_at(store, &alias.name)?);
    }
    let last = last.and_then(|time| jiff::Timestamp::try_from(time).ok());
    Ok(last.map_or_else(|| NO_TIME.to_owned(), |time| time.to_string()))
}

fn descriptor(target: &Descriptor) -> Value {
    json!({"mediaType": target.media_type, "digest": target.digest, "size": target.size})
}

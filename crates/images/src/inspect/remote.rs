//! What is known of an image that is in a registry, from its documents alone: no layer is fetched.

use super::{descriptor, execution, platform_of, root};
use crate::error::Result;
use crate::pull::{Pull, Resolver};
use registry::Client;
use serde_json::{Map, Value, json};
use store::Store;
use store::leases::Lease;

/// What is known of an image of a registry, with the keys of [`super::inspect`] as far as they are known, and its layers as they are there.
///
/// # Errors
/// As [`crate::pull::pull`].
pub fn inspect(store: &Store, client: &Client, pull: &Pull) -> Result<Value> {
    let route = client.route(&pull.name)?;
    let lease = Lease::new(store)?;
    let resolved = Resolver { store, client, route: &route, lease: &lease, pull }.resolve()?;
    let (manifest, configuration) = (&resolved.manifest, &resolved.configuration);
    let last = configuration.history.last();
    let name = &pull.name;
    let mut document = Map::new();
    let mut put = |key: &str, value: Value| document.insert(key.to_owned(), value);
    put("Id", json!(manifest.config.digest));
    put("RepoTags", name.tag().map_or_else(|| json!([]), |_| json!([name.familiar()])));
    put("RepoDigests", json!([format!("{}@{}", name.familiar_name(), resolved.target.digest)]));
    put("Comment", json!(last.and_then(|step| step.comment.clone()).unwrap_or_default()));
    if let Some(created) = &configuration.created {
        put("Created", json!(created));
    }
    put("Author", json!(configuration.author.clone().unwrap_or_default()));
    put("Config", execution(&configuration.config));
    platform_of(configuration, &mut put);
    put("Size", json!(manifest.layers.iter().map(|layer| layer.size).sum::<u64>()));
    put("RootFS", root(&configuration.rootfs.diff_ids));
    put("Descriptor", descriptor(&resolved.target));
    put("Layers", manifest.layers.iter().map(descriptor).collect());
    Ok(Value::Object(document))
}

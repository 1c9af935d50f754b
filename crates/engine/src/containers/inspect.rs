//! A container as `docker inspect` shows it: Docker 28's keys in Docker's order, and its choice between `null`, `[]` and no key at all, which clients in
//! typed languages depend on. What this engine does not have is shown as Docker shows it where it is not used.

mod host;
mod network;
mod settings;

use super::directory::Directory;
use super::record::{MountKind, MountPoint, Record};
use super::status::Container;
use super::{find, size};
use crate::Engine;
use crate::error::Result;
use serde_json::{Map, Value, json};
use std::path::Path;

/// How Docker writes a time that never was.
const NEVER: &str = "0001-01-01T00:00:00Z";

/// Shows a container; with `size` also how large it is, which takes a walk through its changes.
///
/// # Errors
/// [`crate::Error::NoContainer`], or damage.
pub fn inspect(engine: &Engine, reference: &str, size: bool) -> Result<Value> {
    let container = find(engine, reference)?;
    let mut shown = show(engine, &container)?;
    if size {
        let changes = size::of_changes(engine, &container.record.id);
        let layers = size::of_layers(engine, &container.record);
        let sizes = [("SizeRw", json!(changes)), ("SizeRootFs", json!(changes.saturating_add(layers)))];
        insert_after(&mut shown, "GraphDriver", sizes);
    }
    Ok(shown)
}

fn show(engine: &Engine, container: &Container) -> Result<Value> {
    let record = &container.record;
    let directory = Directory::new(engine, &record.id);
    let file = |name: &str| {
        let path = directory.data.join(name);
        if path.exists() { text(&path) } else { json!("") }
    };
    let (program, arguments) = record.command.split_first().map_or(("", &[][..]), |(p, a)| (p.as_str(), a));
    Ok(object([
        ("Id", json!(record.id)),
        ("Created", json!(record.created)),
        ("Path", json!(program)),
        ("Args", json!(arguments)),
        ("State", state(container)),
        ("Image", json!(record.image.to_string())),
        ("ResolvConfPath", file("resolv.conf")),
        ("HostnamePath", file("hostname")),
        ("HostsPath", file("hosts")),
        ("LogPath", file("log")),
        ("Name", json!(format!("/{}", record.name))),
        ("RestartCount", json!(0)),
        ("Driver", json!("overlay2")),
        ("Platform", json!(record.platform.os)),
        ("MountLabel", json!("")),
        ("ProcessLabel", json!("")),
        ("AppArmorProfile", json!("")),
        ("ExecIDs", Value::Null),
        ("HostConfig", host::show(record)),
        ("GraphDriver", graph_driver(engine, record, &directory)),
        ("Mounts", record.mounts.iter().filter(|mount| is_shown(record, mount)).map(mount).collect()),
        ("Config", settings::show(record)),
        ("NetworkSettings", network::show(engine, container)?),
    ]))
}

/// A value with keys in this order.
fn object<const N: usize>(entries: [(&str, Value); N]) -> Value {
    Value::Object(entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
}

fn insert_after<const N: usize>(shown: &mut Value, key: &str, entries: [(&str, Value); N]) {
    let Value::Object(map) = shown else { return };
    let mut entries = Some(entries);
    let mut longer = Map::new();
    for (name, value) in std::mem::take(map) {
        let is_place = name == key;
        longer.insert(name, value);
        if is_place {
            longer.extend(entries.take().into_iter().flatten().map(|(name, value)| (name.to_owned(), value)));
        }
    }
    *map = longer;
}

fn text(path: &Path) -> Value {
    json!(path.to_string_lossy())
}

/// Docker's lists are null when nobody said anything.
fn list_or_null(list: &[String]) -> Value {
    if list.is_empty() { Value::Null } else { json!(list) }
}

fn state(container: &Container) -> Value {
    let state = &container.state;
    let time = |time: &Option<String>| json!(time.as_deref().unwrap_or(NEVER));
    object([
        ("Status", json!(container.status.name())),
        ("Running", json!(container.status.is_running())),
        ("Paused", json!(container.status == super::Status::Paused)),
        ("Restarting", json!(false)),
        ("OOMKilled", json!(state.oom_killed)),
        ("Dead", json!(false)),
        ("Pid", json!(container.init.map_or(0, |init| init.pid))),
        ("ExitCode", json!(state.exit_code)),
        ("Error", json!(state.error)),
        ("StartedAt", time(&state.started)),
        ("FinishedAt", time(&state.finished)),
    ])
}

fn graph_driver(engine: &Engine, record: &Record, directory: &Directory) -> Value {
    let layers = engine.data("layers/sha256");
    let lowers: Vec<String> = record
        .layers
        .iter()
        .rev()
        .map(|layer| layers.join(layer.0.hex()).join("fs").to_string_lossy().into_owned())
        .collect();
    json!({
        "Data": {
            "ID": record.id,
            "LowerDir": lowers.join(":"),
            "UpperDir": directory.data.join("rw/upper").to_string_lossy(),
            "WorkDir": directory.data.join("rw/work").to_string_lossy(),
        },
        "Name": "overlay2",
    })
}

/// `--tmpfs` is shown in `HostConfig` only.
fn is_shown(record: &Record, mount: &MountPoint) -> bool {
    mount.kind != MountKind::Tmpfs
        || !record.host.tmpfs.keys().any(|path| Path::new(path) == mount.destination)
}

fn mount(mount: &MountPoint) -> Value {
    let mode = if mount.read_only { "ro" } else { "" };
    let mut shown = Map::new();
    let mut put = |key: &str, value: Value| shown.insert(key.to_owned(), value);
    let propagation = match &mount.kind {
        MountKind::Bind => {
            put("Type", json!("bind"));
            put("Source", text(&mount.source));
            if mount.propagation.is_empty() { "rprivate" } else { &mount.propagation }
        }
        MountKind::Volume { name, .. } => {
            put("Type", json!("volume"));
            put("Name", json!(name));
            put("Source", text(&mount.source));
            ""
        }
        MountKind::Tmpfs => {
            put("Type", json!("tmpfs"));
            put("Source", json!(""));
            ""
        }
    };
    put("Destination", text(&mount.destination));
    if matches!(mount.kind, MountKind::Volume { .. }) {
        put("Driver", json!("local"));
    }
    put("Mode", json!(mode));
    put("RW", json!(!mount.read_only));
    put("Propagation", json!(propagation));
    Value::Object(shown)
}

#[cfg(test)]
mod tests;

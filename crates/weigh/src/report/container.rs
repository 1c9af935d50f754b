//! Weighing a container: its layers with its own command, and what it has changed.

use super::{About, Report, build};
use crate::error::Result;
use engine::Engine;
use engine::containers::directory::Directory;
use engine::containers::find;
use engine::images::find as images;
use engine::store::leases::Lease;
use oci::image::{Configuration, Execution, History, RootFs};

/// Weighs a container, by its name or id. Payload is what its own command reaches in its layers; its changes are the last layer.
///
/// # Errors
/// [`engine::Error::NoContainer`], what the store reports, or [`closure::Error`] if a file cannot be read.
pub fn container(engine: &Engine, reference: &str) -> Result<Report> {
    let record = find::find(engine, reference)?.record;
    let lease = Lease::new(engine.store())?;
    lease.hold(record.layers.iter().map(|layer| layer.0))?;
    let about = About {
        kind: "container".into(),
        name: record.name.clone(),
        id: Some(record.id.clone()),
        platform: Some(record.platform.to_string()),
        created: Some(record.created.clone()),
    };
    let execution =
        Execution { entrypoint: Some(record.command.clone()), cmd: None, ..record.execution.clone() };
    let configuration = Configuration {
        config: execution,
        rootfs: RootFs { diff_ids: record.layers.clone(), ..RootFs::default() },
        history: history(engine, &record.image.to_string()),
        ..Configuration::default()
    };
    let changes = Directory::new(engine, &record.id).data.join("rw/upper");
    build::report(engine, about, &configuration, changes.exists().then_some(changes.as_path()))
}

/// The history of its image, if that is still there.
fn history(engine: &Engine, image: &str) -> Vec<History> {
    images::find(engine.store(), image).map(|image| image.configuration.history).unwrap_or_default()
}

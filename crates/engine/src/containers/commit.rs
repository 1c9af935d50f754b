//! Making an image of a container: its changes become a layer on those of its image.

use super::copy::transfer::pump;
use super::directory::Directory;
use super::find;
use super::pause::{pause, unpause};
use super::status::Status;
use crate::Engine;
use crate::error::{At, Error, Result};
use images::commit::{self as recording, Committed};
use images::find::parse;
use images::names;
use oci::Reference;
use oci::image::{Configuration, Execution, History};
use std::fs::File;
use std::os::fd::AsFd;
use store::changeset::{self, Unpack};
use store::layers::{self, Draft, Durability};
use store::leases::Lease;

/// What the image is to be.
#[derive(Debug, Clone, Default)]
pub struct Commit {
    /// Who made it.
    pub author: Option<String>,
    /// A remark for its history.
    pub message: Option<String>,
    /// Its processes stand still while its files are read.
    pub pause: bool,
    /// Its names.
    pub names: Vec<Reference>,
}

/// Makes an image of a container's image and its changes, without what is mounted in it. `change` may change what containers of it start with.
///
/// # Errors
/// [`Error::NoContainer`], [`Error::Store`] if its image's documents are gone, or what the system reports.
pub fn commit(
    engine: &Engine,
    reference: &str,
    options: &Commit,
    change: &mut dyn FnMut(&mut Execution) -> Result<()>,
) -> Result<Committed> {
    options.names.iter().try_for_each(names::allow)?;
    let container = find(engine, reference)?;
    let record = &container.record;
    let base: Configuration = parse(engine.store(), &record.image)?;
    let lease = Lease::new(engine.store())?;
    lease.hold(record.layers.iter().map(|layer| layer.0))?;
    if record.layers.len() >= images::MAX_LAYERS {
        let limit = images::MAX_LAYERS;
        return Err(Error::Invalid(format!("the image would have more than {limit} layers")));
    }
    let is_paused = options.pause && container.status == Status::Running;
    if is_paused {
        pause(engine, &record.id)?;
    }
    let layer = changes(engine, &record.id, &lease);
    if is_paused {
        unpause(engine, &record.id)?;
    }
    let created = Some(jiff::Timestamp::now().to_string());
    let mut configuration = Configuration { created: created.clone(), ..base };
    configuration.author = options.author.clone().or(configuration.author);
    configuration.config = record.execution.clone();
    change(&mut configuration.config)?;
    configuration.rootfs.diff_ids = record.layers.clone();
    configuration.rootfs.diff_ids.push(layer?);
    configuration.history.push(History {
        created,
        created_by: Some(record.command.join(" ")),
        author: options.author.clone(),
        comment: options.message.clone(),
        empty_layer: false,
    });
    Ok(recording::commit(engine.store(), &configuration, &options.names)?)
}

/// The changes of a container as a layer: written as a tar and read again at the same time.
fn changes(engine: &Engine, id: &str, lease: &Lease) -> Result<oci::DiffId> {
    let upper = Directory::new(engine, id).data.join("rw/upper");
    let source = File::open(&upper).at("open", &upper)?;
    let draft = Draft::new(engine.store())?;
    let target = File::open(draft.fs()).at("open", draft.fs())?;
    pump(source.as_fd(), &changeset::Write::default(), target.as_fd(), &Unpack::default())?;
    Ok(layers::commit(engine.store(), draft, Durability::Later, lease)?.0)
}

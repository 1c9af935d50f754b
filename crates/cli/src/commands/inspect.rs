//! `tare inspect`: whatever has that name.

use super::{inspected, volume};
use crate::failure::{Failure, Outcome};
use crate::globals::Globals;
use engine::containers::inspect as containers;
use engine::{Engine, Error, images, volumes};
use serde_json::Value;

/// Arguments of `inspect`.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// json, or a Go template
    #[arg(short, long, default_value = "", hide_default_value = true)]
    format: String,
    /// Show sizes of containers
    #[arg(short, long)]
    size: bool,
    /// Only look for a container, image or volume
    #[arg(long = "type", value_parser = ["container", "image", "volume"], value_name = "TYPE")]
    kind: Option<String>,
    /// Names or ids
    #[arg(required = true, value_name = "NAME")]
    names: Vec<String>,
}

/// Kinds of objects, in the order in which they are looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Container,
    Image,
    Volume,
}

pub(crate) fn run(globals: &Globals, arguments: Arguments) -> Outcome {
    let engine = globals.engine()?;
    let kinds: &[Kind] = match arguments.kind.as_deref() {
        Some("container") => &[Kind::Container],
        Some("image") => &[Kind::Image],
        Some(_) => &[Kind::Volume],
        None => &[Kind::Container, Kind::Image, Kind::Volume],
    };
    inspected::print(&arguments.format, &arguments.names, |name| find(&engine, kinds, name, arguments.size))
}

/// The first object with that name.
fn find(engine: &Engine, kinds: &[Kind], name: &str, is_sized: bool) -> Outcome<Value> {
    for kind in kinds {
        let found = match kind {
            Kind::Container => containers::inspect(engine, name, is_sized),
            Kind::Image => images::inspect::inspect(engine.store(), name, None).map_err(Into::into),
            Kind::Volume => volumes::find(engine, name).map(|found| volume::document(engine, &found)),
        };
        match found {
            Err(Error::NoContainer(_) | Error::Image(images::Error::NoImage(_)) | Error::NoVolume(_))
                if kinds.len() > 1 => {}
            found => return Ok(found?),
        }
    }
    Err(Failure::new(format!("No such object: {name}")))
}

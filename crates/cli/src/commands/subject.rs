//! The image that a command looks into: found, or pulled as `run` does.

use super::image::pull::fetch;
use crate::failure::{Failure, Outcome};
use crate::flags::Policy;
use crate::registries;
use engine::Engine;
use engine::images::Error;
use engine::images::find::{self, Image};
use output::transfer::Stream;
use weigh::Subject;

/// Finds an image by name or id, and pulls it if the policy says so.
pub(super) fn image(engine: &Engine, name: &str, pull: Policy, quiet: bool) -> Outcome<Image> {
    let stream = if quiet { Stream::Nowhere } else { Stream::Error };
    let bring = || -> Outcome<Image> {
        let reference = registries::reference(name)?;
        fetch(engine, &registries::client(), &reference, None, stream)?;
        find::find(engine.store(), name).map_err(Failure::from)
    };
    if pull == Policy::Always {
        return bring();
    }
    match find::find(engine.store(), name) {
        Err(Error::NoImage(_)) if pull == Policy::Missing && registries::reference(name).is_ok() => bring(),
        found => found.map_err(Failure::from),
    }
}

/// Opens an image, or a container with its changes.
pub(super) fn open(engine: &Engine, name: &str, pull: Policy) -> Outcome<Subject> {
    match Subject::of_container(engine, name) {
        Err(weigh::Error::Engine(engine::Error::NoContainer(_))) => {}
        opened => return opened.map_err(super::strip::failure),
    }
    let image = image(engine, name, pull, false)?;
    Subject::open(engine, name, &image).map_err(super::strip::failure)
}

//! `tare tag`.

use crate::failure::{Failure, Outcome};
use crate::globals::Globals;
use engine::images::tag;
use oci::Reference;

/// Arguments of `tag`.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// An image, by name or id
    #[arg(value_name = "SOURCE_IMAGE[:TAG]")]
    source: String,
    /// A further name for it
    #[arg(value_name = "TARGET_IMAGE[:TAG]")]
    target: String,
}

pub(crate) fn run(globals: &Globals, arguments: Arguments) -> Outcome {
    let target: Reference = arguments.target.parse().map_err(|error| {
        Failure::new(format!(
            "error parsing reference: \"{}\" is not a valid repository/tag: {error}",
            arguments.target
        ))
    })?;
    tag::tag(globals.engine()?.store(), &arguments.source, &target)?;
    Ok(0)
}

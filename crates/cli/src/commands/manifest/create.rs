//! `tare manifest create`.

use crate::failure::Outcome;
use crate::globals::Globals;
use crate::registries;
use engine::images::manifests::{self, Existing};
use std::io::Write;

/// Arguments of `manifest create`.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Add to a list that is there
    #[arg(short, long)]
    amend: bool,
    /// Name of the list
    #[arg(value_name = "MANIFEST_LIST")]
    list: String,
    /// Images of registries
    #[arg(required = true, value_name = "MANIFEST")]
    images: Vec<String>,
}

pub(crate) fn run(globals: &Globals, arguments: Arguments) -> Outcome {
    let name = registries::reference(&arguments.list)?;
    let images =
        arguments.images.iter().map(|image| registries::reference(image)).collect::<Outcome<Vec<_>>>()?;
    let existing = if arguments.amend { Existing::Amend } else { Existing::Refuse };
    manifests::create(globals.engine()?.store(), &registries::client(), &name, &images, existing)?;
    writeln!(std::io::stdout(), "Created manifest list {name}")?;
    Ok(0)
}

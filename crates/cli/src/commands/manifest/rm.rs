//! `tare manifest rm`.

use crate::failure::Outcome;
use crate::globals::Globals;
use crate::registries;
use engine::images::manifests;

/// Arguments of `manifest rm`.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Lists
    #[arg(required = true, value_name = "MANIFEST_LIST")]
    lists: Vec<String>,
}

pub(crate) fn run(globals: &Globals, arguments: Arguments) -> Outcome {
    let engine = globals.engine()?;
    for list in &arguments.lists {
        manifests::remove(engine.store(), &registries::reference(list)?)?;
    }
    Ok(0)
}

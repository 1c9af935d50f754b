//! `tare manifest push`.

use crate::commands::image::push::show;
use crate::failure::Outcome;
use crate::globals::Globals;
use crate::registries;
use engine::images::manifests;
use output::transfer::{Stream, Transfers};
use std::io::Write;

/// Arguments of `manifest push`.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Forget the list afterwards
    #[arg(short, long)]
    purge: bool,
    /// Name of the list
    #[arg(value_name = "MANIFEST_LIST")]
    list: String,
}

pub(crate) fn run(globals: &Globals, arguments: Arguments) -> Outcome {
    let name = registries::reference(&arguments.list)?;
    let engine = globals.engine()?;
    let transfers = Transfers::new(Stream::Error);
    let digest =
        manifests::push(engine.store(), &registries::client(), &name, &|event| show(&transfers, &event))?;
    if arguments.purge {
        manifests::remove(engine.store(), &name)?;
    }
    writeln!(std::io::stdout(), "{digest}")?;
    Ok(0)
}

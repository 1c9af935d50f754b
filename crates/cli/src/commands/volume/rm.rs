//! `tare volume rm`.

use crate::commands::each::each;
use crate::failure::Outcome;
use crate::globals::Globals;
use engine::volumes;

/// Arguments of `volume rm`.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// A volume that is not there is no error
    #[arg(short, long)]
    force: bool,
    /// Volumes
    #[arg(required = true, value_name = "VOLUME")]
    volumes: Vec<String>,
}

pub(crate) fn run(globals: &Globals, arguments: Arguments) -> Outcome {
    let engine = globals.engine()?;
    each(&arguments.volumes, |name| Ok(volumes::remove(&engine, name, arguments.force)?))
}

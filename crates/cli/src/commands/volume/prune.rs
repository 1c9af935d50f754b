//! `tare volume prune`.

use crate::commands::reclaimed::{self, Reclaimed};
use crate::confirm::confirm;
use crate::failure::Outcome;
use crate::globals::Globals;
use engine::{Engine, volumes};
use output::filter::{Condition, Filters};

/// Arguments of `volume prune`.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Remove all unused volumes, not just anonymous ones
    #[arg(short, long)]
    all: bool,
    /// Only volumes that fit: label, all
    #[arg(long, value_name = "KEY=VALUE")]
    filter: Vec<Condition>,
    /// Do not prompt for confirmation
    #[arg(short, long)]
    force: bool,
}

pub(crate) fn run(globals: &Globals, arguments: Arguments) -> Outcome {
    let filters = Filters::new(arguments.filter, &["all", "label", "label!"])?;
    let all = arguments.all || filters.truth("all", false)?;
    let engine = globals.engine()?;
    let which = if all { "all local volumes" } else { "anonymous local volumes" };
    let warning = format!(
        "WARNING! This will remove {which} not used by at least one container.\nAre you sure you want to continue?"
    );
    if !arguments.force && !confirm(&warning)? {
        return Ok(0);
    }
    reclaimed::tell(&[prune(&engine, all, &filters)?])
}

/// Removes volumes that no container uses.
pub(in crate::commands) fn prune(engine: &Engine, all: bool, filters: &Filters) -> Outcome<Reclaimed> {
    let (names, bytes) =
        volumes::prune(engine, all, &|volume| filters.accepts_labels(&super::labels(volume)))?;
    Ok(Reclaimed { title: "Deleted Volumes:", lines: names, bytes })
}

//! `tare builder prune`.

use crate::commands::reclaimed::{self, Reclaimed};
use crate::confirm::confirm;
use crate::failure::Outcome;
use crate::globals::Globals;
use engine::{Engine, store, system};
use output::text;
use std::collections::HashSet;

/// Arguments of `builder prune`.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Remove all build cache, not just what no image shares
    #[arg(short, long)]
    all: bool,
    /// Do not prompt for confirmation
    #[arg(short, long)]
    force: bool,
}

pub(crate) fn run(globals: &Globals, arguments: Arguments) -> Outcome {
    let engine = globals.engine()?;
    let which = if arguments.all { "all build cache" } else { "all dangling build cache" };
    let warning = format!("WARNING! This will remove {which}. Are you sure you want to continue?");
    if !arguments.force && !confirm(&warning)? {
        return Ok(0);
    }
    reclaimed::tell(&[prune(&engine, arguments.all)?])
}

/// Forgets the results of build steps that no image shares, or all of them, and frees what they took.
pub(super) fn prune(engine: &Engine, all: bool) -> Outcome<Reclaimed> {
    let before = store::cache::list(engine.store()).map_err(engine::Error::from)?;
    if all {
        system::forget_build_cache(engine)?;
    } else {
        system::prune_build_cache(engine)?;
    }
    let after = store::cache::list(engine.store()).map_err(engine::Error::from)?;
    let kept: HashSet<_> = after.into_iter().map(|(key, _)| key).collect();
    let gone = before.into_iter().map(|(key, _)| key).filter(|key| !kept.contains(key));
    let lines = gone.map(|key| text::short_id(&key.to_string()).to_owned()).collect();
    let bytes = system::collect(engine)?.bytes;
    Ok(Reclaimed { title: "Deleted build cache objects:", lines, bytes })
}

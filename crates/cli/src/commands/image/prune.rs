//! `tare image prune`.

use super::wanted::Wanted;
use crate::commands::reclaimed::{self, Reclaimed};
use crate::confirm::confirm;
use crate::failure::Outcome;
use crate::globals::Globals;
use engine::Engine;
use engine::images::prune::{self, Scope};
use engine::images::remove::Removed;
use output::filter::Condition;

/// Arguments of `image prune`.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Remove all unused images, not just dangling ones
    #[arg(short, long)]
    all: bool,
    /// Only images that fit: dangling, label, until
    #[arg(long, value_name = "KEY=VALUE")]
    filter: Vec<Condition>,
    /// Do not prompt for confirmation
    #[arg(short, long)]
    force: bool,
}

pub(crate) fn run(globals: &Globals, arguments: Arguments) -> Outcome {
    let mut wanted = Wanted::pruned(arguments.filter)?;
    let all = wanted.take_all() || arguments.all;
    let which = if all {
        "all images without at least one container associated to them"
    } else {
        "all dangling images"
    };
    let engine = globals.engine()?;
    let warning = format!("WARNING! This will remove {which}.\nAre you sure you want to continue?");
    if !arguments.force && !confirm(&warning)? {
        return Ok(0);
    }
    reclaimed::tell(&[prune(&engine, all, &wanted)?])
}

/// Removes images that no container uses.
pub(in crate::commands) fn prune(engine: &Engine, all: bool, wanted: &Wanted) -> Outcome<Reclaimed> {
    let scope = if all { Scope::Unused } else { Scope::Dangling };
    let pruned =
        prune::prune(engine.store(), scope, &|image| wanted.accepts(image), &engine::system::usage(engine)?)?;
    let lines = pruned.removed.iter().map(line).collect();
    Ok(Reclaimed { title: "Deleted Images:", lines, bytes: pruned.bytes })
}

/// The line of `rmi`, begun with a small letter as Docker's prune does.
fn line(removed: &Removed) -> String {
    let line = removed.to_string();
    let rest = line.chars().skip(1);
    line.chars().take(1).map(|first| first.to_ascii_lowercase()).chain(rest).collect()
}

#[cfg(test)]
mod tests {
    use super::{Removed, line};

    #[test]
    fn lines_as_docker_prints_them() {
        assert_eq!(line(&Removed::Untagged("a:1".parse().expect("a name"))), "untagged: a:1");
        let id = oci::Digest::of(b"x");
        assert_eq!(line(&Removed::Image(id)), format!("deleted: {id}"));
    }
}

//! `tare system prune`.

use super::build_cache;
use crate::commands::container::prune as containers;
use crate::commands::image::{prune as images, wanted::Wanted};
use crate::commands::reclaimed::{self, Reclaimed};
use crate::commands::volume::prune as volumes;
use crate::confirm::confirm;
use crate::failure::{Failure, Outcome};
use crate::globals::Globals;
use engine::system;
use output::filter::{Condition, Filters};

/// Arguments of `system prune`.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Remove all unused images not just dangling ones
    #[arg(short, long)]
    all: bool,
    /// Only what fits: label, until; networks and build cache stay then
    #[arg(long, value_name = "KEY=VALUE")]
    filter: Vec<Condition>,
    /// Do not prompt for confirmation
    #[arg(short, long)]
    force: bool,
    /// Prune anonymous volumes
    #[arg(long)]
    volumes: bool,
}

pub(crate) fn run(globals: &Globals, arguments: Arguments) -> Outcome {
    let filters = Filters::new(arguments.filter.iter().cloned(), &["label", "label!", "until"])?;
    if arguments.volumes && filters.values("until").next().is_some() {
        return Err(Failure::new("ERROR: The \"until\" filter is not supported with \"--volumes\""));
    }
    let (stopped, unused) =
        (containers::Wanted::new(arguments.filter.clone())?, Wanted::pruned(arguments.filter.clone())?);
    let engine = globals.engine()?;
    if !arguments.force && !confirm(&warning(&arguments, &filters))? {
        return Ok(0);
    }
    let mut prunes = vec![containers::prune(&engine, &stopped)?];
    if filters.is_empty() {
        let names = system::sweep(&engine)?;
        prunes.push(Reclaimed { title: "Deleted Networks:", lines: names, bytes: 0 });
    }
    if arguments.volumes {
        prunes.push(volumes::prune(&engine, false, &filters)?);
    }
    prunes.push(images::prune(&engine, arguments.all, &unused)?);
    if filters.is_empty() {
        prunes.push(build_cache::prune(&engine, arguments.all)?);
    }
    reclaimed::tell(&prunes)
}

fn warning(arguments: &Arguments, filters: &Filters) -> String {
    let mut lines = vec!["all stopped containers", "all networks not used by at least one container"];
    if arguments.volumes {
        lines.push("all anonymous volumes not used by at least one container");
    }
    lines.extend(if arguments.all {
        ["all images without at least one container associated to them", "all build cache"]
    } else {
        ["all dangling images", "unused build cache"]
    });
    let mut text = String::from("WARNING! This will remove:\n");
    text.extend(lines.iter().flat_map(|line| ["  - ", line, "\n"]));
    if !filters.is_empty() {
        text.push_str("\n  Items to be pruned will be filtered with:\n");
        for key in ["label", "label!", "until"] {
            text.extend(filters.values(key).map(|value| format!("  - {key}={value}\n")));
        }
    }
    text + "\nAre you sure you want to continue?"
}

#[cfg(test)]
mod tests {
    use super::{Arguments, warning};
    use insta::assert_snapshot;
    use output::filter::Filters;

    fn arguments(all: bool) -> Arguments {
        Arguments { all, filter: Vec::new(), force: false, volumes: all }
    }

    #[test]
    fn warnings_as_docker_words_them() {
        assert_snapshot!(warning(&arguments(false), &Filters::default()), @"
        WARNING! This will remove:
          - all stopped containers
          - all networks not used by at least one container
          - all dangling images
          - unused build cache

        Are you sure you want to continue?
        ");
        let conditions = ["until=24h", "label=a"].map(|text| text.parse().expect("key=value"));
        let filters = Filters::new(conditions, &["label", "until"]).expect("known keys");
        assert_snapshot!(warning(&arguments(true), &filters), @"
        WARNING! This will remove:
          - all stopped containers
          - all networks not used by at least one container
          - all anonymous volumes not used by at least one container
          - all images without at least one container associated to them
          - all build cache

          Items to be pruned will be filtered with:
          - label=a
          - until=24h

        Are you sure you want to continue?
        ");
    }
}

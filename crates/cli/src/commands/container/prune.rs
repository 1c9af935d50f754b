//! `tare container prune`.

use crate::commands::reclaimed::{self, Reclaimed};
use crate::confirm::confirm;
use crate::failure::Outcome;
use crate::globals::Globals;
use engine::Engine;
use engine::containers::{Container, prune};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use output::filter::{Condition, Filters};
use output::time::moment;

/// Arguments of `container prune`.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Only containers that fit: label, until
    #[arg(long, value_name = "KEY=VALUE")]
    filter: Vec<Condition>,
    /// Do not prompt for confirmation
    #[arg(short, long)]
    force: bool,
}

pub(crate) fn run(globals: &Globals, arguments: Arguments) -> Outcome {
    let wanted = Wanted::new(arguments.filter)?;
    let engine = globals.engine()?;
    let warning = "WARNING! This will remove all stopped containers.\nAre you sure you want to continue?";
    if !arguments.force && !confirm(warning)? {
        return Ok(0);
    }
    reclaimed::tell(&[prune(&engine, &wanted)?])
}

/// Removes containers that do not run.
pub(in crate::commands) fn prune(engine: &Engine, wanted: &Wanted) -> Outcome<Reclaimed> {
    let pruned = prune::prune(engine, &|container| wanted.accepts(container))?;
    Ok(Reclaimed { title: "Deleted Containers:", lines: pruned.removed, bytes: pruned.bytes })
}

/// Which containers are to go.
#[derive(Debug)]
pub(in crate::commands) struct Wanted {
    filters: Filters,
    /// Created before.
    until: Option<Timestamp>,
}

impl Wanted {
    /// Reads the filters.
    pub(in crate::commands) fn new(conditions: Vec<Condition>) -> Outcome<Self> {
        let filters = Filters::new(conditions, &["label", "label!", "until"])?;
        let now = Timestamp::now();
        let until = filters.values("until").map(|text| moment::parse(text, now, &TimeZone::system()));
        let until = until.collect::<Result<Vec<_>, _>>()?.into_iter().min();
        Ok(Self { filters, until })
    }

    fn accepts(&self, container: &Container) -> bool {
        let record = &container.record;
        let is_old =
            |until: Timestamp| record.created.parse::<Timestamp>().is_ok_and(|created| created < until);
        self.filters.accepts_labels(&record.execution.labels) && self.until.is_none_or(is_old)
    }
}

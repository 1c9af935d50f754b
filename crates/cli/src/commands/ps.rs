//! `tare ps`.

pub(super) mod row;
mod selection;

use crate::failure::Outcome;
use crate::globals::Globals;
use engine::containers::{self, Container, Record, Status, reconcile, size};
use engine::{Engine, images};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use output::filter::{Condition, Filters};
use output::template::{self, Format, Row};
use row::Style;
use selection::Selection;
use std::collections::BTreeMap;

/// Columns without `--format`.
const TABLE: &str =
    "table {{.ID}}\t{{.Image}}\t{{.Command}}\t{{.RunningFor}}\t{{.Status}}\t{{.Ports}}\t{{.Names}}";

/// Arguments of `ps`.
#[derive(Debug, clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "independent switches of the command line")]
pub(crate) struct Arguments {
    /// Show all containers, not only running ones
    #[arg(short, long)]
    all: bool,
    /// Show only what this says, such as status=exited or label=KEY=VALUE
    #[arg(short, long, value_name = "KEY=VALUE")]
    filter: Vec<Condition>,
    /// Go template, "table TEMPLATE" or json
    #[arg(long, default_value = "", hide_default_value = true)]
    format: String,
    /// Show the last created ones, running or not
    #[arg(short = 'n', long, default_value_t = -1, allow_negative_numbers = true, value_name = "NUMBER")]
    last: i64,
    /// Show the last created one, running or not
    #[arg(short, long)]
    latest: bool,
    /// Do not shorten anything
    #[arg(long)]
    no_trunc: bool,
    /// Only print ids
    #[arg(short, long)]
    quiet: bool,
    /// Show sizes
    #[arg(short, long)]
    size: bool,
}

impl Arguments {
    fn format(&self) -> Outcome<Format> {
        if self.quiet {
            return Ok(Format::parse("{{.ID}}", "")?);
        }
        let table = if self.size { format!("{TABLE}\t{{{{.Size}}}}") } else { TABLE.to_owned() };
        Ok(Format::parse(&self.format, &table)?)
    }

    /// The most containers to show, if that was asked for.
    fn limit(&self) -> Option<usize> {
        let last = if self.latest && self.last == -1 { 1 } else { self.last };
        usize::try_from(last).ok().filter(|last| *last > 0)
    }
}

pub(crate) fn run(globals: &Globals, arguments: Arguments) -> Outcome {
    let format = arguments.format()?;
    let filters = Filters::new(arguments.filter.iter().cloned(), &selection::KEYS)?;
    let engine = globals.engine()?;
    let selection = Selection::new(&engine, &filters)?;
    let limit = arguments.limit();
    let shows_all = arguments.all || limit.is_some() || selection.names_a_status();
    let chosen = list(&engine)?
        .into_iter()
        .filter(|container| (shows_all || container.status.is_running()) && selection.accepts(container))
        .take(limit.unwrap_or(usize::MAX));
    let style = Style { truncates: !arguments.no_trunc, now: Timestamp::now(), zone: TimeZone::system() };
    let is_sized = arguments.size || format.mentions("Size");
    let mut names = ImageNames::default();
    let rows: Vec<Row> = chosen
        .map(|container| {
            let sizes = is_sized.then(|| sizes(&engine, &container.record));
            row::row(&container, &names.of(&engine, &container.record), sizes, &style)
        })
        .collect();
    template::list(&mut std::io::stdout(), &format, &row::HEADERS, rows)?;
    Ok(0)
}

/// All containers; those that lost their supervisor are settled first.
fn list(engine: &Engine) -> Outcome<Vec<Container>> {
    let containers = containers::list(engine)?;
    if containers.iter().all(|container| container.status != Status::Lost) {
        return Ok(containers);
    }
    reconcile::reconcile(engine)?;
    Ok(containers::list(engine)?)
}

fn sizes(engine: &Engine, record: &Record) -> row::Sizes {
    let changes = size::of_changes(engine, &record.id);
    row::Sizes { changes, whole: changes.saturating_add(size::of_layers(engine, record)) }
}

/// What the names of images stand for, each looked up once.
#[derive(Debug, Default)]
struct ImageNames(BTreeMap<String, Option<oci::Digest>>);

impl ImageNames {
    /// The image of a container as it was asked for, or its id if that name has gone to another image since.
    fn of(&mut self, engine: &Engine, record: &Record) -> String {
        let name = &record.image_name;
        let find = || images::find(engine.store(), name).ok().map(|image| image.id);
        let holder = self.0.entry(name.clone()).or_insert_with(find);
        if *holder == Some(record.image) { name.clone() } else { record.image.to_string() }
    }
}

//! `tare search`.

use crate::failure::{Failure, Outcome};
use crate::globals::Globals;
use crate::registries;
use output::filter::{Condition, Filters};
use output::template::{self, Format, Row};
use registry::Found;

const TABLE: &str = "table {{.Name}}\t{{.Description}}\t{{.StarCount}}\t{{.IsOfficial}}";
const HEADERS: &[(&str, &str)] = &[
    ("Name", "NAME"),
    ("Description", "DESCRIPTION"),
    ("StarCount", "STARS"),
    ("IsOfficial", "OFFICIAL"),
    ("IsAutomated", "AUTOMATED"),
];

/// Characters of a description that are shown, as Docker cuts it.
const SHOWN: usize = 45;

/// Arguments of `search`.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Only what fits: is-official, is-automated, stars
    #[arg(short, long, value_name = "KEY=VALUE")]
    filter: Vec<Condition>,
    /// table, table TEMPLATE, json, or a Go template
    #[arg(long, default_value = "", hide_default_value = true)]
    format: String,
    /// Most results
    #[arg(long, default_value_t = 25, value_parser = clap::value_parser!(u32).range(1..=100), value_name = "NUMBER")]
    limit: u32,
    /// Don't truncate output
    #[arg(long)]
    no_trunc: bool,
    /// What to look for; HOST/TERM looks in another registry than Docker Hub
    #[arg(value_name = "TERM")]
    term: String,
}

pub(crate) fn run(_: &Globals, arguments: Arguments) -> Outcome {
    let format = Format::parse(&arguments.format, TABLE)?;
    let filters = Filters::new(arguments.filter, &["is-automated", "is-official", "stars"])?;
    let (host, term) = match arguments.term.split_once('/') {
        Some((host, term)) if host.contains(['.', ':']) || host == "localhost" => (host, term),
        _ => ("docker.io", arguments.term.as_str()),
    };
    let found =
        registries::client().search(host, term, arguments.limit).map_err(engine::images::Error::from)?;
    let mut stars = 0;
    for value in filters.values("stars") {
        let number: u64 =
            value.parse().map_err(|_| Failure::new(format!("invalid filter 'stars={value}': no number")))?;
        stars = stars.max(number);
    }
    let truth = |key| -> Outcome<Option<bool>> {
        Ok(filters.values(key).next().is_some().then(|| filters.truth(key, true)).transpose()?)
    };
    let (official, automated) = (truth("is-official")?, truth("is-automated")?);
    let fits = |one: &Found| {
        one.stars >= stars
            && official.is_none_or(|wanted| one.official == wanted)
            && automated.is_none_or(|wanted| one.automated == wanted)
    };
    let shown = if arguments.no_trunc { usize::MAX } else { SHOWN };
    let rows = found.iter().filter(|one| fits(one)).map(|one| row(one, shown));
    template::list(&mut std::io::stdout().lock(), &format, HEADERS, rows.collect::<Vec<_>>())?;
    Ok(0)
}

fn row(found: &Found, shown: usize) -> Row {
    let ok = |truth: bool| if truth { "[OK]" } else { "" };
    let mut description = found.description.replace(char::is_control, " ");
    if description.chars().count() > shown {
        description = description.chars().take(shown - 1).chain(['…']).collect();
    }
    Row::default()
        .with("Name", found.name.replace(char::is_control, ""))
        .with("Description", description)
        .with("StarCount", found.stars.to_string())
        .with("IsOfficial", ok(found.official))
        .with("IsAutomated", ok(found.automated))
}

//! `tare system df`.

mod survey;
mod verbose;

use crate::failure::Outcome;
use crate::globals::Globals;
use output::size::decimal_precise;
use output::template::{self, Format, Row};
use survey::Survey;

const TABLE: &str = "table {{.Type}}\t{{.TotalCount}}\t{{.Active}}\t{{.Size}}\t{{.Reclaimable}}";
const HEADERS: &[(&str, &str)] = &[
    ("Type", "TYPE"),
    ("TotalCount", "TOTAL"),
    ("Active", "ACTIVE"),
    ("Size", "SIZE"),
    ("Reclaimable", "RECLAIMABLE"),
];

/// Arguments of `system df`.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// table, table TEMPLATE, json, or a Go template
    #[arg(long, default_value = "", hide_default_value = true, conflicts_with = "verbose")]
    format: String,
    /// Show every image, container, volume and build step
    #[arg(short, long)]
    verbose: bool,
}

pub(crate) fn run(globals: &Globals, arguments: Arguments) -> Outcome {
    let format = Format::parse(&arguments.format, TABLE)?;
    let survey = Survey::new(&globals.engine()?)?;
    let out = &mut std::io::stdout().lock();
    if arguments.verbose {
        verbose::write(out, &survey)?;
        return Ok(0);
    }
    let rows = survey.totals().into_iter().map(|(kind, total)| row(kind, total));
    template::list(out, &format, HEADERS, rows)?;
    Ok(0)
}

/// What one kind of thing takes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Total {
    /// How many there are.
    count: usize,
    /// How many are in use.
    active: usize,
    /// Bytes.
    bytes: u64,
    /// Bytes that a prune would free.
    reclaimable: u64,
}

/// The share in percent stands behind what is reclaimable, but not of the build cache, which is reclaimable by its nature.
fn row(kind: &str, total: Total) -> Row {
    let share =
        total.reclaimable.saturating_mul(100).checked_div(total.bytes).filter(|_| kind != survey::CACHE);
    let share = share.map(|percent| format!(" ({percent}%)")).unwrap_or_default();
    Row::default()
        .with("Type", kind)
        .with("TotalCount", total.count.to_string())
        .with("Active", total.active.to_string())
        .with("Size", decimal_precise(total.bytes))
        .with("Reclaimable", decimal_precise(total.reclaimable) + &share)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_docker_prints_it() {
        let used = Total { count: 5, active: 2, bytes: 16_430_000, reclaimable: 11_630_000 };
        let kinds = [("Images", used), ("Containers", Total::default()), (survey::CACHE, used)];
        let mut out = Vec::new();
        let format = Format::parse("", TABLE).expect("a good format");
        let rows = kinds.into_iter().map(|(kind, total)| row(kind, total));
        template::list(&mut out, &format, HEADERS, rows).expect("memory takes anything");
        insta::assert_snapshot!(String::from_utf8(out).expect("text"), @"
        TYPE          TOTAL     ACTIVE    SIZE      RECLAIMABLE
        Images        5         2         16.43MB   11.63MB (70%)
        Containers    0         0         0B        0B
        Build Cache   5         2         16.43MB   11.63MB
        ");
    }
}

//! `tare volume ls`.

use crate::failure::Outcome;
use crate::globals::Globals;
use engine::volumes::{self, Volume};
use output::filter::{Condition, Filters};
use output::template::{self, Format, Row};
use output::text;
use std::cmp::Ordering;
use std::path::Path;

const QUIET: &str = "{{.Name}}";
const TABLE: &str = "table {{.Driver}}\t{{.Name}}";
pub(in crate::commands) const HEADERS: &[(&str, &str)] = &[
    ("Name", "VOLUME NAME"),
    ("Driver", "DRIVER"),
    ("Scope", "SCOPE"),
    ("Mountpoint", "MOUNTPOINT"),
    ("Labels", "LABELS"),
    ("Links", "LINKS"),
    ("Size", "SIZE"),
    ("Group", "GROUP"),
    ("Availability", "AVAILABILITY"),
    ("Status", "STATUS"),
];

/// Arguments of `volume ls`.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Only volumes that fit: dangling, driver, label, name
    #[arg(short, long, value_name = "KEY=VALUE")]
    filter: Vec<Condition>,
    /// table, table TEMPLATE, json, or a Go template
    #[arg(long, default_value = "", hide_default_value = true)]
    format: String,
    /// Only display volume names
    #[arg(short, long)]
    quiet: bool,
}

pub(crate) fn run(globals: &Globals, arguments: Arguments) -> Outcome {
    let format = Format::parse(&arguments.format, if arguments.quiet { QUIET } else { TABLE })?;
    let filters = Filters::new(arguments.filter, &["dangling", "driver", "label", "label!", "name"])?;
    let dangling = filters.truth("dangling", true)?;
    let engine = globals.engine()?;
    let mut volumes = volumes::list(&engine)?;
    if filters.values("dangling").next().is_some() {
        let uses = super::uses(&engine)?;
        volumes.retain(|volume| uses.contains_key(&volume.name) != dangling);
    }
    volumes.retain(|volume| wanted(&filters, volume));
    volumes.sort_by(|a, b| natural(&a.name, &b.name));
    let rows = volumes.iter().map(|volume| row(volume, &volumes::data(&engine, &volume.name)));
    template::list(&mut std::io::stdout().lock(), &format, HEADERS, rows)?;
    Ok(0)
}

fn wanted(filters: &Filters, volume: &Volume) -> bool {
    filters.accepts_exactly("driver", super::DRIVER)
        && filters.accepts_pattern("name", &volume.name)
        && filters.accepts_labels(&super::labels(volume))
}

/// What is only known of a swarm's volumes, or costly to find out, is `N/A` as Docker's.
pub(in crate::commands) fn row(volume: &Volume, data: &Path) -> Row {
    let labels = super::labels(volume);
    ["Links", "Size", "Group", "Availability", "Status"]
        .into_iter()
        .fold(Row::default(), |row, name| row.with(name, "N/A"))
        .with("Name", volume.name.as_str())
        .with("Driver", super::DRIVER)
        .with("Scope", "local")
        .with("Mountpoint", data.to_string_lossy())
        .with("Labels", text::labels(labels.iter().map(|(key, value)| (key.as_str(), value.as_str()))))
        .with_labels(labels)
}

/// The order of people: numbers inside names by their value, `v2` before `v10`.
fn natural(a: &str, b: &str) -> Ordering {
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let (mut left, mut right) = (a, b);
    while let (Some(x), Some(y)) = (left.chars().next(), right.chars().next()) {
        let (m, n) = (digits(left), digits(right));
        let order = if m > 0 && n > 0 {
            let (x, y) = (left[..m].trim_start_matches('0'), right[..n].trim_start_matches('0'));
            (left, right) = (&left[m..], &right[n..]);
            x.len().cmp(&y.len()).then_with(|| x.cmp(y))
        } else {
            (left, right) = (&left[x.len_utf8()..], &right[y.len_utf8()..]);
            x.cmp(&y)
        };
        if order.is_ne() {
            return order;
        }
    }
    left.len().cmp(&right.len()).then_with(|| a.cmp(b))
}

#[cfg(test)]
mod tests {
    use super::*;
    use insta::assert_snapshot;

    fn volume(name: &str, anonymous: bool) -> Volume {
        let labels = [("com.example.tier".to_owned(), "db".to_owned())].into();
        Volume { name: name.into(), created: "2024-01-02T03:04:05.6Z".into(), labels, anonymous }
    }

    fn printed(format: &str, default: &str) -> String {
        let rows = [volume("data", false), volume("f00", true)];
        let rows = rows.iter().map(|volume| row(volume, &Path::new("/v").join(&volume.name).join("data")));
        let mut out = Vec::new();
        let format = Format::parse(format, default).expect("a good format");
        template::list(&mut out, &format, HEADERS, rows).expect("memory takes anything");
        String::from_utf8(out).expect("text")
    }

    #[test]
    fn as_docker_prints_them() {
        assert_snapshot!(printed("", TABLE), @"
        DRIVER    VOLUME NAME
        local     data
        local     f00
        ");
        assert_snapshot!(printed("", QUIET), @"
        data
        f00
        ");
        assert_snapshot!(printed("json", TABLE), @r#"
        {"Availability":"N/A","Driver":"local","Group":"N/A","Labels":"com.example.tier=db","Links":"N/A","Mountpoint":"/v/data/data","Name":"data","Scope":"local","Size":"N/A","Status":"N/A"}
        {"Availability":"N/A","Driver":"local","Group":"N/A","Labels":"com.docker.volume.anonymous=,com.example.tier=db","Links":"N/A","Mountpoint":"/v/f00/data","Name":"f00","Scope":"local","Size":"N/A","Status":"N/A"}
        "#);
        assert_snapshot!(printed("table {{.Name}}\t{{.Label \"com.example.tier\"}}\t{{.Scope}}", TABLE), @"
        VOLUME NAME   tier      SCOPE
        data          db        local
        f00           db        local
        ");
    }

    #[test]
    fn numbers_count_by_their_value() {
        let mut names = ["v10", "v2", "w", "v", "v2a", "v02", "V3", "é"];
        names.sort_by(|a, b| natural(a, b));
        assert_eq!(names, ["V3", "v", "v02", "v2", "v2a", "v10", "w", "é"]);
    }
}

//! `tare history`.

use crate::failure::Outcome;
use crate::globals::Globals;
use engine::images::history;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use output::template::{self, Format, Row};
use output::{size, text, time};

const QUIET: &str = "{{.ID}}";
const TABLE: &str = "table {{.ID}}\t{{.CreatedSince}}\t{{.CreatedBy}}\t{{.Size}}\t{{.Comment}}";
const EXACT_TABLE: &str = "table {{.ID}}\t{{.CreatedAt}}\t{{.CreatedBy}}\t{{.Size}}\t{{.Comment}}";
const HEADERS: &[(&str, &str)] = &[
    ("ID", "IMAGE"),
    ("CreatedSince", "CREATED"),
    ("CreatedAt", "CREATED AT"),
    ("CreatedBy", "CREATED BY"),
    ("Size", "SIZE"),
    ("Comment", "COMMENT"),
];

/// The terminal columns of an instruction.
const INSTRUCTION: usize = 45;

/// What was made before 2000, in Unix seconds, was not made then: builders write such times for reproducible images.
const EPOCH: i64 = 946_684_800;

/// Arguments of `history`.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// table, table TEMPLATE, json, or a Go template
    #[arg(long, default_value = "", hide_default_value = true)]
    format: String,
    /// Sizes and dates for people; =false for exact ones
    #[arg(short = 'H', long, default_value_t = true, action = clap::ArgAction::Set, num_args = 0..=1, default_missing_value = "true", require_equals = true)]
    human: bool,
    /// Don't truncate output
    #[arg(long)]
    no_trunc: bool,
    /// Only show image IDs
    #[arg(short, long)]
    quiet: bool,
    /// Of an image for several platforms the one for this
    #[arg(long, value_name = "OS[/ARCH[/VARIANT]]")]
    platform: Option<oci::Platform>,
    /// The image
    image: String,
}

pub(crate) fn run(globals: &Globals, arguments: Arguments) -> Outcome {
    let default = match (arguments.quiet, arguments.human) {
        (true, _) => QUIET,
        (false, true) => TABLE,
        (false, false) => EXACT_TABLE,
    };
    let format = Format::parse(&arguments.format, default)?;
    let look = Look {
        is_for_people: arguments.human,
        is_whole: arguments.no_trunc,
        now: Timestamp::now(),
        zone: TimeZone::system(),
    };
    let steps = history::history(globals.engine()?.store(), &arguments.image, arguments.platform.as_ref())?;
    let rows = steps.iter().map(|step| look.row(step));
    template::list(&mut std::io::stdout().lock(), &format, HEADERS, rows)?;
    Ok(0)
}

/// How steps look in a table.
struct Look {
    is_for_people: bool,
    is_whole: bool,
    now: Timestamp,
    zone: TimeZone,
}

impl Look {
    fn row(&self, step: &history::Row) -> Row {
        let id = step.id.map_or("<missing>".to_owned(), |id| id.to_string());
        let created: Option<Timestamp> = step.created.as_deref().and_then(|text| text.parse().ok());
        let at = created.map_or("0001-01-01T00:00:00Z".to_owned(), |at| self.exact(at));
        let since = match created.filter(|at| at.as_second() > EPOCH) {
            _ if !self.is_for_people => at.clone(),
            Some(created) => time::ago(created, self.now),
            None => "N/A".to_owned(),
        };
        let by = step.created_by.replace('\t', " ");
        Row::default()
            .with("ID", if self.is_whole { id.as_str() } else { text::short_id(&id) })
            .with("CreatedAt", at)
            .with("CreatedSince", since)
            .with("CreatedBy", if self.is_whole { by } else { text::ellipsis(&by, INSTRUCTION) })
            .with("Size", if self.is_for_people { size::decimal(step.size) } else { step.size.to_string() })
            .with("Comment", step.comment.as_str())
    }

    /// RFC 3339 to the second, in the zone of whoever asks.
    fn exact(&self, moment: Timestamp) -> String {
        let zoned = moment.to_zoned(self.zone.clone());
        let offset =
            if zoned.offset().is_zero() { "Z".to_owned() } else { zoned.strftime("%:z").to_string() };
        format!("{}{offset}", zoned.strftime("%Y-%m-%dT%H:%M:%S"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use insta::assert_snapshot;
    use jiff::tz::offset;

    fn step(created: Option<&str>, created_by: &str, size: u64) -> history::Row {
        history::Row {
            id: None,
            created: created.map(Into::into),
            created_by: created_by.into(),
            size,
            comment: String::new(),
            tags: Vec::new(),
            layer: None,
        }
    }

    fn printed(format: &str, is_for_people: bool) -> String {
        let now = "2024-01-05T03:04:05Z".parse().expect("a time");
        let look = Look { is_for_people, is_whole: false, now, zone: TimeZone::fixed(offset(2)) };
        let mut last = step(Some("2024-01-02T03:04:05.678Z"), "CMD [\"sh\"]", 0);
        (last.id, last.comment) = (Some(oci::Digest::of(b"x")), "buildkit.dockerfile.v0".into());
        let long = "RUN /bin/sh -c apt-get update &&\tapt-get install -y curl # buildkit";
        let steps = [
            last,
            step(Some("2024-01-02T03:04:04Z"), long, 1_234_567),
            step(Some("1980-01-01T00:00:00Z"), "", 7),
            step(None, "", 0),
        ];
        let mut out = Vec::new();
        let format =
            Format::parse(format, if is_for_people { TABLE } else { EXACT_TABLE }).expect("a good format");
        template::list(&mut out, &format, HEADERS, steps.iter().map(|step| look.row(step)))
            .expect("memory takes anything");
        String::from_utf8(out).expect("text")
    }

    #[test]
    fn as_docker_prints_it() {
        assert_snapshot!(printed("", true), @r#"
        IMAGE          CREATED      CREATED BY                                      SIZE      COMMENT
        2d711642b726   3 days ago   CMD ["sh"]                                      0B        buildkit.dockerfile.v0
        <missing>      3 days ago   RUN /bin/sh -c apt-get update && apt-get ins…   1.23MB    
        <missing>      N/A                                                          7B        
        <missing>      N/A                                                          0B
        "#);
        assert_snapshot!(printed("", false), @r#"
        IMAGE          CREATED AT                  CREATED BY                                      SIZE      COMMENT
        2d711642b726   2024-01-02T05:04:05+02:00   CMD ["sh"]                                      0         buildkit.dockerfile.v0
        <missing>      2024-01-02T05:04:04+02:00   RUN /bin/sh -c apt-get update && apt-get ins…   1234567   
        <missing>      1980-01-01T02:00:00+02:00                                                   7         
        <missing>      0001-01-01T00:00:00Z                                                        0
        "#);
        assert_snapshot!(printed("json", true).lines().next().expect("a line"), @r#"{"Comment":"buildkit.dockerfile.v0","CreatedAt":"2024-01-02T05:04:05+02:00","CreatedBy":"CMD [\"sh\"]","CreatedSince":"3 days ago","ID":"2d711642b726","Size":"0B"}"#);
    }
}

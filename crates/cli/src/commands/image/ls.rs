//! `tare images`.

use super::wanted::Wanted;
use super::{NONE, created};
use crate::commands::complain;
use crate::failure::{Failure, Outcome};
use crate::globals::Globals;
use engine::images::{self, Image};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use oci::Reference;
use output::filter::Condition;
use output::template::{self, Format, Row};
use output::{size, text, time};

const QUIET: &str = "{{.ID}}";
const TABLE: &str = "table {{.Repository}}\t{{.Tag}}\t{{.ID}}\t{{if .CreatedSince}}{{.CreatedSince}}{{else}}N/A{{end}}\t{{.Size}}";
const TABLE_WITH_DIGESTS: &str = "table {{.Repository}}\t{{.Tag}}\t{{.Digest}}\t{{.ID}}\t{{if .CreatedSince}}{{.CreatedSince}}{{else}}N/A{{end}}\t{{.Size}}";
pub(in crate::commands) const HEADERS: &[(&str, &str)] = &[
    ("ID", "IMAGE ID"),
    ("Repository", "REPOSITORY"),
    ("Tag", "TAG"),
    ("Digest", "DIGEST"),
    ("CreatedSince", "CREATED"),
    ("CreatedAt", "CREATED AT"),
    ("Size", "SIZE"),
    ("VirtualSize", "SIZE"),
    ("Containers", "CONTAINERS"),
    ("SharedSize", "SHARED SIZE"),
    ("UniqueSize", "UNIQUE SIZE"),
];

/// Names of images that are more likely meant as commands: `tare images prune`.
const COMMANDS: [&str; 13] = [
    "build", "history", "import", "inspect", "list", "load", "ls", "prune", "pull", "push", "rm", "save",
    "tag",
];

/// Arguments of `images`.
#[derive(Debug, clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "independent switches of the command line")]
pub(crate) struct Arguments {
    /// Show all images (there are no intermediate ones to hide)
    #[arg(short, long)]
    all: bool,
    /// Show digests
    #[arg(long)]
    digests: bool,
    /// Only images that fit: before, dangling, label, reference, since, until
    #[arg(short, long, value_name = "KEY=VALUE")]
    filter: Vec<Condition>,
    /// table, table TEMPLATE, json, or a Go template
    #[arg(long, default_value = "", hide_default_value = true)]
    format: String,
    /// Don't truncate output
    #[arg(long)]
    no_trunc: bool,
    /// Only show image IDs
    #[arg(short, long)]
    quiet: bool,
    /// Only images with this name, which may have wildcards
    #[arg(value_name = "REPOSITORY[:TAG]")]
    name: Option<String>,
}

pub(crate) fn run(globals: &Globals, arguments: Arguments) -> Outcome {
    let format = format(&arguments)?;
    let engine = globals.engine()?;
    let wanted = Wanted::listed(&engine, arguments.filter, arguments.name.as_deref())?;
    let look = Look { whole_ids: arguments.no_trunc, now: Timestamp::now(), zone: TimeZone::system() };
    let images = images::list(engine.store())?.into_iter().filter_map(|image| wanted.select(image));
    let rows: Vec<Row> =
        images.flat_map(|image| look.rows(&image, images::size::size(engine.store(), &image))).collect();
    let is_empty = rows.is_empty();
    template::list(&mut std::io::stdout().lock(), &format, HEADERS, rows)?;
    if let Some(name) = arguments.name.filter(|name| is_empty && COMMANDS.contains(&name.as_str())) {
        complain(&Failure::new(format!(
            "no images found matching \"{name}\": did you mean 'tare image {name}'?"
        )));
    }
    Ok(0)
}

/// `--digests` adds its column to a table that lacks it.
fn format(arguments: &Arguments) -> Outcome<Format> {
    let default = match (arguments.quiet, arguments.digests) {
        (true, _) => QUIET,
        (false, true) => TABLE_WITH_DIGESTS,
        (false, false) => TABLE,
    };
    let is_table = arguments.format.trim_start().starts_with("table ");
    let lacks_digests = arguments.digests && is_table && !arguments.format.contains("{{.Digest}}");
    let addition = if lacks_digests { "\t{{.Digest}}" } else { "" };
    Ok(Format::parse(&format!("{}{addition}", arguments.format), default)?)
}

/// How images look in a table.
#[derive(Debug)]
pub(in crate::commands) struct Look {
    /// Ids are not shortened.
    pub(in crate::commands) whole_ids: bool,
    /// What ages are counted from.
    pub(in crate::commands) now: Timestamp,
    /// Where moments are told.
    pub(in crate::commands) zone: TimeZone,
}

impl Look {
    /// A row for each name of an image of so many bytes; one with `<none>` for one without names.
    fn rows(&self, image: &Image, bytes: u64) -> Vec<Row> {
        if image.names.is_empty() {
            return vec![self.row(image, None, bytes)];
        }
        image.names.iter().map(|name| self.row(image, Some(name), bytes)).collect()
    }

    /// The row of one name.
    pub(in crate::commands) fn row(&self, image: &Image, name: Option<&Reference>, bytes: u64) -> Row {
        let id = image.id.to_string();
        let created = created(image);
        let digest = name.and_then(|name| name.digest().copied().or(image.manifest));
        let since = created.map(|created| time::ago(created, self.now)).unwrap_or_default();
        // an image that does not say when it was made is shown with Go's zero time
        let at =
            created.map_or("0001-01-01 00:00:00 +0000 UTC".to_owned(), |at| time::calendar(at, &self.zone));
        Row::default()
            .with("ID", if self.whole_ids { id.as_str() } else { text::short_id(&id) })
            .with("Repository", name.map_or(NONE.to_owned(), Reference::familiar_name))
            .with("Tag", name.and_then(Reference::tag).unwrap_or(NONE))
            .with("Digest", digest.map_or(NONE.to_owned(), |digest| digest.to_string()))
            .with("CreatedSince", since)
            .with("CreatedAt", at)
            .with("Size", size::decimal(bytes))
            .with("VirtualSize", size::decimal_precise(bytes))
            .with("Containers", "N/A")
            .with("SharedSize", "N/A")
            .with("UniqueSize", "N/A")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::image::tests::image;
    use insta::assert_snapshot;

    fn printed(format: &str, default: &str) -> String {
        let now = "2024-01-05T03:04:05Z".parse().expect("a time");
        let look = Look { whole_ids: false, now, zone: TimeZone::UTC };
        let mut ageless = image(&["registry.example:5000/a/b:1"]);
        ageless.configuration.created = None;
        let images = [image(&["web:1", "web:2"]), image(&[]), ageless];
        let rows = images.iter().flat_map(|image| look.rows(image, 77_812_345));
        let mut out = Vec::new();
        let format = Format::parse(format, default).expect("a good format");
        template::list(&mut out, &format, HEADERS, rows).expect("memory takes anything");
        String::from_utf8(out).expect("text")
    }

    #[test]
    fn as_docker_prints_them() {
        assert_snapshot!(printed("", TABLE), @"
        REPOSITORY                  TAG       IMAGE ID       CREATED      SIZE
        web                         1         b7d64a922100   3 days ago   77.8MB
        web                         2         b7d64a922100   3 days ago   77.8MB
        <none>                      <none>    b7d64a922100   3 days ago   77.8MB
        registry.example:5000/a/b   1         b7d64a922100   N/A          77.8MB
        ");
        assert_snapshot!(printed("", TABLE_WITH_DIGESTS), @"
        REPOSITORY                  TAG       DIGEST                                                                    IMAGE ID       CREATED      SIZE
        web                         1         sha256:05b3abf2579a5eb66403cd78be557fd860633a1fe2103c7642030defe32c657f   b7d64a922100   3 days ago   77.8MB
        web                         2         sha256:05b3abf2579a5eb66403cd78be557fd860633a1fe2103c7642030defe32c657f   b7d64a922100   3 days ago   77.8MB
        <none>                      <none>    <none>                                                                    b7d64a922100   3 days ago   77.8MB
        registry.example:5000/a/b   1         sha256:05b3abf2579a5eb66403cd78be557fd860633a1fe2103c7642030defe32c657f   b7d64a922100   N/A          77.8MB
        ");
        assert_snapshot!(printed("", QUIET), @"
        b7d64a922100
        b7d64a922100
        b7d64a922100
        b7d64a922100
        ");
        assert_snapshot!(printed("json", TABLE).lines().next().expect("a line"), @r#"{"Containers":"N/A","CreatedAt":"2024-01-02 03:04:05 +0000 UTC","CreatedSince":"3 days ago","Digest":"sha256:05b3abf2579a5eb66403cd78be557fd860633a1fe2103c7642030defe32c657f","ID":"b7d64a922100","Repository":"web","SharedSize":"N/A","Size":"77.8MB","Tag":"1","UniqueSize":"N/A","VirtualSize":"77.81MB"}"#);
        assert_snapshot!(printed("{{.Repository}}:{{.Tag}} {{.CreatedAt}}", TABLE), @"
        web:1 2024-01-02 03:04:05 +0000 UTC
        web:2 2024-01-02 03:04:05 +0000 UTC
        <none>:<none> 2024-01-02 03:04:05 +0000 UTC
        registry.example:5000/a/b:1 0001-01-01 00:00:00 +0000 UTC
        ");
    }
}

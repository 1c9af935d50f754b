//! `tare list-referrers`.

use crate::failure::Outcome;
use crate::globals::Globals;
use crate::registries;
use engine::images::Error;
use oci::image::Descriptor;
use output::template::{self, Format, Row};
use registry::Wanted;

const TABLE: &str = "table {{.Digest}}\t{{.ArtifactType}}\t{{.Size}}";
const HEADERS: &[(&str, &str)] =
    &[("Digest", "DIGEST"), ("ArtifactType", "ARTIFACT TYPE"), ("MediaType", "MEDIA TYPE"), ("Size", "SIZE")];

/// Arguments of `list-referrers`.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// table, table TEMPLATE, json, or a Go template
    #[arg(long, default_value = "", hide_default_value = true)]
    format: String,
    /// Image, or artifact
    #[arg(value_name = "NAME[:TAG|@DIGEST]")]
    name: String,
}

pub(crate) fn run(_: &Globals, arguments: Arguments) -> Outcome {
    let format = Format::parse(&arguments.format, TABLE)?;
    let name = registries::reference(arguments.name.trim_start_matches("docker://"))?;
    let client = registries::client();
    let route = client.route(&name).map_err(Error::from)?;
    let digest = match name.digest() {
        Some(digest) => *digest,
        None => client.document(&route, &name.familiar(), Wanted::of(&name)).map_err(Error::from)?.digest,
    };
    let referrers = client.referrers(&route, &digest).map_err(Error::from)?;
    template::list(
        &mut std::io::stdout().lock(),
        &format,
        HEADERS,
        referrers.iter().map(row).collect::<Vec<_>>(),
    )?;
    Ok(0)
}

fn row(referrer: &Descriptor) -> Row {
    let kind = referrer.other.get("artifactType").and_then(|kind| kind.as_str()).unwrap_or_default();
    // a registry's words are for a terminal
    let printable = |text: &str| text.replace(char::is_control, "");
    Row::default()
        .with("Digest", referrer.digest.to_string())
        .with("ArtifactType", printable(kind))
        .with("MediaType", printable(&referrer.media_type))
        .with("Size", referrer.size.to_string())
}

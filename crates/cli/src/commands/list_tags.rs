//! `tare list-tags`.

use crate::failure::{Failure, Outcome};
use crate::globals::Globals;
use crate::registries;
use serde_json::json;
use std::io::Write;

/// Arguments of `list-tags`.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// A tag a line, or json
    #[arg(long, default_value = "", hide_default_value = true)]
    format: String,
    /// Repository
    #[arg(value_name = "NAME")]
    name: String,
}

pub(crate) fn run(_: &Globals, arguments: Arguments) -> Outcome {
    let text = arguments.name.trim_start_matches("docker://");
    let name = registries::reference(text)?;
    if registries::says_which(text) {
        return Err(Failure::new(format!("{text}: a repository is needed, without tag and digest")));
    }
    let client = registries::client();
    let route = client.route(&name).map_err(engine::images::Error::from)?;
    let tags = client.tags(&route, &name.familiar_name()).map_err(engine::images::Error::from)?;
    let mut out = std::io::stdout().lock();
    match arguments.format.as_str() {
        "" => {
            for tag in tags {
                // a registry's words are for a terminal
                writeln!(out, "{}", tag.replace(char::is_control, ""))?;
            }
        }
        "json" => {
            let repository = format!("{}/{}", name.host(), name.path());
            let document = json!({"Repository": repository, "Tags": tags});
            writeln!(out, "{}", serde_json::to_string_pretty(&document).expect("plain data serialises"))?;
        }
        other => return Err(Failure::usage(format!("--format {other} is not supported: json is"))),
    }
    Ok(0)
}

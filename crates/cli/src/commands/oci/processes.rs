//! `tare oci ps`.

use super::globals::Globals;
use crate::failure::{Failure, Outcome};
use output::table::align;
use std::io::Write;

/// Arguments of `ps`.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// table or json
    #[arg(short, long, default_value = "table")]
    format: String,
    /// Id of the container
    #[arg(value_name = "CONTAINER-ID")]
    id: String,
    /// Options of ps(1)
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "PS-OPTIONS")]
    options: Vec<String>,
}

pub(super) fn run(globals: &Globals, arguments: Arguments) -> Outcome {
    let lifecycle = globals.lifecycle();
    let mut out = std::io::stdout().lock();
    match arguments.format.as_str() {
        "json" => {
            let ids = lifecycle::processes::ids(&lifecycle, &arguments.id)?;
            writeln!(out, "{}", serde_json::json!(ids))?;
        }
        "table" => {
            let table = lifecycle::processes::table(&lifecycle, &arguments.id, &arguments.options)?;
            let rows = std::iter::once(&table.titles).chain(&table.processes);
            let text: String = rows.map(|row| row.join("\t") + "\n").collect();
            write!(out, "{}", align(&text))?;
        }
        other => return Err(Failure::new(format!("invalid format option {other:?}: it is table or json"))),
    }
    Ok(0)
}

//! `tare oci ps`.

use super::globals::Globals;
use crate::failure::{Failure, Outcome};
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
            let rows: Vec<&Vec<String>> = std::iter::once(&table.titles).chain(&table.processes).collect();
            for row in &rows {
                let cells = row.iter().enumerate().map(|(column, cell)| {
                    let width = rows.iter().map(|row| row[column].len()).max().unwrap_or(0);
                    if column + 1 == row.len() { cell.clone() } else { format!("{cell:<width$}") }
                });
                writeln!(out, "{}", cells.collect::<Vec<_>>().join(" "))?;
            }
        }
        other => return Err(Failure::new(format!("invalid format option {other:?}: it is table or json"))),
    }
    Ok(0)
}

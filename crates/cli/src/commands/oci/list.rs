//! `tare oci list`.

use super::globals::Globals;
use crate::failure::{Failure, Outcome};
use std::io::Write;

/// Arguments of `list`.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// table or json
    #[arg(short, long, default_value = "table")]
    format: String,
    /// Print ids only
    #[arg(short, long)]
    quiet: bool,
}

pub(super) fn run(globals: &Globals, arguments: Arguments) -> Outcome {
    globals.must_have_root()?;
    let containers = lifecycle::list::list(&globals.lifecycle())?;
    let states = containers.iter().map(lifecycle::Container::state).collect::<Result<Vec<_>, _>>()?;
    let mut out = std::io::stdout().lock();
    if arguments.quiet {
        for state in &states {
            writeln!(out, "{}", state.id)?;
        }
        return Ok(0);
    }
    match arguments.format.as_str() {
        "json" => {
            let text = if states.is_empty() { "null".into() } else { serde_json::json!(states).to_string() };
            writeln!(out, "{text}")?;
        }
        "table" => {
            let titles = ["ID", "PID", "STATUS", "BUNDLE", "CREATED", "OWNER"].map(str::to_owned);
            let rows = states.into_iter().map(|s| {
                let bundle = s.bundle.display().to_string();
                [s.id, s.pid.to_string(), s.status.to_owned(), bundle, s.created, s.owner]
            });
            let rows: Vec<[String; 6]> = std::iter::once(titles).chain(rows).collect();
            for row in &rows {
                let cells = row.iter().enumerate().map(|(column, cell)| {
                    let width = rows.iter().map(|row| row[column].len()).max().unwrap_or(0).max(12);
                    if column == 5 { cell.clone() } else { format!("{cell:<width$}") }
                });
                writeln!(out, "{}", cells.collect::<Vec<_>>().join("  ").trim_end())?;
            }
        }
        other => return Err(Failure::new(format!("invalid format option {other:?}: it is table or json"))),
    }
    Ok(0)
}

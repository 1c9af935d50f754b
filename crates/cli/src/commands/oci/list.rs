//! `tare oci list`.

use super::globals::Globals;
use crate::failure::{Failure, Outcome};
use output::table::align;
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
            let row = |s: &lifecycle::State| {
                let bundle = s.bundle.display();
                format!("{}\t{}\t{}\t{bundle}\t{}\t{}\n", s.id, s.pid, s.status, s.created, s.owner)
            };
            let rows: String = states.iter().map(row).collect();
            write!(out, "{}", align(&format!("ID\tPID\tSTATUS\tBUNDLE\tCREATED\tOWNER\n{rows}")))?;
        }
        other => return Err(Failure::new(format!("invalid format option {other:?}: it is table or json"))),
    }
    Ok(0)
}

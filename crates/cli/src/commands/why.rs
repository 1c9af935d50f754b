//! `tare why`.

use super::subject;
use crate::failure::{Failure, Outcome};
use crate::flags;
use crate::globals::Globals;
use std::io::Write;
use weigh::why::{Finding, Host};

/// Arguments of `why`.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// How it is said
    #[arg(long, value_enum, default_value = "text", value_name = "FORMAT")]
    format: Format,
    /// When the image is pulled: always, missing or never
    #[arg(long, value_enum, default_value = "missing", value_name = "POLICY")]
    pull: flags::Policy,
    /// Another entry point than the image's
    #[arg(long, value_name = "PROGRAM")]
    entrypoint: Option<String>,
    /// Image, or container
    #[arg(value_name = "IMAGE|CONTAINER")]
    name: String,
    /// Arguments in the place of CMD
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "COMMAND")]
    command: Vec<String>,
}

/// How findings are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// For people.
    Text,
    /// For programs: a list.
    Json,
}

pub(crate) fn run(globals: &Globals, arguments: Arguments) -> Outcome {
    let engine = globals.engine()?;
    let mut subject = subject::open(&engine, &arguments.name, arguments.pull)?;
    if let Some(program) = &arguments.entrypoint {
        let execution = &mut subject.configuration.config;
        execution.entrypoint = Some(vec![program.clone()]).filter(|_| !program.is_empty());
        execution.cmd = None;
    }
    let command = (!arguments.command.is_empty()).then_some(arguments.command.as_slice());
    let findings = weigh::why::why(&subject, command, &Host::own());
    let mut out = std::io::stdout().lock();
    match arguments.format {
        Format::Text => {
            for finding in &findings {
                writeln!(out, "{finding}")?;
            }
        }
        Format::Json => {
            let text =
                serde_json::to_string_pretty(&findings).map_err(|error| Failure::new(error.to_string()))?;
            writeln!(out, "{text}")?;
        }
    }
    Ok(i32::from(findings.iter().any(Finding::is_fatal)))
}

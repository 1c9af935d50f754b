//! Commands of the OCI runtime that take an id and little else.

use super::globals::Globals;
use crate::failure::Outcome;
use std::io::Write;

/// Arguments of a command for one container.
#[derive(Debug, clap::Args)]
pub(super) struct One {
    /// Id of the container
    #[arg(value_name = "CONTAINER-ID")]
    id: String,
}

pub(super) fn start(globals: &Globals, arguments: One) -> Outcome {
    lifecycle::start::start(&globals.lifecycle(), &arguments.id)?;
    Ok(0)
}

pub(super) fn state(globals: &Globals, arguments: One) -> Outcome {
    let state = lifecycle::Container::find(&globals.lifecycle(), &arguments.id)?.state()?;
    let text = serde_json::to_string_pretty(&state).map_err(std::io::Error::other)?;
    writeln!(std::io::stdout(), "{text}")?;
    Ok(0)
}

pub(super) fn pause(globals: &Globals, arguments: One) -> Outcome {
    lifecycle::pause::pause(&globals.lifecycle(), &arguments.id)?;
    Ok(0)
}

pub(super) fn resume(globals: &Globals, arguments: One) -> Outcome {
    lifecycle::pause::resume(&globals.lifecycle(), &arguments.id)?;
    Ok(0)
}

/// Arguments of `delete`.
#[derive(Debug, clap::Args)]
pub(super) struct Delete {
    /// End it first if it runs; a missing one is no error
    #[arg(short, long)]
    force: bool,
    /// Id of the container
    #[arg(value_name = "CONTAINER-ID")]
    id: String,
}

pub(super) fn delete(globals: &Globals, arguments: Delete) -> Outcome {
    lifecycle::delete::delete(&globals.lifecycle(), &arguments.id, arguments.force)?;
    Ok(0)
}

/// Arguments of `kill`.
#[derive(Debug, clap::Args)]
pub(super) struct Kill {
    /// Send the signal to all processes of the container
    #[arg(short, long)]
    all: bool,
    /// Id of the container
    #[arg(value_name = "CONTAINER-ID")]
    id: String,
    /// The signal, by name or number
    #[arg(default_value = "SIGTERM")]
    signal: String,
}

pub(super) fn kill(globals: &Globals, arguments: Kill) -> Outcome {
    let signal = match arguments.signal.as_str() {
        // only asks whether it is there
        "0" => 0,
        signal => engine::containers::kill::parse_signal(signal)?,
    };
    lifecycle::kill::kill(&globals.lifecycle(), &arguments.id, signal, arguments.all)?;
    Ok(0)
}

/// Arguments of `features`.
#[derive(Debug, clap::Args)]
pub(super) struct Features {}

pub(super) fn features(_: &Globals, _: Features) -> Outcome {
    let text =
        serde_json::to_string_pretty(&lifecycle::features::document()).map_err(std::io::Error::other)?;
    writeln!(std::io::stdout(), "{text}")?;
    Ok(0)
}

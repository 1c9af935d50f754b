//! `tare logout`.

use super::login::{failed, host};
use crate::failure::Outcome;
use crate::globals::Globals;
use crate::registries;
use std::io::Write;

/// Arguments of `logout`.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Registry (docker.io by default)
    #[arg(value_name = "SERVER")]
    server: Option<String>,
}

pub(crate) fn run(_: &Globals, arguments: Arguments) -> Outcome {
    let host = host(arguments.server.as_deref());
    let shown = if host == "docker.io" { "https://index.docker.io/v1/" } else { &host };
    let text = if registries::keyring().forget(&host).map_err(failed)? {
        format!("Removing login credentials for {shown}")
    } else {
        format!("Not logged in to {shown}")
    };
    writeln!(std::io::stdout(), "{text}")?;
    Ok(0)
}

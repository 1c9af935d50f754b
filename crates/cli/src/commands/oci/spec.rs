//! `tare oci spec`.

use super::globals::Globals;
use crate::failure::{Failure, Outcome};
use std::io::Write;
use std::path::PathBuf;

/// Arguments of `spec`.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The bundle directory (default: the current one)
    #[arg(short, long, value_name = "DIR", default_value = ".")]
    bundle: PathBuf,
    /// For a user without privileges
    #[arg(long)]
    rootless: bool,
}

pub(super) fn run(_: &Globals, arguments: Arguments) -> Outcome {
    let ids = (sys::process::geteuid().as_raw(), sys::process::getegid().as_raw());
    let configuration = lifecycle::default::configuration(arguments.rootless.then_some(ids));
    let text = serde_json::to_string_pretty(&configuration).map_err(std::io::Error::other)?;
    let path = arguments.bundle.join("config.json");
    // what is there may be somebody's work
    let file = std::fs::OpenOptions::new().write(true).create_new(true).open(&path);
    let mut file = file.map_err(|error| match error.kind() {
        std::io::ErrorKind::AlreadyExists => {
            Failure::new(format!("file {} exists. Remove it first", path.display()))
        }
        _ => Failure::new(format!("create {}: {error}", path.display())),
    })?;
    writeln!(file, "{text}")?;
    Ok(0)
}

//! `tare export`.

use crate::failure::{Failure, Outcome};
use crate::globals::Globals;
use engine::containers::{export, find};
use std::fs::File;
use std::io::{BufWriter, IsTerminal, Write};
use std::path::{Path, PathBuf};

/// Bytes that are written at once.
const PIECE: usize = 128 << 10;

/// Arguments of `export`.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Write to a file instead of standard output
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Name or id
    container: String,
}

pub(crate) fn run(globals: &Globals, arguments: Arguments) -> Outcome {
    if arguments.output.is_none() && std::io::stdout().is_terminal() {
        return Err(Failure::new("cowardly refusing to save to a terminal. Use the -o flag or redirect"));
    }
    let engine = globals.engine()?;
    // before a file is made
    find(&engine, &arguments.container)?;
    let write = |out: &mut dyn Write| -> Outcome<()> {
        let mut out = BufWriter::with_capacity(PIECE, out);
        export::export(&engine, &arguments.container, &mut out)?;
        Ok(out.flush()?)
    };
    match &arguments.output {
        Some(path) => into_file(path, write)?,
        None => write(&mut std::io::stdout().lock())?,
    }
    Ok(0)
}

/// Writes a file beside, and puts it in place when it is whole.
fn into_file(path: &Path, write: impl FnOnce(&mut dyn Write) -> Outcome<()>) -> Outcome<()> {
    let failed = |error: std::io::Error| Failure::new(format!("cannot write {}: {error}", path.display()));
    if path.exists() && !path.is_file() {
        return Err(Failure::new(format!("invalid output path: {} is not a regular file", path.display())));
    }
    let mut name = std::ffi::OsString::from(".");
    name.push(path.file_name().ok_or_else(|| Failure::new(format!("invalid output path: {}", path.display())))?);
    name.push(format!(".{}", std::process::id()));
    let temporary = path.with_file_name(name);
    let mut file = File::create_new(&temporary).map_err(failed)?;
    let written = write(&mut file).and_then(|()| std::fs::rename(&temporary, path).map_err(failed));
    if written.is_err() {
        // the reason of the failure is the one to tell
        let _ = std::fs::remove_file(&temporary);
    }
    written
}

//! `tare export`.

use super::destination::Destination;
use crate::failure::{Failure, Outcome};
use crate::globals::Globals;
use engine::containers::{export, find};
use std::io::{BufWriter, IsTerminal, Write};
use std::path::PathBuf;

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
    let mut destination = Destination::open(arguments.output.as_deref(), "export container")?;
    let mut out = BufWriter::with_capacity(PIECE, &mut destination);
    export::export(&engine, &arguments.container, &mut out)?;
    out.flush()?;
    drop(out);
    destination.finish()?;
    Ok(0)
}

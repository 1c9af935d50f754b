//! `tare save`.

use crate::commands::destination::Destination;
use crate::failure::{Failure, Outcome};
use crate::globals::Globals;
use engine::images::save::{Output, Save, save};
use oci::Platform;
use std::io::{BufWriter, Error, ErrorKind, IsTerminal, Write};
use std::path::PathBuf;

/// Bytes that are written at a time.
const BUFFER: usize = 256 << 10;

/// Exit code of a program that SIGPIPE ends.
const BROKEN_PIPE: i32 = 141;

/// Arguments of `save`.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Write to a file, instead of standard output
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Save only the images for these platforms
    #[arg(long, value_delimiter = ',', value_name = "OS[/ARCH[/VARIANT]]")]
    platform: Vec<Platform>,
    /// Images; a name without a tag means all its tags
    #[arg(required = true, value_name = "IMAGE")]
    images: Vec<String>,
}

pub(crate) fn run(globals: &Globals, arguments: Arguments) -> Outcome {
    if arguments.output.is_none() && std::io::stdout().is_terminal() {
        return Err(Failure::new("cowardly refusing to save to a terminal. Use the -o flag or redirect"));
    }
    let engine = globals.engine()?;
    let destination = Destination::open(arguments.output.as_deref(), "save image")?;
    let mut out = BufWriter::with_capacity(BUFFER, destination);
    let wanted = Save { names: arguments.images, platforms: arguments.platform };
    save(engine.store(), &wanted, Output::Archive(&mut out)).map_err(failed)?;
    out.flush()?;
    let destination = out.into_inner().map_err(|error| Failure::new(error.to_string()))?;
    destination.finish()?;
    Ok(0)
}

/// Whoever read the archive may have seen enough.
fn failed(error: engine::images::Error) -> Failure {
    let mut causes = std::iter::successors(Some(&error as &dyn std::error::Error), |cause| cause.source());
    let is_gone =
        causes.any(|cause| cause.downcast_ref::<Error>().is_some_and(|e| e.kind() == ErrorKind::BrokenPipe));
    if is_gone { Failure::silent(BROKEN_PIPE) } else { error.into() }
}

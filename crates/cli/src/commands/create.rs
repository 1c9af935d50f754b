//! `tare create`.

use crate::failure::{ENGINE, Failure, Outcome};
use crate::flags;
use crate::globals::Globals;
use engine::containers::create;
use std::fs::File;
use std::io::Write;
use std::path::Path;

/// Arguments of `create`.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    container: flags::Container,
}

pub(crate) fn run(globals: &Globals, arguments: Arguments) -> Outcome {
    let options = arguments.container.options()?;
    let engine = globals.engine().map_err(|failure| failure.with_code(ENGINE))?;
    let file = arguments.container.cidfile.as_deref().map(id_file).transpose()?;
    let record = create::create(&engine, &options).map_err(|e| Failure::from(e).with_code(ENGINE))?;
    if let Some(file) = file {
        write_id(file, &record.id)?;
    }
    writeln!(std::io::stdout(), "{}", record.id)?;
    Ok(0)
}

/// The file for `--cidfile`, which must be new: an old one may still be in use by another script.
pub(super) fn id_file(path: &Path) -> Outcome<File> {
    File::create_new(path).map_err(|error| match error.kind() {
        std::io::ErrorKind::AlreadyExists => Failure::usage(format!(
            "container ID file found, make sure the other container isn't running or delete {}",
            path.display()
        )),
        _ => Failure::usage(format!("failed to create the container ID file: {}: {error}", path.display())),
    })
}

pub(super) fn write_id(mut file: File, id: &str) -> Outcome<()> {
    file.write_all(id.as_bytes())
        .map_err(|error| Failure::usage(format!("failed to write the container ID: {error}")))
}

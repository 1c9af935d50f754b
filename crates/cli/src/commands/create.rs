//! `tare create`.

use super::image::pull::fetch;
use crate::failure::{ENGINE, Failure, Outcome};
use crate::flags::{self, Policy};
use crate::globals::Globals;
use crate::registries;
use engine::containers::Record;
use engine::containers::create;
use engine::images::Error as Image;
use engine::{Engine, Error};
use oci::Platform;
use output::transfer::Stream;
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
    let record = with_image(&engine, arguments.container.image(), &arguments.container.pulling, || {
        create::create(&engine, &options)
    })?;
    if let Some(file) = file {
        write_id(file, &record.id)?;
    }
    warn_of_platform(&record, &arguments.container);
    writeln!(std::io::stdout(), "{}", record.id)?;
    Ok(0)
}

/// Docker's word on an image for another machine that nobody asked for.
pub(super) fn warn_of_platform(record: &Record, flags: &flags::Container) {
    let (own, host) = (&record.platform, Platform::host());
    if flags.platform.is_none() && !own.architecture.is_empty() && host.preference(own).is_none() {
        say!(
            "WARNING: The requested image's platform ({own}) does not match the detected host platform ({host}) and no specific platform was requested"
        );
    }
}

/// Makes a container of an image, which is pulled before that if it has to be.
pub(super) fn with_image<T>(
    engine: &Engine,
    (image, platform): (&str, Option<&Platform>),
    pulling: &flags::Pulling,
    make: impl Fn() -> engine::Result<T>,
) -> Outcome<T> {
    let failed = |failure: Failure| failure.with_code(ENGINE);
    let fetch = || {
        let name = registries::reference(image)?;
        let stream = if pulling.quiet { Stream::Nowhere } else { Stream::Error };
        fetch(engine, &registries::client(), &name, platform, stream)
    };
    if pulling.pull == Policy::Always {
        fetch().map_err(failed)?;
    }
    match make() {
        Err(error @ Error::Image(Image::NoImage(_) | Image::NotOffered(_)))
            if pulling.pull == Policy::Missing =>
        {
            // what looks like the beginning of an id may be a name all the same
            if !pulling.quiet {
                let reason = if matches!(error, Error::Image(Image::NoImage(_))) {
                    format!("Unable to find image '{}' locally", registries::reference(image)?.familiar())
                } else {
                    error.to_string()
                };
                say!("{reason}");
            }
            fetch().map_err(failed)?;
            make().map_err(|error| failed(error.into()))
        }
        made => made.map_err(|error| failed(error.into())),
    }
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

//! `tare cp`.

use crate::failure::{Failure, Outcome};
use crate::globals::Globals;
use engine::Engine;
use engine::containers::copy::{self, Options};
use engine::store::changeset::Ownership;
use output::size;
use std::io::{BufWriter, IsTerminal, Write};
use std::path::Path;

/// Bytes that are written at once.
const PIECE: usize = 128 << 10;

/// Arguments of `cp`.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Keep users and groups
    #[arg(short, long)]
    archive: bool,
    /// Copy what a link points to
    #[arg(short = 'L', long)]
    follow_link: bool,
    /// Do not tell what was copied
    #[arg(short, long)]
    quiet: bool,
    /// CONTAINER:PATH, a path here, or - for a tar on standard input
    source: String,
    /// CONTAINER:PATH, a path here, or - for a tar on standard output
    destination: String,
}

/// One side of a copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place<'a> {
    Inside {
        container: &'a str,
        path: &'a Path,
    },
    Here(&'a Path),
    /// A standard stream.
    Stream,
}

pub(crate) fn run(globals: &Globals, arguments: Arguments) -> Outcome {
    let (from, to) = (place(&arguments.source), place(&arguments.destination));
    check(&arguments)?;
    let engine = globals.engine()?;
    let bytes = match (from, to) {
        (Place::Inside { .. }, Place::Inside { .. }) => {
            return Err(Failure::new("copying between containers is not supported"));
        }
        (Place::Inside { container, path }, to) => out_of(&engine, container, path, to, &arguments)?,
        (from, Place::Inside { container, path }) => into(&engine, from, container, path, &arguments)?,
        _ => return Err(Failure::new("must specify at least one container source")),
    };
    match bytes {
        Some(bytes) if !arguments.quiet && std::io::stdout().is_terminal() => {
            tell(bytes, &arguments.destination)
        }
        _ => {}
    }
    Ok(0)
}

fn check(arguments: &Arguments) -> Outcome<()> {
    for (name, text) in [("source", &arguments.source), ("destination", &arguments.destination)] {
        if text.is_empty() {
            return Err(Failure::new(format!("{name} can not be empty")));
        }
    }
    Ok(())
}

/// `NAME:PATH` is in a container, unless it begins like a path.
fn place(text: &str) -> Place<'_> {
    match text.split_once(':') {
        _ if text == "-" => Place::Stream,
        Some((container, path)) if !container.starts_with(['/', '.']) => {
            Place::Inside { container, path: Path::new(path) }
        }
        _ => Place::Here(Path::new(text)),
    }
}

/// Copies to this side; the bytes, if they are worth a word.
fn out_of(
    engine: &Engine,
    container: &str,
    path: &Path,
    to: Place<'_>,
    arguments: &Arguments,
) -> Outcome<Option<u64>> {
    let Place::Here(destination) = to else {
        let mut out = BufWriter::with_capacity(PIECE, std::io::stdout().lock());
        copy::copy_out(engine, container, path, arguments.follow_link, &mut out)?;
        out.flush()?;
        return Ok(None);
    };
    let (user, group) = (sys::process::geteuid().as_raw(), sys::process::getegid().as_raw());
    let options = options(arguments, Ownership::Set(user, group));
    Ok(Some(copy::out_of(engine, container, path, destination, &options)?.size))
}

fn into(
    engine: &Engine,
    from: Place<'_>,
    container: &str,
    path: &Path,
    arguments: &Arguments,
) -> Outcome<Option<u64>> {
    let Place::Here(source) = from else {
        // an archive says itself whose its files are
        let options = options(arguments, Ownership::Keep);
        copy::copy_in(engine, container, path, &mut std::io::stdin().lock(), &options)?;
        return Ok(None);
    };
    let options = options(arguments, Ownership::Set(0, 0));
    Ok(Some(copy::into(engine, source, container, path, &options)?.size))
}

fn options(arguments: &Arguments, otherwise: Ownership) -> Options {
    let ownership = if arguments.archive { Ownership::Keep } else { otherwise };
    Options { ownership, follow_link: arguments.follow_link, ..Options::default() }
}

fn tell(bytes: u64, destination: &str) {
    say!("Successfully copied {} to {destination}", size::decimal(bytes));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places() {
        let inside = |container, path| Place::Inside { container, path: Path::new(path) };
        for (text, expected) in [
            ("web:/etc", inside("web", "/etc")),
            ("web:etc/x:y", inside("web", "etc/x:y")),
            ("web:", inside("web", "")),
            ("./web:/etc", Place::Here(Path::new("./web:/etc"))),
            ("/a:b", Place::Here(Path::new("/a:b"))),
            ("file", Place::Here(Path::new("file"))),
            ("-", Place::Stream),
        ] {
            assert_eq!(place(text), expected, "{text}");
        }
    }
}

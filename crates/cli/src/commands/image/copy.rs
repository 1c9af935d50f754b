//! `tare copy`.

use super::push::show;
use crate::failure::{Failure, Outcome};
use crate::globals::Globals;
use crate::registries;
use engine::images::copy::{Place, Which, copy};
use oci::Platform;
use output::transfer::{Stream, Transfers};
use std::io::Write;
use std::path::PathBuf;

/// Arguments of `copy`.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Copy the images for all platforms
    #[arg(short, long, conflicts_with = "platform")]
    all: bool,
    /// Copy the image for this platform
    #[arg(long, value_name = "OS[/ARCH[/VARIANT]]")]
    platform: Option<Platform>,
    /// Print only the digest
    #[arg(short, long)]
    quiet: bool,
    /// docker://NAME, oci:DIR[:TAG], oci-archive:FILE[:TAG], docker-archive:FILE[:NAME], dir:DIR, or the name of an image of the store
    #[arg(value_name = "SOURCE")]
    source: String,
    /// The same
    #[arg(value_name = "DESTINATION")]
    destination: String,
}

pub(crate) fn run(globals: &Globals, arguments: Arguments) -> Outcome {
    let (from, to) = (place(&arguments.source)?, place(&arguments.destination)?);
    let which = match arguments.platform {
        Some(platform) => Which::Platform(platform),
        None if arguments.all => Which::All,
        None => Which::Own,
    };
    let engine = globals.engine()?;
    let transfers = Transfers::new(if arguments.quiet { Stream::Nowhere } else { Stream::Error });
    let client = registries::client();
    let roots = || engine::system::roots(&engine);
    let progress = |event| show(&transfers, &event);
    let copied = copy(engine.store(), &client, (&from, &to), &which, &progress, &roots)?;
    writeln!(std::io::stdout(), "{}", copied.digest)?;
    Ok(0)
}

/// A place in the words of containers-transports(5).
fn place(text: &str) -> Outcome<Place> {
    let Some((transport, rest)) = text.split_once(':') else { return Ok(Place::Store(text.to_owned())) };
    let path_and_name = || {
        // a name may have colons, a path before it has none
        let (path, name) = rest.split_once(':').map_or((rest, None), |(path, name)| (path, Some(name)));
        (PathBuf::from(path), name.filter(|name| !name.is_empty()).map(str::to_owned))
    };
    if rest.is_empty() || rest == "//" {
        return Err(Failure::usage(format!("invalid place {text:?}: something is needed after the colon")));
    }
    Ok(match transport {
        "docker" => {
            let name = rest.strip_prefix("//").ok_or_else(|| {
                Failure::usage(format!("invalid place {text:?}: docker:// and a name are needed"))
            })?;
            Place::Registry(registries::reference(name)?)
        }
        "oci" => {
            let (path, name) = path_and_name();
            Place::Layout(path, name)
        }
        "oci-archive" => {
            let (path, name) = path_and_name();
            Place::LayoutArchive(path, name)
        }
        "docker-archive" => {
            let (path, name) = path_and_name();
            Place::DockerArchive(path, name)
        }
        "dir" => Place::Directory(rest.into()),
        "store" => Place::Store(rest.to_owned()),
        "containers-storage" | "docker-daemon" | "ostree" | "sif" => {
            return Err(Failure::usage(format!(
                "{transport}: is not supported; store:NAME is an image of Tare's store"
            )));
        }
        _ => Place::Store(text.to_owned()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places() {
        let name = |text: &str| Some(text.to_owned());
        for (text, expected) in [
            ("docker://a/b:1", Place::Registry("a/b:1".parse().unwrap())),
            ("oci:/d:1", Place::Layout("/d".into(), name("1"))),
            ("oci:d", Place::Layout("d".into(), None)),
            ("oci-archive:f.tar:x", Place::LayoutArchive("f.tar".into(), name("x"))),
            ("docker-archive:f.tar:a/b:1", Place::DockerArchive("f.tar".into(), name("a/b:1"))),
            ("dir:/d", Place::Directory("/d".into())),
            ("store:a:1", Place::Store("a:1".into())),
            ("a:1", Place::Store("a:1".into())),
            ("localhost:5000/a", Place::Store("localhost:5000/a".into())),
        ] {
            assert_eq!(place(text).unwrap(), expected, "{text}");
        }
        for bad in ["docker:a", "docker://", "oci:", "containers-storage:x"] {
            assert!(place(bad).is_err(), "{bad}");
        }
    }
}

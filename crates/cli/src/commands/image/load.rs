//! `tare load`.

use crate::failure::{Failure, Outcome};
use crate::globals::Globals;
use engine::images::load::{self, Load, LoadEvent, Loaded};
use oci::Platform;
use output::{size, text};
use std::fs::File;
use std::io::{IsTerminal, Write};
use std::path::PathBuf;

/// Arguments of `load`.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Read from a tar archive or an OCI layout directory, instead of standard input
    #[arg(short, long, value_name = "PATH")]
    input: Option<PathBuf>,
    /// Load only images for these platforms
    #[arg(long, value_delimiter = ',', value_name = "OS[/ARCH[/VARIANT]]")]
    platform: Vec<Platform>,
    /// Suppress the load output
    #[arg(short, long)]
    quiet: bool,
}

pub(crate) fn run(globals: &Globals, arguments: Arguments) -> Outcome {
    if arguments.input.is_none() && std::io::stdin().is_terminal() {
        return Err(Failure::new("requested load from stdin, but stdin is empty"));
    }
    let engine = globals.engine()?;
    let shows_progress = !arguments.quiet && std::io::stdout().is_terminal();
    let options = Load { platforms: arguments.platform, ..Load::default() };
    let progress = &mut |event| {
        if shows_progress {
            // the result is what counts
            let _ = tell(&event);
        }
    };
    let loaded = match &arguments.input {
        None => load::load(engine.store(), std::io::stdin().lock(), &options, progress)?,
        Some(path) if path.is_dir() => load::load_directory(engine.store(), path, &options, progress)?,
        Some(path) => {
            let file = File::open(path)
                .map_err(|error| Failure::new(format!("open {}: {error}", path.display())))?;
            load::load(engine.store(), file, &options, progress)?
        }
    };
    let text: String = loaded.iter().map(lines).collect();
    std::io::stdout().lock().write_all(text.as_bytes())?;
    Ok(0)
}

/// A line for each layer that is new.
fn tell(event: &LoadEvent) -> std::io::Result<()> {
    match event {
        LoadEvent::Layer { layer, size, present: false, .. } => {
            let id = layer.0.to_string();
            writeln!(std::io::stdout(), "{}: Loading layer  {}", text::short_id(&id), size::decimal(*size))
        }
        _ => Ok(()),
    }
}

/// What was loaded, by its names or else by its id.
fn lines(loaded: &Loaded) -> String {
    if loaded.names.is_empty() {
        return format!("Loaded image ID: {}\n", loaded.id);
    }
    loaded.names.iter().map(|name| format!("Loaded image: {}\n", name.familiar())).collect()
}

#[cfg(test)]
mod tests {
    use super::{Loaded, lines};
    use oci::Digest;
    use oci::image::Descriptor;

    #[test]
    fn names_or_the_id() {
        let target = Descriptor::new("x", Digest::of(b"y"), 1);
        let mut loaded = Loaded { names: vec![], id: Digest::of(b"x"), target };
        assert_eq!(lines(&loaded), format!("Loaded image ID: {}\n", loaded.id));
        loaded.names = ["a", "b.example/c:1"].map(|name| name.parse().expect("a name")).into();
        assert_eq!(lines(&loaded), "Loaded image: a:latest\nLoaded image: b.example/c:1\n");
    }
}

//! `tare commit`.

use crate::failure::{Failure, Outcome};
use crate::globals::Globals;
use crate::registries;
use engine::containers::commit::{Commit, commit};
use oci::image::Execution;
use std::io::Write;

/// Arguments of `commit`.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Author
    #[arg(short, long, value_name = "TEXT")]
    author: Option<String>,
    /// Apply a Dockerfile instruction to the created image
    #[arg(short, long, value_name = "INSTRUCTION")]
    change: Vec<String>,
    /// Commit message
    #[arg(short, long, value_name = "TEXT")]
    message: Option<String>,
    /// Pause the container meanwhile
    #[arg(short, long, default_value_t = true, action = clap::ArgAction::Set, num_args = 0..=1, default_missing_value = "true", require_equals = true, overrides_with = "no_pause")]
    pause: bool,
    /// Do not pause the container meanwhile
    #[arg(long)]
    no_pause: bool,
    /// Container
    #[arg(value_name = "CONTAINER")]
    container: String,
    /// Name of the image
    #[arg(value_name = "REPOSITORY[:TAG]")]
    name: Option<String>,
}

pub(crate) fn run(globals: &Globals, arguments: Arguments) -> Outcome {
    let name = arguments.name.as_deref().map(registries::reference).transpose()?;
    // what makes no sense is told before anything is paused
    change(&mut Execution::default(), &arguments.change)?;
    let engine = globals.engine()?;
    let options = Commit {
        author: arguments.author,
        message: arguments.message,
        pause: arguments.pause && !arguments.no_pause,
        names: name.into_iter().collect(),
    };
    let image = commit(&engine, &arguments.container, &options, &mut |execution| {
        change(execution, &arguments.change).map_err(|failure| engine::Error::Invalid(failure.message))
    })?;
    writeln!(std::io::stdout(), "{}", image.id)?;
    Ok(0)
}

fn change(execution: &mut Execution, changes: &[String]) -> Outcome<()> {
    changes.iter().try_for_each(|change| {
        build::config::change(execution, change).map_err(|error| Failure::new(error.to_string()))
    })
}

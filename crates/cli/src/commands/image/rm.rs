//! `tare rmi`.

use crate::commands::complain;
use crate::failure::{Failure, Outcome};
use crate::globals::Globals;
use engine::images::remove::{Options, remove};
use engine::{Engine, Kind};
use std::io::Write;

/// Arguments of `rmi`.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Also an image with several names, or one that a stopped container uses
    #[arg(short, long)]
    force: bool,
    /// Leave content that nothing refers to any more to the next prune
    #[arg(long)]
    no_prune: bool,
    /// Images
    #[arg(required = true, value_name = "IMAGE")]
    images: Vec<String>,
}

pub(crate) fn run(globals: &Globals, arguments: Arguments) -> Outcome {
    let engine = globals.engine()?;
    let options = Options { force: arguments.force, keep_content: arguments.no_prune };
    let mut code = 0;
    for name in &arguments.images {
        code = code.max(remove_one(&engine, name, options)?);
    }
    Ok(code)
}

/// What was done is printed line by line. By force an image that is not there is told, and no failure.
fn remove_one(engine: &Engine, name: &str, options: Options) -> Outcome {
    match remove(engine.store(), name, options, &engine::system::usage(engine)?) {
        Ok(removed) => {
            let mut out = std::io::stdout().lock();
            for line in removed {
                writeln!(out, "{line}")?;
            }
            Ok(0)
        }
        Err(error) => {
            let error = engine::Error::from(error);
            let is_harmless = options.force && error.kind() == Kind::NotFound;
            complain(&Failure::from(error));
            Ok(i32::from(!is_harmless))
        }
    }
}

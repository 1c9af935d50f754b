//! `tare rm`.

use super::each::each_at_once;
use crate::failure::{Failure, Outcome};
use crate::globals::Globals;
use engine::Error;
use engine::containers::remove::{self, Options};

/// Arguments of `rm`.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// End running containers first; one that is not there is no failure
    #[arg(short, long)]
    force: bool,
    /// Remove anonymous volumes too
    #[arg(short, long)]
    volumes: bool,
    /// Names or ids
    #[arg(required = true, value_name = "CONTAINER")]
    containers: Vec<String>,
}

pub(crate) fn run(globals: &Globals, arguments: Arguments) -> Outcome {
    let engine = globals.engine()?;
    let options = Options { force: arguments.force, volumes: arguments.volumes };
    each_at_once(&arguments.containers, |name| match remove::remove(&engine, name, options) {
        Err(error @ Error::NoContainer(_)) if arguments.force => Err(Failure::from(error).with_code(0)),
        result => Ok(result?),
    })
}

//! `tare wait`.

use crate::failure::{Failure, Outcome};
use crate::globals::Globals;
use engine::containers::kill;
use std::io::Write;

/// Arguments of `wait`.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Names or ids
    #[arg(required = true, value_name = "CONTAINER")]
    containers: Vec<String>,
}

pub(crate) fn run(globals: &Globals, arguments: Arguments) -> Outcome {
    let engine = globals.engine()?;
    let mut code = 0;
    for name in &arguments.containers {
        match kill::wait(&engine, name) {
            Ok(ended) => writeln!(std::io::stdout(), "{ended}")?,
            Err(error) => {
                super::complain(&Failure::from(error));
                code = 1;
            }
        }
    }
    Ok(code)
}

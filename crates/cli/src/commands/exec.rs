//! `tare exec`.

use super::attend::attend_all;
use crate::failure::{Failure, Outcome};
use crate::flags::environment;
use crate::globals::Globals;
use crate::session::{Session, Wanted};
use crate::terminal;
use engine::containers::exec::{self, Options};
use engine::containers::start::Streams;
use engine::{Engine, Error, Which};
use std::path::PathBuf;

/// Arguments of `exec`.
#[derive(Debug, clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "independent switches of the command line")]
pub(crate) struct Arguments {
    /// Run in the background
    #[arg(short, long)]
    detach: bool,
    /// Keys that detach from a terminal
    #[arg(long, default_value = "ctrl-p,ctrl-q", value_name = "KEYS")]
    detach_keys: String,
    /// Set an environment variable (NAME copies it from here)
    #[arg(short, long, value_name = "NAME[=VALUE]")]
    env: Vec<String>,
    /// Read environment variables from a file
    #[arg(long, value_name = "FILE")]
    env_file: Vec<PathBuf>,
    /// Connect standard input
    #[arg(short, long)]
    interactive: bool,
    /// Give the process every capability
    #[arg(long)]
    privileged: bool,
    /// Allocate a pseudo-terminal
    #[arg(short, long)]
    tty: bool,
    /// User name or id (USER[:GROUP])
    #[arg(short, long)]
    user: Option<String>,
    /// Working directory inside the container
    #[arg(short, long, value_name = "DIR")]
    workdir: Option<String>,
    /// Container, then the command and its arguments
    #[arg(required = true, num_args = 2.., trailing_var_arg = true, value_name = "CONTAINER COMMAND [ARGUMENT…]")]
    words: Vec<String>,
}

pub(crate) fn run(globals: &Globals, arguments: Arguments) -> Outcome {
    let (container, command) =
        arguments.words.split_first().ok_or_else(|| Failure::new("a container is needed"))?;
    let options = Options {
        command: command.to_vec(),
        environment: environment(&arguments.env_file, &arguments.env)?,
        working_directory: arguments.workdir.clone(),
        user: arguments.user.clone(),
        terminal: arguments.tty,
        privileged: arguments.privileged,
    };
    if arguments.detach {
        exec::exec(&globals.engine()?, container, &options, &Streams::default()).map_err(failed)?;
        return Ok(0);
    }
    if arguments.tty && arguments.interactive && !terminal::input_is_terminal() {
        return Err(Failure::new("the input device is not a TTY"));
    }
    execute(&globals.engine()?, container, &options, &arguments)
}

fn execute(engine: &Engine, container: &str, options: &Options, arguments: &Arguments) -> Outcome {
    let streams = Which { input: arguments.interactive, output: true, error: true };
    let wanted = Wanted { streams, terminal: arguments.tty, proxy_signals: false };
    let (session, ends) = Session::prepare(wanted, &arguments.detach_keys)?;
    let connection = exec::exec(engine, container, options, &ends.streams()).map_err(failed)?;
    drop(ends);
    attend_all(session, &connection)
}

/// A program that cannot be executed ends with 126 or 127, as in a shell.
fn failed(error: Error) -> Failure {
    let code = if let Error::NotExecuted { code, .. } = &error { i32::from(*code) } else { 1 };
    Failure::from(error).with_code(code)
}

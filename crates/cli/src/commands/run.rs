//! `tare run`.

use crate::failure::{ENGINE, Failure, Outcome, start_code};
use crate::flags;
use crate::globals::Globals;
use crate::session::{End, Session, Wanted};
use engine::containers::directory::Lock;
use engine::containers::{create, remove, start};
use engine::{Engine, Which};
use std::io::Write;

/// Arguments of `run`.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Run in the background and print the container's id
    #[arg(short, long)]
    detach: bool,
    /// Keys that detach from a terminal
    #[arg(long, default_value = "ctrl-p,ctrl-q", value_name = "KEYS")]
    detach_keys: String,
    /// Pass signals on to the process
    #[arg(long, default_value_t = true, action = clap::ArgAction::Set, num_args = 0..=1, default_missing_value = "true", require_equals = true)]
    sig_proxy: bool,
    /// Attach to STDIN, STDOUT or STDERR
    #[arg(short, long, value_name = "STREAM")]
    attach: Vec<String>,
    #[command(flatten)]
    container: flags::Container,
}

pub(crate) fn run(globals: &Globals, arguments: Arguments) -> Outcome {
    let options = arguments.container.options()?;
    if arguments.detach && !arguments.attach.is_empty() {
        return Err(Failure::usage("conflicting options: cannot specify both --attach and --detach"));
    }
    let wanted = wanted(&arguments)?;
    let engine = globals.engine().map_err(|failure| failure.with_code(ENGINE))?;
    let id_file = arguments.container.cidfile.as_deref().map(super::create::id_file).transpose()?;
    let (record, lock) = super::create::with_image(
        &engine,
        arguments.container.image(),
        &arguments.container.pulling,
        || create::create_locked(&engine, &options),
    )?;
    if let Some(file) = id_file {
        super::create::write_id(file, &record.id)?;
    }
    super::create::warn_of_platform(&record, &arguments.container);
    if arguments.detach {
        return start_detached(&engine, &record, lock);
    }
    attend(&engine, &record, lock, wanted, &arguments.detach_keys)
}

fn wanted(arguments: &Arguments) -> Outcome<Wanted> {
    let container = &arguments.container;
    let mut streams = Which { input: container.interactive, output: true, error: true };
    if !arguments.attach.is_empty() {
        streams = Which::default();
        for name in &arguments.attach {
            match name.to_ascii_lowercase().as_str() {
                "stdin" => streams.input = true,
                "stdout" => streams.output = true,
                "stderr" => streams.error = true,
                _ => return Err(Failure::usage("valid streams are STDIN, STDOUT and STDERR")),
            }
        }
    }
    if container.tty && streams.input && !arguments.detach && !crate::terminal::input_is_terminal() {
        return Err(Failure::new("the input device is not a TTY"));
    }
    let proxy_signals = arguments.sig_proxy && !container.tty;
    Ok(Wanted { streams, terminal: container.tty, proxy_signals })
}

fn start_detached(engine: &Engine, record: &engine::containers::Record, lock: Lock) -> Outcome {
    start::start_locked(engine, &record.id, &start::Streams::default(), lock)
        .map_err(|error| failed(engine, record, error))?;
    writeln!(std::io::stdout(), "{}", record.id)?;
    Ok(0)
}

fn attend(
    engine: &Engine,
    record: &engine::containers::Record,
    lock: Lock,
    wanted: Wanted,
    keys: &str,
) -> Outcome {
    let (session, ends) = Session::prepare(wanted, keys)?;
    let connection = start::start_locked(engine, &record.id, &ends.streams(), lock)
        .map_err(|error| failed(engine, record, error))?;
    drop(ends);
    match session.run(&connection)? {
        End::Exited(code) => {
            super::explain::explain(engine, record, code);
            Ok(code)
        }
        End::Detached => Ok(0),
        End::Lost => {
            Err(Failure::new("the container's supervisor was killed, and the container with it")
                .with_code(137))
        }
    }
}

/// A container that could not be started stays for inspection, unless `--rm` says otherwise.
fn failed(engine: &Engine, record: &engine::containers::Record, error: engine::Error) -> Failure {
    let code = start_code(&error);
    if record.host.auto_remove {
        // the reason of the start's failure is the one to tell
        let _ = remove::remove(engine, &record.id, remove::Options { force: true, volumes: true });
    }
    Failure::from(error).with_code(code)
}

//! The commands: one file each, with its help, its arguments, and what it does.

mod create;
mod import;
mod run;

use crate::failure::{Failure, Outcome};
use crate::globals::{First, Globals};
use clap::{ArgMatches, Args, Command, FromArgMatches};
use std::ffi::OsString;

/// A command as the table has it.
pub(crate) struct Entry {
    /// Its names: one word (`run`) or two (`container run`); the first is the one that help shows.
    names: &'static [&'static str],
    /// One line of help.
    about: &'static str,
    /// Its arguments for the parser.
    arguments: fn(Command) -> Command,
    run: fn(&Globals, &ArgMatches) -> Outcome,
}

/// An entry for the command in module `$module`, whose arguments are `Arguments` and whose function is `run`.
macro_rules! command {
    ($module:ident, $names:expr, $about:expr) => {
        Entry {
            names: $names,
            about: $about,
            arguments: <$module::Arguments as Args>::augment_args,
            run: |globals, matches| {
                let arguments = $module::Arguments::from_arg_matches(matches)
                    .map_err(|error| Failure::usage(error.to_string()))?;
                $module::run(globals, arguments)
            },
        }
    };
}

/// Every command.
const COMMANDS: &[Entry] = &[
    command!(create, &["create", "container create"], "Create a new container"),
    command!(import, &["import", "image import"], "Create an image from the tarball of a root file system"),
    command!(run, &["run", "container run"], "Create and run a new container from an image"),
];

/// Runs the command that the arguments name; the exit code.
pub(crate) fn dispatch(arguments: &[OsString]) -> i32 {
    let outcome = Globals::split(arguments).and_then(|(globals, first)| match first {
        First::Help => help(),
        First::Version => version(),
        First::Command(words) => command(&globals, &words),
    });
    outcome.unwrap_or_else(|failure| {
        complain(&failure);
        failure.code
    })
}

#[expect(clippy::print_stderr, reason = "the command line is where printing is done")]
fn complain(failure: &Failure) {
    if !failure.message.is_empty() {
        eprintln!("tare: {}", failure.message);
    }
}

fn command(globals: &Globals, words: &[OsString]) -> Outcome {
    let text = |index: usize| words.get(index).and_then(|w| w.to_str()).unwrap_or_default();
    let two = format!("{} {}", text(0), text(1));
    let find = |name: &str| COMMANDS.iter().find(|entry| entry.names.contains(&name));
    let (entry, used) = match (find(&two), find(text(0))) {
        (Some(entry), _) => (entry, 2),
        (None, Some(entry)) => (entry, 1),
        (None, None) => return unknown(text(0), text(1)),
    };
    let name = entry.names[0];
    let parser = parser(entry);
    let program = OsString::from(format!("tare {name}"));
    let rest = std::iter::once(program).chain(words[used..].iter().cloned());
    match parser.try_get_matches_from(rest) {
        Ok(matches) => (entry.run)(globals, &matches),
        Err(error) if !error.use_stderr() => {
            // help was asked for; nobody may be reading it
            let _ = error.print();
            Ok(0)
        }
        Err(error) => {
            let _ = error.print();
            Err(Failure::silent(crate::failure::ENGINE))
        }
    }
}

fn parser(entry: &Entry) -> Command {
    let command = Command::new(entry.names[0]).about(entry.about).bin_name(format!("tare {}", entry.names[0]));
    (entry.arguments)(command)
}

fn unknown(first: &str, second: &str) -> Outcome {
    let family = format!("{first} ");
    let members: Vec<&str> =
        COMMANDS.iter().flat_map(|e| e.names).filter_map(|name| name.strip_prefix(&family)).collect();
    if !members.is_empty() {
        let words = if second.is_empty() || second.starts_with('-') {
            format!("'tare {first}' needs a command")
        } else {
            format!("unknown command: tare {first} {second}")
        };
        return Err(Failure::new(format!("{words}; it has: {}", members.join(", "))));
    }
    let names: Vec<&str> = COMMANDS.iter().flat_map(|e| e.names).copied().collect();
    let nearest = dockerfile::nearest(first, &names).map(|n| format!(", did you mean '{n}'?")).unwrap_or_default();
    Err(Failure::new(format!("'{first}' is not a tare command{nearest}\nSee 'tare --help'")))
}

#[expect(clippy::print_stdout, reason = "the command line is where printing is done")]
fn help() -> Outcome {
    println!("Usage: tare [--data-root DIR] [--exec-root DIR] COMMAND\n\nCommands:");
    for entry in COMMANDS {
        println!("  {:<18} {}", entry.names[0], entry.about);
    }
    println!("\n'tare COMMAND --help' tells more about a command.");
    Ok(0)
}

#[expect(clippy::print_stdout, reason = "the command line is where printing is done")]
fn version() -> Outcome {
    println!("tare version {}", env!("CARGO_PKG_VERSION"));
    Ok(0)
}

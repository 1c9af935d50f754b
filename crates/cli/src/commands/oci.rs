//! `tare oci`, also called as `tare-runtime`: the OCI runtime's command line, whose words and flags are runc's.

mod console;
mod create;
mod events;
mod exec;
mod globals;
mod list;
mod log;
mod processes;
mod recipients;
mod simple;
mod spec;
mod update;

use crate::failure::{Failure, Outcome};
use clap::{ArgMatches, Args, Command, FromArgMatches};
use globals::{First, Globals};
use std::ffi::OsString;
use std::io::Write;
use std::os::fd::AsFd;
use std::path::Path;

/// A command as the table has it.
struct Entry {
    name: &'static str,
    about: &'static str,
    arguments: fn(Command) -> Command,
    run: fn(&Globals, &ArgMatches) -> Outcome,
}

/// An entry for the arguments `$arguments`, carried out by `$run`.
macro_rules! command {
    ($name:expr, $about:expr, $arguments:ty, $run:expr) => {
        Entry {
            name: $name,
            about: $about,
            arguments: <$arguments as Args>::augment_args,
            run: |globals, matches| {
                let arguments = <$arguments>::from_arg_matches(matches)
                    .map_err(|error| Failure::new(error.to_string()))?;
                $run(globals, arguments)
            },
        }
    };
}

const COMMANDS: &[Entry] = &[
    command!("create", "Create a container from a bundle", create::Arguments, create::create),
    command!("delete", "Delete what is left of a container", simple::Delete, simple::delete),
    command!(
        "events",
        "Show what a container uses, and when its memory ends",
        events::Arguments,
        events::run
    ),
    command!("exec", "Execute a process in a container", exec::Arguments, exec::run),
    command!("features", "Show what this runtime can do", simple::Features, simple::features),
    command!("kill", "Send a signal to a container", simple::Kill, simple::kill),
    command!("list", "List containers", list::Arguments, list::run),
    command!("pause", "Suspend all processes of a container", simple::One, simple::pause),
    command!("ps", "Show the processes of a container", processes::Arguments, processes::run),
    command!("resume", "Let the processes of a paused container go on", simple::One, simple::resume),
    command!("run", "Create and run a container", create::Arguments, create::run),
    command!("spec", "Write a new specification", spec::Arguments, spec::run),
    command!("start", "Start the program of a created container", simple::One, simple::start),
    command!("state", "Show the state of a container", simple::One, simple::state),
    command!("update", "Change the limits of a container", update::Arguments, update::run),
];

/// What others have and this runtime does not.
const UNSUPPORTED: [&str; 2] = ["checkpoint", "restore"];

/// Runs the command that the arguments name; the exit code. `exec_root` is what was said before `oci`.
pub(crate) fn dispatch(arguments: &[OsString], exec_root: Option<&Path>) -> i32 {
    let (globals, first) = Globals::split(arguments, exec_root);
    let outcome = first.and_then(|first| match first {
        First::Help => help(),
        First::Version => version(),
        First::Command(words) => command(&globals, &words),
    });
    outcome.unwrap_or_else(|failure| {
        if !failure.message.is_empty() {
            globals.log.error(&failure.message);
        }
        failure.code
    })
}

fn command(globals: &Globals, words: &[OsString]) -> Outcome {
    let name = words.first().and_then(|word| word.to_str()).unwrap_or_default();
    if UNSUPPORTED.contains(&name) {
        return Err(Failure::new(format!("{name} is not supported")));
    }
    let Some(entry) = COMMANDS.iter().find(|entry| entry.name == name) else {
        return Err(Failure::new(format!("unknown command {name:?}; 'tare oci --help' lists the commands")));
    };
    if sys::entry::MAKERS.contains(&name) {
        must_be_protected()?;
    }
    let program = OsString::from(format!("tare oci {name}"));
    let words: Vec<OsString> = std::iter::once(program).chain(words[1..].iter().cloned()).collect();
    let command = Command::new(entry.name).bin_name(format!("tare oci {name}")).args_override_self(true);
    let command = (entry.arguments)(command).about(entry.about);
    match super::usage::parse(&command, &words).map_err(|failure| failure.with_code(1))? {
        Some(matches) => (entry.run)(globals, &matches),
        None => Ok(0),
    }
}

/// A container must not reach this program for writing, although a process of it begins as a fork of this one (CVE-2019-5736): its first
/// instructions have executed it anew from a read-only clone of its mount (`sys::entry`, docs/adr/0009). Where that failed the reason is told.
fn must_be_protected() -> Outcome<()> {
    let failed = |errno: sys::Errno| Failure::new(format!("protect this program: {errno}"));
    let flags = sys::fs::OFlags::PATH | sys::fs::OFlags::CLOEXEC;
    let own = sys::fs::open("/proc/self/exe", flags, sys::fs::Mode::empty()).map_err(failed)?;
    let is_read_only = |fs: sys::fs::StatVfs| fs.f_flag.contains(sys::fs::StatVfsMountFlags::RDONLY);
    if sys::fs::fstatvfs(&own).is_ok_and(is_read_only) {
        return Ok(());
    }
    match sys::mount::read_only_open_file(own.as_fd()) {
        // without the right to mount there is no container either, but for a user namespace that this process is root of
        Err(sys::Errno::PERM) => Ok(()),
        Err(errno) => Err(failed(errno)),
        Ok(_) => Err(failed(sys::Errno::NOEXEC)),
    }
}

fn help() -> Outcome {
    let mut out = std::io::stdout().lock();
    writeln!(out, "Usage: tare oci [GLOBAL OPTIONS] COMMAND [OPTIONS] [ARGUMENTS]\n\nCommands:")?;
    for entry in COMMANDS {
        writeln!(out, "  {:<10} {}", entry.name, entry.about)?;
    }
    writeln!(out, "\n{}", globals::HELP)?;
    Ok(0)
}

fn version() -> Outcome {
    writeln!(std::io::stdout(), "tare-runtime version {}\nspec: 1.2.1", env!("CARGO_PKG_VERSION"))?;
    Ok(0)
}

impl From<lifecycle::Error> for Failure {
    fn from(error: lifecycle::Error) -> Self {
        Self::new(error.to_string())
    }
}

//! The commands: one file each, with its help, its arguments, and what it does.

mod attach;
mod attend;
mod build;
mod completion;
mod container;
mod cp;
mod create;
mod debug;
mod destination;
mod diff;
mod each;
mod exec;
mod explain;
mod export;
mod image;
mod inspect;
mod inspected;
mod kill;
mod list_referrers;
mod list_tags;
mod login;
mod logout;
mod logs;
mod manifest;
pub(crate) mod oci;
#[cfg(test)]
mod parity;
mod pause;
mod ps;
mod reclaimed;
mod rename;
mod restart;
mod rm;
mod run;
mod search;
mod start;
mod stop;
mod strip;
mod subject;
mod system;
mod top;
mod unpause;
mod unsupported;
mod usage;
mod volume;
mod wait;
mod weigh;
mod why;

use crate::failure::{Failure, Outcome};
use crate::globals::{First, Globals};
use clap::{ArgMatches, Args, Command, FromArgMatches};
use std::ffi::OsString;
use std::io::Write;

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
    ($($module:ident)::+, $names:expr, $about:expr) => {
        Entry {
            names: $names,
            about: $about,
            arguments: <$($module)::+::Arguments as Args>::augment_args,
            run: |globals, matches| {
                let arguments = $($module)::+::Arguments::from_arg_matches(matches)
                    .map_err(|error| Failure::usage(error.to_string()))?;
                $($module)::+::run(globals, arguments)
            },
        }
    };
}

/// Every command.
const COMMANDS: &[Entry] = &[
    command!(
        attach,
        &["attach", "container attach"],
        "Attach standard input, output and error to a running container"
    ),
    command!(
        build,
        &["build", "image build", "builder build", "buildx build"],
        "Build an image from a Dockerfile"
    ),
    command!(system::build_cache, &["builder prune"], "Remove build cache"),
    command!(completion, &["completion"], "Print a script that completes commands in a shell"),
    command!(
        container::commit,
        &["commit", "container commit"],
        "Create a new image from a container's changes"
    ),
    command!(
        container::inspect,
        &["container inspect"],
        "Display detailed information on one or more containers"
    ),
    command!(container::prune, &["container prune"], "Remove all stopped containers"),
    command!(
        image::copy,
        &["copy", "image copy"],
        "Copy an image between registries, archives and the store"
    ),
    command!(cp, &["cp", "container cp"], "Copy files between a container and this file system"),
    command!(create, &["create", "container create"], "Create a new container"),
    command!(debug, &["debug"], "Open a shell with tools in a container or image that has none"),
    command!(diff, &["diff", "container diff"], "List what has changed in the file system of a container"),
    command!(exec, &["exec", "container exec"], "Execute a command in a running container"),
    command!(
        export,
        &["export", "container export"],
        "Export the file system of a container as a tar archive"
    ),
    command!(image::history, &["history", "image history"], "Show the history of an image"),
    command!(image::inspect, &["image inspect"], "Display detailed information on one or more images"),
    command!(image::prune, &["image prune"], "Remove unused images"),
    command!(image::ls, &["images", "image ls", "image list"], "List images"),
    command!(
        image::import,
        &["import", "image import"],
        "Import the contents from a tarball to create a filesystem image"
    ),
    command!(system::info, &["info", "system info"], "Display system-wide information"),
    command!(inspect, &["inspect"], "Display detailed information on containers, images and volumes"),
    command!(kill, &["kill", "container kill"], "Kill one or more running containers"),
    command!(
        list_referrers,
        &["list-referrers"],
        "List what refers to an image in a registry: signatures and other artifacts"
    ),
    command!(list_tags, &["list-tags"], "List the tags of a repository in a registry"),
    command!(image::load, &["load", "image load"], "Load an image from a tar archive or STDIN"),
    command!(login, &["login"], "Authenticate to a registry"),
    command!(logout, &["logout"], "Forget the credentials for a registry"),
    command!(logs, &["logs", "container logs"], "Show what a container has written"),
    command!(manifest::annotate, &["manifest annotate"], "Add information to an image of a manifest list"),
    command!(manifest::create, &["manifest create"], "Create a manifest list of images of registries"),
    command!(manifest::inspect, &["manifest inspect"], "Display a manifest or a manifest list"),
    command!(manifest::push, &["manifest push"], "Push a manifest list to a registry"),
    command!(manifest::rm, &["manifest rm"], "Forget manifest lists"),
    command!(pause, &["pause", "container pause"], "Pause all processes of one or more containers"),
    command!(ps, &["ps", "container ls", "container list", "container ps"], "List containers"),
    command!(image::pull, &["pull", "image pull"], "Download an image from a registry"),
    command!(image::push, &["push", "image push"], "Upload an image to a registry"),
    command!(rename, &["rename", "container rename"], "Rename a container"),
    command!(restart, &["restart", "container restart"], "Restart one or more containers"),
    command!(rm, &["rm", "container rm", "container remove"], "Remove one or more containers"),
    command!(image::rm, &["rmi", "image rm", "image remove"], "Remove one or more images"),
    command!(run, &["run", "container run"], "Create and run a new container from an image"),
    command!(image::save, &["save", "image save"], "Save one or more images to a tar archive"),
    command!(search, &["search"], "Search a registry for images"),
    command!(start, &["start", "container start"], "Start one or more stopped containers"),
    command!(strip, &["strip", "image strip"], "Derive the minimal image of a program"),
    command!(stop, &["stop", "container stop"], "Stop one or more running containers"),
    command!(system::check, &["system check"], "Check every blob and layer, and repair what can be"),
    command!(system::df, &["system df"], "Show disk usage"),
    command!(system::prune, &["system prune"], "Remove unused data"),
    command!(image::tag, &["tag", "image tag"], "Create a tag TARGET_IMAGE that refers to SOURCE_IMAGE"),
    command!(top, &["top", "container top"], "Show the processes of a container"),
    command!(image::tree, &["image tree"], "Show the layers of an image as a tree"),
    command!(unpause, &["unpause", "container unpause"], "Let paused containers go on"),
    command!(system::version, &["version"], "Show the version information"),
    command!(volume::create, &["volume create"], "Create a volume"),
    command!(volume::inspect, &["volume inspect"], "Display detailed information on one or more volumes"),
    command!(volume::ls, &["volume ls", "volume list"], "List volumes"),
    command!(volume::prune, &["volume prune"], "Remove unused local volumes"),
    command!(volume::rm, &["volume rm", "volume remove"], "Remove one or more volumes"),
    command!(why, &["why", "image why"], "Say why a program does not start, and what will not work"),
    command!(wait, &["wait", "container wait"], "Block until containers stop, then print their exit codes"),
    command!(
        weigh,
        &["weigh", "image weigh", "container weigh"],
        "Show what is in an image, and what of it its program needs"
    ),
];

/// Runs the command that the arguments name; the exit code.
pub(crate) fn dispatch(arguments: &[OsString]) -> i32 {
    let outcome = Globals::split(arguments).and_then(|(globals, first)| match first {
        First::Help => help(),
        First::Version => version(),
        First::Command(words) if words[0] == "oci" => Ok(oci::dispatch(&words[1..], globals.exec_root())),
        First::Command(words) => command(&globals, &words),
    });
    outcome.unwrap_or_else(|failure| {
        complain(&failure);
        failure.code
    })
}

fn complain(failure: &Failure) {
    if !failure.message.is_empty() {
        say!("tare: {}", failure.message);
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
    let program = OsString::from(format!("tare {}", entry.names[0]));
    let words: Vec<OsString> = std::iter::once(program).chain(words[used..].iter().cloned()).collect();
    match usage::parse(&parser(entry), &words)? {
        Some(matches) => (entry.run)(globals, &matches),
        None => Ok(0),
    }
}

fn parser(entry: &Entry) -> Command {
    let name = entry.names[0];
    let command = Command::new(name).bin_name(format!("tare {name}")).args_override_self(true);
    let command = (entry.arguments)(command).about(entry.about);
    // the rest of the line is one argument to the parser, and several to whoever reads help
    let rest = command.get_positionals().find(|argument| argument.is_trailing_var_arg_set());
    match rest.map(|rest| (rest.get_id().clone(), rest.get_value_names().unwrap_or_default().join(" "))) {
        Some((id, words)) => {
            let has_flags = command.get_arguments().any(|argument| !argument.is_positional());
            let usage = format!("tare {name} {}{words}", if has_flags { "[OPTIONS] " } else { "" });
            command.override_usage(usage).mut_arg(id, |rest| rest.hide(true))
        }
        None => command,
    }
}

/// The parser of the command with this name.
#[cfg(test)]
fn parser_of(name: &str) -> Option<Command> {
    COMMANDS.iter().find(|entry| entry.names.contains(&name)).map(parser)
}

fn unknown(first: &str, second: &str) -> Outcome {
    if let Some(name) = unsupported::command(first, second) {
        let instead = unsupported::instead(&name).map(|text| format!("\nhint: {text}")).unwrap_or_default();
        return Err(Failure::new(format!("'tare {name}' is not supported yet{instead}")));
    }
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
    let nearest =
        dockerfile::nearest(first, &names).map(|n| format!(", did you mean '{n}'?")).unwrap_or_default();
    Err(Failure::new(format!("'{first}' is not a tare command{nearest}\nSee 'tare --help'")))
}

fn help() -> Outcome {
    let mut out = std::io::stdout().lock();
    writeln!(out, "Usage: tare [--data-root DIR] [--exec-root DIR] COMMAND\n\nCommands:")?;
    for entry in COMMANDS {
        writeln!(out, "  {:<18} {}", entry.names[0], entry.about)?;
    }
    writeln!(out, "\n'tare COMMAND --help' tells more about a command.")?;
    Ok(0)
}

fn version() -> Outcome {
    writeln!(std::io::stdout(), "tare version {}", env!("CARGO_PKG_VERSION"))?;
    Ok(0)
}

//! `tare debug`.

use super::attend::attend_all;
use super::create::with_image;
use crate::failure::Outcome;
use crate::flags::{self, environment};
use crate::globals::Globals;
use crate::session::{Session, Wanted};
use crate::terminal;
use engine::Which;
use engine::debug::{self, Options, Root, Shell};
use std::io::IsTerminal;
use std::path::PathBuf;

/// Arguments of `debug`.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Image with the tools
    #[arg(long, visible_alias = "tools", value_name = "IMAGE", help = format!("Image with the tools (default: {})", debug::TOOLBOX))]
    image: Option<String>,
    #[command(flatten)]
    pulling: flags::Pulling,
    /// Shell to start: bash, sh, or auto
    #[arg(long, value_enum, default_value = "auto")]
    shell: Name,
    /// Run this line in the shell
    #[arg(short, long, value_name = "LINE", conflicts_with = "words")]
    command: Option<String>,
    /// What is at /: the container's files, or those of the tools with the container at /container; auto decides by whether the tools need libraries
    #[arg(long, value_enum, default_value = "auto", value_name = "auto|container|toolbox")]
    root: Place,
    /// Let the container's volumes and other mounts be written
    #[arg(long)]
    write: bool,
    /// Set an environment variable (NAME copies it from here)
    #[arg(short, long, value_name = "NAME[=VALUE]")]
    env: Vec<String>,
    /// Read environment variables from a file
    #[arg(long, value_name = "FILE")]
    env_file: Vec<PathBuf>,
    /// User name or id (USER[:GROUP])
    #[arg(short, long)]
    user: Option<String>,
    /// Working directory
    #[arg(short, long, value_name = "DIR")]
    workdir: Option<String>,
    #[command(flatten)]
    powers: flags::Powers,
    /// Container or image
    #[arg(value_name = "CONTAINER|IMAGE")]
    target: String,
    /// Command and its arguments, in the place of a shell
    #[arg(
        trailing_var_arg = true,
        allow_hyphen_values = true,
        value_name = "CONTAINER|IMAGE [COMMAND] [ARGUMENT…]"
    )]
    words: Vec<String>,
}

/// `--shell`.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Name {
    Auto,
    Bash,
    Sh,
}

/// `--root`.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Place {
    Auto,
    Container,
    Toolbox,
}

pub(crate) fn run(globals: &Globals, arguments: Arguments) -> Outcome {
    let is_terminal = terminal::input_is_terminal() && std::io::stdout().is_terminal();
    let options = options(&arguments, is_terminal)?;
    let engine = globals.engine()?;
    let wanted = Wanted {
        streams: Which { input: true, output: true, error: true },
        terminal: is_terminal,
        proxy_signals: false,
    };
    // there is nothing to come back to: no keys detach
    let (session, ends) = Session::prepare(wanted, "")?;
    let toolbox = options.toolbox.as_deref().unwrap_or(debug::TOOLBOX);
    let debugging = with_image(&engine, (toolbox, None), &arguments.pulling, || {
        debug::debug(&engine, &arguments.target, &options, &ends.streams())
    })?;
    drop(ends);
    if debugging.is_below && is_terminal {
        say!("the tools need their own libraries: / is the toolbox, the container is at /container");
    }
    attend_all(session, &debugging.connection)
}

fn options(arguments: &Arguments, terminal: bool) -> Outcome<Options> {
    Ok(Options {
        toolbox: arguments.image.clone(),
        root: match arguments.root {
            Place::Auto => Root::Auto,
            Place::Container => Root::Container,
            Place::Toolbox => Root::Toolbox,
        },
        shell: match arguments.shell {
            Name::Auto => Shell::Auto,
            Name::Bash => Shell::Bash,
            Name::Sh => Shell::Sh,
        },
        line: arguments.command.clone(),
        command: arguments.words.clone(),
        environment: environment(&arguments.env_file, &arguments.env)?,
        working_directory: arguments.workdir.clone(),
        user: arguments.user.clone(),
        terminal,
        writable: arguments.write,
        privileged: arguments.powers.privileged,
        cap_add: arguments.powers.cap_add.clone(),
        cap_drop: arguments.powers.cap_drop.clone(),
    })
}

//! `tare completion`.

use super::{COMMANDS, parser};
use crate::failure::{Failure, Outcome};
use crate::globals::Globals;
use clap::{Arg, Command, ValueHint};
use clap_complete::Shell;
use std::io::Write;

/// Arguments of `completion`.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The shell that the script is for
    #[arg(value_name = "bash|zsh|fish")]
    shell: String,
}

pub(crate) fn run(_: &Globals, arguments: Arguments) -> Outcome {
    let script = script(shell(&arguments.shell)?);
    std::io::stdout().lock().write_all(&script)?;
    Ok(0)
}

fn shell(name: &str) -> Outcome<Shell> {
    match name {
        "bash" => Ok(Shell::Bash),
        "zsh" => Ok(Shell::Zsh),
        "fish" => Ok(Shell::Fish),
        _ => Err(Failure::new(format!("no completion for the shell '{name}': there are bash, zsh and fish"))),
    }
}

fn script(shell: Shell) -> Vec<u8> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut tree(), "tare", &mut script);
    script
}

/// Every command below `tare`, those with two words in families.
pub(super) fn tree() -> Command {
    let root = |name: &'static str| {
        Arg::new(name).long(name).num_args(1).value_name("DIR").value_hint(ValueHint::DirPath)
    };
    let mut tree = Command::new("tare").version(env!("CARGO_PKG_VERSION"));
    tree = tree.args([root("data-root"), root("exec-root")]).disable_help_subcommand(true);
    let mut families: Vec<Command> = Vec::new();
    for entry in COMMANDS {
        for name in entry.names {
            let Some((family, member)) = name.split_once(' ') else {
                tree = tree.subcommand(parser(entry).name(*name));
                continue;
            };
            let position = families.iter().position(|command| command.get_name() == family);
            let command =
                position.map_or_else(|| Command::new(family), |position| families.swap_remove(position));
            families.push(command.disable_help_subcommand(true).subcommand(parser(entry).name(member)));
        }
    }
    tree.subcommands(families)
}

#[cfg(test)]
mod tests {
    use super::{script, shell};

    #[test]
    fn scripts_know_commands_families_and_flags() {
        for name in ["bash", "zsh", "fish"] {
            let script = String::from_utf8(script(shell(name).expect("a shell"))).expect("text");
            for word in ["volume", "inspect", "images", "no-trunc", "exec-root"] {
                assert!(script.contains(word), "{name} {word}");
            }
        }
    }
}

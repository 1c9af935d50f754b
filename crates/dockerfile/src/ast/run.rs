//! `RUN` and what it is allowed.

use std::borrow::Cow;

use super::command::Command;
use crate::{
    flags::Flag,
    heredoc::{self, Heredoc},
    mount::Mount,
};

/// A `RUN` instruction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// The command as written, without heredocs. [`Run::invocation`] tells what to execute.
    pub command: Command,
    /// The heredocs that a shell form declares, in order.
    pub heredocs: Vec<Heredoc>,
    /// `--mount`, any number.
    pub mounts: Vec<Mount>,
    /// `--network`.
    pub network: Option<Flag<Network>>,
    /// `--security`.
    pub security: Option<Flag<Security>>,
    /// `--device`, any number.
    pub devices: Vec<Flag<Device>>,
}

/// The network of a `RUN`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Network {
    /// The build's network.
    Default,
    /// Loopback only.
    None,
    /// The host's.
    Host,
}

/// How far a `RUN` is confined.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Security {
    /// As containers are by default.
    Sandbox,
    /// With all privileges; needs an entitlement.
    Insecure,
}

/// A device that a `RUN` asks for (Container Device Interface).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    /// The qualified name.
    pub name: String,
    /// Whether its absence is an error.
    pub required: bool,
}

/// What a `RUN` executes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Invocation<'a> {
    /// The stage's `SHELL` followed by this one argument.
    Shell(Cow<'a, str>),
    /// These arguments, without a shell.
    Exec(&'a [String]),
    /// A heredoc alone on the line whose text begins with `#!`. The builder writes `content` to a file
    /// of this name, mode 0755, mounts its directory read-only at `/dev/pipes`, and executes the stage's
    /// `SHELL` followed by `/dev/pipes/NAME`; nothing of it enters the layer.
    Script {
        /// The file's name: the heredoc's.
        name: &'a str,
        /// The file's content.
        content: String,
    },
}

impl Run {
    /// What to execute, as BuildKit does: a heredoc alone on the line is the script; where there is
    /// more on the line (`RUN python3 <<EOF`), the heredocs go to the shell, which must know them.
    /// Whether the terminator was quoted makes no difference to the former.
    pub fn invocation(&self) -> Invocation<'_> {
        let line = match &self.command {
            Command::Exec(arguments) => return Invocation::Exec(arguments),
            Command::Shell(line) => line,
        };
        match self.heredocs.as_slice() {
            [] => Invocation::Shell(Cow::Borrowed(line)),
            [only] if heredoc::declaration(line).is_some() => {
                let content = only.text();
                if content.starts_with("#!") {
                    Invocation::Script { name: &only.name, content }
                } else {
                    Invocation::Shell(Cow::Owned(content))
                }
            }
            heredocs => Invocation::Shell(Cow::Owned(heredoc::attach(line, heredocs))),
        }
    }

    pub(super) fn words(&self) -> Vec<&str> {
        self.mounts.iter().flat_map(|mount| mount.words()).collect()
    }
}

//! The syntax tree: what a Dockerfile says, before any variable is replaced.

use std::collections::BTreeSet;

use crate::{
    directive::Directives,
    expand::{variables_in, variables_in_heredoc},
    position::{Position, Span},
    source::Source,
};
pub use crate::{flags::Flag, heredoc::Heredoc};
pub use command::{Command, HealthTest, Healthcheck};
pub use run::{Device, Invocation, Network, Run, Security};
pub use transfer::{AddFiles, ClosureSize, CopyFiles, Transfer};

mod command;
mod run;
mod transfer;

/// A whole Dockerfile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dockerfile {
    /// The text that it was read from; it turns a [`crate::Fault`] into an [`crate::Error`].
    pub source: Source,
    /// `# syntax=`, `# escape=`, `# check=`.
    pub directives: Directives,
    /// The `ARG`s before the first `FROM`.
    pub global_args: Vec<Instruction>,
    /// The stages, in order; at least one.
    pub stages: Vec<Stage>,
    /// The character of continuations and escapes, which [`crate::expand`] needs.
    pub escape: char,
    /// What is accepted but should be changed.
    pub warnings: Vec<Warning>,
}

/// Something accepted that should be changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// Where.
    pub position: Position,
    /// The rule that says so; `# check=skip=RULE` silences it.
    pub rule: &'static str,
    /// What: lower case, no full stop.
    pub message: String,
}

/// One `FROM` and what follows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stage {
    /// The name after `AS`, in lower case: stage names ignore case.
    pub name: Option<String>,
    /// What it starts from.
    pub from: From,
    /// The instructions below `FROM`.
    pub instructions: Vec<Instruction>,
    /// The lines from `FROM` to the last instruction.
    pub span: Span,
}

/// A `FROM` instruction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct From {
    /// `--platform`, unexpanded; only global arguments are known to it.
    pub platform: Option<Flag<String>>,
    /// An image, `scratch` or an earlier stage, unexpanded; only global arguments are known to it.
    pub image: String,
    /// The lines of the instruction.
    pub span: Span,
    /// Its text, continuations joined.
    pub original: String,
    /// The comment lines directly above; `# NAME text` describes the stage.
    pub comments: Vec<String>,
}

/// One instruction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instruction {
    /// What it says.
    pub kind: Kind,
    /// The lines that it covers.
    pub span: Span,
    /// Its text for history and progress: continuations joined, heredocs left out.
    pub original: String,
    /// The comment lines directly above; `# NAME text` describes an argument.
    pub comments: Vec<String>,
}

/// The instructions. Every text is unexpanded; [`Kind::words`] tells which ones take variables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// `ADD`.
    Add(AddFiles),
    /// `ARG`: one or more definitions.
    Arg(Vec<Argument>),
    /// `CMD`. An empty exec form clears an inherited command.
    Cmd(Command),
    /// `COPY`.
    Copy(CopyFiles),
    /// `ENTRYPOINT`. An empty exec form clears an inherited entry point.
    Entrypoint(Command),
    /// `ENV`.
    Env(Vec<Pair>),
    /// `EXPOSE`: ports such as `80`, `53/udp`, `8000-8010/tcp`. A word may become several
    /// ([`crate::expand_words`]); each is then read by [`crate::Ports::parse`].
    Expose(Vec<String>),
    /// `HEALTHCHECK`.
    Healthcheck(Healthcheck),
    /// `LABEL`.
    Label(Vec<Pair>),
    /// `MAINTAINER`: the rest of the line.
    Maintainer(String),
    /// `ONBUILD`: the trigger as it goes into the image's configuration, heredocs included. It has been
    /// checked; [`crate::parse_instruction`] reads it again.
    Onbuild(String),
    /// `RUN`.
    Run(Run),
    /// `SHELL`: never empty.
    Shell(Vec<String>),
    /// `STOPSIGNAL`: a name or a number.
    Stopsignal(String),
    /// `USER`: `user[:group]`.
    User(String),
    /// `VOLUME`: never empty.
    Volume(Vec<String>),
    /// `WORKDIR`: the rest of the line, so that blanks belong to the path.
    Workdir(String),
}

/// One definition of an `ARG`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Argument {
    /// The variable.
    pub name: String,
    /// What stands behind `=`; a lone name imports a global or predefined argument.
    pub default: Option<String>,
}

/// One assignment of an `ENV` or `LABEL`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pair {
    /// The name.
    pub name: String,
    /// The value. It goes through [`crate::expand`] and stays one word.
    pub value: String,
    /// Whether it was written `ENV name value`, where the value is the rest of the line.
    pub legacy: bool,
}

impl Kind {
    /// The instruction's keyword in capitals.
    pub fn keyword(&self) -> &'static str {
        match self {
            Self::Add(_) => "ADD",
            Self::Arg(_) => "ARG",
            Self::Cmd(_) => "CMD",
            Self::Copy(_) => "COPY",
            Self::Entrypoint(_) => "ENTRYPOINT",
            Self::Env(_) => "ENV",
            Self::Expose(_) => "EXPOSE",
            Self::Healthcheck(_) => "HEALTHCHECK",
            Self::Label(_) => "LABEL",
            Self::Maintainer(_) => "MAINTAINER",
            Self::Onbuild(_) => "ONBUILD",
            Self::Run(_) => "RUN",
            Self::Shell(_) => "SHELL",
            Self::Stopsignal(_) => "STOPSIGNAL",
            Self::User(_) => "USER",
            Self::Volume(_) => "VOLUME",
            Self::Workdir(_) => "WORKDIR",
        }
    }

    /// Whether variables are replaced in its words. In the others the text is taken as it stands, and
    /// what looks like a variable is the shell's.
    pub fn takes_variables(&self) -> bool {
        !matches!(
            self,
            Self::Cmd(_)
                | Self::Entrypoint(_)
                | Self::Healthcheck(_)
                | Self::Maintainer(_)
                | Self::Onbuild(_)
                | Self::Shell(_)
        )
    }

    /// The words that [`crate::expand`] applies to: all of them, heredocs apart. Of a `RUN` these are the
    /// values of its mounts.
    pub fn words(&self) -> Vec<&str> {
        match self {
            Self::Add(add) => add.words(),
            Self::Copy(copy) => copy.words(),
            Self::Run(run) => run.words(),
            Self::Arg(arguments) => {
                let words = arguments.iter().flat_map(|a| [Some(a.name.as_str()), a.default.as_deref()]);
                words.flatten().collect()
            }
            Self::Env(pairs) | Self::Label(pairs) => {
                pairs.iter().flat_map(|pair| [pair.name.as_str(), pair.value.as_str()]).collect()
            }
            Self::Expose(words) | Self::Volume(words) => words.iter().map(String::as_str).collect(),
            Self::Stopsignal(word) | Self::User(word) | Self::Workdir(word) => vec![word],
            _ => Vec::new(),
        }
    }

    /// The names of the variables that are looked up when the instruction is carried out, not counting
    /// those that a shell reads from its environment.
    pub fn variables(&self, escape: char) -> BTreeSet<String> {
        let transfer = match self {
            Self::Add(add) => Some(&add.transfer),
            Self::Copy(copy) => Some(&copy.transfer),
            _ => None,
        };
        let heredocs = transfer.into_iter().flat_map(|transfer| &transfer.heredocs);
        let in_heredocs = heredocs.filter(|h| h.expand).flat_map(|h| variables_in_heredoc(&h.content));
        self.words().into_iter().flat_map(|word| variables_in(word, escape)).chain(in_heredocs).collect()
    }
}

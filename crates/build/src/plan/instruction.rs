//! One instruction becomes one step.

use super::{Action, ClosureAction, CopyAction, Lowering, Origin, RunAction, Step};
use crate::config::{self, join};
use crate::names::{fault, stage_by_name};
use crate::{Error, Result, history, scope};
use dockerfile::{
    AddFiles, CopyFiles, Fault, Flag, Heredoc, Instruction, Invocation, Kind, Position, Run, Span, Transfer,
};
use engine::containers::NetworkMode;

impl Lowering<'_> {
    /// Adds the step of an instruction; `span` is where it, or the `FROM` that it was triggered by, stands.
    pub(super) fn instruction(&mut self, instruction: &Instruction, span: Span) -> Result<()> {
        let (created_by, action) = match &instruction.kind {
            Kind::Arg(arguments) => (self.declare(arguments, span)?, Action::Metadata),
            Kind::Run(run) => self.run(run, span)?,
            Kind::Copy(copy) => self.copy(copy, span)?,
            Kind::Add(add) => self.add(add, span)?,
            Kind::Workdir(path) => self.directory(path, span)?,
            Kind::Maintainer(author) => {
                self.stage.author = Some(author.clone());
                (format!("MAINTAINER {author}"), Action::Metadata)
            }
            kind => (self.metadata(kind, span)?, Action::Metadata),
        };
        if let Kind::Onbuild(_) = &instruction.kind {
            // as with docker build, a trigger has no line in the history of the image that leaves it
            return Ok(());
        }
        self.stage.steps.push(Step { text: instruction.original.clone(), created_by, span, action });
        Ok(())
    }

    /// Replaces the variables of a word. Of `ENV` and `ARG` of one name, the later holds.
    fn expand(&self, word: &str, span: Span) -> Result<String> {
        dockerfile::expand(word, self.file.escape, &|name| self.lookup(name))
            .map_err(|error| fault(self.file, span, error.to_string()))
    }

    fn lookup(&self, name: &str) -> Option<String> {
        self.arguments.value(name).or_else(|| scope::variable(&self.stage.execution.env, name))
    }

    fn unsupported(&self, position: Position, what: &str) -> Error {
        let message = format!("{what} is not supported yet");
        self.file.source.error(Fault::new(position, message)).into()
    }

    fn declare(&mut self, arguments: &[dockerfile::Argument], span: Span) -> Result<String> {
        let mut shown = Vec::new();
        for argument in arguments {
            let name = self.expand(&argument.name, span)?;
            let default = argument.default.as_ref().map(|default| self.expand(default, span)).transpose()?;
            let value = self.globals.stage_value(&name, default);
            shown.push(value.as_ref().map_or_else(|| name.clone(), |value| format!("{name}={value}")));
            self.arguments.declare(&name, value);
        }
        Ok(format!("ARG {}", shown.join(" ")))
    }

    fn metadata(&mut self, kind: &Kind, span: Span) -> Result<String> {
        let mut execution = self.stage.execution.clone();
        let line =
            config::apply(&mut execution, kind, &|word| self.expand(word, span)).map_err(
                |error| match error {
                    Error::Context(message) => fault(self.file, span, message),
                    Error::Engine(error) => fault(self.file, span, error.to_string()),
                    other => other,
                },
            )?;
        if matches!(kind, Kind::Entrypoint(_)) && self.has_own_command {
            execution.cmd.clone_from(&self.stage.execution.cmd);
        }
        self.has_own_command |= matches!(kind, Kind::Cmd(_));
        if let Kind::Env(pairs) = kind {
            for pair in pairs {
                let name = self.expand(&pair.name, span)?;
                self.arguments.hide(&name);
            }
        }
        self.stage.execution = execution;
        line.ok_or_else(|| fault(self.file, span, format!("{} cannot stand here", kind.keyword())))
    }

    fn run(&self, run: &Run, span: Span) -> Result<(String, Action)> {
        if let Some(mount) = run.mounts.first() {
            return Err(self.unsupported(mount.position, "RUN --mount"));
        }
        if let Some(flag) = run.security.as_ref().filter(|f| f.value == dockerfile::Security::Insecure) {
            return Err(self.unsupported(flag.position, "RUN --security=insecure"));
        }
        if let Some(flag) = run.devices.first() {
            return Err(self.unsupported(flag.position, "RUN --device"));
        }
        let _ = span;
        let execution = &self.stage.execution;
        let (command, script) = match run.invocation() {
            Invocation::Exec(words) => (words.to_vec(), None),
            Invocation::Shell(line) => (config::shell_words(execution, &line), None),
            Invocation::Script { name, content } => (vec![format!("/dev/pipes/{name}")], Some(content)),
        };
        let network = match run.network.as_ref().map(|flag| flag.value) {
            None | Some(dockerfile::Network::Default) => self.request.network,
            Some(dockerfile::Network::None) => NetworkMode::None,
            Some(dockerfile::Network::Host) => NetworkMode::Host,
        };
        let arguments = self.arguments.assignments();
        let created_by = history::run(&command, &self.arguments.declared());
        let mut keyed = arguments;
        keyed.extend(execution.env.iter().cloned());
        let action = RunAction {
            command,
            script,
            environment: self.arguments.environment(self.globals, &execution.env),
            keyed_environment: keyed,
            user: execution.user.clone(),
            directory: execution.working_dir.clone(),
            network,
        };
        Ok((created_by, Action::Run(Box::new(action))))
    }

    fn directory(&mut self, path: &str, span: Span) -> Result<(String, Action)> {
        let given = self.expand(path, span)?;
        let path = join(&self.stage.execution.working_dir, &given);
        self.stage.execution.working_dir.clone_from(&path);
        let created_by = format!("WORKDIR {path}");
        if path == "/" {
            return Ok((created_by, Action::Metadata));
        }
        let user = self.stage.execution.user.clone();
        Ok((created_by, Action::Directory { path, user }))
    }

    fn copy(&self, copy: &CopyFiles, span: Span) -> Result<(String, Action)> {
        if let Some(flag) = copy.parents.as_ref().filter(|flag| flag.value) {
            return Err(self.unsupported(flag.position, "COPY --parents"));
        }
        let origin = match copy.from.as_ref().map(|flag| flag.value.as_str()) {
            None => Origin::Context,
            Some(name) => match stage_by_name(self.file, name, self.number) {
                Some(stage) => Origin::Stage(stage),
                None => Origin::Image(Box::new(self.bases.images[name].clone())),
            },
        };
        let closure = copy.closure.as_ref();
        let closure = closure.map(|flag| ClosureAction::new(flag.value, &origin, self.before));
        self.transfer(&copy.transfer, (origin, closure), "COPY", span)
    }

    fn add(&self, add: &AddFiles, span: Span) -> Result<(String, Action)> {
        let position = |flag: &Option<Flag<bool>>| flag.as_ref().map(|flag| flag.position);
        if let Some(flag) = &add.checksum {
            return Err(self.unsupported(flag.position, "ADD --checksum"));
        }
        if let Some(position) = position(&add.keep_git_dir) {
            return Err(self.unsupported(position, "ADD --keep-git-dir"));
        }
        if let Some(position) = position(&add.unpack) {
            return Err(self.unsupported(position, "ADD --unpack"));
        }
        self.transfer(&add.transfer, (Origin::Context, None), "ADD", span)
    }

    fn transfer(
        &self,
        transfer: &Transfer,
        (origin, closure): (Origin, Option<ClosureAction>),
        keyword: &'static str,
        span: Span,
    ) -> Result<(String, Action)> {
        if let Some(flag) = transfer.exclude.first() {
            return Err(self.unsupported(flag.position, &format!("{keyword} --exclude")));
        }
        if let Some(flag) = transfer.link.as_ref().filter(|flag| flag.value) {
            return Err(self.unsupported(flag.position, &format!("{keyword} --link")));
        }
        let words = |words: &[String]| words.iter().map(|w| self.expand(w, span)).collect::<Result<Vec<_>>>();
        let sources = words(&transfer.sources)?;
        if keyword == "ADD"
            && let Some(remote) = sources.iter().find(|source| is_remote(source))
        {
            let message = format!("ADD of a remote source ({remote}) is not supported yet");
            return Err(fault(self.file, span, message));
        }
        let text =
            |flag: &Option<Flag<String>>| flag.as_ref().map(|f| self.expand(&f.value, span)).transpose();
        let (chown, chmod) = (text(&transfer.chown)?, text(&transfer.chmod)?);
        let mode = chmod.as_deref().map(|mode| self.mode(mode, transfer)).transpose()?;
        let destination = self.expand(&transfer.destination, span)?;
        let texts =
            transfer.heredocs.iter().map(|heredoc| self.text(heredoc, span)).collect::<Result<Vec<_>>>()?;
        let mut shown = sources.clone();
        shown.extend(transfer.heredocs.iter().map(|heredoc| format!("<<{}", heredoc.name)));
        shown.push(destination.clone());
        let size = closure.as_ref().map(ClosureAction::size_name);
        let flags = [("closure", size), ("chown", chown.as_deref()), ("chmod", chmod.as_deref())];
        let created_by = history::transfer(keyword, flags, &shown);
        let is_directory = destination.ends_with('/') || destination.ends_with("/.") || destination == ".";
        let mut destination = join(&self.stage.execution.working_dir, &destination);
        if is_directory && destination != "/" {
            destination.push('/');
        }
        let action = CopyAction {
            sources,
            texts,
            origin,
            destination,
            chown,
            chmod: mode,
            closure,
            unpack: keyword == "ADD",
            keyword,
        };
        Ok((created_by, Action::Copy(Box::new(action))))
    }

    fn mode(&self, text: &str, transfer: &Transfer) -> Result<u32> {
        match u32::from_str_radix(text, 8) {
            Ok(mode) if mode <= 0o7777 => Ok(mode),
            _ => {
                let position = transfer.chmod.as_ref().map_or(Position::new(1, 1), |flag| flag.position);
                let symbolic = text.contains(['=', '+']) || text.contains('-');
                if symbolic {
                    return Err(self.unsupported(position, &format!("the symbolic mode {text} of --chmod")));
                }
                let message =
                    format!("invalid chmod parameter {text:?}: it should be an octal number, such as 0755");
                Err(self.file.source.error(Fault::new(position, message)).into())
            }
        }
    }

    fn text(&self, heredoc: &Heredoc, span: Span) -> Result<(String, String)> {
        let mut content = heredoc.text();
        if heredoc.expand {
            content = dockerfile::expand_heredoc(&content, &|name| self.lookup(name))
                .map_err(|error| fault(self.file, span, error.to_string()))?;
        }
        Ok((heredoc.name.clone(), content))
    }
}

/// What `ADD` would fetch.
fn is_remote(source: &str) -> bool {
    ["http://", "https://", "git://", "git@", "ssh://"].iter().any(|scheme| source.starts_with(scheme))
        || source.starts_with("github.com/")
}

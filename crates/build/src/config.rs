//! Instructions that only change what a container starts with.

use crate::error::{Error, Result};
use crate::history;
use dockerfile::{Command, HealthTest, Healthcheck, Kind, Ports};
use oci::image::{self, Empty, Execution, set_variable};
use std::time::Duration;

/// The shell of shell forms where nobody names another.
pub const DEFAULT_SHELL: [&str; 2] = ["/bin/sh", "-c"];

/// What an instruction's words become: variables replaced.
pub(crate) type Expand<'a> = &'a dyn Fn(&str) -> Result<String>;

/// The result of a metadata instruction: its line in the history.
pub(crate) fn apply(execution: &mut Execution, kind: &Kind, expand: Expand<'_>) -> Result<Option<String>> {
    Ok(Some(match kind {
        Kind::Env(pairs) => {
            let mut line = Vec::new();
            for (name, value) in expanded(pairs, expand)? {
                set_variable(&mut execution.env, &name, &value);
                line.push(format!("{name}={value}"));
            }
            format!("ENV {}", line.join(" "))
        }
        Kind::Label(pairs) => {
            let mut line = Vec::new();
            for (name, value) in expanded(pairs, expand)? {
                line.push(format!("{name}={value}"));
                execution.labels.insert(name, value);
            }
            format!("LABEL {}", line.join(" "))
        }
        Kind::Expose(words) => expose(execution, words, expand)?,
        Kind::Volume(words) => {
            let paths = words.iter().map(|word| expand(word)).collect::<Result<Vec<_>>>()?;
            execution.volumes.extend(paths.iter().map(|path| (path.clone(), Empty {})));
            format!("VOLUME [{}]", paths.join(" "))
        }
        Kind::User(user) => {
            execution.user = expand(user)?;
            format!("USER {}", execution.user)
        }
        Kind::Stopsignal(signal) => {
            let signal = expand(signal)?;
            engine::containers::kill::parse_signal(&signal)?;
            let line = format!("STOPSIGNAL {signal}");
            execution.stop_signal = Some(signal);
            line
        }
        Kind::Cmd(command) => {
            execution.cmd = Some(words(execution, command));
            format!("CMD {}", history::list(execution.cmd.as_deref().unwrap_or_default()))
        }
        Kind::Entrypoint(command) => {
            execution.entrypoint = Some(words(execution, command));
            // an inherited command was made for the inherited entry point
            execution.cmd = None;
            format!("ENTRYPOINT {}", history::list(execution.entrypoint.as_deref().unwrap_or_default()))
        }
        Kind::Shell(shell) => {
            execution.shell = Some(shell.clone());
            format!("SHELL [{}]", shell.join(" "))
        }
        Kind::Healthcheck(check) => {
            let check = healthcheck(execution, check);
            let line = history::healthcheck(&check);
            execution.healthcheck = Some(check);
            line
        }
        Kind::Onbuild(trigger) => {
            execution.on_build.push(trigger.clone());
            format!("ONBUILD {trigger}")
        }
        _ => return Ok(None),
    }))
}

fn expanded(pairs: &[dockerfile::Pair], expand: Expand<'_>) -> Result<Vec<(String, String)>> {
    // all values see the state before the instruction: `ENV abc=bye def=$abc`
    pairs.iter().map(|pair| Ok((expand(&pair.name)?, expand(&pair.value)?))).collect()
}

fn expose(execution: &mut Execution, words: &[String], expand: Expand<'_>) -> Result<String> {
    let mut names = Vec::new();
    for word in words {
        for word in expand(word)?.split_whitespace() {
            let ports = Ports::parse(word).map_err(|error| Error::Context(error.to_string()))?;
            names.extend(ports.names());
        }
    }
    execution.exposed_ports.extend(names.iter().map(|name| (name.clone(), Empty {})));
    Ok(format!("EXPOSE [{}]", names.join(" ")))
}

/// The words that a command's form stands for: a shell form goes to the shell.
pub(crate) fn words(execution: &Execution, command: &Command) -> Vec<String> {
    match command {
        Command::Exec(words) => words.clone(),
        Command::Shell(line) if line.is_empty() => Vec::new(),
        Command::Shell(line) => shell_words(execution, line),
    }
}

/// The shell and a line for it.
pub(crate) fn shell_words(execution: &Execution, line: &str) -> Vec<String> {
    let mut words = execution.shell.clone().unwrap_or_else(|| DEFAULT_SHELL.map(str::to_owned).to_vec());
    words.push(line.to_owned());
    words
}

fn healthcheck(execution: &Execution, check: &Healthcheck) -> image::Healthcheck {
    let Healthcheck::Test(HealthTest { command, interval, timeout, start_period, start_interval, retries }) =
        check
    else {
        return image::Healthcheck { test: vec!["NONE".into()], ..image::Healthcheck::default() };
    };
    let _ = execution;
    let test = match command {
        Command::Exec(words) => std::iter::once("CMD".to_owned()).chain(words.iter().cloned()).collect(),
        Command::Shell(line) => vec!["CMD-SHELL".to_owned(), line.clone()],
    };
    let nanoseconds = |time: &Option<dockerfile::Flag<Duration>>| {
        time.as_ref().map_or(0, |flag| i64::try_from(flag.value.as_nanos()).unwrap_or(i64::MAX))
    };
    image::Healthcheck {
        test,
        interval: nanoseconds(interval),
        timeout: nanoseconds(timeout),
        start_period: nanoseconds(start_period),
        start_interval: nanoseconds(start_interval),
        retries: retries.as_ref().map_or(0, |flag| i64::from(flag.value)),
    }
}

/// Applies one instruction of `--change`: CMD, ENTRYPOINT, ENV, EXPOSE, HEALTHCHECK, LABEL, ONBUILD, STOPSIGNAL, USER, VOLUME or WORKDIR.
///
/// # Errors
/// [`Error::Dockerfile`] for what is no instruction, [`Error::Context`] for one that changes more than the configuration.
pub fn change(execution: &mut Execution, instruction: &str) -> Result<()> {
    let parsed = dockerfile::parse_instruction(instruction)?;
    let env = execution.env.clone();
    let expand = |word: &str| {
        dockerfile::expand(word, '\\', &|name| crate::scope::variable(&env, name))
            .map_err(|error| Error::Context(format!("{instruction}: {error}")))
    };
    if let Kind::Workdir(path) = &parsed.kind {
        execution.working_dir = join(&execution.working_dir, &expand(path)?);
        return Ok(());
    }
    match apply(execution, &parsed.kind, &expand)? {
        Some(_) => Ok(()),
        None => Err(Error::Context(format!("{} is not a valid change command", parsed.kind.keyword()))),
    }
}

/// `path` as seen from `directory`, without `.` and `..`.
pub(crate) fn join(directory: &str, path: &str) -> String {
    let base = if path.starts_with('/') { "" } else { directory };
    let mut parts: Vec<&str> = Vec::new();
    for part in base.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    format!("/{}", parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_join_inside_the_root() {
        for (directory, path, joined) in [
            ("", "a", "/a"),
            ("/a", "b/c", "/a/b/c"),
            ("/a", "/b", "/b"),
            ("/a", "../../..", "/"),
            ("/a/b", "./c/../d", "/a/b/d"),
        ] {
            assert_eq!(join(directory, path), joined);
        }
    }

    #[test]
    fn changes_are_instructions() {
        let mut execution = Execution::default();
        for line in [
            "ENV A=1",
            "ENV B=$A-2",
            "CMD [\"/x\"]",
            "EXPOSE 80 443/udp",
            "WORKDIR /a",
            "WORKDIR b",
            "LABEL k=v",
        ] {
            change(&mut execution, line).unwrap();
        }
        assert_eq!(execution.env, ["A=1", "B=1-2"]);
        assert_eq!(execution.working_dir, "/a/b");
        assert_eq!(execution.exposed_ports.keys().collect::<Vec<_>>(), ["443/udp", "80/tcp"]);
        assert!(change(&mut execution, "RUN true").is_err());
        assert!(change(&mut execution, "FORM x").is_err());
    }

    #[test]
    fn an_entry_point_drops_the_inherited_command() {
        let mut execution = Execution { cmd: Some(vec!["x".into()]), ..Execution::default() };
        change(&mut execution, "ENTRYPOINT [\"/y\"]").unwrap();
        assert_eq!(execution.cmd, None);
    }
}

//! Flags that stand before the command of the OCI runtime.

use super::log::Log;
use crate::failure::{Failure, Outcome};
use lifecycle::{Groups, Lifecycle};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// What help says of them.
pub(super) const HELP: &str = "Global options:
  --root DIR             where the state of containers is kept
  --log FILE             where errors are written, beside standard error, and warnings
  --log-format FORMAT    text or json
  --debug                accepted; there is nothing more to say
  --systemd-cgroup       control groups are made by systemd
  --cgroup-manager NAME  cgroupfs, systemd or disabled (crun's form)
  --rootless WORD        false or auto; true is not supported yet
  --version              print the version

'tare oci COMMAND --help' tells more about a command.";

/// What was said before the command.
#[derive(Debug)]
pub(super) struct Globals {
    root: PathBuf,
    /// Where failures are told.
    pub(super) log: Log,
    is_root_given: bool,
    groups: Groups,
}

/// What comes first.
#[derive(Debug)]
pub(super) enum First {
    Command(Vec<OsString>),
    Help,
    Version,
}

impl Globals {
    /// What stands before the command, and what follows. Of flags that make no sense those before them are known, the log above all.
    pub(super) fn split(arguments: &[OsString], exec_root: Option<&Path>) -> (Self, Outcome<First>) {
        let mut globals = Self {
            root: default_root(exec_root),
            log: Log::default(),
            is_root_given: false,
            groups: Groups::default(),
        };
        let first = globals.take(arguments);
        (globals, first)
    }

    fn take(&mut self, arguments: &[OsString]) -> Outcome<First> {
        let mut rest = arguments.iter();
        while let Some(argument) = rest.next() {
            let text = argument.to_string_lossy();
            let (flag, value) =
                text.split_once('=').map_or((text.as_ref(), None), |(f, v)| (f, Some(v.to_owned())));
            let mut take = || {
                let next = || rest.next().map(|word| word.to_string_lossy().into_owned());
                value
                    .clone()
                    .or_else(next)
                    .ok_or_else(|| Failure::new(format!("flag needs an argument: {flag}")))
            };
            match flag.strip_prefix('-').map(|flag| flag.trim_start_matches('-')) {
                Some("root") => {
                    self.root = absolute(&take()?)?;
                    self.is_root_given = true;
                }
                Some("log") => self.log.path = Some(PathBuf::from(take()?)),
                Some("log-format") => self.log.json = is_json(&take()?)?,
                Some("rootless") => check_rootless(&take()?)?,
                Some("cgroup-manager") => self.groups = groups(&take()?)?,
                Some("systemd-cgroup") if value.as_deref() == Some("false") => self.groups = Groups::Files,
                Some("systemd-cgroup") => self.groups = Groups::Systemd,
                Some("debug") => {}
                Some("h" | "help") => return Ok(First::Help),
                Some("v" | "version") => return Ok(First::Version),
                Some(_) => return Err(Failure::new(format!("unknown flag: {flag}; see 'tare oci --help'"))),
                None => {
                    self.log.check()?;
                    let words = std::iter::once(argument).chain(rest).cloned().collect();
                    return Ok(First::Command(words));
                }
            }
        }
        Ok(First::Help)
    }

    pub(super) fn lifecycle(&self) -> Lifecycle {
        let log = self.log.clone();
        Lifecycle {
            root: self.root.clone(),
            groups: self.groups,
            warn: Rc::new(move |text| log.warning(text)),
        }
    }

    /// A state directory that was asked for has to be there for whoever only looks.
    pub(super) fn must_have_root(&self) -> Outcome<()> {
        if self.is_root_given && !self.root.is_dir() {
            return Err(Failure::new(format!("{}: no such directory", self.root.display())));
        }
        Ok(())
    }
}

fn default_root(exec_root: Option<&Path>) -> PathBuf {
    let own = || match std::env::var_os("XDG_RUNTIME_DIR") {
        Some(directory) if !sys::process::geteuid().is_root() => PathBuf::from(directory).join("tare"),
        _ => PathBuf::from(engine::EXEC_ROOT),
    };
    exec_root.map_or_else(own, Path::to_path_buf).join("oci")
}

fn absolute(path: &str) -> Outcome<PathBuf> {
    std::path::absolute(path).map_err(|error| Failure::new(format!("{path}: {error}")))
}

fn is_json(format: &str) -> Outcome<bool> {
    match format {
        "json" => Ok(true),
        "text" | "" => Ok(false),
        other => Err(Failure::new(format!("invalid log-format {other:?}: it is text or json"))),
    }
}

fn check_rootless(word: &str) -> Outcome<()> {
    match word {
        "false" | "auto" => Ok(()),
        "true" => {
            Err(Failure::new("containers of users without privileges are not supported yet; run it as root"))
        }
        other => {
            Err(Failure::new(format!("invalid value {other:?} for --rootless: it is true, false or auto")))
        }
    }
}

fn groups(manager: &str) -> Outcome<Groups> {
    match manager {
        "cgroupfs" => Ok(Groups::Files),
        "systemd" => Ok(Groups::Systemd),
        "disabled" => Ok(Groups::None),
        other => Err(Failure::new(format!(
            "unknown cgroup manager {other:?}: there are cgroupfs, systemd and disabled"
        ))),
    }
}

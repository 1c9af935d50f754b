//! Flags that stand before the command of the OCI runtime.

use crate::failure::{Failure, Outcome};
use lifecycle::Lifecycle;
use std::ffi::OsString;
use std::io::Write;
use std::path::{Path, PathBuf};

/// What help says of them.
pub(super) const HELP: &str = "Global options:
  --root DIR             where the state of containers is kept
  --log FILE             where errors are written, beside standard error
  --log-format FORMAT    text or json
  --debug                accepted; there is nothing more to say
  --systemd-cgroup       control groups are made by systemd
  --cgroup-manager NAME  cgroupfs, systemd or disabled (crun's form)
  --rootless WORD        true, false or auto
  --version              print the version

'tare oci COMMAND --help' tells more about a command.";

/// What was said before the command.
#[derive(Debug)]
pub(super) struct Globals {
    root: PathBuf,
    log: Option<PathBuf>,
    json: bool,
    is_root_given: bool,
    /// Containers stay in the caller's control group.
    pub(super) no_cgroup: bool,
}

/// What comes first.
#[derive(Debug)]
pub(super) enum First {
    Command(Vec<OsString>),
    Help,
    Version,
}

impl Globals {
    pub(super) fn split(arguments: &[OsString], exec_root: Option<&Path>) -> Outcome<(Self, First)> {
        let mut globals = Self {
            root: default_root(exec_root),
            log: None,
            json: false,
            is_root_given: false,
            no_cgroup: false,
        };
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
                    globals.root = absolute(&take()?)?;
                    globals.is_root_given = true;
                }
                Some("log") => globals.log = Some(PathBuf::from(take()?)),
                Some("log-format") => globals.json = is_json(&take()?)?,
                Some("rootless") => check_rootless(&take()?)?,
                Some("cgroup-manager") => match take()?.as_str() {
                    "disabled" => globals.no_cgroup = true,
                    manager => check_manager(manager)?,
                },
                Some("systemd-cgroup") => check_manager("systemd")?,
                Some("debug") => {}
                Some("h" | "help") => return Ok((globals, First::Help)),
                Some("v" | "version") => return Ok((globals, First::Version)),
                Some(_) => return Err(Failure::new(format!("unknown flag: {flag}; see 'tare oci --help'"))),
                None => {
                    globals.open_log()?;
                    let words = std::iter::once(argument).chain(rest).cloned().collect();
                    return Ok((globals, First::Command(words)));
                }
            }
        }
        Ok((globals, First::Help))
    }

    pub(super) fn lifecycle(&self) -> Lifecycle {
        Lifecycle { root: self.root.clone(), warn }
    }

    /// A state directory that was asked for has to be there for whoever only looks.
    pub(super) fn must_have_root(&self) -> Outcome<()> {
        if self.is_root_given && !self.root.is_dir() {
            return Err(Failure::new(format!("{}: no such directory", self.root.display())));
        }
        Ok(())
    }

    /// A log that cannot be written is told at once.
    fn open_log(&self) -> Outcome<()> {
        let Some(path) = &self.log else { return Ok(()) };
        let opened = std::fs::OpenOptions::new().create(true).append(true).open(path);
        opened.map(drop).map_err(|error| Failure::new(format!("open log {}: {error}", path.display())))
    }

    /// Adds an error to the log, in the form that containerd, Podman and Docker read.
    pub(super) fn log_error(&self, message: &str) {
        let Some(path) = &self.log else { return };
        let time = jiff::Timestamp::now();
        let line = if self.json {
            serde_json::json!({"level": "error", "msg": message, "time": time.to_string()}).to_string()
        } else {
            format!("time=\"{time}\" level=error msg={message:?}")
        };
        let file = std::fs::OpenOptions::new().create(true).append(true).open(path);
        // it is on standard error as well
        let _ = file.and_then(|mut file| writeln!(file, "{line}"));
    }
}

#[expect(clippy::print_stderr, reason = "the command line is where printing is done")]
fn warn(text: &str) {
    eprintln!("tare-runtime: warning: {text}");
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
        "true" | "false" | "auto" => Ok(()),
        other => {
            Err(Failure::new(format!("invalid value {other:?} for --rootless: it is true, false or auto")))
        }
    }
}

fn check_manager(name: &str) -> Outcome<()> {
    match name {
        "cgroupfs" => Ok(()),
        "systemd" => Err(Failure::new(
            "the systemd cgroup driver is not supported yet; leave --systemd-cgroup out for cgroupfs",
        )),
        other => {
            Err(Failure::new(format!("unknown cgroup manager {other:?}: there are cgroupfs and disabled")))
        }
    }
}

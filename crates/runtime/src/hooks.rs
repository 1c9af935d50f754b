//! Hooks: programs that the specification wants to be run at points of a container's life (runtime specification, config.md "POSIX-platform Hooks").

use crate::error::{Error, Result};
use oci::runtime::Hook;
use serde::Serialize;
use std::collections::HashMap;
use std::io::{Read, Seek, Write};
use std::os::fd::AsFd;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

/// Bytes of a failing hook's output that its error quotes.
const QUOTED: u64 = 4096;

/// A container as its hooks are told of it.
#[derive(Debug, Clone)]
pub struct Subject {
    /// Version of the specification that its configuration follows.
    pub version: String,
    /// Its id.
    pub id: String,
    /// Its bundle.
    pub bundle: PathBuf,
    /// Its annotations.
    pub annotations: HashMap<String, String>,
}

/// The state document (runtime specification, runtime.md "State").
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct State<'a> {
    oci_version: &'a str,
    id: &'a str,
    status: &'a str,
    #[serde(skip_serializing_if = "is_zero")]
    pid: i32,
    bundle: &'a PathBuf,
    #[serde(skip_serializing_if = "HashMap::is_empty")]
    annotations: &'a HashMap<String, String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's interface")]
fn is_zero(pid: &i32) -> bool {
    *pid == 0
}

impl Subject {
    /// The container's state document; a `pid` of 0 is left out.
    #[must_use]
    pub fn state(&self, status: &str, pid: i32) -> String {
        let Self { version, id, bundle, annotations } = self;
        let state = State { oci_version: version, id, status, pid, bundle, annotations };
        serde_json::to_string(&state).expect("a state serialises")
    }
}

/// Where hooks run.
#[derive(Debug, Clone, Copy, Default)]
pub struct Place<'a> {
    /// Their working directory, if it is not the caller's.
    pub directory: Option<&'a Path>,
    /// The environment of those that have none of their own, if it is not the caller's.
    pub environment: Option<&'a [String]>,
}

impl<'a> Place<'a> {
    /// In a bundle, as the caller.
    #[must_use]
    pub fn bundle(bundle: &'a Path) -> Self {
        Self { directory: Some(bundle), environment: None }
    }
}

/// Runs hooks one after another, each with the state on its standard input.
///
/// # Errors
/// [`Error::Hook`] for the first one that cannot be executed, fails, or does not end within its time; the others do not run then.
pub fn run(kind: &'static str, hooks: &[Hook], state: &str, place: &Place<'_>) -> Result<()> {
    for (index, hook) in hooks.iter().enumerate() {
        run_one(hook, state, place).map_err(|reason| Error::Hook {
            kind,
            index,
            path: hook.path().clone(),
            reason,
        })?;
    }
    Ok(())
}

fn run_one(hook: &Hook, state: &str, place: &Place<'_>) -> Result<(), String> {
    let mut command = Command::new(hook.path());
    if let [name, rest @ ..] = hook.args().as_deref().unwrap_or_default() {
        command.arg0(name).args(rest);
    }
    let pairs = |list: &[String]| {
        list.iter()
            .filter_map(|v| v.split_once('='))
            .map(|(n, v)| (n.to_owned(), v.to_owned()))
            .collect::<Vec<_>>()
    };
    // without an environment of its own it has its caller's, or the process's that it precedes
    if let Some(environment) = hook.env().as_deref().or(place.environment) {
        command.env_clear().envs(pairs(environment));
    }
    if let Some(directory) = place.directory.filter(|directory| directory.is_dir()) {
        command.current_dir(directory);
    }
    // files, not pipes: it need not read its input, and what it writes is only of interest if it fails
    let mut input = memory_file()?;
    let written = input.write_all(state.as_bytes()).and_then(|()| input.rewind());
    written.map_err(|error| error.to_string())?;
    let output = memory_file()?;
    let both = || output.try_clone().map(Stdio::from).map_err(|error| error.to_string());
    command.stdin(input).stdout(both()?).stderr(both()?);
    let mut child = sys::signal::spawn_unblocked(&mut command).map_err(|error| error.to_string())?;
    if let Some(seconds) = hook.timeout().and_then(|seconds| u64::try_from(seconds).ok())
        && !ends_within(&child, Duration::from_secs(seconds))?
    {
        // the time-out is what is reported
        let _ = child.kill();
        let _ = child.wait();
        return Err(format!("it did not end within {seconds} s"));
    }
    let status = child.wait().map_err(|error| error.to_string())?;
    if status.success() {
        return Ok(());
    }
    Err(format!("{status}{}", quoted(output)))
}

fn memory_file() -> Result<std::fs::File, String> {
    let made = sys::fs::memfd_create("hook", sys::fs::MemfdFlags::CLOEXEC);
    made.map(Into::into).map_err(|errno| errno.to_string())
}

fn ends_within(child: &std::process::Child, time: Duration) -> Result<bool, String> {
    let pid = sys::process::Pid::from_child(child);
    let pidfd = sys::process::pidfd_open(pid, sys::process::PidfdFlags::empty());
    let pidfd = pidfd.map_err(|errno| errno.to_string())?;
    crate::wait::ended_within(pidfd.as_fd(), time).map_err(|errno| errno.to_string())
}

fn quoted(mut output: std::fs::File) -> String {
    let mut text = Vec::new();
    let read = output.rewind().and_then(|()| output.take(QUOTED).read_to_end(&mut text));
    let text = String::from_utf8_lossy(&text);
    if read.is_err() || text.trim().is_empty() { String::new() } else { format!(", output: {}", text.trim()) }
}

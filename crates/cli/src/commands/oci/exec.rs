//! `tare oci exec`.

use super::console;
use super::globals::Globals;
use super::recipients::Recipients;
use crate::failure::{Failure, Outcome};
use lifecycle::exec::{self, Options};
use std::os::fd::AsFd;
use std::path::PathBuf;

/// What a file with a process says itself.
const BESIDE_PROCESS: [&str; 8] =
    ["cwd", "env", "user", "additional_gids", "process_label", "apparmor", "no_new_privs", "cap"];

/// Arguments of `exec`.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    recipients: Recipients,
    /// Working directory
    #[arg(long, value_name = "DIR")]
    cwd: Option<PathBuf>,
    /// Variables
    #[arg(short, long, value_name = "NAME=VALUE")]
    env: Vec<String>,
    /// Allocate a terminal
    #[arg(short, long)]
    tty: bool,
    /// User and group by number
    #[arg(short, long, value_name = "UID[:GID]")]
    user: Option<String>,
    /// Supplementary groups
    #[arg(short = 'g', long, value_name = "GID")]
    additional_gids: Vec<u32>,
    /// A file with the process, in the specification's form
    #[arg(short, long, value_name = "FILE", conflicts_with_all = BESIDE_PROCESS)]
    process: Option<PathBuf>,
    /// Do not wait for its end
    #[arg(short, long)]
    detach: bool,
    /// Label of SELinux
    #[arg(long, value_name = "LABEL")]
    process_label: Option<String>,
    /// Profile of AppArmor
    #[arg(long, value_name = "PROFILE")]
    apparmor: Option<String>,
    /// It cannot gain privileges
    #[arg(long)]
    no_new_privs: bool,
    /// Add a capability
    #[arg(short, long, value_name = "CAP")]
    cap: Vec<String>,
    /// Pass this many more descriptors
    #[arg(long, value_name = "N", default_value_t = 0)]
    preserve_fds: u32,
    /// A control group below the container's
    #[arg(long, value_name = "[CONTROLLERS:]PATH")]
    cgroup: Vec<String>,
    /// Also in a paused container
    #[arg(long)]
    ignore_paused: bool,
    /// Do not become the parent of what it leaves behind
    #[arg(long)]
    no_subreaper: bool,
    /// Id of the container, then program and arguments
    #[arg(
        required = true,
        trailing_var_arg = true,
        allow_hyphen_values = true,
        value_name = "CONTAINER-ID [COMMAND [ARGUMENTS]]"
    )]
    words: Vec<String>,
}

pub(super) fn run(globals: &Globals, arguments: Arguments) -> Outcome {
    let (id, command) = arguments.words.split_first().expect("at least one is required");
    if command.is_empty() && arguments.process.is_none() {
        return Err(Failure::new("process args cannot be empty"));
    }
    // before this process has opened anything itself: what the caller does not have must not become something of ours
    let preserved = sys::clone::open_from(3, arguments.preserve_fds);
    let options = Options {
        process: arguments.process,
        arguments: command.to_vec(),
        environment: arguments.env,
        directory: arguments.cwd,
        user: arguments.user,
        groups: arguments.additional_gids,
        capabilities: arguments.cap,
        terminal: arguments.tty,
        no_new_privileges: arguments.no_new_privs,
        apparmor: arguments.apparmor,
        label: arguments.process_label,
        recipients: arguments.recipients.into(),
        detached: arguments.detach,
        preserved,
        cgroups: arguments.cgroup,
        ignore_paused: arguments.ignore_paused,
    };
    let watch = (!arguments.detach).then(|| console::Watch::begin(!arguments.no_subreaper)).transpose()?;
    // as with runc, a process that cannot be executed is 255
    let executed = exec::exec(&globals.lifecycle(), id, &options)
        .map_err(|error| Failure::from(error).with_code(255))?;
    match watch {
        Some(watch) => watch.until_end(executed.process.pidfd.as_fd(), executed.terminal.as_ref()),
        None => Ok(0),
    }
}

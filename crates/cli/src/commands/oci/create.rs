//! `tare oci create` and `tare oci run`.

use super::console;
use super::globals::Globals;
use super::recipients::Recipients;
use crate::failure::{Failure, Outcome};
use lifecycle::create::{self as making, Options};
use lifecycle::{Container, Lifecycle, delete};
use std::os::fd::AsFd;
use std::path::PathBuf;

/// Arguments of both.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The bundle directory (default: the current one)
    #[arg(short, long, value_name = "DIR")]
    bundle: Option<PathBuf>,
    /// The configuration, if it is not the bundle's config.json
    #[arg(short = 'f', long, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(flatten)]
    recipients: Recipients,
    /// Do not wait for its end (run only)
    #[arg(short, long)]
    detach: bool,
    /// Leave the container when it has ended (run only)
    #[arg(long)]
    keep: bool,
    /// Do not become the parent of what the container leaves behind (run only)
    #[arg(long)]
    no_subreaper: bool,
    /// Do not use pivot_root
    #[arg(long)]
    no_pivot: bool,
    /// Do not make a new session keyring
    #[arg(long)]
    no_new_keyring: bool,
    /// Pass this many more descriptors to the container
    #[arg(long, value_name = "N", default_value_t = 0)]
    preserve_fds: u32,
    /// Id of the container
    #[arg(value_name = "CONTAINER-ID")]
    id: String,
}

/// How many sockets were passed to this process (sd_listen_fds(3)); those of a variable that was meant for another one are not ours to give.
fn listening() -> u32 {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u32>().ok());
    match number("LISTEN_PID") {
        Some(pid) if pid != std::process::id() => 0,
        _ => number("LISTEN_FDS").unwrap_or(0),
    }
}

impl Arguments {
    fn options(&self) -> Outcome<Options> {
        let absolute = |path: PathBuf| {
            std::fs::canonicalize(&path).map_err(|error| Failure::new(format!("{}: {error}", path.display())))
        };
        let listening = listening();
        // before this process has opened anything itself: what the caller does not have must not become something of ours
        let listening = sys::clone::open_from(3, listening);
        let preserved = sys::clone::open_from(3 + listening, self.preserve_fds);
        Ok(Options {
            id: self.id.clone(),
            bundle: absolute(self.bundle.clone().unwrap_or_else(|| ".".into()))?,
            configuration: self.config.clone().map(absolute).transpose()?,
            recipients: self.recipients.clone().into(),
            detached: self.detach,
            preserved,
            listening,
            notify_socket: std::env::var("NOTIFY_SOCKET").ok(),
            no_pivot: self.no_pivot,
            no_keyring: self.no_new_keyring,
        })
    }
}

/// Descriptors of the caller that are not the container's would stay open as long as it waits for its start. A configuration may be behind one of them.
fn close_inherited(arguments: &Arguments, options: &Options) -> Outcome<()> {
    let paths = [&arguments.bundle, &arguments.config].into_iter().flatten();
    if paths.into_iter().any(|path| path.starts_with("/dev/fd") || path.starts_with("/proc")) {
        return Ok(());
    }
    sys::clone::close_inherited_from(3 + options.preserved + options.listening)
        .map_err(|errno| Failure::new(format!("close inherited descriptors: {errno}")))
}

pub(super) fn create(globals: &Globals, arguments: Arguments) -> Outcome {
    if arguments.detach || arguments.keep || arguments.no_subreaper {
        return Err(Failure::new("--detach, --keep and --no-subreaper are for run"));
    }
    let options = Options { detached: true, ..arguments.options()? };
    close_inherited(&arguments, &options)?;
    making::create(&globals.lifecycle(), &options)?;
    Ok(0)
}

pub(super) fn run(globals: &Globals, arguments: Arguments) -> Outcome {
    let lifecycle = globals.lifecycle();
    let options = arguments.options()?;
    close_inherited(&arguments, &options)?;
    // before the container is there, so that no signal is lost
    let watch = (!arguments.detach).then(|| console::Watch::begin(!arguments.no_subreaper)).transpose()?;
    let run = making::run(&lifecycle, &options)?;
    let Some(watch) = watch else { return Ok(0) };
    let code = watch.until_end(run.init.pidfd.as_fd(), run.terminal.as_ref())?;
    if !arguments.keep {
        remove(&lifecycle, &arguments.id)?;
    }
    Ok(code)
}

fn remove(lifecycle: &Lifecycle, id: &str) -> Outcome<()> {
    match Container::find(lifecycle, id) {
        Ok(container) => Ok(delete::remains(lifecycle, &container)?),
        // somebody else has deleted it
        Err(lifecycle::Error::NoContainer(_)) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

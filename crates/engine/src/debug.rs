//! A shell with tools for a container that has none, running or not, or for an image. Nothing of it stays.
//!
//! The tools come from another image, the toolbox. Where its shell is static and no absolute link leads to it, it works anywhere: the root is what the
//! container sees, below a layer of its own that is thrown away, and the toolbox is mounted at [`TOOLS`]. Any other toolbox needs its own loader and
//! libraries at their own paths: it is the root then, and what the container sees is at [`CONTAINER`].
//!
//! Beside a container that runs, the shell joins all of its namespaces but that of mounts: it gets a private one, made of clones of the container's
//! mounts, so that nothing can be seen there. There is no record and no name; as a build step it ends with whoever asked for it.

mod root;
mod supervise;
mod toolbox;

use crate::containers::create::random_id;
use crate::containers::directory::Directory;
use crate::containers::start::{Streams, await_running, spawn_supervisor};
use crate::containers::{Container, Status, exec, find, now};
use crate::error::{Error, Result};
use crate::record::{HostSettings, MountKind, MountPoint, Record};
use crate::{Engine, document, spec};
use oci::DiffId;
use oci::image::{Execution, set_variables};
use oci::{Digest, Platform};
use runtime::control::Connection;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use store::leases::Lease;
pub use supervise::supervise;
use toolbox::Toolbox;

/// The image that tools are taken from if nobody says otherwise: busybox in its static variant.
pub const TOOLBOX: &str = "busybox:musl";
/// What is ours in the root directory; what the container has of that name is not seen.
const OURS: &str = ".tare";
/// Where the toolbox is, unless it is the root.
const TOOLS: &str = "/.tare/toolbox";
/// The capability that a shell has beside those of a container.
const TRACE: &str = "SYS_PTRACE";
/// Where the container is if the toolbox is the root.
const CONTAINER: &str = "/container";
/// The small init that starts the shell, reaps what is left to it, and ends all of it.
const REAPER: &str = "/.tare/docker-init";

/// What to do. What is not said is the container's.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The image with the tools.
    pub toolbox: Option<String>,
    /// Which root the shell has.
    pub root: Root,
    /// Which shell.
    pub shell: Shell,
    /// A line for the shell, in the place of what it reads.
    pub line: Option<String>,
    /// A program and its arguments, in the place of the shell.
    pub command: Vec<String>,
    /// Variables, `NAME=value`.
    pub environment: Vec<String>,
    /// Working directory.
    pub working_directory: Option<String>,
    /// User and group; root if nobody says otherwise.
    pub user: Option<String>,
    /// A terminal.
    pub terminal: bool,
    /// The container's volumes and other mounts can be written where it can itself.
    pub writable: bool,
    /// Every capability and device, no filter.
    pub privileged: bool,
    /// Capabilities beside the default ones and `SYS_PTRACE`.
    pub cap_add: Vec<String>,
    /// Capabilities taken away.
    pub cap_drop: Vec<String>,
}

/// What the root directory is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Root {
    /// The container's, if the toolbox can work in it.
    #[default]
    Auto,
    /// What the container sees.
    Container,
    /// The toolbox.
    Toolbox,
}

/// A shell of the toolbox.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Shell {
    /// bash if it is there, else sh.
    #[default]
    Auto,
    /// bash.
    Bash,
    /// sh.
    Sh,
}

/// A shell that runs. It ends with the connection.
#[derive(Debug)]
pub struct Debugging {
    /// To its supervisor; tells its end.
    pub connection: Connection,
    /// The root is the toolbox, and the container is below it.
    pub is_below: bool,
    /// Keeps the layers.
    _lease: Lease,
}

/// What is looked into.
#[derive(Debug, Serialize, Deserialize)]
enum Target {
    /// The container with this id, which runs.
    Running(String),
    /// Layers, and above them the changes of a container.
    Still(Vec<DiffId>, Option<PathBuf>),
}

/// What the supervisor is told.
#[derive(Debug, Serialize, Deserialize)]
struct Order {
    record: Record,
    target: Target,
    toolbox: Vec<DiffId>,
    /// The toolbox is the root.
    is_below: bool,
    writable: bool,
}

/// What is known of a target before anything is made.
struct Subject {
    target: Target,
    execution: Execution,
    host: HostSettings,
    mounts: Vec<MountPoint>,
    hostname: String,
    layers: Vec<DiffId>,
}

/// Starts a shell, or a command, for a container or image. Streams are as in [`exec::exec`].
///
/// # Errors
/// [`Error::Invalid`] if there is no such container or image, [`images::Error::NoImage`] if there is no such toolbox; as starting a container.
pub fn debug(
    engine: &Engine,
    reference: &str,
    options: &Options,
    streams: &Streams<'_>,
) -> Result<Debugging> {
    let subject = subject(engine, reference)?;
    let toolbox = Toolbox::find(engine, options.toolbox.as_deref())?;
    let is_below = match options.root {
        Root::Auto => !toolbox.works_anywhere(options.shell),
        Root::Container => false,
        Root::Toolbox => true,
    };
    let lease = Lease::new(engine.store())?;
    lease.hold(toolbox.layers.iter().chain(&subject.layers).map(|layer| layer.0))?;
    let record = record(&subject, &toolbox, options, is_below)?;
    spec::capabilities(&record.host)?;
    let order = Order {
        record,
        target: subject.target,
        toolbox: toolbox.layers,
        is_below,
        writable: options.writable,
    };
    let file = document::in_memory(&order)?;
    let connection = spawn_supervisor(engine, &["debug"])?;
    exec::send(&connection, &file, options.terminal, streams)?;
    await_running(&connection)?;
    Ok(Debugging { connection, is_below, _lease: lease })
}

/// A container, else an image.
fn subject(engine: &Engine, reference: &str) -> Result<Subject> {
    match find(engine, reference) {
        Ok(container) => Ok(of_container(engine, container)),
        Err(Error::NoContainer(_)) => match images::find(engine.store(), reference) {
            Ok(image) => Ok(of_image(&image)),
            Err(images::Error::NoImage(_)) => {
                Err(Error::Invalid(format!("No such container or image: {reference}")))
            }
            Err(error) => Err(error.into()),
        },
        Err(error) => Err(error),
    }
}

fn of_container(engine: &Engine, container: Container) -> Subject {
    let hostname = container.record.own_hostname();
    let Container { record, status, .. } = container;
    let (target, mounts) = match status {
        // a frozen one can be looked at as well
        Status::Running | Status::Paused => (Target::Running(record.id), Vec::new()),
        _ => {
            let changes = Directory::new(engine, &record.id).data.join("rw/upper");
            let mounts = record.mounts.into_iter().filter(is_there).collect();
            (Target::Still(record.layers.clone(), Some(changes)), mounts)
        }
    };
    Subject {
        target,
        execution: record.execution,
        host: record.host,
        mounts,
        hostname,
        layers: record.layers,
    }
}

/// Whether the source of a mount is still there.
fn is_there(mount: &MountPoint) -> bool {
    mount.kind == MountKind::Tmpfs || mount.source.exists()
}

fn of_image(image: &images::Image) -> Subject {
    let layers = image.configuration.rootfs.diff_ids.clone();
    Subject {
        target: Target::Still(layers.clone(), None),
        execution: image.configuration.config.clone(),
        host: HostSettings::default(),
        mounts: Vec::new(),
        hostname: String::new(),
        layers,
    }
}

/// The record of the shell, which is written nowhere.
fn record(subject: &Subject, toolbox: &Toolbox, options: &Options, is_below: bool) -> Result<Record> {
    let id = random_id()?;
    let own = &subject.execution;
    let mut command = vec![REAPER.to_owned(), "--".to_owned()];
    if options.command.is_empty() {
        let place = if is_below { Path::new("/") } else { Path::new(TOOLS) };
        command.push(toolbox.shell(options.shell, place)?);
        command.extend(options.line.iter().flat_map(|line| ["-c".to_owned(), line.clone()]));
    } else {
        command.extend(options.command.iter().cloned());
    }
    let mut env = if is_below { toolbox.environment.clone() } else { own.env.clone() };
    if is_below {
        // the loader's variables are for the container's own libraries
        let is_for_own = |variable: &&String| variable.starts_with("PATH=") || variable.starts_with("LD_");
        set_variables(&mut env, own.env.iter().filter(|variable| !is_for_own(variable)));
    } else {
        set_variables(&mut env, [&toolbox.path_behind(&own.env, Path::new(TOOLS))]);
    }
    set_variables(&mut env, &options.environment);
    let working_dir = match &options.working_directory {
        Some(directory) => directory.clone(),
        None if is_below => CONTAINER.to_owned(),
        None => own.working_dir.clone(),
    };
    let mounts = subject.mounts.iter().map(|mount| seen(mount, options.writable));
    let mounts = if is_below { mounts.map(below).collect() } else { mounts.collect() };
    Ok(Record {
        name: format!("debug-{}", &id[..12]),
        id,
        created: now(),
        image: Digest::of(b""),
        manifest: None,
        image_name: String::new(),
        layers: Vec::new(),
        platform: Platform::host(),
        execution: Execution {
            user: options.user.clone().unwrap_or_default(),
            env,
            working_dir,
            ..Execution::default()
        },
        command,
        hostname: subject.hostname.clone(),
        domain_name: String::new(),
        terminal: options.terminal,
        open_input: true,
        input_once: true,
        host: powers(&subject.host, options),
        mounts,
    })
}

/// A mount of the container, as the shell has it.
fn seen(mount: &MountPoint, writable: bool) -> MountPoint {
    let mut seen = MountPoint { propagation: String::new(), ..mount.clone() };
    seen.read_only |= !writable;
    seen
}

/// Where a mount of the container is if the toolbox is the root.
fn below(mount: MountPoint) -> MountPoint {
    let relative = mount.destination.strip_prefix("/").unwrap_or(&mount.destination);
    MountPoint { destination: Path::new(CONTAINER).join(relative), ..mount }
}

/// The network is the container's; powers are those of any container, and tracing. Limits are not: what is out of memory could not be looked at.
fn powers(own: &HostSettings, options: &Options) -> HostSettings {
    let takes_trace = |name: &String| {
        let name = name.to_ascii_uppercase();
        ["ALL", TRACE].contains(&name.strip_prefix("CAP_").unwrap_or(&name))
    };
    let mut cap_add = options.cap_add.clone();
    if !options.cap_drop.iter().any(takes_trace) {
        cap_add.push(TRACE.to_owned());
    }
    HostSettings {
        network: own.network,
        auto_remove: true,
        privileged: options.privileged,
        cap_add,
        cap_drop: options.cap_drop.clone(),
        dns: own.dns.clone(),
        dns_search: own.dns_search.clone(),
        dns_options: own.dns_options.clone(),
        extra_hosts: own.extra_hosts.clone(),
        ..HostSettings::default()
    }
}

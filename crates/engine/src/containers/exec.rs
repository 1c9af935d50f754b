//! Another process in a running container.

use super::record::HostSettings;
use super::start::{Streams, failed};
use super::{Container, Status, directory::Directory, find};
use crate::error::{At, Error, Result};
use crate::exec_failure::{self, Attempt};
use crate::{Engine, document, spec};
use oci::image::set_variables;
use oci::runtime::{Process, ProcessBuilder, UserBuilder};
use runtime::accounts::Accounts;
use runtime::control::{Connection, Event, Request};
use std::fs::{self, File};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

/// What to execute. What is not said is the container's.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Program and arguments.
    pub command: Vec<String>,
    /// Variables, `NAME=value`.
    pub environment: Vec<String>,
    /// Working directory.
    pub working_directory: Option<String>,
    /// User and group.
    pub user: Option<String>,
    /// A terminal.
    pub terminal: bool,
    /// Every capability.
    pub privileged: bool,
}

/// Starts a process in a running container. Without a terminal the streams are the process's own; with one its input and output are
/// attached to it. The connection that comes back tells its end.
///
/// # Errors
/// [`Error::Conflict`] if the container does not run or is paused, [`Error::NotExecuted`] with the cause.
pub fn exec(
    engine: &Engine,
    reference: &str,
    options: &Options,
    streams: &Streams<'_>,
) -> Result<Connection> {
    let container = find(engine, reference)?;
    match container.status {
        Status::Running => {}
        Status::Paused => {
            return Err(Error::Conflict(format!(
                "container {reference} is paused, unpause the container before exec"
            )));
        }
        _ => return Err(container.not_running()),
    }
    let root = root(&container)?;
    let process = process(&container, options, root.as_fd())?;
    let directory = Directory::new(engine, &container.record.id);
    let connection = Connection::open(&directory.run)?.ok_or_else(|| container.not_running())?;
    let file = document::in_memory(&process)?;
    send(&connection, &file, options.terminal, streams)?;
    match connection.next()? {
        Some(Event::Running { .. }) => Ok(connection),
        Some(Event::Failed(failure)) => match failure.not_executed {
            Some((program, errno)) => Err(explain(&program, errno, &process, root.as_fd())),
            None => Err(failed(failure)),
        },
        _ => Err(container.not_running()),
    }
}

/// Without a terminal there are always three descriptors; missing ones are the null device.
pub(crate) fn send(
    connection: &Connection,
    file: &File,
    terminal: bool,
    streams: &Streams<'_>,
) -> Result<()> {
    let null = fs::OpenOptions::new().read(true).write(true).open("/dev/null").at("open", "/dev/null")?;
    let mut descriptors = vec![file.as_fd()];
    if terminal {
        descriptors.extend(streams.descriptors());
    } else {
        let given = [streams.input, streams.output, streams.error];
        descriptors.extend(given.map(|fd| fd.unwrap_or(null.as_fd())));
    }
    Ok(connection.send(&Request::Exec { streams: streams.which() }, &descriptors)?)
}

/// The running container's root directory as its processes see it.
pub(crate) fn root(container: &Container) -> Result<OwnedFd> {
    let init = container.init.ok_or_else(|| container.not_running())?;
    let path = format!("/proc/{}/root", init.pid);
    let root =
        sys::fs::open(&path, sys::fs::OFlags::DIRECTORY | sys::fs::OFlags::CLOEXEC, sys::fs::Mode::empty());
    let root = root.at("open", path)?;
    // the id may have been reused before the directory was open, but not after
    if init.is_alive() { Ok(root) } else { Err(container.not_running()) }
}

fn process(container: &Container, options: &Options, root: BorrowedFd<'_>) -> Result<Process> {
    let record = &container.record;
    let user = options.user.as_ref().unwrap_or(&record.execution.user);
    let identity = Accounts::read(root)?.identify(user, &record.host.groups)?;
    let host =
        HostSettings { privileged: record.host.privileged || options.privileged, ..record.host.clone() };
    let own = &record.execution.working_dir;
    let directory = options.working_directory.as_ref().unwrap_or(own);
    let mut environment =
        vec![format!("PATH={}", spec::DEFAULT_PATH), format!("HOSTNAME={}", record.own_hostname())];
    if options.terminal {
        environment.push("TERM=xterm".into());
    }
    set_variables(&mut environment, record.execution.env.iter().chain(&options.environment));
    if !environment.iter().any(|v| v.starts_with("HOME=")) {
        environment.push(format!("HOME={}", identity.home));
    }
    let user = UserBuilder::default()
        .uid(identity.uid)
        .gid(identity.gid)
        .additional_gids(identity.groups)
        .build()
        .map_err(spec::invalid)?;
    ProcessBuilder::default()
        .terminal(options.terminal)
        .user(user)
        .args(options.command.clone())
        .env(environment)
        .cwd(if directory.is_empty() { "/" } else { directory.as_str() })
        .capabilities(spec::capabilities(&host)?)
        .rlimits(spec::limits(&record.host.ulimits)?)
        .no_new_privileges(record.host.no_new_privileges)
        .build()
        .map_err(spec::invalid)
}

fn explain(program: &str, errno: i32, process: &Process, root: BorrowedFd<'_>) -> Error {
    exec_failure::explain(
        root,
        &Attempt {
            program,
            errno,
            environment: process.env().as_deref().unwrap_or_default(),
            working_directory: &process.cwd().to_string_lossy(),
            shell_form: false,
        },
    )
}

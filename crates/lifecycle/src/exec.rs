//! Another process in a container.

use crate::container::{CONFIGURATION, Container, Status};
use crate::error::{At, Error, Result};
use crate::{Lifecycle, Recipients, check, environment, filter};
use oci::runtime::{Capabilities, LinuxCapabilities, Process, UserBuilder};
use runtime::cgroup::Cgroup;
use runtime::{Exec, Executed};
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};

/// What is to be executed.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// A file with the whole process, in the specification's form.
    pub process: Option<PathBuf>,
    /// Program and arguments, otherwise.
    pub arguments: Vec<String>,
    /// Variables beside the container's, `NAME=value`.
    pub environment: Vec<String>,
    /// Working directory.
    pub directory: Option<PathBuf>,
    /// User and group by their numbers, `1000` or `1000:1000`.
    pub user: Option<String>,
    /// Supplementary groups.
    pub groups: Vec<u32>,
    /// Capabilities beside the container's.
    pub capabilities: Vec<String>,
    /// A terminal.
    pub terminal: bool,
    /// It cannot gain privileges.
    pub no_new_privileges: bool,
    /// Profile of AppArmor.
    pub apparmor: Option<String>,
    /// Label of SELinux.
    pub label: Option<String>,
    /// Who is given what of it.
    pub recipients: Recipients,
    /// Inherited descriptors from 3 on.
    pub preserved: u32,
    /// Groups below the container's, `path` or `controllers:path`.
    pub cgroups: Vec<String>,
    /// It lives on without the caller, who cannot serve its terminal.
    pub detached: bool,
    /// Also in a container that is paused.
    pub ignore_paused: bool,
}

/// Executes a process in a running container, as a child of the caller.
///
/// # Errors
/// [`Error::State`] if the container does not run, [`Error::Runtime`] if the program cannot be executed.
pub fn exec(lifecycle: &Lifecycle, id: &str, options: &Options) -> Result<Executed> {
    let container = Container::find(lifecycle, id)?;
    match container.status {
        Status::Stopped => return Err(Error::State("cannot exec in a stopped container".into())),
        Status::Paused if !options.ignore_paused => {
            return Err(Error::State(
                "cannot exec in a paused container (use --ignore-paused to override)".into(),
            ));
        }
        _ => {}
    }
    let (spec, text) = container.configuration()?;
    let init = container.process()?;
    let mut process = process(options, spec.process().as_ref())?;
    check::check_process(&process)?;
    let pid = init.pid.as_raw_nonzero();
    let root = format!("/proc/{pid}/root");
    let root = sys::mount::open_directory(&root).at("open", root)?;
    environment::settle(&mut process, root.as_fd());
    let mut cgroup = container.cgroup().clone();
    for asked in &options.cgroups {
        cgroup = below(&cgroup, asked)?;
    }
    let filter = filter::of(lifecycle, &text, &container.directory().join(CONFIGURATION))?;
    let terminal = process.terminal().unwrap_or(false);
    options.recipients.check_console(options.detached && terminal)?;
    let streams = options.recipients.streams(terminal);
    let executed = runtime::exec(
        &init,
        &Exec {
            process: &process,
            streams: &streams,
            filter: filter.as_ref(),
            linux: spec.linux().as_ref(),
            keyring: container.record.later.keyring.as_deref(),
            is_tied: false,
            preserved: options.preserved,
        },
        &cgroup,
        &mut |listener| {
            let agent = container.record.later.agent.as_ref();
            filter::tell_agent(agent, &container.subject(), pid.get(), listener)
        },
    );
    let Executed { process, terminal } = executed?;
    match options.recipients.give(&process, terminal) {
        Ok(terminal) => Ok(Executed { process, terminal }),
        Err(error) => {
            // nobody would know of it
            runtime::wait::end(process.pidfd.as_fd());
            Err(error)
        }
    }
}

/// A group below the container's, `path` or `controllers:path`, which must be there.
fn below(cgroup: &Cgroup, asked: &str) -> Result<Cgroup> {
    let (controllers, path) = asked.split_once(':').map_or((None, asked), |(list, path)| (Some(list), path));
    let group = cgroup.below(controllers, Path::new(path))?;
    match group.missing() {
        None => Ok(group),
        Some(path) => {
            Err(Error::Invalid(format!("adding pid to {}: no such file or directory", path.display())))
        }
    }
}

/// The process: as its file says, or the container's own with what was asked for.
fn process(options: &Options, own: Option<&Process>) -> Result<Process> {
    if let Some(path) = &options.process {
        return read(path, options);
    }
    let mut process = own.cloned().ok_or_else(|| Error::Invalid("the container has no process".into()))?;
    process.set_args(Some(options.arguments.clone()));
    process.set_terminal(Some(options.terminal));
    process.set_console_size(None);
    if let Some(directory) = &options.directory {
        process.set_cwd(directory.clone());
    }
    let environment = process.env().clone().unwrap_or_default();
    process.set_env(Some(environment.into_iter().chain(options.environment.clone()).collect()));
    if let Some(user) = &options.user {
        let (uid, gid) = numbers(user)?;
        let umask = process.user().umask();
        let mut user = UserBuilder::default().uid(uid).gid(gid).build().expect("numbers are all it needs");
        user.set_umask(umask);
        process.set_user(user);
    }
    if !options.groups.is_empty() {
        let mut user = process.user().clone();
        let groups = user.additional_gids().clone().unwrap_or_default();
        user.set_additional_gids(Some(groups.into_iter().chain(options.groups.clone()).collect()));
        process.set_user(user);
    }
    if options.no_new_privileges {
        process.set_no_new_privileges(Some(true));
    }
    if let Some(profile) = &options.apparmor {
        process.set_apparmor_profile(Some(profile.clone()));
    }
    if let Some(label) = &options.label {
        process.set_selinux_label(Some(label.clone()));
    }
    add_capabilities(&mut process, &options.capabilities)?;
    Ok(process)
}

fn read(path: &Path, options: &Options) -> Result<Process> {
    let text = check::read_text(path)?;
    let mut process = check::parse_process(&text, path)?;
    if process.args().as_deref().unwrap_or_default().is_empty() {
        return Err(Error::Invalid(format!("{}: args is empty", path.display())));
    }
    if options.terminal {
        process.set_terminal(Some(true));
    }
    Ok(process)
}

/// Numbers only: names are the caller's to look up (CVE-2026-30892: nothing else is accepted).
fn numbers(user: &str) -> Result<(u32, u32)> {
    let number = |text: &str| {
        let plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        plain.then(|| text.parse::<u32>().ok()).flatten().filter(|number| *number != u32::MAX)
    };
    let (uid, gid) = match user.split_once(':') {
        Some((uid, gid)) => (number(uid), number(gid)),
        None => (number(user), Some(0)),
    };
    match (uid, gid) {
        (Some(uid), Some(gid)) => Ok((uid, gid)),
        _ => Err(Error::Invalid(format!("invalid user {user:?}: it is UID or UID:GID, in numbers"))),
    }
}

fn add_capabilities(process: &mut Process, names: &[String]) -> Result<()> {
    if names.is_empty() {
        return Ok(());
    }
    let mut added = Capabilities::new();
    for name in names {
        let capability = runtime::capability::by_name(name);
        added.insert(capability.ok_or_else(|| Error::Invalid(format!("unknown capability {name:?}")))?);
    }
    let mut sets: LinuxCapabilities = process.capabilities().clone().unwrap_or_default();
    let with = |set: &Option<Capabilities>| {
        let mut set = set.clone().unwrap_or_default();
        set.extend(added.iter().copied());
        Some(set)
    };
    sets.set_bounding(with(sets.bounding()));
    sets.set_effective(with(sets.effective()));
    sets.set_permitted(with(sets.permitted()));
    // what is inheritable can be ambient; nothing else is given more than it had
    if sets.inheritable().as_ref().is_some_and(|inheritable| !inheritable.is_empty()) {
        sets.set_ambient(with(sets.ambient()));
    }
    process.set_capabilities(Some(sets));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::numbers;

    #[test]
    fn users_are_numbers() {
        assert_eq!(numbers("1000").unwrap(), (1000, 0));
        assert_eq!(numbers("1000:5").unwrap(), (1000, 5));
        for bad in ["", "1000:", ":1000", "u:g", "-1", "4294967296", "4294967295", "1000abc", " 0", "0:0:0"] {
            assert!(numbers(bad).is_err(), "{bad:?}");
        }
    }
}

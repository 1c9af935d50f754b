//! Another process in a running container.

use crate::affinity;
use crate::become_process::{self, Terminal};
use crate::bundle::Streams;
use crate::cgroup::Cgroup;
use crate::channel::{self, Order, Report, fail};
use crate::create::{Listener, hear_start, next_joined, order_start, set_from_outside};
use crate::error::{At, Error, Result};
use crate::filter::Filter;
use crate::namespaces;
use oci::runtime::{Linux, LinuxNamespaceType, Process};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use sys::Errno;
use sys::clone::{Child, Forked};
use sys::thread::{ThreadNameSpaceType, UnshareFlags};

/// A process to be started.
#[derive(Debug)]
pub struct Exec<'a> {
    /// What it executes, and as whom.
    pub process: &'a Process,
    /// What it reads from and writes to.
    pub streams: &'a Streams,
    /// The compiled seccomp filter.
    pub filter: Option<&'a Filter>,
    /// The container's section: execution domain and memory policy are its processes'.
    pub linux: Option<&'a Linux>,
    /// Name of the container's session keyring.
    pub keyring: Option<&'a str>,
    /// It is killed when the caller ends.
    pub is_tied: bool,
    /// Inherited descriptors from 3 on that it gets.
    pub preserved: u32,
}

/// A running exec.
#[derive(Debug)]
pub struct Executed {
    /// Its process, a child of the caller.
    pub process: Child,
    /// The other end of its terminal, if it has one.
    pub terminal: Option<OwnedFd>,
}

/// Starts a process in the namespaces and the cgroup of a container, whose init is `init`. The caller must be single-threaded and becomes
/// its parent.
///
/// # Errors
/// [`Error::Exec`] if the program cannot be executed, [`Error::Step`] if the container cannot be joined.
pub fn exec(init: &Child, exec: &Exec<'_>, cgroup: &Cgroup, listener: Listener<'_>) -> Result<Executed> {
    let namespaces = foreign(init)?;
    let (ours, theirs) = sys::socket::pair().at("make", "a socket pair")?;
    let directory = cgroup.directory_for_clone();
    let into = |directory: Option<&OwnedFd>| {
        sys::clone::fork(UnshareFlags::empty(), directory.map(AsFd::as_fd), false)
    };
    let forked = match into(directory.as_ref()) {
        // a container that has handed its controllers down keeps its own processes in groups below
        Err(Errno::BUSY | Errno::OPNOTSUPP) if directory.is_some() => {
            into(Some(&cgroup.directory_of(init.pid)?))
        }
        forked => forked,
    };
    let joiner = match forked.at("clone", "the joining process")? {
        Forked::Child => {
            drop(ours);
            join(init.pidfd.as_fd(), namespaces, exec, theirs.as_fd())
        }
        Forked::Parent(joiner) => joiner,
    };
    drop(theirs);
    let attached = if directory.is_none() { cgroup.attach(joiner.pid) } else { Ok(()) };
    let begun = attached
        .and_then(|()| bind_first(exec, &joiner))
        .and_then(|()| channel::order(ours.as_fd(), Order::Attached));
    if let Err(error) = begun {
        crate::wait::end(joiner.pidfd.as_fd());
        return Err(error);
    }
    let executed =
        next_joined(&ours, &joiner).and_then(|process| attend(process, &ours, exec, namespaces, listener));
    // it has ended meanwhile, and what it had to say has been heard
    let _ = crate::wait::reap(joiner.pidfd.as_fd());
    executed
}

/// The process that the joining one has made, until it executes its program.
fn attend(
    process: Child,
    ours: &OwnedFd,
    exec: &Exec<'_>,
    namespaces: ThreadNameSpaceType,
    listener: Listener<'_>,
) -> Result<Executed> {
    let changes_user = namespaces.contains(ThreadNameSpaceType::USER);
    match finish(ours, exec, &process, changes_user, listener) {
        Ok(terminal) => Ok(Executed { process, terminal }),
        Err(error) => {
            crate::wait::end(process.pidfd.as_fd());
            Err(error)
        }
    }
}

/// Binds the joining process, and with it what it makes, to the processors that the exec begins on.
fn bind_first(exec: &Exec<'_>, joiner: &Child) -> Result<()> {
    let affinity = exec.process.exec_cpu_affinity().as_ref();
    match affinity.and_then(|affinity| affinity.initial().as_deref()) {
        Some(list) => affinity::set(joiner.pid, list),
        None => Ok(()),
    }
}

/// Kinds that cannot be joined by who is in them (user), or that not every kernel has.
const ASKED: [LinuxNamespaceType; 3] =
    [LinuxNamespaceType::User, LinuxNamespaceType::Time, LinuxNamespaceType::Cgroup];

/// The namespaces of a process that are to be joined: those that are not the caller's own.
fn foreign(init: &Child) -> Result<ThreadNameSpaceType> {
    let pid = init.pid.as_raw_nonzero().get();
    let mut foreign = ThreadNameSpaceType::empty();
    for (kind, name) in namespaces::KINDS {
        if !ASKED.contains(&kind) {
            // to join what one is in already changes nothing
            foreign |= namespaces::type_of(kind);
            continue;
        }
        let path = format!("/proc/{pid}/ns/{name}");
        let theirs = match std::fs::read_link(&path) {
            Ok(theirs) => theirs,
            // a kernel without this kind
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
            Err(error) => return Err(error).at("read", path),
        };
        if std::fs::read_link(format!("/proc/self/ns/{name}")).is_ok_and(|own| own != theirs) {
            foreign |= namespaces::type_of(kind);
        }
    }
    Ok(foreign)
}

/// Attached, and silence: the program runs. In between a terminal is handed over.
fn finish(
    channel: &OwnedFd,
    exec: &Exec<'_>,
    process: &Child,
    limits: bool,
    listener: Listener<'_>,
) -> Result<Option<OwnedFd>> {
    set_from_outside(exec.process, process, limits)?;
    match exec.process.exec_cpu_affinity() {
        Some(affinity) => {
            if let Some(list) = affinity.cpu_affinity_final() {
                affinity::set(process.pid, list)?;
            }
        }
        None => affinity::reset(process.pid),
    }
    channel::order(channel.as_fd(), Order::Attached)?;
    if !exec.streams.has_terminal() {
        hear_start(channel, listener)?;
        return Ok(None);
    }
    let terminal = match channel::next(channel)? {
        Some((Report::Ready, mut descriptors)) => descriptors.pop(),
        Some((report, _)) => return Err(report.error()),
        None => return Err(Error::InitLost),
    };
    order_start(channel, listener)?;
    Ok(terminal)
}

/// In the joining process: enters the namespaces and makes the process there, since a joined pid namespace counts for children only.
fn join(
    init: BorrowedFd<'_>,
    namespaces: ThreadNameSpaceType,
    exec: &Exec<'_>,
    channel: BorrowedFd<'_>,
) -> ! {
    let step = "join the container";
    if let Err(errno) = enter(init, namespaces, channel) {
        fail(channel, step, errno.into());
    }
    match sys::clone::fork(UnshareFlags::empty(), None, true) {
        Err(errno) => fail(channel, step, errno.into()),
        Ok(Forked::Child) => inside(exec, namespaces, channel),
        Ok(Forked::Parent(child)) => {
            // `pid` is as the joiner's own pid namespace, the supervisor's, numbers it
            let report = Report::Joined { pid: child.pid.as_raw_nonzero().get() };
            let _ = channel::report(channel, &report, &[child.pidfd.as_fd()]);
            sys::clone::exit_now(0)
        }
    }
}

fn enter(
    init: BorrowedFd<'_>,
    namespaces: ThreadNameSpaceType,
    channel: BorrowedFd<'_>,
) -> Result<(), Errno> {
    use sys::process::{DumpableBehavior, set_dumpable_behavior};
    channel::await_order(channel, Order::Attached)?;
    // before anything of the container can meet this process
    set_dumpable_behavior(DumpableBehavior::NotDumpable)?;
    sys::clone::close_on_exec_from(3)?;
    sys::namespace::join_process(init, namespaces)
}

fn inside(exec: &Exec<'_>, namespaces: ThreadNameSpaceType, channel: BorrowedFd<'_>) -> ! {
    // the joiner announces this process on the same channel; it has to be first
    if channel::await_order(channel, Order::Attached).is_err() {
        sys::clone::exit_now(1);
    }
    if namespaces.contains(ThreadNameSpaceType::USER)
        && let Err(failure) = namespaces::become_root()
    {
        fail(channel, "enter the user namespace", failure);
    }
    if let Err(errno) = sys::process::setsid() {
        fail(channel, "make a session", errno.into());
    }
    if let Some(Err(failure)) = exec.keyring.map(crate::init::join_keyring_of) {
        fail(channel, "join a session keyring", failure);
    }
    let terminal = if exec.streams.has_terminal() {
        match open_terminal(exec) {
            Ok(terminal) => Some(terminal),
            Err(failure) => fail(channel, "set up the terminal", failure),
        }
    } else {
        None
    };
    if let Some(terminal) = &terminal
        && (channel::report(channel, &Report::Ready, &[terminal.controller.as_fd()]).is_err()
            || channel::await_order(channel, Order::Start).is_err())
    {
        sys::clone::exit_now(1);
    }
    let standard = become_process::Standard { streams: exec.streams, terminal, preserved: exec.preserved };
    let becoming = become_process::Becoming {
        tells_aloud: false,
        process: exec.process,
        filter: exec.filter,
        tracer: None,
        linux: exec.linux,
        is_tied: exec.is_tied,
        hooks: None,
        channel,
    };
    become_process::become_process(becoming, standard)
}

fn open_terminal(exec: &Exec<'_>) -> crate::step::Outcome<Terminal> {
    let root = sys::mount::open_directory("/")?;
    let terminal = Terminal::open(root.as_fd(), exec.streams)?;
    if let Some(size) = exec.process.console_size() {
        terminal.resize(size.height(), size.width())?;
    }
    Ok(terminal)
}

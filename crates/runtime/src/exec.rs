//! Another process in a running container.

use crate::become_process::{self, Terminal};
use crate::bundle::Streams;
use crate::cgroup::Cgroup;
use crate::channel::{self, Order, Report, fail};
use crate::error::{At, Error, Result};
use oci::runtime::Process;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use sys::Errno;
use sys::clone::{Child, Forked};
use sys::thread::{ThreadNameSpaceType, UnshareFlags};

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
pub fn exec(
    init: BorrowedFd<'_>,
    process: &Process,
    streams: &Streams,
    cgroup: &Cgroup,
    seccomp: Option<&[u8]>,
) -> Result<Executed> {
    let (ours, theirs) = sys::socket::pair().at("make", "a socket pair")?;
    let directory = cgroup.directory_for_clone();
    let forked = sys::clone::fork(UnshareFlags::empty(), directory.as_ref().map(AsFd::as_fd), false);
    let joiner = match forked.at("clone", "the joining process")? {
        Forked::Child => {
            drop(ours);
            join(init, process, streams, seccomp, theirs.as_fd())
        }
        Forked::Parent(joiner) => joiner,
    };
    drop(theirs);
    if directory.is_none() {
        cgroup.attach(joiner.pid)?;
    }
    let ordered = channel::order(ours.as_fd(), Order::Attached);
    let joined = channel::next(&ours);
    // it has said all that it has to say
    crate::wait::reap(joiner.pidfd.as_fd()).at("wait for", "the joining process")?;
    let process = match joined? {
        Some((Report::Joined { pid }, mut descriptors)) => {
            let pid = sys::process::Pid::from_raw(pid).ok_or(Error::InitLost)?;
            Child { pid, pidfd: descriptors.pop().ok_or(Error::InitLost)? }
        }
        Some((report, _)) => return Err(report.into_error()),
        None => return Err(ordered.err().unwrap_or(Error::InitLost)),
    };
    finish(&ours, process)
}

/// Ready, start, and silence: the program runs.
fn finish(channel: &OwnedFd, process: Child) -> Result<Executed> {
    let result = (|| {
        channel::order(channel.as_fd(), Order::Attached)?;
        let terminal = match channel::next(channel)? {
            Some((Report::Ready, mut descriptors)) => descriptors.pop(),
            Some((report, _)) => return Err(report.into_error()),
            None => return Err(Error::InitLost),
        };
        channel::order(channel.as_fd(), Order::Start)?;
        match channel::next(channel)? {
            None => Ok(terminal),
            Some((report, _)) => Err(report.into_error()),
        }
    })();
    match result {
        Ok(terminal) => Ok(Executed { process, terminal }),
        Err(error) => {
            // it may have ended by itself
            let _ = sys::signal::send(process.pidfd.as_fd(), 9);
            let _ = crate::wait::reap(process.pidfd.as_fd());
            Err(error)
        }
    }
}

/// In the joining process: enters the namespaces and makes the process there, since a joined pid namespace counts for children only.
fn join(
    init: BorrowedFd<'_>,
    process: &Process,
    streams: &Streams,
    seccomp: Option<&[u8]>,
    channel: BorrowedFd<'_>,
) -> ! {
    let step = "join the container";
    if let Err(errno) = enter(init, channel) {
        fail(channel, step, errno.into());
    }
    match sys::clone::fork(UnshareFlags::empty(), None, true) {
        Err(errno) => fail(channel, step, errno.into()),
        Ok(Forked::Child) => inside(process, streams, seccomp, channel),
        Ok(Forked::Parent(child)) => {
            // `pid` is as the joiner's own pid namespace, the supervisor's, numbers it
            let report = Report::Joined { pid: child.pid.as_raw_nonzero().get() };
            let _ = channel::report(channel, &report, &[child.pidfd.as_fd()]);
            sys::clone::exit_now(0)
        }
    }
}

fn enter(init: BorrowedFd<'_>, channel: BorrowedFd<'_>) -> Result<(), Errno> {
    use sys::process::{DumpableBehavior, set_dumpable_behavior};
    channel::await_order(channel, Order::Attached)?;
    // before anything of the container can meet this process
    set_dumpable_behavior(DumpableBehavior::NotDumpable)?;
    sys::clone::close_on_exec_from(3)?;
    let namespaces = ThreadNameSpaceType::CONTROL_GROUP
        | ThreadNameSpaceType::INTER_PROCESS_COMMUNICATION
        | ThreadNameSpaceType::HOST_NAME_AND_NIS_DOMAIN_NAME
        | ThreadNameSpaceType::NETWORK
        | ThreadNameSpaceType::PROCESS_ID
        | ThreadNameSpaceType::MOUNT;
    sys::namespace::join_process(init, namespaces)
}

fn inside(process: &Process, streams: &Streams, seccomp: Option<&[u8]>, channel: BorrowedFd<'_>) -> ! {
    // the joiner announces this process on the same channel; it has to be first
    if channel::await_order(channel, Order::Attached).is_err() {
        sys::clone::exit_now(1);
    }
    if let Err(errno) = sys::process::setsid() {
        fail(channel, "make a session", errno.into());
    }
    let terminal = match streams {
        Streams::Descriptors(_) => None,
        Streams::Terminal => match open_terminal() {
            Ok(terminal) => Some(terminal),
            Err(failure) => fail(channel, "set up the terminal", failure),
        },
    };
    let controller: Vec<BorrowedFd<'_>> = terminal.iter().map(|t| t.controller.as_fd()).collect();
    if channel::report(channel, &Report::Ready, &controller).is_err()
        || channel::await_order(channel, Order::Start).is_err()
    {
        sys::clone::exit_now(1);
    }
    let standard = become_process::Standard { descriptors: streams.descriptors(), terminal };
    become_process::become_process(process, standard, seccomp, channel)
}

fn open_terminal() -> crate::step::Outcome<Terminal> {
    let root = sys::mount::open_directory("/")?;
    Terminal::open(root.as_fd())
}

//! From a bundle to a waiting init, and from there to a running program.

use crate::become_process::limit_from_outside;
use crate::bundle::{Bundle, Streams};
use crate::cgroup::Cgroup;
use crate::channel::{self, Order, RECEIVE, Report, fail};
use crate::error::{At, Error, Result};
use crate::init;
use crate::namespaces::Plan;
use crate::{hooks, sources};
use oci::runtime::{LinuxResources, Process};
use std::os::fd::{AsFd, OwnedFd};
use sys::clone::{Child, Forked};
use sys::process::{DumpableBehavior, set_dumpable_behavior};
use sys::thread::UnshareFlags;

/// A container whose init has set everything up and waits for [`Created::start`]. Dropping it ends the init.
#[derive(Debug)]
pub struct Created {
    init: Option<Child>,
    channel: OwnedFd,
    terminal: Option<OwnedFd>,
}

/// A running container.
#[derive(Debug)]
pub struct Running {
    /// Its first process.
    pub init: Child,
    /// The other end of its terminal, if it has one.
    pub terminal: Option<OwnedFd>,
}

/// The control group of a container.
pub struct Group<'a> {
    /// Where it is.
    pub cgroup: &'a Cgroup,
    /// Its limits.
    pub resources: &'a LinuxResources,
    /// A service manager, who makes the group around the process.
    pub surround: Option<Surround<'a>>,
}

impl std::fmt::Debug for Group<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Group").field("cgroup", self.cgroup).finish_non_exhaustive()
    }
}

/// Makes a control group around a process.
pub type Surround<'a> = &'a mut dyn FnMut(&Child) -> Result<()>;

/// What happens to the descriptor on which a filter's calls are notified.
pub type Listener<'a> = &'a mut dyn FnMut(OwnedFd) -> Result<()>;

/// Makes a container: its control group with these limits, and the init in its namespaces, which sets up the mounts.
///
/// `meanwhile` runs beside the init's work, as soon as its process and namespaces are there: network interfaces go into its namespace here.
/// The calling process must be single-threaded and is the parent of the init: with [`Life::Tied`] the init is killed when it ends.
///
/// # Errors
/// [`Error::Step`] with the failing step; nothing is left of the init then. The group is the caller's to remove.
pub fn create(
    bundle: &Bundle,
    streams: &Streams,
    group: Group<'_>,
    meanwhile: &mut dyn FnMut(&Child) -> Result<()>,
) -> Result<Created> {
    let Group { cgroup, resources, surround } = group;
    let plan = Plan::of(&bundle.spec)?;
    let prepared = init::Prepared {
        plan: &plan,
        sources: sources::open(bundle, &plan)?,
        hierarchies: cgroup.hierarchies()?,
    };
    let (ours, theirs) = sys::socket::pair().at("make", "a socket pair")?;
    // clone3 can start a process in a group of the unified hierarchy; a service manager takes one that is there
    let first = surround.is_none() && cgroup.is_unified();
    if first {
        cgroup.create(resources)?;
    }
    let directory = if first { cgroup.directory_for_clone() } else { None };
    let flags = if plan.needs_joiner() { UnshareFlags::empty() } else { plan.at_once() };
    let forked = sys::clone::fork(flags, directory.as_ref().map(AsFd::as_fd), false);
    let child = match forked.at("clone", "the init process")? {
        Forked::Child => {
            drop(ours);
            if plan.needs_joiner() {
                join(&plan, &theirs);
            }
            init::run(bundle, prepared, streams, &theirs)
        }
        Forked::Parent(child) => child,
    };
    drop(theirs);
    let init = if plan.needs_joiner() { await_joined(&ours, &child)? } else { child };
    let mut created = Created { init: Some(init), channel: ours, terminal: None };
    let group = directory.is_none().then_some(Group { cgroup, resources, surround });
    created.prepare(bundle, &plan, group, meanwhile).map_err(|error| created.blame(error))?;
    Ok(created)
}

/// In a process between the caller and the init: joins what counts for children only, and makes the init as a child of the caller. Returns in the init.
fn join(plan: &Plan, channel: &OwnedFd) {
    let channel = channel.as_fd();
    // what is in the namespaces must not look into this process, nor into the one that it makes
    if let Err(errno) = set_dumpable_behavior(DumpableBehavior::NotDumpable) {
        fail(channel, "protect the init", errno.into());
    }
    if let Err(failure) = plan.enter() {
        fail(channel, "join namespaces", failure);
    }
    match sys::clone::fork(plan.new, None, true) {
        Err(errno) => fail(channel, "make the init", errno.into()),
        Ok(Forked::Child) => {}
        Ok(Forked::Parent(child)) => {
            let report = Report::Joined { pid: child.pid.as_raw_nonzero().get() };
            // without a caller nobody is left to be told
            let _ = channel::report(channel, &report, &[child.pidfd.as_fd()]);
            sys::clone::exit_now(0)
        }
    }
}

/// As [`next_joined`]; the joining process is reaped.
fn await_joined(channel: &OwnedFd, joiner: &Child) -> Result<Child> {
    let joined = next_joined(channel, joiner);
    // it has said all that it has to say
    crate::wait::reap(joiner.pidfd.as_fd()).at("wait for", "the joining process")?;
    joined
}

/// The process that a joining process has made, as it announces it on the channel. If it cannot, both have ended or end when the channel does.
pub(crate) fn next_joined(channel: &OwnedFd, joiner: &Child) -> Result<Child> {
    if !channel::comes_from(joiner.pidfd.as_fd(), channel).at(RECEIVE, "init")? {
        return Err(Error::InitLost);
    }
    match channel::next(channel)? {
        Some((Report::Joined { pid }, mut descriptors)) => {
            let pid = sys::process::Pid::from_raw(pid).ok_or(Error::InitLost)?;
            Ok(Child { pid, pidfd: descriptors.pop().ok_or(Error::InitLost)? })
        }
        Some((report, _)) => Err(report.error()),
        None => Err(Error::InitLost),
    }
}

impl Created {
    fn prepare(
        &mut self,
        bundle: &Bundle,
        plan: &Plan,
        group: Option<Group<'_>>,
        meanwhile: &mut dyn FnMut(&Child) -> Result<()>,
    ) -> Result<()> {
        let init = self.init.as_ref().expect("the init is there until it is started or dropped");
        if let Some(Group { cgroup, resources, surround }) = group {
            // the init makes namespaces and mounts beside this
            if let Some(surround) = surround {
                surround(init)?;
            }
            cgroup.create(resources)?;
            cgroup.attach(init.pid)?;
        }
        crate::affinity::reset(init.pid);
        plan.map(init)?;
        if let Some(process) = bundle.spec.process() {
            set_from_outside(process, init, plan.changes_user())?;
        }
        channel::order(self.channel.as_fd(), Order::Attached)?;
        if plan.init_separates() {
            match channel::next(&self.channel)? {
                Some((Report::Separated, _)) => {}
                Some((report, _)) => return Err(report.error()),
                None => return Err(Error::InitLost),
            }
        }
        meanwhile(init)?;
        loop {
            match channel::next(&self.channel)? {
                Some((Report::Ready, mut descriptors)) => {
                    self.terminal = descriptors.pop();
                    return Ok(());
                }
                Some((Report::Mounted, _)) => {
                    run_caller_hooks(bundle, init)?;
                    channel::order(self.channel.as_fd(), Order::HooksDone)?;
                }
                Some((report, _)) => return Err(report.error()),
                None => return Err(Error::InitLost),
            }
        }
    }

    /// When the init died, what it said is the cause and what we noticed (a broken pipe) only a consequence.
    fn blame(&self, error: Error) -> Error {
        if !self.is_consequence(&error) {
            return error;
        }
        // what it said before it failed was not heard yet
        while let Ok(Some((report, _))) = channel::next(&self.channel) {
            match report {
                Report::Failed { .. } | Report::NotExecuted { .. } => return report.error(),
                // one that goes on after this waits for us
                Report::Ready | Report::Mounted => break,
                Report::Separated | Report::Listening | Report::Joined { .. } => {}
            }
        }
        error
    }

    /// Whether an error is what is noticed when the init dies. One that lives has nothing to say, and may be waiting for us.
    fn is_consequence(&self, error: &Error) -> bool {
        let own = format!("/proc/{}", self.init().pid.as_raw_nonzero());
        match error {
            Error::InitLost | Error::Io { doing: channel::SEND | RECEIVE, .. } => true,
            Error::Io { path, source, .. } => {
                match source.raw_os_error().map(sys::Errno::from_raw_os_error) {
                    Some(sys::Errno::SRCH) => true,
                    Some(sys::Errno::NOENT) => path.starts_with(own),
                    _ => false,
                }
            }
            _ => false,
        }
    }

    /// The init's process.
    #[must_use]
    pub fn init(&self) -> &Child {
        self.init.as_ref().expect("the init is there until it is started or dropped")
    }

    /// The other end of its terminal, if it has one; whoever takes it keeps it.
    pub fn take_terminal(&mut self) -> Option<OwnedFd> {
        self.terminal.take()
    }

    /// Lets the init execute the program. Returns when it has.
    ///
    /// # Errors
    /// [`Error::Exec`] if the program cannot be executed, [`Error::Step`] if something before that failed; the init is gone then.
    pub fn start(mut self, listener: Listener<'_>) -> Result<Running> {
        order_start(&self.channel, listener).map_err(|error| self.blame(error))?;
        let init = self.init.take().expect("the init is there until it is started or dropped");
        Ok(Running { init, terminal: self.terminal.take() })
    }

    /// Leaves the init waiting at its gate ([`Life::Gated`]): it outlives the caller.
    #[must_use]
    pub fn leave(mut self) -> Child {
        self.init.take().expect("the init is there until it is started or dropped")
    }
}

/// Gives the start order over a connection to an init (or its gate) and hears what it says until the program is executed, which closes the connection.
///
/// # Errors
/// As [`Created::start`].
pub fn order_start(connection: &OwnedFd, listener: Listener<'_>) -> Result<()> {
    channel::order(connection.as_fd(), Order::Start)?;
    hear_start(connection, listener)
}

/// Hears what a process says until its program is executed, which closes the connection.
pub(crate) fn hear_start(connection: &OwnedFd, listener: Listener<'_>) -> Result<()> {
    loop {
        match channel::next(connection)? {
            None => return Ok(()),
            Some((Report::Listening, mut descriptors)) => {
                listener(descriptors.pop().ok_or(Error::InitLost)?)?;
            }
            Some((report, _)) => return Err(report.error()),
        }
    }
}

/// What a process cannot be trusted or able to write itself: in its own `/proc` it might write to somebody else's file (CVE-2025-52881).
pub(crate) fn set_from_outside(process: &Process, child: &Child, limits: bool) -> Result<()> {
    let pid = child.pid.as_raw_nonzero();
    if let Some(score) = process.oom_score_adj() {
        let path = format!("/proc/{pid}/oom_score_adj");
        std::fs::write(&path, score.to_string()).at("write to", path)?;
    }
    if limits {
        limit_from_outside(process, child.pid).map_err(|failure| Error::Step {
            step: "set limits".into(),
            object: failure.object,
            errno: failure.errno,
        })?;
    }
    Ok(())
}

/// Hooks of the caller's namespaces, before the root is entered.
fn run_caller_hooks(bundle: &Bundle, init: &Child) -> Result<()> {
    let (Some(hooks), Some(subject)) = (bundle.spec.hooks(), &bundle.subject) else { return Ok(()) };
    let state = subject.state("creating", init.pid.as_raw_nonzero().get());
    let prestart = hooks.prestart();
    let place = hooks::Place::bundle(&subject.bundle);
    // the deprecated kind is told that the container is created, as the specification's own tests want it
    let created = subject.state("created", init.pid.as_raw_nonzero().get());
    hooks::run("prestart", prestart.as_deref().unwrap_or_default(), &created, &place)?;
    hooks::run("createRuntime", hooks.create_runtime().as_deref().unwrap_or_default(), &state, &place)
}

impl Drop for Created {
    fn drop(&mut self) {
        if let Some(init) = &self.init {
            crate::wait::end(init.pidfd.as_fd());
        }
    }
}

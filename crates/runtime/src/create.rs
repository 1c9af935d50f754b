//! From a bundle to a waiting init, and from there to a running program.

use crate::bundle::{Bundle, Streams};
use crate::cgroup::Cgroup;
use crate::channel::{self, Order, Report};
use crate::error::{At, Error, Result};
use crate::init;
use oci::runtime::{LinuxNamespaceType, Spec};
use std::os::fd::{AsFd, OwnedFd};
use sys::clone::{Child, Forked};
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

/// Makes a container: forks the init into its namespaces and cgroup and waits until it has set up its mounts.
///
/// `meanwhile` runs beside the init's work, as soon as its process is there: network interfaces go into its namespace here.
/// The calling process must be single-threaded and is the parent of the init: if it ends, the init is killed.
///
/// # Errors
/// [`Error::Step`] with the failing step; nothing is left of the init then.
pub fn create(
    bundle: &Bundle,
    streams: &Streams,
    cgroup: &Cgroup,
    meanwhile: &mut dyn FnMut(&Child) -> Result<()>,
) -> Result<Created> {
    let (ours, theirs) = sys::socket::pair().at("make", "a socket pair")?;
    let cgroup_directory = cgroup.directory_for_clone();
    let forked =
        sys::clone::fork(new_namespaces(&bundle.spec), cgroup_directory.as_ref().map(AsFd::as_fd), false);
    let init = match forked.at("clone", "the init process")? {
        Forked::Child => {
            drop(ours);
            init::run(bundle, streams, &theirs)
        }
        Forked::Parent(init) => init,
    };
    drop(theirs);
    let mut created = Created { init: Some(init), channel: ours, terminal: None };
    created.prepare(cgroup, cgroup_directory.is_none(), meanwhile).map_err(|error| created.blame(error))?;
    Ok(created)
}

impl Created {
    fn prepare(
        &mut self,
        cgroup: &Cgroup,
        attach: bool,
        meanwhile: &mut dyn FnMut(&Child) -> Result<()>,
    ) -> Result<()> {
        let init = self.init.as_ref().expect("the init is there until it is started or dropped");
        if attach {
            cgroup.attach(init.pid)?;
        }
        channel::order(self.channel.as_fd(), Order::Attached)?;
        meanwhile(init)?;
        match channel::next(&self.channel)? {
            Some((Report::Ready, mut descriptors)) => {
                self.terminal = descriptors.pop();
                Ok(())
            }
            Some((report, _)) => Err(report.into_error()),
            None => Err(Error::InitLost),
        }
    }

    /// When the init died, what it said is the cause and what we noticed (a broken pipe) only a consequence.
    fn blame(&self, error: Error) -> Error {
        match (&error, channel::next(&self.channel)) {
            (Error::Io { .. } | Error::InitLost, Ok(Some((report, _)))) => match report {
                Report::Failed { .. } | Report::NotExecuted { .. } => report.into_error(),
                _ => error,
            },
            _ => error,
        }
    }

    /// The init's process.
    #[must_use]
    pub fn init(&self) -> &Child {
        self.init.as_ref().expect("the init is there until it is started or dropped")
    }

    /// Lets the init execute the program. Returns when it has.
    ///
    /// # Errors
    /// [`Error::Exec`] if the program cannot be executed, [`Error::Step`] if something before that failed; the init is gone then.
    pub fn start(mut self) -> Result<Running> {
        channel::order(self.channel.as_fd(), Order::Start).map_err(|error| self.blame(error))?;
        match channel::next(&self.channel)? {
            None => {}
            Some((report, _)) => return Err(report.into_error()),
        }
        let init = self.init.take().expect("the init is there until it is started or dropped");
        Ok(Running { init, terminal: self.terminal.take() })
    }
}

impl Drop for Created {
    fn drop(&mut self) {
        if let Some(init) = &self.init {
            // an init that has ended already only needs to be reaped
            let _ = sys::signal::send(init.pidfd.as_fd(), 9);
            let _ = crate::wait::reap(init.pidfd.as_fd());
        }
    }
}

/// The namespaces that clone3 makes. The cgroup namespace is made later, when the init is in its cgroup; one with a path is joined by the init.
fn new_namespaces(spec: &Spec) -> UnshareFlags {
    let namespaces = spec.linux().as_ref().and_then(|linux| linux.namespaces().as_ref());
    let mut flags = UnshareFlags::empty();
    for namespace in namespaces.into_iter().flatten().filter(|n| n.path().is_none()) {
        flags |= match namespace.typ() {
            LinuxNamespaceType::Mount => UnshareFlags::NEWNS,
            LinuxNamespaceType::Uts => UnshareFlags::NEWUTS,
            LinuxNamespaceType::Ipc => UnshareFlags::NEWIPC,
            LinuxNamespaceType::Pid => UnshareFlags::NEWPID,
            LinuxNamespaceType::Network => UnshareFlags::NEWNET,
            LinuxNamespaceType::Cgroup | LinuxNamespaceType::User | LinuxNamespaceType::Time => {
                UnshareFlags::empty()
            }
        };
    }
    flags
}

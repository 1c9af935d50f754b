//! Which namespaces a container gets: new ones, and existing ones that it joins.

use crate::error::{At, Error, Result};
use crate::step::{About, Outcome};
use oci::runtime::{Linux, LinuxIdMapping, LinuxNamespaceType, Spec};
use std::fmt::Write as _;
use std::fs;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::MetadataExt;
use sys::clone::Child;
use sys::fs::{Mode, OFlags};
use sys::thread::{LinkNameSpaceType, ThreadNameSpaceType, UnshareFlags};

/// Every kind, with its name in `/proc/<pid>/ns`; the user namespace first, since it gives the right to the others.
pub(crate) const KINDS: [(LinuxNamespaceType, &str); 8] = [
    (LinuxNamespaceType::User, "user"),
    (LinuxNamespaceType::Network, "net"),
    (LinuxNamespaceType::Ipc, "ipc"),
    (LinuxNamespaceType::Uts, "uts"),
    (LinuxNamespaceType::Cgroup, "cgroup"),
    (LinuxNamespaceType::Time, "time"),
    (LinuxNamespaceType::Pid, "pid"),
    (LinuxNamespaceType::Mount, "mnt"),
];

/// A kind as setns(2) takes it.
pub(crate) fn type_of(kind: LinuxNamespaceType) -> ThreadNameSpaceType {
    match kind {
        LinuxNamespaceType::User => ThreadNameSpaceType::USER,
        LinuxNamespaceType::Network => ThreadNameSpaceType::NETWORK,
        LinuxNamespaceType::Ipc => ThreadNameSpaceType::INTER_PROCESS_COMMUNICATION,
        LinuxNamespaceType::Uts => ThreadNameSpaceType::HOST_NAME_AND_NIS_DOMAIN_NAME,
        LinuxNamespaceType::Cgroup => ThreadNameSpaceType::CONTROL_GROUP,
        LinuxNamespaceType::Time => ThreadNameSpaceType::TIME,
        LinuxNamespaceType::Pid => ThreadNameSpaceType::PROCESS_ID,
        LinuxNamespaceType::Mount => ThreadNameSpaceType::MOUNT,
    }
}

/// A kind as setns(2) checks it against a descriptor.
fn link_type(kind: LinuxNamespaceType) -> LinkNameSpaceType {
    match kind {
        LinuxNamespaceType::User => LinkNameSpaceType::User,
        LinuxNamespaceType::Network => LinkNameSpaceType::Network,
        LinuxNamespaceType::Ipc => LinkNameSpaceType::InterProcessCommunication,
        LinuxNamespaceType::Uts => LinkNameSpaceType::HostNameAndNISDomainName,
        LinuxNamespaceType::Cgroup => LinkNameSpaceType::ControlGroup,
        LinuxNamespaceType::Time => LinkNameSpaceType::Time,
        LinuxNamespaceType::Pid => LinkNameSpaceType::ProcessID,
        LinuxNamespaceType::Mount => LinkNameSpaceType::Mount,
    }
}

/// What is to be made and joined.
#[derive(Debug)]
pub(crate) struct Plan {
    /// To be made.
    pub(crate) new: UnshareFlags,
    /// The init makes a cgroup namespace when it is in its cgroup.
    pub(crate) cgroup: bool,
    /// A time namespace with these offsets, lines of `/proc/<pid>/timens_offsets`.
    time: Option<String>,
    /// Joined in this order.
    joins: Vec<(LinuxNamespaceType, OwnedFd, String)>,
    /// `uid_map` and `gid_map` of a new user namespace.
    maps: Option<(String, String)>,
}

impl Plan {
    /// Reads the specification and opens what is joined.
    ///
    /// # Errors
    /// [`Error::Invalid`] for contradictions; what the system reports for a path that is no namespace.
    pub(crate) fn of(spec: &Spec) -> Result<Self> {
        let mut plan =
            Self { new: UnshareFlags::empty(), cgroup: false, time: None, joins: Vec::new(), maps: None };
        let Some(linux) = spec.linux() else { return Ok(plan) };
        let listed = linux.namespaces().as_deref().unwrap_or_default();
        for (kind, name) in KINDS {
            let mut of_kind = listed.iter().filter(|namespace| namespace.typ() == kind);
            let Some(namespace) = of_kind.next() else { continue };
            if of_kind.next().is_some() {
                return Err(Error::Invalid(format!("linux.namespaces has two entries of type {kind}")));
            }
            match namespace.path().as_ref().filter(|path| !path.as_os_str().is_empty()) {
                None => plan.make(kind, linux)?,
                Some(path) => {
                    let fd =
                        sys::fs::open(path, OFlags::CLOEXEC, Mode::empty()).at("open namespace", path)?;
                    if !is_own(&fd, name) {
                        plan.joins.push((kind, fd, path.display().to_string()));
                    }
                }
            }
        }
        let mapped = linux.uid_mappings().is_some() || linux.gid_mappings().is_some();
        if mapped && !listed.iter().any(|namespace| namespace.typ() == LinuxNamespaceType::User) {
            return Err(Error::Invalid("linux.uidMappings and gidMappings need a user namespace".into()));
        }
        if linux.time_offsets().is_some() && plan.time.is_none() {
            return Err(Error::Invalid("linux.timeOffsets needs a new time namespace".into()));
        }
        Ok(plan)
    }

    fn make(&mut self, kind: LinuxNamespaceType, linux: &Linux) -> Result<()> {
        match kind {
            LinuxNamespaceType::Mount => self.new |= UnshareFlags::NEWNS,
            LinuxNamespaceType::Uts => self.new |= UnshareFlags::NEWUTS,
            LinuxNamespaceType::Ipc => self.new |= UnshareFlags::NEWIPC,
            LinuxNamespaceType::Pid => self.new |= UnshareFlags::NEWPID,
            LinuxNamespaceType::Network => self.new |= UnshareFlags::NEWNET,
            LinuxNamespaceType::Cgroup => self.cgroup = true,
            LinuxNamespaceType::Time => self.time = Some(offsets(linux)),
            LinuxNamespaceType::User => {
                self.new |= UnshareFlags::NEWUSER;
                let map =
                    |mappings: &Option<Vec<LinuxIdMapping>>| lines(mappings.as_deref().unwrap_or_default());
                let maps = (map(linux.uid_mappings()), map(linux.gid_mappings()));
                if maps.0.is_empty() || maps.1.is_empty() {
                    let needed = "a new user namespace needs linux.uidMappings and linux.gidMappings";
                    return Err(Error::Invalid(needed.into()));
                }
                self.maps = Some(maps);
            }
        }
        Ok(())
    }

    /// Whether the init has to be made by a process that has joined or made something before: these namespaces count for children only, or
    /// give the rights to the others.
    pub(crate) fn needs_joiner(&self) -> bool {
        let first = [LinuxNamespaceType::User, LinuxNamespaceType::Pid, LinuxNamespaceType::Time];
        self.time.is_some() || self.joins.iter().any(|(kind, _, _)| first.contains(kind))
    }

    /// Whether the container is in another user namespace than the caller.
    pub(crate) fn changes_user(&self) -> bool {
        self.maps.is_some() || self.joins.iter().any(|(kind, _, _)| *kind == LinuxNamespaceType::User)
    }

    /// The user namespace that is joined.
    pub(crate) fn joined_user(&self) -> Option<&OwnedFd> {
        self.joins.iter().find(|(kind, _, _)| *kind == LinuxNamespaceType::User).map(|(_, fd, _)| fd)
    }

    /// What is made together with the init: what counts for children only, and with a user namespace what belongs to it.
    pub(crate) fn at_once(&self) -> UnshareFlags {
        self.new - self.by_init()
    }

    /// What the init makes itself, beside its caller's work on the control group.
    pub(crate) fn by_init(&self) -> UnshareFlags {
        if self.needs_joiner() || self.changes_user() {
            return UnshareFlags::empty();
        }
        self.new - UnshareFlags::NEWPID
    }

    /// Whether the init has to change its namespaces before its caller finds the container's behind its process.
    pub(crate) fn init_separates(&self) -> bool {
        !self.by_init().is_empty() || (!self.needs_joiner() && !self.joins.is_empty())
    }

    /// Whether a kind is made new.
    pub(crate) fn makes(&self, flag: UnshareFlags) -> bool {
        self.new.contains(flag)
    }

    /// Joins what is to be joined, and makes the time namespace of the next child. The user namespace comes last, since it takes the rights over those that are
    /// not its own; what only it gives the right to is joined after it.
    pub(crate) fn enter(&self) -> Outcome {
        let join = |(kind, fd, path): &(LinuxNamespaceType, OwnedFd, String)| {
            sys::namespace::join(fd.as_fd(), Some(link_type(*kind))).about(path.clone())
        };
        let is_user =
            |(kind, _, _): &&(LinuxNamespaceType, OwnedFd, String)| *kind == LinuxNamespaceType::User;
        let user = self.joins.iter().find(is_user);
        let mut later = Vec::new();
        for namespace in self.joins.iter().filter(|namespace| !is_user(namespace)) {
            match join(namespace) {
                Err(failure) if user.is_some() && failure.errno == sys::Errno::PERM => later.push(namespace),
                joined => joined?,
            }
        }
        if let Some(user) = user {
            join(user)?;
            become_root()?;
        }
        later.into_iter().try_for_each(join)?;
        if let Some(offsets) = &self.time {
            sys::namespace::unshare(UnshareFlags::NEWTIME).about("time namespace")?;
            if !offsets.is_empty() {
                fs::write("/proc/self/timens_offsets", offsets).about("time offsets")?;
            }
        }
        Ok(())
    }

    /// Writes the id mappings of the new user namespace of a process, if it has one.
    pub(crate) fn map(&self, child: &Child) -> Result<()> {
        let Some((users, groups)) = &self.maps else { return Ok(()) };
        let pid = child.pid.as_raw_nonzero();
        for (name, map) in [("uid_map", users), ("gid_map", groups)] {
            let path = format!("/proc/{pid}/{name}");
            fs::write(&path, map).at("write", path)?;
        }
        Ok(())
    }
}

/// Takes the identity of root, which owns what the process makes from now on. For a user namespace that was just entered or mapped.
pub(crate) fn become_root() -> Outcome {
    use sys::process::{Gid, Uid};
    let (uid, gid) = (Uid::from_raw(0), Gid::from_raw(0));
    sys::thread::set_thread_res_gid(gid, gid, gid).about("group 0 of the user namespace")?;
    sys::thread::set_thread_res_uid(uid, uid, uid).about("user 0 of the user namespace")
}

/// Whether a descriptor is of the caller's own namespace, which cannot be joined and need not be.
fn is_own(fd: &OwnedFd, name: &str) -> bool {
    let Ok(joined) = sys::fs::fstat(fd) else { return false };
    fs::metadata(format!("/proc/self/ns/{name}"))
        .is_ok_and(|own| (own.dev(), own.ino()) == (joined.st_dev, joined.st_ino))
}

/// Lines of `uid_map` and `gid_map` (user_namespaces(7)).
pub(crate) fn lines(mappings: &[LinuxIdMapping]) -> String {
    let mut text = String::new();
    for mapping in mappings {
        // a write to a String cannot fail
        let _ = writeln!(text, "{} {} {}", mapping.container_id(), mapping.host_id(), mapping.size());
    }
    text
}

/// Lines of `timens_offsets` (time_namespaces(7)).
fn offsets(linux: &Linux) -> String {
    let mut text = String::new();
    for (clock, offset) in linux.time_offsets().iter().flatten() {
        let _ = writeln!(text, "{clock} {} {}", offset.secs().unwrap_or(0), offset.nanosecs().unwrap_or(0));
    }
    text
}

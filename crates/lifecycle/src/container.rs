//! A container: what is kept of it, and what it is doing.

use crate::error::{At, Error, Result};
use crate::{Lifecycle, check};
use oci::runtime::{Hook, Spec};
use runtime::Agent;
use runtime::accounts::Accounts;
use runtime::cgroup::Cgroup;
use runtime::hooks::Subject;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::fs;
use std::io::Write;
use std::os::fd::AsFd;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use sys::identity::Identity;

/// The socket on which a created container's init waits.
pub(crate) const GATE: &str = "gate";
/// The copy of the configuration.
pub(crate) const CONFIGURATION: &str = "config.json";
const STATE: &str = "state.json";
const DRAFT: &str = ".state.json";

/// What is kept of a container.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Record {
    /// Its id.
    pub id: String,
    /// Version of the specification that its configuration follows.
    pub oci_version: String,
    /// Its bundle, absolute.
    pub bundle: PathBuf,
    /// Its root file system, absolute.
    pub rootfs: PathBuf,
    /// When it was made, RFC 3339.
    pub created: String,
    /// Its annotations.
    #[serde(default)]
    pub annotations: HashMap<String, String>,
    /// Id and start time of its init, in the caller's pid namespace.
    pub init: String,
    /// Its control group.
    pub cgroup: Cgroup,
    /// The service manager's unit that the group belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// Id of the user who made it.
    #[serde(default)]
    pub owner: u32,
    /// The init is the first process of a pid namespace of its own: its end is the end of all.
    #[serde(default)]
    pub own_processes: bool,
    /// What of the configuration its later life needs.
    #[serde(default)]
    pub later: Later,
}

/// What a configuration says of the time after the creation.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Later {
    /// Hooks that run when the program is started.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub poststart: Vec<Hook>,
    /// Hooks that run when the container is deleted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub poststop: Vec<Hook>,
    /// Name of its session keyring, which processes that are executed in it join.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keyring: Option<String>,
    /// Who decides about notified system calls.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<Agent>,
}

/// What a container is doing (runtime specification, runtime.md "State").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// It is being made.
    Creating,
    /// Its program was not started yet.
    Created,
    /// Its program was started.
    Running,
    /// Its processes are stopped where they are.
    Paused,
    /// Its first process has ended.
    Stopped,
}

impl Status {
    /// The specification's word.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Creating => "creating",
            Self::Created => "created",
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Stopped => "stopped",
        }
    }
}

/// A container as it is now.
#[derive(Debug, Clone)]
pub struct Container {
    /// What is kept of it.
    pub record: Record,
    /// What it is doing.
    pub status: Status,
    directory: PathBuf,
}

/// The state as `state` and `list` print it: the specification's, and runc's additions.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct State {
    /// Version of the specification.
    pub oci_version: String,
    /// Its id.
    pub id: String,
    /// Process id of the init, 0 if it has ended.
    pub pid: i32,
    /// What it is doing.
    pub status: &'static str,
    /// Its bundle.
    pub bundle: PathBuf,
    /// Its root file system.
    pub rootfs: PathBuf,
    /// When it was made.
    pub created: String,
    /// Its annotations.
    #[serde(skip_serializing_if = "HashMap::is_empty")]
    pub annotations: HashMap<String, String>,
    /// Who made it.
    pub owner: String,
}

/// Ids are single path components (runc: letters, digits and `_+-.`).
pub(crate) fn check_id(id: &str) -> Result<()> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_+-.".contains(c);
    if id.is_empty() {
        return Err(Error::Invalid("container id cannot be empty".into()));
    }
    if id.len() > 1024 || !id.chars().all(plain) || id == "." || id == ".." || id.starts_with(".seccomp") {
        return Err(Error::Invalid(format!(
            "invalid container ID format: {id:?} has an invalid character; a container ID has letters, digits, and '_+-.'"
        )));
    }
    Ok(())
}

impl Container {
    /// Finds the container with this id.
    ///
    /// # Errors
    /// [`Error::NoContainer`] if there is none, or only what an interrupted creation left.
    pub fn find(lifecycle: &Lifecycle, id: &str) -> Result<Self> {
        Self::read(lifecycle, id, STATE)
    }

    /// What an interrupted creation left of a container, if its init was there already.
    ///
    /// # Errors
    /// [`Error::NoContainer`] if it was not.
    pub(crate) fn find_unfinished(lifecycle: &Lifecycle, id: &str) -> Result<Self> {
        Self::read(lifecycle, id, DRAFT)
    }

    fn read(lifecycle: &Lifecycle, id: &str, file: &str) -> Result<Self> {
        check_id(id)?;
        let directory = lifecycle.directory(id);
        let path = directory.join(file);
        let text = match fs::read(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Err(Error::NoContainer(id.to_owned()));
            }
            Err(error) => return Err(error).at("read", path),
        };
        let record: Record = serde_json::from_slice(&text)
            .map_err(|error| Error::Document { path, reason: error.to_string() })?;
        let mut container = Self { record, status: Status::Stopped, directory };
        container.status = container.look()?;
        Ok(container)
    }

    fn look(&self) -> Result<Status> {
        if !self.init()?.is_alive() {
            return Ok(Status::Stopped);
        }
        if self.record.cgroup.is_frozen() {
            return Ok(Status::Paused);
        }
        Ok(if self.directory.join(GATE).exists() { Status::Created } else { Status::Running })
    }

    pub(crate) fn directory(&self) -> &Path {
        &self.directory
    }

    /// Its init, alive or not.
    ///
    /// # Errors
    /// [`Error::Document`] for a damaged record.
    pub fn init(&self) -> Result<Identity> {
        self.record.init.parse().map_err(|_| Error::Document {
            path: self.directory.join(STATE),
            reason: "the init is no process id and start time".into(),
        })
    }

    /// Its init as a process, which must be alive.
    ///
    /// # Errors
    /// [`Error::State`] if it has ended.
    pub fn process(&self) -> Result<sys::clone::Child> {
        let init = self.init()?;
        let gone = || Error::State(format!("container {:?} is not running", self.record.id));
        let pidfd = init.open().map_err(|_| gone())?;
        let pid = sys::process::Pid::from_raw(init.pid).ok_or_else(gone)?;
        Ok(sys::clone::Child { pid, pidfd })
    }

    /// Its control group.
    #[must_use]
    pub fn cgroup(&self) -> &Cgroup {
        &self.record.cgroup
    }

    /// The configuration that it was made from, and its text.
    ///
    /// # Errors
    /// What the system reports, or damage.
    pub(crate) fn configuration(&self) -> Result<(Spec, Vec<u8>)> {
        let path = self.directory.join(CONFIGURATION);
        let text = check::read_text(&path)?;
        // what there was to warn of was said at its creation
        Ok((check::parse(&text, &path, &|_| ())?, text))
    }

    /// As its hooks are told of it.
    pub(crate) fn subject(&self) -> Subject {
        Subject {
            version: self.record.oci_version.clone(),
            id: self.record.id.clone(),
            bundle: self.record.bundle.clone(),
            annotations: self.record.annotations.clone(),
        }
    }

    /// The state as it is printed.
    ///
    /// # Errors
    /// [`Error::Document`] for a damaged record.
    pub fn state(&self) -> Result<State> {
        let record = self.record.clone();
        let pid = if self.status == Status::Stopped { 0 } else { self.init()?.pid };
        Ok(State {
            oci_version: record.oci_version,
            id: record.id,
            pid,
            status: self.status.name(),
            bundle: record.bundle,
            rootfs: record.rootfs,
            created: record.created,
            annotations: record.annotations,
            owner: name_of(record.owner),
        })
    }

    /// Kills every process of it, and waits until the init has ended.
    pub(crate) fn end(&self) -> Result<()> {
        if let Ok(process) = self.process() {
            // it may have ended meanwhile; a frozen one does not die
            let _ = sys::signal::send(process.pidfd.as_fd(), 9);
            let _ = self.record.cgroup.freeze(false);
            if !self.record.own_processes {
                self.record.cgroup.kill();
            }
            let patience = std::time::Duration::from_secs(10);
            if !runtime::wait::ended_within(process.pidfd.as_fd(), patience)
                .at("wait for", &self.record.id)?
            {
                return Err(Error::State(format!("container {:?} does not end", self.record.id)));
            }
        }
        Ok(())
    }
}

/// Name of a user, as the host's account file has it.
fn name_of(uid: u32) -> String {
    let root = sys::mount::open_directory("/").ok();
    let accounts = root.and_then(|root| Accounts::read(root.as_fd()).ok()).unwrap_or_default();
    accounts.name(uid).map_or_else(|| format!("#{uid}"), str::to_owned)
}

/// Writes a new file that only its owner may read: environments and hooks are in it.
pub(crate) fn write_private(path: &Path, text: &[u8]) -> Result<()> {
    let mut options = fs::OpenOptions::new();
    let file = options.write(true).create(true).truncate(true).mode(0o600).open(path);
    file.and_then(|mut file| file.write_all(text)).at("write", path)
}

impl Record {
    /// Writes the record beside its place, for [`Record::publish`].
    pub(crate) fn draft(&self, directory: &Path) -> Result<()> {
        let text = serde_json::to_vec(self).expect("a record is plain data");
        write_private(&directory.join(DRAFT), &text)
    }

    /// Puts the record in its place; from then on the container exists.
    pub(crate) fn publish(directory: &Path) -> Result<()> {
        let path = directory.join(STATE);
        fs::rename(directory.join(DRAFT), &path).at("rename to", path)
    }
}

//! What a container is doing. What the kernel can tell is asked, never stored.

use super::directory::Directory;
use super::record::{Record, State};
use crate::Engine;
use crate::error::{Error, Result};
use runtime::cgroup::Cgroup;
use sys::identity::Identity;

/// The exit code of a container that ended with its supervisor.
const LOST: i32 = 137;

/// A container's condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Never started.
    Created,
    /// Its first process runs.
    Running,
    /// Its processes are stopped.
    Paused,
    /// Its first process has ended.
    Exited,
    /// It ended with its supervisor or the machine, and nobody has recorded it yet.
    Lost,
}

impl Status {
    /// Docker's word.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Exited | Self::Lost => "exited",
        }
    }

    /// Whether its first process is there.
    #[must_use]
    pub fn is_running(self) -> bool {
        matches!(self, Self::Running | Self::Paused)
    }
}

/// A container as it is now.
#[derive(Debug, Clone)]
pub struct Container {
    /// What was recorded at its creation.
    pub record: Record,
    /// What the kernel forgets.
    pub state: State,
    /// What it is doing.
    pub status: Status,
    /// Its first process, if it runs.
    pub init: Option<Identity>,
}

impl Container {
    /// Reads the container with this full id.
    ///
    /// # Errors
    /// [`Error::NoContainer`] if there is none.
    pub fn read(engine: &Engine, id: &str) -> Result<Self> {
        let directory = Directory::new(engine, id);
        // the run directory first: a container that ends meanwhile has its state on disk before its run directory goes
        let supervisor = directory.supervisor()?;
        // it is recorded after its supervisor
        let init = if supervisor.is_some() { directory.init()? } else { None };
        let record = directory.record()?;
        let mut state = directory.state()?;
        let status = match (&supervisor, &init) {
            (Some(supervisor), Some(_)) if supervisor.is_alive() && state.finished.is_none() => {
                let frozen = Cgroup::at(&engine.layout().cgroup(id)).is_ok_and(|cgroup| cgroup.is_frozen());
                if frozen { Status::Paused } else { Status::Running }
            }
            // being started
            (Some(supervisor), None) if supervisor.is_alive() => settled(&state),
            (Some(supervisor), _) if supervisor.is_alive() => settled(&state),
            (Some(_), _) => Status::Lost,
            (None, _) if state.started.is_some() && state.finished.is_none() => Status::Lost,
            (None, _) => settled(&state),
        };
        if status == Status::Lost && state.finished.is_none() {
            (state.exit_code, state.error) = (LOST, "lost supervisor".into());
        }
        let init = init.filter(|_| status.is_running());
        Ok(Self { record, state, status, init })
    }

    /// Reads a container that had no run directory a moment ago; none if it may have got one since.
    pub(crate) fn read_idle(engine: &Engine, id: &str) -> Result<Option<Self>> {
        let directory = Directory::new(engine, id);
        let (record, state) = (directory.record()?, directory.state()?);
        let has_begun = state.started.is_some() && state.finished.is_none();
        let status = settled(&state);
        Ok((!has_begun).then_some(Self { record, state, status, init: None }))
    }

    /// What an operation says that wants it to run.
    pub(crate) fn not_running(&self) -> Error {
        Error::Conflict(format!("container {} is not running", self.record.id))
    }

    /// The cgroup of a running container.
    ///
    /// # Errors
    /// What the runtime reports.
    pub fn cgroup(&self, engine: &Engine) -> Result<Cgroup> {
        Ok(Cgroup::at(&engine.layout().cgroup(&self.record.id))?)
    }
}

fn settled(state: &State) -> Status {
    if state.finished.is_some() { Status::Exited } else { Status::Created }
}

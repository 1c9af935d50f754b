//! A container's two directories: what survives a boot, and what only a running container has.

use super::record::{Record, State};
use crate::Engine;
use crate::document::{self, Lasting};
use crate::error::{At, Error, Result};
use std::fs;
use std::os::fd::{AsFd, OwnedFd};
use std::path::PathBuf;
use sys::identity::Identity;
use sys::lock::LockFile;

/// The directories of one container.
#[derive(Debug, Clone)]
pub struct Directory {
    /// In the data root: record, state, log, changes.
    pub data: PathBuf,
    /// In the exec root, while it runs: supervisor, init, control socket.
    pub run: PathBuf,
    lock: PathBuf,
    id: String,
}

/// A container's lock: nobody else starts, renames or removes it.
#[derive(Debug)]
pub struct Lock(LockFile);

impl Directory {
    /// The directories of the container with this full id.
    #[must_use]
    pub fn new(engine: &Engine, id: &str) -> Self {
        Self {
            data: engine.data("containers").join(id),
            run: engine.run("containers").join(id),
            lock: engine.run("locks").join(format!("container-{id}")),
            id: id.to_owned(),
        }
    }

    /// The same container while it is being created, under a name of this process.
    pub(crate) fn draft(&self) -> Self {
        Self { data: store::durable::temporary_beside(&self.data), ..self.clone() }
    }

    /// Takes the container's lock, waiting for it.
    ///
    /// # Errors
    /// [`Error::NoContainer`] if it was removed meanwhile.
    pub fn lock(&self) -> Result<Lock> {
        let lock = self.lock_new()?;
        if self.data.join("config.json").exists() {
            return Ok(lock);
        }
        lock.remove();
        Err(Error::NoContainer(self.id.clone()))
    }

    /// As [`Directory::lock`], without waiting: none if somebody has it.
    pub(crate) fn try_lock(&self) -> Result<Option<Lock>> {
        let Some(lock) = LockFile::try_exclusive(&self.lock).at("lock", &self.lock)?.map(Lock) else {
            return Ok(None);
        };
        if self.data.join("config.json").exists() {
            return Ok(Some(lock));
        }
        lock.remove();
        Err(Error::NoContainer(self.id.clone()))
    }

    /// Takes the lock of a container that is not there yet.
    pub(crate) fn lock_new(&self) -> Result<Lock> {
        LockFile::exclusive(&self.lock).at("lock", &self.lock).map(Lock)
    }

    /// Reads the record.
    ///
    /// # Errors
    /// [`Error::NoContainer`] if there is none.
    pub fn record(&self) -> Result<Record> {
        document::read_lasting(&self.data.join("config.json"))?
            .ok_or_else(|| Error::NoContainer(self.id.clone()))
    }

    pub(crate) fn write_record(&self, record: &Record) -> Result<()> {
        let lasting = if record.host.auto_remove { Lasting::Boot } else { Lasting::PowerCut };
        document::write(&self.data.join("config.json"), record, lasting)
    }

    /// Reads the state; the default one if it was never started. One that a power cut has left unreadable is of a container that ran: only its start writes
    /// a state that need not outlive the boot.
    ///
    /// # Errors
    /// What the system reports.
    pub fn state(&self) -> Result<State> {
        match document::read(&self.data.join("state.json")) {
            Ok(state) => Ok(state.unwrap_or_default()),
            Err(Error::Store(store::Error::Damaged { .. })) => {
                Ok(State { started: Some(super::now()), ..State::default() })
            }
            Err(error) => Err(error),
        }
    }

    pub(crate) fn write_state(&self, state: &State, lasting: Lasting) -> Result<()> {
        document::write(&self.data.join("state.json"), state, lasting)
    }

    /// Makes the run directory and leaves the supervisor's identity in it.
    pub(crate) fn begin_run(&self) -> Result<()> {
        let place = self.place();
        fs::create_dir_all(&place).at("make directory", place)?;
        let own = Identity::own().at("read", "/proc/self/stat")?;
        store::durable::replace(&self.run.join("supervisor"), own.to_string().as_bytes())?;
        Ok(())
    }

    /// Where the init attaches the root, in its own mount namespace: an empty directory, so that nothing is hidden by it.
    pub(crate) fn place(&self) -> PathBuf {
        self.run.join("root")
    }

    /// Tells the supervisor that a container with `--rm` is not removed when it ends: it is started again.
    pub(crate) fn keep(&self) -> Result<()> {
        let path = self.run.join("keep");
        fs::write(&path, "").at("write", path)
    }

    /// Whether [`Directory::keep`] was called in this run.
    pub(crate) fn is_kept(&self) -> bool {
        self.run.join("keep").exists()
    }

    /// Replaces overlayfs' work directory by an empty one.
    pub(crate) fn renew_work(&self, engine: &Engine) -> Result<()> {
        let work = self.data.join("rw/work");
        store::trash::discard(engine.store(), &work)?;
        fs::create_dir(&work).at("make directory", work)
    }

    pub(crate) fn write_init(&self, pid: i32) -> Result<()> {
        let init = Identity::of(pid).at("read", format!("/proc/{pid}/stat"))?;
        store::durable::replace(&self.run.join("init"), init.to_string().as_bytes())?;
        Ok(())
    }

    /// The control socket, listening.
    pub(crate) fn listen(&self) -> Result<OwnedFd> {
        let directory = sys::mount::open_directory(&self.run).at("open", &self.run)?;
        sys::socket::listen(directory.as_fd(), runtime::control::SOCKET).at("listen in", &self.run)
    }

    /// Removes the lock's file: the container is gone. Whoever has the lock removes the file himself, when he sees that.
    pub(crate) fn forget_lock(&self) {
        // what stays is removed by the next prune
        if let Ok(Some(lock)) = LockFile::try_exclusive(&self.lock) {
            Lock(lock).remove();
        }
    }

    /// Removes the record: there is no such container any more.
    pub(crate) fn forget_record(&self) {
        // what stays is removed by the next prune
        let _ = fs::remove_file(self.data.join("config.json"));
    }

    /// Removes the run directory: the container does not run.
    pub(crate) fn forget_run(&self) {
        // what stays is removed by the next command
        let _ = fs::remove_dir_all(&self.run);
    }

    /// The supervisor, as it was recorded, dead or alive.
    ///
    /// # Errors
    /// What the system reports.
    pub fn supervisor(&self) -> Result<Option<Identity>> {
        self.identity("supervisor")
    }

    /// The init, as it was recorded, dead or alive.
    ///
    /// # Errors
    /// What the system reports.
    pub fn init(&self) -> Result<Option<Identity>> {
        self.identity("init")
    }

    /// Nobody, only if nobody was recorded: what cannot be read may be alive.
    fn identity(&self, name: &str) -> Result<Option<Identity>> {
        let path = self.run.join(name);
        match fs::read_to_string(&path) {
            Ok(text) => Ok(text.parse().ok()),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).at("read", path),
        }
    }
}

impl Lock {
    /// Removes the lock's file with the container.
    pub(crate) fn remove(self) {
        // what stays is removed by the next prune
        let _ = self.0.remove();
    }
}

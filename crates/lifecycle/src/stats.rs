//! What a container uses, and what happens to it.

use crate::Lifecycle;
use crate::container::{Container, Status};
use crate::error::{Error, Result};
pub use runtime::cgroup::{BlockIo, Pressure, Stats};

/// What a running container has used.
///
/// # Errors
/// [`Error::State`] if it has stopped.
pub fn stats(lifecycle: &Lifecycle, id: &str) -> Result<Stats> {
    let container = Container::find(lifecycle, id)?;
    if container.status == Status::Stopped {
        return Err(Error::State(format!("container with id {id} is not running")));
    }
    Ok(container.cgroup()?.stats())
}

/// How often a process of the container was killed because its memory limit was reached; none if it has stopped.
///
/// # Errors
/// [`Error::NoContainer`].
pub fn memory_kills(lifecycle: &Lifecycle, id: &str) -> Result<Option<u64>> {
    let container = Container::find(lifecycle, id)?;
    if container.status == Status::Stopped {
        return Ok(None);
    }
    Ok(Some(container.cgroup()?.usage().oom_kills))
}

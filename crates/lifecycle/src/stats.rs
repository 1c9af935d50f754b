//! What a container uses.

use crate::Lifecycle;
use crate::container::{Container, Status};
use crate::error::{Error, Result};
pub use runtime::cgroup::{BlockIo, HugePages, Pressure, Stats};

/// What a running container has used.
///
/// # Errors
/// [`Error::State`] if it has stopped.
pub fn stats(lifecycle: &Lifecycle, id: &str) -> Result<Stats> {
    let container = Container::find(lifecycle, id)?;
    if container.status == Status::Stopped {
        return Err(Error::State(format!("container with id {id} is not running")));
    }
    Ok(container.cgroup().stats())
}

//! Stopping all processes of a container where they are, and letting them go on.

use crate::Lifecycle;
use crate::container::{Container, Status};
use crate::error::{Error, Result};

/// Freezes a container.
///
/// # Errors
/// [`Error::State`] if it does not run.
pub fn pause(lifecycle: &Lifecycle, id: &str) -> Result<()> {
    let container = Container::find(lifecycle, id)?;
    match container.status {
        Status::Running | Status::Created => Ok(container.cgroup().freeze(true)?),
        status => Err(Error::State(format!("container not running or created: {}", status.name()))),
    }
}

/// Lets a frozen container go on.
///
/// # Errors
/// [`Error::State`] if it is not frozen.
pub fn resume(lifecycle: &Lifecycle, id: &str) -> Result<()> {
    let container = Container::find(lifecycle, id)?;
    match container.status {
        Status::Paused => Ok(container.cgroup().freeze(false)?),
        _ => Err(Error::State("container not paused".into())),
    }
}

//! Stopping all processes of a container where they are, and letting them go on.

use super::directory::Directory;
use super::find;
use super::status::{Container, Status};
use crate::Engine;
use crate::error::{Error, Result};

/// Freezes all processes of a running container.
///
/// # Errors
/// [`Error::Conflict`] with Docker's words if it does not run or is paused already.
pub fn pause(engine: &Engine, reference: &str) -> Result<()> {
    let (container, _lock) = locked(engine, reference)?;
    match container.status {
        Status::Running => Ok(container.cgroup(engine)?.freeze(true)?),
        Status::Paused => {
            Err(Error::Conflict(format!("Container {} is already paused", container.record.id)))
        }
        _ => Err(container.not_running()),
    }
}

/// Lets the processes of a paused container go on.
///
/// # Errors
/// [`Error::Conflict`] with Docker's words if it is not paused.
pub fn unpause(engine: &Engine, reference: &str) -> Result<()> {
    let (container, _lock) = locked(engine, reference)?;
    match container.status {
        Status::Paused => Ok(container.cgroup(engine)?.freeze(false)?),
        _ => Err(Error::Conflict(format!("Container {} is not paused", container.record.id))),
    }
}

/// The container, under its lock: nobody else changes what it does meanwhile.
fn locked(engine: &Engine, reference: &str) -> Result<(Container, super::directory::Lock)> {
    let id = find::find_id(engine, reference)?;
    let lock = Directory::new(engine, &id).lock()?;
    Ok((Container::read(engine, &id)?, lock))
}

#[cfg(test)]
mod tests;

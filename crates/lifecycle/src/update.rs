//! Changing the limits of a container that is there.

use crate::Lifecycle;
use crate::container::{Container, Status};
use crate::error::{Error, Result};
use oci::runtime::LinuxResources;

/// Changes what `resources` says, and nothing else.
///
/// # Errors
/// [`Error::State`] if it has stopped, [`Error::Runtime`] with the file that the kernel refused.
pub fn update(lifecycle: &Lifecycle, id: &str, resources: &LinuxResources) -> Result<()> {
    let container = Container::find(lifecycle, id)?;
    if container.status == Status::Stopped {
        return Err(Error::State("container not running".into()));
    }
    Ok(container.cgroup().update(resources)?)
}

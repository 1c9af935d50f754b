//! Changing the limits of a container that is there.

use crate::container::{Container, Status};
use crate::error::{Error, Result};
use crate::{Lifecycle, group};
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
    let cgroup = container.cgroup();
    let mut limits = cgroup.completed(resources);
    // as with runc, they are for the creation
    limits.set_devices(None);
    if let Some(unit) = &container.record.unit {
        systemd::Units::connect()?.set(unit, &group::properties(cgroup, &limits))?;
    }
    Ok(cgroup.update(&limits)?)
}

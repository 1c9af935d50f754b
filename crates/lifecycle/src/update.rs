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
    if let Some(unit) = &container.record.unit {
        // rules of devices are not for a running unit: the manager would take them all away for a moment
        let mut limits = resources.clone();
        limits.set_devices(None);
        let properties = group::properties(cgroup, &limits);
        systemd::Units::connect()?.set(unit, &properties)?;
    }
    Ok(cgroup.update(resources)?)
}

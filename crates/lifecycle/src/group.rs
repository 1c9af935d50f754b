//! Where a container's control group is, and who makes it.

use crate::error::Result;
use crate::{Groups, Lifecycle};
use oci::runtime::{LinuxResources, Spec};
use runtime::cgroup::Cgroup;
use std::cell::{Cell, RefCell};
use std::path::{Path, PathBuf};
use sys::clone::Child;
use systemd::{Property, Unit, Units};

/// The group at a recorded path; none for an empty one.
pub(crate) fn at(path: &Path) -> Result<Cgroup> {
    if path.as_os_str().is_empty() { Ok(Cgroup::none()) } else { Ok(Cgroup::of_specification(path)?) }
}

/// Where the group of a configuration is, as `cgroupsPath` has it; empty for none.
///
/// # Errors
/// [`Error::Systemd`](crate::Error::Systemd) for names of units that cannot be.
pub(crate) fn path(lifecycle: &Lifecycle, spec: &Spec, id: &str) -> Result<PathBuf> {
    match lifecycle.groups {
        Groups::None => Ok(PathBuf::new()),
        Groups::Files => Ok(asked(spec).unwrap_or_else(|| Path::new("/").join(id))),
        Groups::Systemd => Ok(unit(spec, id)?.control_group()?),
    }
}

fn unit(spec: &Spec, id: &str) -> Result<Unit> {
    Ok(Unit::of(&asked(spec).unwrap_or_default().to_string_lossy(), id)?)
}

fn asked(spec: &Spec) -> Option<PathBuf> {
    let path = spec.linux().as_ref()?.cgroups_path().clone()?;
    Some(path).filter(|path| !path.as_os_str().is_empty())
}

/// The group of a container that is to be made.
pub(crate) struct Plan {
    /// Where it is, as `cgroupsPath` has it.
    pub(crate) path: PathBuf,
    /// The unit that is made for it, and the manager who does.
    unit: Option<Managed>,
}

/// What the service manager makes.
struct Managed {
    unit: Unit,
    /// Properties that annotations ask for.
    more: Vec<Property>,
    units: RefCell<Units>,
    /// The unit is ours: before, one of its name is somebody else's.
    started: Cell<bool>,
}

impl Plan {
    /// Reads the configuration, and connects to the service manager if he is to make the group.
    ///
    /// # Errors
    /// [`Error::Systemd`](crate::Error::Systemd) if he cannot be reached, or for names that he does not take.
    pub(crate) fn of(lifecycle: &Lifecycle, spec: &Spec, id: &str) -> Result<Self> {
        let path = path(lifecycle, spec, id)?;
        if lifecycle.groups != Groups::Systemd {
            return Ok(Self { path, unit: None });
        }
        let unit = unit(spec, id)?;
        let more = systemd::properties_of_annotations(spec.annotations().iter().flatten())?;
        let units = RefCell::new(Units::connect()?);
        Ok(Self { path, unit: Some(Managed { unit, more, units, started: Cell::new(false) }) })
    }

    /// Name of its unit.
    pub(crate) fn unit(&self) -> Option<String> {
        self.unit.as_ref().map(|managed| managed.unit.name.clone())
    }

    /// Has the service manager make the group around a process; nothing to do without one.
    pub(crate) fn surround(
        &self,
        process: &Child,
        cgroup: &Cgroup,
        resources: &LinuxResources,
    ) -> runtime::Result<()> {
        let Some(Managed { unit, more, units, started }) = &self.unit else { return Ok(()) };
        let pid = process.pid.as_raw_nonzero().get().cast_unsigned();
        let mut properties = properties(cgroup, resources);
        properties.extend(more.iter().cloned());
        let result = units.borrow_mut().start(unit, pid, cgroup.is_unified(), properties);
        // a job that failed is one of a unit that there is now
        started.set(matches!(result, Ok(()) | Err(systemd::Error::Job { .. })));
        result.map_err(|error| runtime::Error::Manager(error.to_string()))
    }

    /// Has the service manager end what he made; the failure that led here is the one to tell.
    pub(crate) fn take_back(&self) {
        if let Some(Managed { unit, units, started, .. }) = &self.unit
            && started.get()
        {
            let _ = units.borrow_mut().stop(&unit.name);
        }
    }
}

/// Limits as properties of a unit.
pub(crate) fn properties(cgroup: &Cgroup, resources: &LinuxResources) -> Vec<Property> {
    let settings = cgroup.settings(resources);
    systemd::properties_of(settings.iter().map(|(file, value)| (file.as_str(), value.as_str())))
}

//! Removing a container.

use crate::container::{CONFIGURATION, Container, Status, check_id};
use crate::error::{At, Error, Result};
use crate::{Lifecycle, check, group};
use runtime::hooks::Place;
use std::fs;

/// Removes a container that has stopped, or was never started; with `force` any, and a missing one is no error then.
///
/// # Errors
/// [`Error::NoContainer`], [`Error::State`] if it runs; what the system reports, after everything was tried.
pub fn delete(lifecycle: &Lifecycle, id: &str, force: bool) -> Result<()> {
    check_id(id)?;
    let container = match Container::find(lifecycle, id) {
        Ok(container) => container,
        Err(Error::NoContainer(_)) if force => return unfinished(lifecycle, id),
        Err(error) => return Err(error),
    };
    match container.status {
        Status::Stopped | Status::Created => {}
        _ if force => {}
        status => {
            return Err(Error::State(format!(
                "cannot delete container {id} that is not stopped: {}",
                status.name()
            )));
        }
    }
    container.end()?;
    remains(lifecycle, &container)
}

/// Removes all that is left of a container whose first process has ended. What fails does not keep the rest from being removed; the first failure is told.
///
/// # Errors
/// What the system reports.
pub fn remains(lifecycle: &Lifecycle, container: &Container) -> Result<()> {
    let cgroup = container.cgroup();
    if !cgroup.processes().is_empty() {
        cgroup.kill();
    }
    let stopped = match &container.record.unit {
        Some(unit) => systemd::Units::connect().and_then(|mut units| units.stop(unit)),
        None => Ok(()),
    };
    let removed = stopped.map_err(Error::from).and(cgroup.remove().map_err(Error::from));
    // the specification: a failing hook is a warning, and the others still run
    for hook in &container.record.later.poststop {
        let place = Place::bundle(&container.record.bundle);
        let hook = std::slice::from_ref(hook);
        if let Err(error) =
            runtime::hooks::run("poststop", hook, &container.subject().state("stopped", 0), &place)
        {
            (lifecycle.warn)(&error.to_string());
        }
    }
    let directory = container.directory();
    let gone = fs::remove_dir_all(directory).at("remove", directory);
    removed.and(gone)
}

/// Removes what is left of a container whose creation was killed half-way. Its id is taken, and there may be more.
fn unfinished(lifecycle: &Lifecycle, id: &str) -> Result<()> {
    let directory = lifecycle.directory(id);
    if !directory.is_dir() {
        return Ok(());
    }
    match Container::find_unfinished(lifecycle, id) {
        // its init waits for a start that nobody can give
        Ok(container) => {
            container.end()?;
            return remains(lifecycle, &container);
        }
        Err(Error::NoContainer(_)) => {}
        Err(error) => return Err(error),
    }
    // an init without a record ended with its maker; an empty group may have been made
    if let Ok(text) = check::read_text(&directory.join(CONFIGURATION))
        && let Ok(spec) = check::parse(&text, &directory, &|_| ())
        && let Ok(cgroup) = group::at(&group::path(lifecycle, &spec, id)?)
        && cgroup.processes().is_empty()
    {
        cgroup.remove()?;
    }
    fs::remove_dir_all(&directory).at("remove", directory)
}

//! Starting the program of a container that waits for it.

use crate::Lifecycle;
use crate::container::{Container, GATE, Later, Status};
use crate::error::{At, Error, Result};
use crate::filter;
use crate::notify::Notify;
use runtime::hooks::Place;
use std::fs;
use std::os::fd::AsFd;
use std::time::Duration;
use sys::mount::open_directory;

/// How long a failed init may take to say so.
const PATIENCE: Duration = Duration::from_secs(1);

/// Starts the program of a created container.
///
/// # Errors
/// [`Error::State`] if it is not waiting, [`Error::Runtime`] if the program cannot be executed or a hook fails; the container has stopped then.
pub fn start(lifecycle: &Lifecycle, id: &str) -> Result<()> {
    let container = Container::find(lifecycle, id)?;
    must_be(&container, Status::Created)?;
    let Later { poststart, agent, .. } = &container.record.later;
    let subject = container.subject();
    let pid = container.init()?.pid;
    let notify = Notify::of(container.directory()).map(|notify| notify.listen(pid)).transpose()?;
    let directory = open_directory(container.directory()).at("open", container.directory())?;
    let gate = sys::socket::connect(directory.as_fd(), GATE).at("connect to the init of", id)?;
    let path = container.directory().join(GATE);
    // who removes it starts the container; another start finds nothing
    match fs::remove_file(&path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Err(Error::State(format!("cannot start an already running container: {id}")));
        }
        removed => removed.at("remove", path)?,
    }
    let mut tell = |listener| filter::tell_agent(agent.as_ref(), &subject, pid, listener);
    if let Err(error) = runtime::order_start(&gate, &mut tell) {
        // it ends by itself, when it has said why in its own log; whoever hears of the failure finds it stopped
        if let Ok(init) = container.process() {
            let _ = runtime::wait::ended_within(init.pidfd.as_fd(), PATIENCE);
        }
        container.end()?;
        return Err(error.into());
    }
    if let Some(notify) = notify {
        notify.forward();
    }
    if let Err(error) = runtime::hooks::run(
        "poststart",
        poststart,
        &subject.state("running", pid),
        &Place::bundle(&subject.bundle),
    ) {
        // the specification: the container is stopped, and its life goes on with its deletion
        container.end()?;
        crate::delete::remains(lifecycle, &container)?;
        return Err(error.into());
    }
    Ok(())
}

/// Whether a container can be started.
fn must_be(container: &Container, status: Status) -> Result<()> {
    if container.status == status {
        return Ok(());
    }
    let id = &container.record.id;
    Err(Error::State(match container.status {
        Status::Stopped => format!("cannot start a container that has stopped: {id}"),
        Status::Running | Status::Paused => format!("cannot start an already running container: {id}"),
        other => format!("cannot start a container in the {} state: {id}", other.name()),
    }))
}

//! Signals for a container.

use crate::Lifecycle;
use crate::container::{Container, Status};
use crate::error::{At, Error, Result};
use std::os::fd::AsFd;

/// Sends a signal to the container's first process; with `all` to every process. In a shared pid namespace its end ends nobody else, so that 9 goes to every process, too.
///
/// # Errors
/// [`Error::State`] if it does not run.
pub fn kill(lifecycle: &Lifecycle, id: &str, signal: i32, all: bool) -> Result<()> {
    let container = Container::find(lifecycle, id)?;
    let cgroup = container.cgroup();
    if container.status == Status::Stopped {
        if !container.record.own_processes && !cgroup.processes().is_empty() {
            // the first process has ended, others have not
            signal_all(cgroup, signal);
            return Ok(());
        }
        return if all { Ok(()) } else { Err(Error::State("container not running".into())) };
    }
    // without a group of its own only the first process is known
    if (all || (signal == 9 && !container.record.own_processes)) && !cgroup.processes().is_empty() {
        signal_all(cgroup, signal);
        return Ok(());
    }
    let process = container.process()?;
    sys::signal::send(process.pidfd.as_fd(), signal).at("send a signal to", id)?;
    if signal == 9 && container.status == Status::Paused {
        // a frozen process of version 1 does not die
        cgroup.freeze(false)?;
    }
    Ok(())
}

fn signal_all(cgroup: &runtime::cgroup::Cgroup, signal: i32) {
    if signal == 9 {
        cgroup.kill();
        return;
    }
    for pid in cgroup.processes() {
        // it may have ended meanwhile
        let _ = sys::signal::send_to_id(pid, signal);
    }
}

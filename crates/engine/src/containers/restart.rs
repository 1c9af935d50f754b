//! Ending a container and starting it again.

use super::directory::Directory;
use super::start::{self, Streams};
use super::status::Container;
use super::{find, kill};
use crate::Engine;
use crate::error::Result;
use runtime::control::Connection;

/// Ends a container as [`kill::stop`] does, if it runs, and starts it. One with `--rm` is not removed in between: nobody else has it meanwhile.
///
/// # Errors
/// As [`kill::stop`] and [`start::start`].
pub fn restart(
    engine: &Engine,
    reference: &str,
    signal: Option<&str>,
    timeout: Option<i64>,
) -> Result<Connection> {
    let id = find(engine, reference)?.record.id;
    let directory = Directory::new(engine, &id);
    let lock = directory.lock()?;
    let container = Container::read(engine, &id)?;
    if let Some(signal) = signal {
        // before anything is changed
        kill::parse_signal(signal)?;
    }
    if container.status.is_running() {
        directory.keep()?;
        kill::stop_container(engine, &container, signal, timeout)?;
        if container.record.host.auto_remove {
            // overlayfs does not trust the work directory of a mount that was not synced
            directory.renew_work(engine)?;
        }
    }
    start::start_locked(engine, &id, &Streams::default(), lock)
}

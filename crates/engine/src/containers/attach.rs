//! Connecting to a container that runs already.

use super::directory::Directory;
use super::start::{self, Streams};
use super::{Status, find};
use crate::Engine;
use crate::error::{Error, Result};
use runtime::control::{Connection, Event, Request};

/// Attaches streams to a running container. The connection that comes back tells its end.
///
/// # Errors
/// [`Error::Conflict`] if the container does not run or is paused.
pub fn attach(engine: &Engine, reference: &str, streams: &Streams<'_>) -> Result<Connection> {
    let container = find(engine, reference)?;
    let stopped = || Error::Conflict("You cannot attach to a stopped container, start it first".into());
    match container.status {
        Status::Running => {}
        Status::Paused => {
            return Err(Error::Conflict("You cannot attach to a paused container, unpause it first".into()));
        }
        _ => return Err(stopped()),
    }
    let directory = Directory::new(engine, &container.record.id);
    let connection = Connection::open(&directory.run)?.ok_or_else(stopped)?;
    connection.send(&Request::Attach { streams: streams.which() }, &streams.descriptors())?;
    match connection.next()? {
        Some(Event::Running { .. }) => Ok(connection),
        Some(Event::Failed(failure)) => Err(start::failed(failure)),
        Some(Event::Exited { .. }) | None => Err(stopped()),
    }
}

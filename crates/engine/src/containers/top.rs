//! The processes of a container.

use super::find;
use crate::Engine;
use crate::error::{Error, Result};
pub use ps::Table;

/// Lists the processes of a running container, as [`ps::table`] does.
///
/// # Errors
/// [`crate::Error::Conflict`] if it does not run, [`crate::Error::Unsupported`] for arguments of `ps` that are not known.
pub fn top(engine: &Engine, reference: &str, arguments: &[String]) -> Result<Table> {
    let container = find(engine, reference)?;
    if !container.status.is_running() {
        return Err(container.not_running());
    }
    let pids = container.cgroup(engine)?.processes();
    ps::table(pids, arguments).map_err(|error| Error::Unsupported(error.to_string()))
}

//! The processes of a container.

use crate::Lifecycle;
use crate::container::Container;
use crate::error::{Error, Result};

/// Process ids of a container, in their order.
///
/// # Errors
/// [`Error::NoContainer`].
pub fn ids(lifecycle: &Lifecycle, id: &str) -> Result<Vec<i32>> {
    let mut ids = Container::find(lifecycle, id)?.cgroup().processes();
    ids.sort_unstable();
    Ok(ids)
}

/// The processes as ps(1) shows them.
///
/// # Errors
/// [`Error::NoContainer`], [`Error::Invalid`] for arguments that are not known.
pub fn table(lifecycle: &Lifecycle, id: &str, arguments: &[String]) -> Result<ps::Table> {
    ps::table(ids(lifecycle, id)?, arguments).map_err(|error| Error::Invalid(error.to_string()))
}

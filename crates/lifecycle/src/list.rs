//! All containers.

use crate::Lifecycle;
use crate::container::Container;
use crate::error::{Error, Result};
use std::fs;

/// All containers, by id. One that disappears meanwhile, and what an interrupted creation left, is no container.
///
/// # Errors
/// [`Error::Document`] for a damaged record.
pub fn list(lifecycle: &Lifecycle) -> Result<Vec<Container>> {
    let entries = fs::read_dir(&lifecycle.root).into_iter().flatten().flatten();
    let mut ids: Vec<String> = entries.filter_map(|entry| entry.file_name().into_string().ok()).collect();
    ids.retain(|id| !id.starts_with('.'));
    ids.sort_unstable();
    let mut containers = Vec::new();
    for id in ids {
        match Container::find(lifecycle, &id) {
            Ok(container) => containers.push(container),
            Err(Error::NoContainer(_) | Error::Invalid(_)) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(containers)
}

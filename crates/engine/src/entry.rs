//! An image's entry point: whether it is for the CPU that the image says that it is for. Builds that copy a program of another machine, and tools that forget
//! `--platform`, make images that start nowhere.

use crate::exec_failure::contradiction;
use crate::{Engine, Result, launch};
use images::Image;
use std::os::fd::AsFd;

/// What contradicts what the image says of its CPU, in words; nothing if nothing does, or nobody can tell.
///
/// # Errors
/// What the system reports when the image's layers are mounted.
pub fn contradiction(engine: &Engine, image: &Image) -> Result<Option<String>> {
    let layers = &image.configuration.rootfs.diff_ids;
    if layers.is_empty() {
        return Ok(None);
    }
    let lowers = launch::lowers(engine, layers)?;
    let stack = launch::overlay(&lowers, None)?;
    let root = launch::root_of(stack.as_fd())?;
    Ok(contradiction::contradiction(
        root.as_fd(),
        &image.configuration.config,
        &image.configuration.platform(),
    ))
}

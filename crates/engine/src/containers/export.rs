//! A container's root file system as one tar.

use super::root::{self, View};
use super::volumes;
use crate::Engine;
use crate::error::Result;
use std::io::Write;
use store::changeset::{self, Written};

/// Writes the tar of a container's root file system: its layers and its changes as one tree, without what is mounted in it (mount points are empty).
///
/// A running container may change files meanwhile; what disappears is left out, and no link is followed (CVE-2023-0778).
///
/// # Errors
/// [`crate::Error::NoContainer`], or what the system and `out` report.
pub fn export(engine: &Engine, reference: &str, out: &mut dyn Write) -> Result<Written> {
    let root = root::open(engine, reference, View::Alone)?;
    Ok(changeset::write(root.directory(), out, &volumes::merged())?)
}

#[cfg(test)]
mod tests;

//! Where Cargo puts what it builds, as seen from a task that Cargo started.

use std::path::{Path, PathBuf};

/// Cargo's target directory.
pub(crate) fn directory() -> PathBuf {
    if let Some(directory) = std::env::var_os("CARGO_TARGET_DIR") {
        return directory.into();
    }
    let package = std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
    Path::new(&package).parent().unwrap_or(Path::new(".")).join("target")
}

/// The `tare` binary to look at: `TARE_BIN`, or else the one built last.
pub(crate) fn tare() -> Option<PathBuf> {
    if let Some(binary) = std::env::var_os("TARE_BIN") {
        return Some(binary.into());
    }
    let triple = directory().join(format!("{}-unknown-linux-gnu", std::env::consts::ARCH));
    ["ci", "release", "debug"]
        .iter()
        .map(|profile| triple.join(profile).join("tare"))
        .filter_map(|path| Some((path.metadata().ok()?.modified().ok()?, path)))
        .max()
        .map(|(_, path)| path)
}

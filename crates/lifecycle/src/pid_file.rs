//! Files with a process id, for whoever watches it.

use crate::error::{At, Result};
use std::fs;
use std::path::Path;

/// Writes a process id, whole or not at all.
///
/// # Errors
/// What the system reports.
pub(crate) fn write(path: &Path, pid: i32) -> Result<()> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let temporary = path.with_file_name(format!(".{name}"));
    fs::write(&temporary, pid.to_string()).at("write", &temporary)?;
    fs::rename(&temporary, path).at("rename to", path)
}

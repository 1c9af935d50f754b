//! Small files replaced whole: the old or the new content survives a power cut, never a mixture.

use crate::error::{At, Result};
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

/// Replaces `path` with `content`: temporary file, fsync, rename, fsync of the directory.
///
/// # Errors
/// What the system reports; the old content is untouched then.
pub fn write(path: &Path, content: &[u8]) -> Result<()> {
    let temporary = write_temporary(path, content)?;
    File::open(&temporary).and_then(|f| f.sync_all()).at("sync", &temporary)?;
    fs::rename(&temporary, path).at("rename to", path)?;
    sync_parent(path)
}

/// Replaces `path` with `content` atomically, but leaves it to the kernel when it reaches the disk: for what a crash of the machine voids anyway.
///
/// # Errors
/// What the system reports; the old content is untouched then.
pub fn replace(path: &Path, content: &[u8]) -> Result<()> {
    let temporary = write_temporary(path, content)?;
    fs::rename(&temporary, path).at("rename to", path)
}

/// Writes `content` to a file of its own beside `path`, for whoever syncs several and renames them.
pub(crate) fn write_temporary(path: &Path, content: &[u8]) -> Result<PathBuf> {
    let temporary = temporary_beside(path);
    let mut file = File::create(&temporary).at("create", &temporary)?;
    file.write_all(content).at("write", &temporary)?;
    Ok(temporary)
}

/// A name beside `path` that no other thread or process uses. It begins with a dot: listings skip it, collection removes it.
#[must_use]
pub fn temporary_beside(path: &Path) -> PathBuf {
    use std::sync::atomic::{AtomicU64, Ordering};
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    // a long name must still fit beside the numbers
    let name: String = name.chars().take(60).collect();
    path.with_file_name(format!(".{name}.{}-{number}", std::process::id()))
}

/// Makes the directory entry of `path` durable.
///
/// # Errors
/// What the system reports.
pub fn sync_parent(path: &Path) -> Result<()> {
    let parent = path.parent().unwrap_or(Path::new("/"));
    File::open(parent).and_then(|d| d.sync_all()).at("sync", parent)
}

/// Makes everything on the file system of `directory` durable (syncfs(2)).
///
/// # Errors
/// What the system reports.
pub fn sync_file_system(directory: &Path) -> Result<()> {
    let fd = File::open(directory).at("open", directory)?;
    sys::fs::syncfs(&fd).at("sync", directory)
}

//! The lowest layer of every container: the directories and files that the runtime mounts on.
//!
//! With it no container and no build step has to make them in its own upper directory, where they would show up as changes; and an image
//! without layers (`FROM scratch`) still has something to stack on. Whatever an image has at these places lies above and wins.

use crate::Store;
use crate::error::{At, Result};
use std::fs::{self, File, Permissions};
use std::os::fd::OwnedFd;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

const NAME: &str = "mount-points";
const DIRECTORIES: [&str; 4] = ["dev", "etc", "proc", "sys"];
const FILES: [&str; 3] = ["etc/hostname", "etc/hosts", "etc/resolv.conf"];

pub(crate) fn make(data_root: &Path) -> Result<()> {
    let root = data_root.join(NAME);
    fs::create_dir_all(&root).at("make directory", &root)?;
    for name in DIRECTORIES {
        let path = root.join(name);
        fs::create_dir_all(&path).at("make directory", &path)?;
        fs::set_permissions(&path, Permissions::from_mode(0o755)).at("change mode of", &path)?;
    }
    for name in FILES {
        let path = root.join(name);
        File::create(&path).at("create", &path)?;
        fs::set_permissions(&path, Permissions::from_mode(0o644)).at("change mode of", &path)?;
    }
    fs::set_permissions(&root, Permissions::from_mode(0o755)).at("change mode of", &root)
}

/// Opens it, for use as the lowest directory of a stack.
///
/// # Errors
/// What the system reports.
pub fn open(store: &Store) -> Result<OwnedFd> {
    let path = store.path(NAME);
    sys::mount::open_directory(&path).at("open", path)
}

//! A layer of chosen files of a root.

use crate::error::{At, Result};
use closure::{Closure, Tree};
use engine::Engine;
use engine::store::layers::{self, Draft, Durability};
use engine::store::leases::Lease;
use engine::store::tree::Copier;
use oci::DiffId;
use std::collections::HashSet;
use std::fs::File;
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};

/// Writes the files of a closure as a layer, as they are: owners, modes, times, links, attributes. `added` are files that the root does not have.
pub(crate) fn layer(
    engine: &Engine,
    tree: &Tree,
    closure: &Closure<'_>,
    added: &[(PathBuf, Vec<u8>)],
    lease: &Lease,
) -> Result<DiffId> {
    let kept: HashSet<PathBuf> = closure.files().map(|(id, _)| tree.path(id)).collect();
    let draft = Draft::new(engine.store())?;
    let target = File::open(draft.fs()).at("open", draft.fs())?;
    let source = sys::rooted::open_directory(tree.as_fd(), Path::new(".")).at("open", "/")?;
    let filter = |path: &Path, _| kept.contains(path);
    let copier = Copier { filter: &filter, ..Copier::default() };
    copier.contents(source.as_fd(), target.as_fd(), Path::new("/"))?;
    copier.describe(source.as_fd(), target.as_fd(), Path::new("/"))?;
    for (path, content) in added {
        add(&target, path, content)?;
    }
    Ok(layers::commit(engine.store(), draft, Durability::Later, lease)?.0)
}

/// Writes a file that the root does not have, at time 0: it has none of its own.
fn add(target: &File, path: &Path, content: &[u8]) -> Result<()> {
    use std::io::Write;
    use sys::fs::{AtFlags, Mode, OFlags, Timespec, Timestamps};
    let place = sys::rooted::make_place(target.as_fd(), path, Mode::from_raw_mode(0o755)).at("make", path)?;
    // whatever the image has there makes room: opening its FIFO would wait for ever
    match sys::fs::unlinkat(&place.parent, &place.name, AtFlags::empty()) {
        Ok(()) | Err(sys::Errno::NOENT) => {}
        Err(errno) => return Err(errno).at("replace", path),
    }
    let flags = OFlags::CREATE | OFlags::EXCL | OFlags::WRONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let file =
        sys::fs::openat(&place.parent, &place.name, flags, Mode::from_raw_mode(0o644)).at("create", path)?;
    let mut file = File::from(file);
    file.write_all(content).at("write", path)?;
    sys::fs::fchmod(&file, Mode::from_raw_mode(0o644)).at("change mode of", path)?;
    let zero = Timespec { tv_sec: 0, tv_nsec: 0 };
    sys::fs::futimens(&file, &Timestamps { last_access: zero, last_modification: zero })
        .at("set times of", path)
}

//! `/dev`: nodes, links, the console. All on the fresh tmpfs that the specification mounts there.

use super::Init;
use super::mounts::directory_without_links;
use crate::device::Node;
use crate::step::{About, Outcome};
use std::os::fd::{AsFd, BorrowedFd};
use std::path::Path;
use sys::Errno;
use sys::fs::{FileType, Mode, OFlags};

/// Symbolic links of every container (runtime specification, runtime-linux.md "Dev symbolic links").
const LINKS: [(&str, &str); 5] = [
    ("/proc/self/fd", "fd"),
    ("/proc/self/fd/0", "stdin"),
    ("/proc/self/fd/1", "stdout"),
    ("/proc/self/fd/2", "stderr"),
    ("pts/ptmx", "ptmx"),
];

pub(super) fn make(init: &mut Init<'_>) -> Outcome {
    if !init.has_own_mounts() {
        return Ok(());
    }
    if is_of_host(init) {
        return Ok(());
    }
    let root = init.root.as_fd();
    let dev = directory_without_links(root, Path::new("/dev")).about("/dev")?;
    for node in crate::device::all(init.spec) {
        let node = node?;
        let about = node.path.display().to_string();
        make_node(init, &node).about(about)?;
    }
    if sys::fs::stat("/proc/kcore").is_ok() {
        link(dev.as_fd(), "/proc/kcore", "core")?;
    }
    for (target, name) in LINKS {
        link(dev.as_fd(), target, name)?;
    }
    Ok(())
}

/// A `/dev` that is bound from the host is left as it is.
fn is_of_host(init: &Init<'_>) -> bool {
    init.spec.mounts().iter().flatten().any(|mount| {
        let options = crate::mount_options::parse(mount.options().as_deref().unwrap_or_default());
        options.is_bind(mount) && mount.destination().components().eq(Path::new("/dev").components())
    })
}

fn link(dev: BorrowedFd<'_>, target: &str, name: &str) -> Outcome {
    match sys::fs::symlinkat(target, dev, name) {
        Ok(()) | Err(Errno::EXIST) => Ok(()),
        Err(errno) => Err(errno).about(name),
    }
}

fn make_node(init: &Init<'_>, node: &Node) -> Outcome {
    let place = sys::rooted::make_place(init.root.as_fd(), &node.path, Mode::from_raw_mode(0o755))?;
    if let Some(tree) = init.sources.devices.get(&node.path) {
        return bind(&place, tree.as_fd());
    }
    let name = place.name.to_str().ok_or(Errno::INVAL)?;
    match node.make_at(place.parent.as_fd(), name) {
        Ok(()) | Err(Errno::EXIST) => Ok(()),
        // a user namespace makes no devices: the host's own is bound
        Err(Errno::PERM) if node.kind != FileType::Fifo => {
            let flags = OFlags::PATH | OFlags::CLOEXEC;
            let handle = sys::fs::open(&node.path, flags, Mode::empty()).about("the host's")?;
            let tree = sys::mount::clone_tree(handle.as_fd(), "", false)?;
            bind(&place, tree.as_fd())
        }
        Err(errno) => Err(errno.into()),
    }
}

fn bind(place: &sys::rooted::Place, tree: BorrowedFd<'_>) -> Outcome {
    let flags = OFlags::CREATE | OFlags::EXCL | OFlags::WRONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    match sys::fs::openat(&place.parent, &place.name, flags, Mode::from_raw_mode(0o666)) {
        Ok(_) | Err(Errno::EXIST) => {}
        Err(errno) => return Err(errno.into()),
    }
    let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let target = sys::fs::openat(&place.parent, &place.name, flags, Mode::empty())?;
    Ok(sys::mount::attach(tree, target.as_fd())?)
}

/// `/dev/console` is the terminal's line, bound by descriptor (a swapped `/dev/pts/N` was CVE-2025-52565).
pub(super) fn make_console(root: BorrowedFd<'_>, line: BorrowedFd<'_>) -> Outcome {
    let dev = directory_without_links(root, Path::new("/dev"))?;
    let flags = OFlags::CREATE | OFlags::EXCL | OFlags::WRONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    match sys::fs::openat(&dev, "console", flags, Mode::from_raw_mode(0o600)) {
        Ok(_) | Err(Errno::EXIST) => {}
        Err(errno) => return Err(errno).about("/dev/console"),
    }
    let target =
        sys::fs::openat(&dev, "console", OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC, Mode::empty())?;
    let tree = sys::mount::clone_tree(line, "", false).about("/dev/console")?;
    sys::mount::attach(tree.as_fd(), target.as_fd()).about("/dev/console")
}

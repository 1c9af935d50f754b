//! Kernel files that a container must not read or write.

use super::Init;
use crate::step::{About, Outcome};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;
use sys::Errno;
use sys::fs::{FileType, Mode, OFlags, ResolveFlags, major, minor};
use sys::mount::Attributes;

pub(super) fn apply(init: &mut Init<'_>) -> Outcome {
    if !init.has_own_mounts() {
        return Ok(());
    }
    let Some(linux) = init.spec.linux() else { return Ok(()) };
    let root = init.root.as_fd();
    for path in linux.readonly_paths().iter().flatten() {
        make_read_only(root, Path::new(path)).about(path.clone())?;
    }
    let masked = linux.masked_paths().as_deref().unwrap_or_default();
    if !masked.is_empty() {
        let mut cover = Cover::new()?;
        for (position, path) in masked.iter().enumerate() {
            if !masked[..position].contains(path) {
                cover.put_over(root, Path::new(path)).about(path.clone())?;
            }
        }
    }
    Ok(())
}

/// Opens what is to be covered; `None` if the kernel does not have it. No link is followed: the paths are the kernel's own.
fn find(root: BorrowedFd<'_>, path: &Path) -> Outcome<Option<OwnedFd>> {
    let relative = path.strip_prefix("/").unwrap_or(path);
    let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
    match sys::fs::openat2(root, relative, OFlags::PATH | OFlags::CLOEXEC, Mode::empty(), resolve) {
        Ok(handle) => Ok(Some(handle)),
        Err(Errno::NOENT | Errno::NOTDIR) => Ok(None),
        Err(errno) => Err(errno.into()),
    }
}

fn make_read_only(root: BorrowedFd<'_>, path: &Path) -> Outcome {
    let Some(target) = find(root, path)? else { return Ok(()) };
    let tree = sys::mount::clone_tree(target.as_fd(), "", true)?;
    let change = Attributes { set: sys::mount::READ_ONLY, ..Attributes::default() };
    sys::mount::set_attributes(tree.as_fd(), "", true, change)?;
    Ok(sys::mount::attach(tree.as_fd(), target.as_fd())?)
}

/// What is put over masked paths: the host's null device over files, an empty read-only tmpfs over directories. Both come from
/// descriptors of our own, never from the image (CVE-2025-31133).
struct Cover {
    null: OwnedFd,
    /// The tmpfs that is over all directories, once it is over one of them.
    empty: Option<OwnedFd>,
}

impl Cover {
    fn new() -> Outcome<Self> {
        let null = sys::fs::open("/dev/null", OFlags::PATH | OFlags::CLOEXEC, Mode::empty())?;
        let stat = sys::fs::fstat(&null)?;
        let is_null = FileType::from_raw_mode(stat.st_mode) == FileType::CharacterDevice
            && (major(stat.st_rdev), minor(stat.st_rdev)) == (1, 3);
        if !is_null {
            return Err(Errno::NODEV).about("the host's /dev/null");
        }
        Ok(Self { null, empty: None })
    }

    fn put_over(&mut self, root: BorrowedFd<'_>, path: &Path) -> Outcome {
        let Some(target) = find(root, path)? else { return Ok(()) };
        let is_directory = FileType::from_raw_mode(sys::fs::fstat(&target)?.st_mode) == FileType::Directory;
        if !is_directory {
            let tree = sys::mount::clone_tree(self.null.as_fd(), "", false)?;
            return Ok(sys::mount::attach(tree.as_fd(), target.as_fd())?);
        }
        match &self.empty {
            // a mount can be cloned when it is attached (a detached one only since Linux 6.15)
            Some(empty) => {
                let tree = sys::mount::clone_tree(empty.as_fd(), "", false)?;
                Ok(sys::mount::attach(tree.as_fd(), target.as_fd())?)
            }
            None => {
                let options = [("nr_inodes", "2")];
                let tree = sys::mount::new_filesystem("tmpfs", "tmpfs", &options, sys::mount::READ_ONLY)?;
                sys::mount::attach(tree.as_fd(), target.as_fd())?;
                self.empty = Some(tree);
                Ok(())
            }
        }
    }
}

//! The root file system: attached in the container's own mount namespace, then made the root.

use super::Init;
use crate::mount_options::{self as options, Recursion};
use crate::step::{About, Outcome};
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use sys::Errno;
use sys::mount::{Attributes, MountPropagationFlags, PRIVATE, READ_ONLY, SHARED, SLAVE, UnmountFlags};

/// Cuts the namespace off the host's and attaches the root.
pub(super) fn attach(init: &mut Init<'_>) -> Outcome {
    if !init.has_own_mounts() {
        // in somebody else's mount namespace nothing is mounted; the root is what is there under its name
        let about = || init.bundle.place.display().to_string();
        init.root = sys::rooted::open_directory(sys::mount::open_directory("/")?.as_fd(), &init.bundle.place)
            .about(about())?;
        return Ok(());
    }
    let about = || init.bundle.place.display().to_string();
    let root = init.bundle.root.as_fd();
    if is_shared(init) {
        // what the container mounts is mounted on the host as well, but not its root
        let mount = mount_of(&init.bundle.place).about(about())?;
        sys::mount::mount_change(&mount, MountPropagationFlags::PRIVATE)
            .about(mount.display().to_string())?;
        let change = Attributes { propagation: PRIVATE, ..Attributes::default() };
        sys::mount::set_attributes(root, "", false, change).about("root")?;
    } else {
        // slave, not private: a volume may ask to see what the host mounts below it later
        sys::mount::mount_change("/", MountPropagationFlags::DOWNSTREAM | MountPropagationFlags::REC)
            .about("/")?;
        let change = Attributes { propagation: SLAVE, ..Attributes::default() };
        sys::mount::set_attributes(root, "", true, change).about("root")?;
    }
    let place = sys::mount::open_directory(&init.bundle.place).about(about())?;
    sys::mount::attach(init.bundle.root.as_fd(), place.as_fd()).about("root")?;
    init.root = sys::rooted::open_directory(init.bundle.root.as_fd(), ".".as_ref()).about("root")?;
    Ok(())
}

fn is_shared(init: &Init<'_>) -> bool {
    propagation(init).is_some_and(|(propagation, _)| propagation == SHARED)
}

/// The host's mounts stay below a moved root, where a new mount namespace could find them: those of the kernel's file systems are taken away.
fn hide_kernel_mounts(place: &Path) -> Outcome {
    let table = std::fs::read_to_string("/proc/self/mountinfo")?;
    let is_kernel = |line: &&str| {
        let kind = line.split_once(" - ").and_then(|(_, rest)| rest.split(' ').next());
        matches!(kind, Some("proc" | "sysfs"))
    };
    for point in table.lines().filter(is_kernel).filter_map(|line| line.split(' ').nth(4)) {
        if Path::new(point).starts_with(place) {
            continue;
        }
        match sys::mount::unmount(point, UnmountFlags::DETACH) {
            Ok(()) | Err(Errno::NOENT) => {}
            // locked by a user namespace: covered
            Err(Errno::INVAL | Errno::PERM) => {
                let cover = sys::mount::new_filesystem("tmpfs", "tmpfs", &[], READ_ONLY)?;
                let target = sys::mount::open_directory(point).about(point)?;
                sys::mount::attach(cover.as_fd(), target.as_fd()).about(point)?;
            }
            Err(errno) => return Err(errno).about(point),
        }
    }
    Ok(())
}

/// The mount point that a path is below.
fn mount_of(path: &Path) -> Outcome<PathBuf> {
    let table = std::fs::read_to_string("/proc/self/mountinfo")?;
    let points = table.lines().filter_map(|line| line.split(' ').nth(4));
    let longest = points.filter(|point| path.starts_with(point)).max_by_key(|point| point.len());
    Ok(longest.ok_or(Errno::NOENT)?.into())
}

fn propagation(init: &Init<'_>) -> Option<(u64, Recursion)> {
    let linux = init.spec.linux().as_ref()?;
    options::propagation(linux.rootfs_propagation().as_deref()?)
}

/// Makes the root file system the root directory and unmounts the host's. Read-only comes last: mount points had to be made.
pub(super) fn pivot(init: &mut Init<'_>) -> Outcome {
    if !init.has_own_mounts() {
        sys::process::fchdir(&init.root)?;
        sys::process::chroot(".").about("chroot")?;
        return sys::process::chdir("/").about("/");
    }
    let read_only = init.spec.root().as_ref().is_some_and(|root| root.readonly().unwrap_or(false));
    let asked = propagation(init);
    if read_only {
        let change = Attributes { set: READ_ONLY, ..Attributes::default() };
        sys::mount::set_attributes(init.root.as_fd(), "", false, change).about("read-only root")?;
    }
    sys::process::fchdir(&init.root)?;
    if init.bundle.no_pivot {
        hide_kernel_mounts(&init.bundle.place)?;
        let here = sys::mount::open_directory(".")?;
        let flags = sys::mount::MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH;
        sys::mount::move_mount(&here, "", sys::fs::CWD, "/", flags).about("move the root")?;
        sys::process::chroot(".").about("chroot")?;
    } else {
        let old = sys::mount::open_directory("/")?;
        // with both names the same the old root ends up on top of the new one, where it is unmounted at once
        sys::process::pivot_root(".", ".").about("pivot")?;
        if is_shared(init) {
            // the old root must not take the host's mounts along when it goes
            let change = Attributes { propagation: SLAVE, ..Attributes::default() };
            sys::mount::set_attributes(old.as_fd(), "", true, change).about("old root")?;
        }
        sys::mount::unmount(".", UnmountFlags::DETACH).about("old root")?;
    }
    sys::process::chdir("/").about("/")?;
    if let Some((propagation, recursion)) = asked {
        let root = sys::mount::open_directory("/")?;
        let change = Attributes { propagation, ..Attributes::default() };
        sys::mount::set_attributes(root.as_fd(), "", recursion == Recursion::All, change)
            .about("root propagation")?;
    }
    Ok(())
}

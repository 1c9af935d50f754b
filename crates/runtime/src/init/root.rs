//! The root file system: attached in the container's own mount namespace, then made the root.

use super::Init;
use crate::step::{About, Outcome};
use std::os::fd::AsFd;
use sys::mount::{MountPropagationFlags, UnmountFlags};

/// Cuts the namespace off the host's and attaches the root.
pub(super) fn attach(init: &mut Init<'_>) -> Outcome {
    // slave, not private: a volume may ask to see what the host mounts below it later
    sys::mount::mount_change("/", MountPropagationFlags::DOWNSTREAM | MountPropagationFlags::REC)
        .about("/")?;
    let place =
        sys::mount::open_directory(&init.bundle.place).about(init.bundle.place.display().to_string())?;
    sys::mount::attach(init.bundle.root.as_fd(), place.as_fd()).about("root")?;
    init.root = sys::rooted::open_directory(init.bundle.root.as_fd(), ".".as_ref()).about("root")?;
    Ok(())
}

/// Makes the root file system the root directory and unmounts the host's. Read-only comes last: mount points had to be made.
pub(super) fn pivot(init: &mut Init<'_>) -> Outcome {
    if init.spec.root().as_ref().is_some_and(|root| root.readonly().unwrap_or(false)) {
        let attributes =
            sys::mount::Attributes { set: sys::mount::READ_ONLY, ..sys::mount::Attributes::default() };
        sys::mount::set_attributes(init.root.as_fd(), "", false, attributes).about("read-only root")?;
    }
    sys::process::fchdir(&init.root)?;
    // with both names the same the old root ends up on top of the new one, where it is unmounted at once
    sys::process::pivot_root(".", ".").about("pivot")?;
    sys::mount::unmount(".", UnmountFlags::DETACH).about("old root")?;
    sys::process::chdir("/").about("/")
}

//! The container's view of its own control groups.

use super::mounts::{directory_without_links, propagate};
use super::{Init, ensure_attached};
use crate::cgroup;
use crate::mount_options::{Options, TIMES};
use crate::step::{About, Outcome};
use std::collections::BTreeMap;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;
use sys::Errno;
use sys::fs::{Mode, OFlags};
use sys::mount::{Attributes, READ_ONLY};

/// On the unified hierarchy one mount; with version 1 a tmpfs with one directory for each hierarchy, and links for the controllers that share one.
///
/// What is mounted is the part of the host's tree that is the container's group, not a file system of its own: the kernel makes one of these for each
/// cgroup namespace, and looks through all of them whenever another one is made.
pub(super) fn mount(init: &mut Init<'_>, destination: &Path, options: &Options) -> Outcome {
    ensure_attached(init)?;
    let root = init.root.as_fd();
    match init.hierarchies.clone() {
        cgroup::Hierarchies::Unified(place) => {
            let tree = own_group(init, (&place, Path::new("")), "", options)?;
            let target = directory_without_links(root, destination)?;
            Ok(sys::mount::attach(tree.as_fd(), target.as_fd())?)
        }
        cgroup::Hierarchies::Separate(controllers) => {
            mount_separate(init, destination, options, &controllers)
        }
    }
}

fn mount_separate(
    init: &Init<'_>,
    destination: &Path,
    options: &Options,
    controllers: &[cgroup::Controller],
) -> Outcome {
    let data = [("mode", "755")];
    let base = sys::mount::new_filesystem("tmpfs", "cgroup", &data, options.set & !READ_ONLY)?;
    let target = directory_without_links(init.root.as_fd(), destination)?;
    sys::mount::attach(base.as_fd(), target.as_fd())?;
    let mut mounts: BTreeMap<(&Path, &Path), Vec<&str>> = BTreeMap::new();
    for controller in controllers {
        mounts.entry((&controller.mount, &controller.root)).or_default().push(&controller.name);
    }
    for ((place, shown), names) in mounts {
        let directory =
            place.file_name().map_or_else(|| names.join(","), |n| n.to_string_lossy().into_owned());
        let tree = own_group(init, (place, shown), names[0], options).about(directory.clone())?;
        attach_in(&base, &directory, tree.as_fd())?;
        let is_controller = |name: &&str| *name != directory && names.len() > 1;
        for name in names.iter().copied().filter(is_controller) {
            sys::fs::symlinkat(directory.as_str(), &base, name).about(name)?;
        }
    }
    if options.set & READ_ONLY != 0 {
        let change = Attributes { set: READ_ONLY, ..Attributes::default() };
        sys::mount::set_attributes(base.as_fd(), "", false, change)?;
    }
    Ok(())
}

fn attach_in(base: &OwnedFd, name: &str, tree: BorrowedFd<'_>) -> Outcome {
    sys::fs::mkdirat(base, name, Mode::from_raw_mode(0o755))?;
    let flags = OFlags::DIRECTORY | OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let place = sys::fs::openat(base, name, flags, Mode::empty())?;
    sys::mount::attach(tree, place.as_fd()).about(name)
}

/// The part of the host's tree that is the container's group.
fn own_group(
    init: &Init<'_>,
    (mount, root): (&Path, &Path),
    controller: &str,
    options: &Options,
) -> Outcome<OwnedFd> {
    let own = cgroup::path_in(&init.groups, controller).ok_or(Errno::NOENT).about("/proc/self/cgroup")?;
    // the mount may show a part of the hierarchy only: in a container without a cgroup namespace
    let own = own.strip_prefix(root).unwrap_or(&own);
    let group = mount.join(own.strip_prefix("/").unwrap_or(own));
    let handle = sys::mount::open_directory(&group).about(group.display().to_string())?;
    let tree = sys::mount::clone_tree(handle.as_fd(), "", false)?;
    propagate(tree.as_fd(), options)?;
    // a kind of access times replaces another
    let clear = if options.set & TIMES == 0 { 0 } else { TIMES };
    let change = Attributes { set: options.set, clear, propagation: 0 };
    sys::mount::set_attributes(tree.as_fd(), "", false, change)?;
    Ok(tree)
}

//! The mounts of the specification, in its order, each made detached and attached by descriptor.

use super::options::{self, Options, Recursion};
use super::{Init, ensure_attached};
use crate::cgroup;
use crate::step::{About, Failure, Outcome};
use oci::runtime::Mount;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;
use sys::Errno;
use sys::fs::{FileType, Mode, OFlags, ResolveFlags};
use sys::mount::Attributes;

pub(super) fn mount_all(init: &mut Init<'_>) -> Outcome {
    let spec = init.spec;
    for mount in spec.mounts().iter().flatten() {
        mount_one(init, mount).about(mount.destination().display().to_string())?;
    }
    Ok(())
}

fn mount_one(init: &mut Init<'_>, mount: &Mount) -> Outcome {
    let parsed = options::parse(mount.options().as_deref().unwrap_or_default());
    let kind = mount.typ().as_deref().unwrap_or(if parsed.bind.is_some() { "bind" } else { "none" });
    if parsed.bind.is_some() || kind == "bind" {
        return bind(init.root.as_fd(), mount, &parsed);
    }
    if kind == "cgroup" || kind == "cgroup2" {
        ensure_attached(init)?;
        return mount_cgroup(init.root.as_fd(), mount.destination(), &parsed);
    }
    let data: Vec<(&str, &str)> = parsed.data.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
    let source = mount.source().as_ref().map_or(kind.into(), |s| s.to_string_lossy());
    let fs = sys::mount::new_filesystem(kind, &source, &data, parsed.set)?;
    let target = directory_without_links(init.root.as_fd(), mount.destination())?;
    sys::mount::attach(fs.as_fd(), target.as_fd())?;
    Ok(())
}

/// Kernel file systems are mounted only on real directories: an image that has `/proc` as a symbolic link would lead masks and labels elsewhere
/// (CVE-2019-19921, CVE-2023-27561). Missing ones are made.
pub(super) fn directory_without_links(root: BorrowedFd<'_>, path: &Path) -> Outcome<OwnedFd> {
    let relative = path.strip_prefix("/").unwrap_or(path);
    let open = || {
        sys::fs::openat2(
            root,
            if relative.as_os_str().is_empty() { Path::new(".") } else { relative },
            OFlags::DIRECTORY | OFlags::PATH | OFlags::CLOEXEC,
            Mode::empty(),
            ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS,
        )
    };
    match open() {
        Err(Errno::NOENT) => {
            sys::rooted::make_directories(root, path, Mode::from_raw_mode(0o755), &mut |_| Ok(()))?;
            Ok(open()?)
        }
        Err(Errno::LOOP) => {
            Err(Failure { object: "the image has a symbolic link there".into(), errno: Errno::LOOP })
        }
        other => Ok(other?),
    }
}

/// A directory or file of the host (a volume, `/etc/hosts`), at a path resolved inside the root.
fn bind(root: BorrowedFd<'_>, mount: &Mount, options: &Options) -> Outcome {
    let source = mount.source().as_ref().ok_or(Errno::INVAL).about("bind mount without a source")?;
    let about = || source.display().to_string();
    let recursion = options.bind.unwrap_or(Recursion::All);
    let handle = sys::fs::open(source, OFlags::PATH | OFlags::CLOEXEC, Mode::empty()).about(about())?;
    let kind = FileType::from_raw_mode(sys::fs::fstat(&handle)?.st_mode);
    let tree = sys::mount::clone_tree(handle.as_fd(), "", recursion == Recursion::All).about(about())?;
    let target = mount_point(root, mount.destination(), kind)?;
    apply(tree.as_fd(), options)?;
    sys::mount::attach(tree.as_fd(), target.as_fd())?;
    Ok(())
}

fn apply(tree: BorrowedFd<'_>, options: &Options) -> Outcome {
    let (propagation, for_all) = options.propagation.unwrap_or((1 << 18, Recursion::All));
    let change = Attributes { propagation, ..Attributes::default() };
    sys::mount::set_attributes(tree, "", for_all == Recursion::All, change).about("propagation")?;
    if options.set | options.clear != 0 {
        let change = Attributes { set: options.set, clear: options.clear, propagation: 0 };
        sys::mount::set_attributes(tree, "", false, change).about("options")?;
    }
    if options.recursive_set != 0 {
        let change = Attributes { set: options.recursive_set, ..Attributes::default() };
        sys::mount::set_attributes(tree, "", true, change).about("recursive options")?;
    }
    Ok(())
}

/// The place for a bind mount: what is there, or a new directory or empty file. Only ever inside the root.
fn mount_point(root: BorrowedFd<'_>, path: &Path, kind: FileType) -> Outcome<OwnedFd> {
    match sys::rooted::open_handle(root, path) {
        Ok(handle) => {
            let there = FileType::from_raw_mode(sys::fs::fstat(&handle)?.st_mode);
            if (there == FileType::Directory) == (kind == FileType::Directory) {
                return Ok(handle);
            }
            let hint = "are you trying to mount a directory onto a file (or vice-versa)?";
            Err(Failure { object: hint.into(), errno: Errno::NOTDIR })
        }
        Err(Errno::NOENT) if kind == FileType::Directory => {
            Ok(sys::rooted::make_directories(root, path, Mode::from_raw_mode(0o755), &mut |_| Ok(()))?)
        }
        Err(Errno::NOENT) => {
            let place = sys::rooted::make_place(root, path, Mode::from_raw_mode(0o755))?;
            let flags = OFlags::CREATE | OFlags::EXCL | OFlags::WRONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
            sys::fs::openat(&place.parent, &place.name, flags, Mode::from_raw_mode(0o755))?;
            Ok(sys::rooted::open_handle(root, path)?)
        }
        Err(errno) => Err(errno.into()),
    }
}

/// The container's own cgroups: on the unified hierarchy one mount; with version 1 a tmpfs with one directory for each controller.
fn mount_cgroup(root: BorrowedFd<'_>, destination: &Path, options: &Options) -> Outcome {
    let hierarchies = cgroup::Hierarchies::detect().map_err(|_| Errno::NOENT).about("cgroup hierarchies")?;
    let controllers = match hierarchies {
        cgroup::Hierarchies::Unified(_) => {
            let fs = sys::mount::new_filesystem("cgroup2", "cgroup", &[], options.set)?;
            let target = directory_without_links(root, destination)?;
            return Ok(sys::mount::attach(fs.as_fd(), target.as_fd())?);
        }
        cgroup::Hierarchies::Separate(controllers) => controllers,
    };
    let base = sys::mount::new_filesystem(
        "tmpfs",
        "cgroup",
        &[("mode", "755")],
        options.set & !sys::mount::READ_ONLY,
    )?;
    let target = directory_without_links(root, destination)?;
    sys::mount::attach(base.as_fd(), target.as_fd())?;
    for controller in &controllers {
        let fs =
            sys::mount::new_filesystem("cgroup", "cgroup", &[(controller.name.as_str(), "")], options.set)
                .about(controller.name.clone())?;
        sys::fs::mkdirat(&base, &controller.name, Mode::from_raw_mode(0o755))?;
        let place = sys::fs::openat(
            &base,
            &controller.name,
            OFlags::DIRECTORY | OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC,
            Mode::empty(),
        )?;
        sys::mount::attach(fs.as_fd(), place.as_fd()).about(controller.name.clone())?;
    }
    if options.set & sys::mount::READ_ONLY != 0 {
        let change = Attributes { set: sys::mount::READ_ONLY, ..Attributes::default() };
        sys::mount::set_attributes(base.as_fd(), "", false, change)?;
    }
    Ok(())
}

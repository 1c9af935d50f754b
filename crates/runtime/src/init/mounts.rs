//! The mounts of the specification, in its order, each made detached and attached by descriptor.

use super::{Init, cgroups};
use crate::mount_options::{self, self as options, Options, Recursion};
use crate::step::{About, Failure, Outcome};
use oci::runtime::Mount;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;
use sys::Errno;
use sys::fs::{FileType, Mode, OFlags, ResolveFlags};
use sys::mount::{Attributes, NO_DEV, NO_EXEC, NO_SUID, READ_ONLY};

/// Every attribute that options name, the kind of access times included.
const ALL: u64 = READ_ONLY
    | NO_SUID
    | NO_DEV
    | NO_EXEC
    | mount_options::TIMES
    | mount_options::DIRECTORY_TIMES
    | mount_options::NO_SYMLINK_FOLLOW;

pub(super) fn mount_all(init: &mut Init<'_>) -> Outcome {
    if !init.has_own_mounts() {
        return Ok(());
    }
    let spec = init.spec;
    for (position, mount) in spec.mounts().iter().flatten().enumerate() {
        mount_one(init, position, mount).about(mount.destination().display().to_string())?;
    }
    Ok(())
}

fn mount_one(init: &mut Init<'_>, position: usize, mount: &Mount) -> Outcome {
    let mut parsed = options::parse(mount.options().as_deref().unwrap_or_default());
    if parsed.is_bind(mount) {
        return bind(init, position, mount, &parsed);
    }
    let kind = mount.typ().as_deref().unwrap_or("none");
    if kind == "cgroup" || kind == "cgroup2" {
        return cgroups::mount(init, mount.destination(), &parsed);
    }
    let existed = sys::rooted::open_handle(init.root.as_fd(), mount.destination()).is_ok();
    let target = match kind {
        "proc" | "sysfs" => directory_without_links(init.root.as_fd(), mount.destination())?,
        _ => mount_point(init.root.as_fd(), mount.destination(), FileType::Directory, &parsed)?,
    };
    if kind == "tmpfs" && !parsed.data.iter().any(|(key, _)| key == "mode") {
        // as what it covers, so that nobody notices
        let covered = sys::fs::fstat(&target)?.st_mode & 0o7777;
        let mode = if existed { covered } else { 0o1777 };
        parsed.data.push(("mode".into(), format!("{mode:o}")));
    }
    let tree = new_filesystem(init, kind, mount, &parsed)?;
    if parsed.copies_up {
        copy_up(init, target.as_fd(), tree.as_fd())?;
    }
    if !parsed.propagation.is_empty() {
        propagate(tree.as_fd(), &parsed)?;
    }
    sys::mount::attach(tree.as_fd(), target.as_fd())?;
    if is_read_only_later(kind, &parsed) {
        init.read_only_later.push(tree);
    }
    Ok(())
}

/// Mount points are still made in a tmpfs, and nodes in `/dev`, so that it becomes read-only last.
fn is_read_only_later(kind: &str, options: &Options) -> bool {
    kind == "tmpfs" && options.set & READ_ONLY != 0
}

fn new_filesystem(init: &Init<'_>, kind: &str, mount: &Mount, parsed: &Options) -> Outcome<OwnedFd> {
    let mut data: Vec<(&str, &str)> = parsed.data.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
    let label = init.spec.linux().as_ref().and_then(|linux| linux.mount_label().as_deref());
    let has_labels = || Path::new("/sys/fs/selinux/enforce").exists();
    if let Some(label) =
        label.filter(|label| !label.is_empty() && kind != "proc" && kind != "sysfs" && has_labels())
    {
        data.push(("context", label));
    }
    let source = mount.source().as_ref().map_or(kind.into(), |s| s.to_string_lossy());
    let mut attributes = parsed.set;
    if is_read_only_later(kind, parsed) {
        attributes &= !READ_ONLY;
    }
    match sys::mount::new_filesystem(kind, &source, &data, attributes) {
        // a user namespace without a network namespace of its own has the host's devices only as the host mounted them
        Err(Errno::PERM) if kind == "sysfs" && init.plan.changes_user() => {
            let handle = sys::fs::open("/sys", OFlags::PATH | OFlags::CLOEXEC, Mode::empty())?;
            let tree = sys::mount::clone_tree(handle.as_fd(), "", true).about("/sys of the host")?;
            let change = Attributes { set: attributes, ..Attributes::default() };
            sys::mount::set_attributes(tree.as_fd(), "", true, change)?;
            Ok(tree)
        }
        // what a container cannot be given new, it shares with the host
        Err(Errno::PERM) if kind == "mqueue" && init.plan.changes_user() => {
            let handle = sys::fs::open("/dev/mqueue", OFlags::PATH | OFlags::CLOEXEC, Mode::empty())?;
            Ok(sys::mount::clone_tree(handle.as_fd(), "", true).about("/dev/mqueue of the host")?)
        }
        made => Ok(made?),
    }
}

fn copy_up(init: &Init<'_>, from: BorrowedFd<'_>, to: BorrowedFd<'_>) -> Outcome {
    let copy = init.bundle.copy_tree.ok_or(Errno::OPNOTSUPP).about("tmpcopyup")?;
    let (from, to) =
        (sys::rooted::open_directory(from, ".".as_ref())?, sys::rooted::open_directory(to, ".".as_ref())?);
    copy(from.as_fd(), to.as_fd()).about("tmpcopyup")
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
            let object =
                "it must be mounted on ordinary directory; the image has a symbolic link there".into();
            Err(Failure { object, errno: Errno::LOOP })
        }
        Err(Errno::NOTDIR) => Err(Failure {
            object: "the image has something else than a directory there".into(),
            errno: Errno::NOTDIR,
        }),
        other => Ok(other?),
    }
}

/// A directory or file of the host (a volume, `/etc/hosts`), at a path resolved inside the root.
fn bind(init: &mut Init<'_>, position: usize, mount: &Mount, options: &Options) -> Outcome {
    let tree = match init.sources.mounts.remove(&position) {
        Some(tree) => tree,
        None => {
            let source = mount.source().as_ref().ok_or(Errno::INVAL).about("bind mount without a source")?;
            let about = || source.display().to_string();
            let recursion = options.bind.unwrap_or(Recursion::All);
            let handle = sys::fs::open(source, options.source_flags(), Mode::empty()).about(about())?;
            sys::mount::clone_tree(handle.as_fd(), "", recursion == Recursion::All).about(about())?
        }
    };
    let stat = sys::fs::fstat(&tree)?;
    let kind = FileType::from_raw_mode(stat.st_mode);
    if kind == FileType::Symlink {
        return copy_link(init.root.as_fd(), mount.destination(), &tree);
    }
    if let Some((option, _)) = options.data.first() {
        return Err(Errno::INVAL).about(format!("a bind mount has no option {option:?}"));
    }
    let target = mount_point(init.root.as_fd(), mount.destination(), kind, options)?;
    let is_proc = mount.destination() == Path::new("/proc");
    if is_proc && sys::fs::fstatfs(&tree)?.f_type != PROC_MAGIC {
        return Err(Errno::PERM).about("only the kernel's proc file system can be mounted on /proc");
    }
    if !mount.destination().starts_with("/proc") && sys::fs::fstatfs(&target)?.f_type == PROC_MAGIC {
        return Err(Errno::PERM).about("a symbolic link of the image leads into /proc");
    }
    apply(tree.as_fd(), options)?;
    sys::mount::attach(tree.as_fd(), target.as_fd())?;
    Ok(())
}

/// `PROC_SUPER_MAGIC` (statfs(2)).
const PROC_MAGIC: sys::fs::FsWord = 0x9fa0;

/// `copy-symlink`: a link of the host is made again inside.
fn copy_link(root: BorrowedFd<'_>, path: &Path, link: &OwnedFd) -> Outcome {
    let target = sys::fs::readlinkat(link, "", Vec::new())?;
    let place = sys::rooted::make_place(root, path, Mode::from_raw_mode(0o755))?;
    match sys::fs::symlinkat(target.as_c_str(), &place.parent, &place.name) {
        Err(Errno::EXIST) if sys::fs::readlinkat(&place.parent, &place.name, Vec::new()) == Ok(target) => {
            Ok(())
        }
        made => Ok(made?),
    }
}

fn apply(tree: BorrowedFd<'_>, options: &Options) -> Outcome {
    propagate(tree, options)?;
    if options.set | options.clear != 0 {
        // as mount(2)'s remount, which every engine used: what is not asked for is cleared
        let change =
            Attributes { set: options.set, clear: ALL & !options.set | mount_options::TIMES, propagation: 0 };
        let mut changed = sys::mount::set_attributes(tree, "", false, change);
        // in a user namespace what the host has locked stays as it is
        let locked = NO_SUID | NO_DEV | NO_EXEC | READ_ONLY;
        for (set, clear) in [(options.set, options.clear), (options.set & locked, 0)] {
            if changed == Err(Errno::PERM) {
                let change = Attributes { set, clear, propagation: 0 };
                changed = sys::mount::set_attributes(tree, "", false, change);
            }
        }
        changed.about("options")?;
    }
    if options.recursive_set | options.recursive_clear != 0 {
        let change =
            Attributes { set: options.recursive_set, clear: options.recursive_clear, propagation: 0 };
        sys::mount::set_attributes(tree, "", true, change).about("recursive options")?;
    }
    Ok(())
}

pub(super) fn propagate(tree: BorrowedFd<'_>, options: &Options) -> Outcome {
    let default = [(sys::mount::PRIVATE, Recursion::All)];
    let asked = if options.propagation.is_empty() { &default[..] } else { &options.propagation };
    for (propagation, recursion) in asked {
        let change = Attributes { propagation: *propagation, ..Attributes::default() };
        sys::mount::set_attributes(tree, "", *recursion == Recursion::All, change).about("propagation")?;
    }
    Ok(())
}

/// The place for a mount: what is there, or a new directory or empty file. Only ever inside the root.
fn mount_point(root: BorrowedFd<'_>, path: &Path, kind: FileType, options: &Options) -> Outcome<OwnedFd> {
    let found = if options.destination_no_follow {
        sys::rooted::open(root, path, OFlags::PATH | OFlags::NOFOLLOW, Mode::empty())
    } else {
        sys::rooted::open_handle(root, path)
    };
    match found {
        Ok(handle) => {
            let there = FileType::from_raw_mode(sys::fs::fstat(&handle)?.st_mode);
            if there == FileType::Symlink {
                return Err(Errno::LOOP).about("the destination is a symbolic link");
            }
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
            sys::rooted::make_file(root, path, Mode::from_raw_mode(0o755))?;
            Ok(sys::rooted::open_handle(root, path)?)
        }
        Err(errno) => Err(errno.into()),
    }
}

/// Makes read-only what had to be writable until everything in it was made.
pub(super) fn make_read_only(init: &mut Init<'_>) -> Outcome {
    let change = Attributes { set: READ_ONLY, ..Attributes::default() };
    for tree in &init.read_only_later {
        sys::mount::set_attributes(tree.as_fd(), "", false, change)?;
    }
    Ok(())
}

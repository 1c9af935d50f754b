//! `/dev`: nodes, links, the console. All on the fresh tmpfs that the specification mounts there.

use super::Init;
use super::mounts::directory_without_links;
use crate::step::{About, Outcome};
use oci::runtime::{LinuxDevice, LinuxDeviceType};
use std::os::fd::{AsFd, BorrowedFd};
use std::path::Path;
use sys::Errno;
use sys::fs::{FileType, Gid, Mode, OFlags, Uid, makedev};

/// What every container has (runtime specification, config-linux.md "Default Devices").
const DEFAULT: [(&str, u32, u32); 6] = [
    ("/dev/null", 1, 3),
    ("/dev/zero", 1, 5),
    ("/dev/full", 1, 7),
    ("/dev/random", 1, 8),
    ("/dev/urandom", 1, 9),
    ("/dev/tty", 5, 0),
];

/// The same section's symbolic links.
const LINKS: [(&str, &str); 5] = [
    ("/proc/self/fd", "fd"),
    ("/proc/self/fd/0", "stdin"),
    ("/proc/self/fd/1", "stdout"),
    ("/proc/self/fd/2", "stderr"),
    ("pts/ptmx", "ptmx"),
];

pub(super) fn make(init: &mut Init<'_>) -> Outcome {
    if is_of_host(init) {
        return Ok(());
    }
    let root = init.root.as_fd();
    let dev = directory_without_links(root, Path::new("/dev")).about("/dev")?;
    // before /dev/null is: what is made by name is looked up below a directory that no link leads away from
    for (path, major, minor) in DEFAULT {
        node(root, Path::new(path), FileType::CharacterDevice, makedev(major, minor), 0o666)?;
    }
    if sys::fs::stat("/proc/kcore").is_ok() {
        link(dev.as_fd(), "/proc/kcore", "core")?;
    }
    for (target, name) in LINKS {
        link(dev.as_fd(), target, name)?;
    }
    let devices = init.spec.linux().as_ref().and_then(|linux| linux.devices().as_ref());
    for device in devices.into_iter().flatten() {
        make_asked(root, device).about(device.path().display().to_string())?;
    }
    Ok(())
}

/// A `/dev` that is bound from the host is left as it is.
fn is_of_host(init: &Init<'_>) -> bool {
    init.spec.mounts().iter().flatten().any(|mount| {
        let options = crate::mount_options::parse(mount.options().as_deref().unwrap_or_default());
        let is_bind = options.bind.is_some() || mount.typ().as_deref() == Some("bind");
        is_bind && mount.destination().components().eq(Path::new("/dev").components())
    })
}

fn link(dev: BorrowedFd<'_>, target: &str, name: &str) -> Outcome {
    match sys::fs::symlinkat(target, dev, name) {
        Ok(()) | Err(Errno::EXIST) => Ok(()),
        Err(errno) => Err(errno).about(name),
    }
}

fn make_asked(root: BorrowedFd<'_>, device: &LinuxDevice) -> Outcome {
    let kind = match device.typ() {
        LinuxDeviceType::B => FileType::BlockDevice,
        LinuxDeviceType::P => FileType::Fifo,
        _ => FileType::CharacterDevice,
    };
    let number = |n: i64| u32::try_from(n).map_err(|_| Errno::INVAL);
    let device_number = match kind {
        FileType::Fifo => 0,
        _ => makedev(number(device.major())?, number(device.minor())?),
    };
    node(root, device.path(), kind, device_number, device.file_mode().unwrap_or(0o666))?;
    if device.uid().is_some() || device.gid().is_some() {
        let place = sys::rooted::place(root, device.path())?;
        let flags = sys::fs::AtFlags::SYMLINK_NOFOLLOW;
        let (uid, gid) = (device.uid().map(Uid::from_raw), device.gid().map(Gid::from_raw));
        sys::fs::chownat(&place.parent, &place.name, uid, gid, flags)?;
    }
    Ok(())
}

fn node(root: BorrowedFd<'_>, path: &Path, kind: FileType, number: u64, mode: u32) -> Outcome {
    let place = sys::rooted::make_place(root, path, Mode::from_raw_mode(0o755))?;
    let about = || path.display().to_string();
    match sys::fs::mknodat(&place.parent, &place.name, kind, Mode::from_raw_mode(mode), number) {
        // mknod obeys the umask; the name was made by us just now, on our own tmpfs
        Ok(()) => {
            sys::fs::chmodat(&place.parent, &place.name, Mode::from_raw_mode(mode), sys::fs::AtFlags::empty())
                .about(about())
        }
        Err(Errno::EXIST) => Ok(()),
        // a user namespace makes no devices: the host's own is bound
        Err(Errno::PERM) if kind != FileType::Fifo => bind_from_host(&place, path).about(about()),
        Err(errno) => Err(errno).about(about()),
    }
}

fn bind_from_host(place: &sys::rooted::Place, path: &Path) -> Outcome {
    let handle = sys::fs::open(path, OFlags::PATH | OFlags::CLOEXEC, Mode::empty()).about("the host's")?;
    let tree = sys::mount::clone_tree(handle.as_fd(), "", false)?;
    let flags = OFlags::CREATE | OFlags::EXCL | OFlags::WRONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    match sys::fs::openat(&place.parent, &place.name, flags, Mode::from_raw_mode(0o666)) {
        Ok(_) | Err(Errno::EXIST) => {}
        Err(errno) => return Err(errno.into()),
    }
    let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let target = sys::fs::openat(&place.parent, &place.name, flags, Mode::empty())?;
    Ok(sys::mount::attach(tree.as_fd(), target.as_fd())?)
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

//! Mounts: `rustix`'s interface, and the two calls that it lacks.

pub use rustix::mount::*;

use crate::clone::last_error;
use rustix::fd::{AsRawFd, BorrowedFd, OwnedFd};
use rustix::fs::{CWD, Mode, OFlags};
use rustix::io::Result;
use rustix::path::Arg;

/// Attributes to set and clear on a mount (mount_setattr(2), Linux 5.12). The values are those of `fsmount`'s `MOUNT_ATTR_*`.
#[derive(Debug, Clone, Copy, Default)]
pub struct Attributes {
    /// Attributes to set.
    pub set: u64,
    /// Attributes to clear.
    pub clear: u64,
    /// Propagation type ([`PRIVATE`], [`SLAVE`], [`SHARED`], [`UNBINDABLE`]), or 0 for no change.
    pub propagation: u64,
}

/// `MOUNT_ATTR_RDONLY`.
pub const READ_ONLY: u64 = 0x1;
/// `MOUNT_ATTR_NOSUID`.
pub const NO_SUID: u64 = 0x2;
/// `MOUNT_ATTR_NODEV`.
pub const NO_DEV: u64 = 0x4;
/// `MOUNT_ATTR_NOEXEC`.
pub const NO_EXEC: u64 = 0x8;

/// `MS_UNBINDABLE`.
pub const UNBINDABLE: u64 = 1 << 17;
/// `MS_PRIVATE`.
pub const PRIVATE: u64 = 1 << 18;
/// `MS_SLAVE`.
pub const SLAVE: u64 = 1 << 19;
/// `MS_SHARED`.
pub const SHARED: u64 = 1 << 20;

/// Changes attributes of the mount at `path` below `dir` (an empty path: `dir` itself), with `recursive` of all below it as well.
///
/// # Errors
/// What mount_setattr(2) reports; `EINVAL` if the path is no mount point.
pub fn set_attributes<P: Arg>(
    dir: BorrowedFd<'_>,
    path: P,
    recursive: bool,
    attributes: Attributes,
) -> Result<()> {
    let arguments = MountAttr {
        attr_set: attributes.set,
        attr_clr: attributes.clear,
        propagation: attributes.propagation,
        userns_fd: 0,
    };
    change(dir, path, recursive, &arguments)
}

/// Maps the owners of files in a detached mount by the id mappings of a user namespace (mount_setattr(2), `MOUNT_ATTR_IDMAP`, Linux 5.12).
///
/// # Errors
/// What mount_setattr(2) reports: `EINVAL` if the file system cannot be mapped, `EPERM` if it is mapped already or attached somewhere.
pub fn map_ids(mount: BorrowedFd<'_>, user_namespace: BorrowedFd<'_>, recursive: bool) -> Result<()> {
    let arguments = MountAttr {
        attr_set: MAP_IDS,
        attr_clr: 0,
        propagation: 0,
        userns_fd: u64::from(user_namespace.as_raw_fd().cast_unsigned()),
    };
    change(mount, "", recursive, &arguments)
}

/// `MOUNT_ATTR_IDMAP`.
const MAP_IDS: u64 = 0x10_0000;

#[repr(C)]
struct MountAttr {
    attr_set: u64,
    attr_clr: u64,
    propagation: u64,
    userns_fd: u64,
}

fn change<P: Arg>(dir: BorrowedFd<'_>, path: P, recursive: bool, arguments: &MountAttr) -> Result<()> {
    let mut flags = libc::AT_EMPTY_PATH | libc::AT_SYMLINK_NOFOLLOW;
    if recursive {
        flags |= libc::AT_RECURSIVE;
    }
    path.into_with_c_str(|path| {
        // SAFETY: the path ends in NUL, the structure has the size that is passed, and both outlive the call.
        let result = unsafe {
            libc::syscall(
                libc::SYS_mount_setattr,
                dir.as_raw_fd(),
                path.as_ptr(),
                flags,
                std::ptr::from_ref(arguments),
                size_of::<MountAttr>(),
            )
        };
        if result == 0 { Ok(()) } else { Err(last_error()) }
    })
}

/// A detached clone of the mount that `path` is on, rooted at `path` (open_tree(2)); with `recursive` including the mounts below.
///
/// # Errors
/// What open_tree(2) reports.
pub fn clone_tree<P: Arg>(dir: BorrowedFd<'_>, path: P, recursive: bool) -> Result<OwnedFd> {
    let mut flags = OpenTreeFlags::OPEN_TREE_CLONE
        | OpenTreeFlags::OPEN_TREE_CLOEXEC
        | OpenTreeFlags::AT_EMPTY_PATH
        | OpenTreeFlags::AT_SYMLINK_NOFOLLOW;
    if recursive {
        flags |= OpenTreeFlags::AT_RECURSIVE;
    }
    open_tree(dir, path, flags)
}

/// Attaches a detached mount at the directory or file that `target` is a descriptor of.
///
/// # Errors
/// What move_mount(2) reports.
pub fn attach(mount: BorrowedFd<'_>, target: BorrowedFd<'_>) -> Result<()> {
    move_mount(
        mount,
        "",
        target,
        "",
        MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH | MoveMountFlags::MOVE_MOUNT_T_EMPTY_PATH,
    )
}

/// A new file system instance as a detached mount: `fsopen`, one `fsconfig` for each option (an empty value is a flag), `fsmount`.
///
/// # Errors
/// What the three calls report.
pub fn new_filesystem(
    kind: &str,
    source: &str,
    options: &[(&str, &str)],
    attributes: u64,
) -> Result<OwnedFd> {
    let context = fsopen(kind, FsOpenFlags::FSOPEN_CLOEXEC)?;
    fsconfig_set_string(&context, "source", source)?;
    for (key, value) in options {
        if value.is_empty() {
            fsconfig_set_flag(&context, *key)?;
        } else {
            fsconfig_set_string(&context, *key, *value)?;
        }
    }
    fsconfig_create(&context)?;
    fsmount(
        &context,
        FsMountFlags::FSMOUNT_CLOEXEC,
        MountAttrFlags::from_bits_retain(u32::try_from(attributes).unwrap_or(0)),
    )
}

/// Lets the file system of a mount forget all names that nobody uses: they are looked up again. Nothing else changes (fspick(2) and a reconfiguration without
/// settings, Linux 5.2).
///
/// # Errors
/// What fspick(2) and fsconfig(2) report.
pub fn forget_names(mount: BorrowedFd<'_>) -> Result<()> {
    let flags = FsPickFlags::FSPICK_CLOEXEC | FsPickFlags::FSPICK_EMPTY_PATH;
    let context = fspick(mount, "", flags)?;
    fsconfig_reconfigure(&context)
}

/// A detached, read-only clone of one file's mount, ready to be executed by [`crate::clone::fexecve`] or through `/proc/self/fd`:
/// nobody who reaches the file through a process can open it for writing.
///
/// # Errors
/// What open_tree(2) and mount_setattr(2) report (`EPERM` without `CAP_SYS_ADMIN`).
pub fn read_only_file<P: Arg>(path: P) -> Result<OwnedFd> {
    read_only_clone(CWD, path)
}

/// As [`read_only_file`], of a file that is open already.
///
/// # Errors
/// As [`read_only_file`].
pub fn read_only_open_file(file: BorrowedFd<'_>) -> Result<OwnedFd> {
    read_only_clone(file, "")
}

fn read_only_clone<P: Arg>(directory: BorrowedFd<'_>, path: P) -> Result<OwnedFd> {
    let tree = clone_tree(directory, path, false)?;
    set_attributes(borrow(&tree), "", false, Attributes { set: READ_ONLY, ..Attributes::default() })?;
    Ok(tree)
}

/// Opens a directory for use as a base of other calls.
///
/// # Errors
/// What openat(2) reports.
pub fn open_directory<P: Arg>(path: P) -> Result<OwnedFd> {
    rustix::fs::openat(CWD, path, OFlags::DIRECTORY | OFlags::PATH | OFlags::CLOEXEC, Mode::empty())
}

fn borrow(fd: &OwnedFd) -> BorrowedFd<'_> {
    use rustix::fd::AsFd;
    fd.as_fd()
}

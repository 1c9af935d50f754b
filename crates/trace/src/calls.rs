//! The system calls that take paths, or read directories, and where their arguments are.

use std::collections::HashMap;

/// What a call does with a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Use {
    /// Looks at it, or changes what it is called.
    Look,
    /// Makes it the working directory or root.
    Enter,
    /// Reads the names in it.
    List,
    /// Opens it.
    Open,
    /// Executes it.
    Execute,
}

/// Where a call's path is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    /// The argument with the directory that a relative path begins at; without one the working directory.
    pub(crate) directory: Option<usize>,
    /// The argument with the path; without one the directory itself is meant.
    pub(crate) path: Option<usize>,
    pub(crate) what: Use,
    /// How it stands there.
    pub(crate) form: Form,
    /// The argument with flags of which `AT_EMPTY_PATH` says that the descriptor is meant: such calls are not notified, since the file was opened before.
    pub(crate) flags: Option<usize>,
}

/// How a path stands in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// Bytes up to a NUL.
    Text,
    /// A `struct sockaddr_un`, or another socket's address, which has no path.
    Address,
}

const fn plain(what: Use) -> Place {
    Place { directory: None, path: Some(0), what, form: Form::Text, flags: None }
}

const fn second(what: Use) -> Place {
    Place { directory: None, path: Some(1), what, form: Form::Text, flags: None }
}

const fn at(what: Use) -> Place {
    Place { directory: Some(0), path: Some(1), what, form: Form::Text, flags: None }
}

const fn flagged(what: Use, flags: usize) -> Place {
    Place { directory: Some(0), path: Some(1), what, form: Form::Text, flags: Some(flags) }
}

const fn from(directory: usize, path: usize, what: Use) -> Place {
    Place { directory: Some(directory), path: Some(path), what, form: Form::Text, flags: None }
}

const SOCKET: Place =
    Place { directory: None, path: Some(1), what: Use::Look, form: Form::Address, flags: None };
const LISTING: Place =
    Place { directory: Some(0), path: None, what: Use::List, form: Form::Text, flags: None };

use Use::{Enter, Execute, Look, Open};

/// A call may stand here twice: once for each of its paths.
pub(crate) const CALLS: &[(&str, Place)] = &[
    ("open", plain(Open)),
    ("openat", at(Open)),
    ("openat2", at(Open)),
    ("creat", plain(Open)),
    ("execve", plain(Execute)),
    ("execveat", flagged(Execute, 4)),
    ("uselib", plain(Open)),
    ("stat", plain(Look)),
    ("stat64", plain(Look)),
    ("lstat", plain(Look)),
    ("lstat64", plain(Look)),
    ("oldstat", plain(Look)),
    ("oldlstat", plain(Look)),
    ("newfstatat", flagged(Look, 3)),
    ("fstatat64", flagged(Look, 3)),
    ("statx", flagged(Look, 2)),
    ("access", plain(Look)),
    ("faccessat", at(Look)),
    ("faccessat2", flagged(Look, 3)),
    ("readlink", plain(Look)),
    ("readlinkat", at(Look)),
    ("bind", SOCKET),
    ("connect", SOCKET),
    ("statfs", plain(Look)),
    ("statfs64", plain(Look)),
    ("truncate", plain(Open)),
    ("truncate64", plain(Open)),
    ("chdir", plain(Enter)),
    ("chroot", plain(Enter)),
    ("getdents", LISTING),
    ("getdents64", LISTING),
    ("mkdir", plain(Look)),
    ("mkdirat", at(Look)),
    ("rmdir", plain(Look)),
    ("unlink", plain(Look)),
    ("unlinkat", at(Look)),
    ("rename", plain(Open)),
    ("rename", second(Look)),
    ("renameat", at(Open)),
    ("renameat", from(2, 3, Look)),
    ("renameat2", at(Open)),
    ("renameat2", from(2, 3, Look)),
    ("link", plain(Open)),
    ("linkat", at(Open)),
    ("linkat", from(2, 3, Look)),
    ("symlink", second(Look)),
    ("symlinkat", from(1, 2, Look)),
    ("mknod", plain(Look)),
    ("mknodat", at(Look)),
    ("chmod", plain(Look)),
    ("fchmodat", at(Look)),
    ("fchmodat2", flagged(Look, 3)),
    ("chown", plain(Look)),
    ("lchown", plain(Look)),
    ("chown32", plain(Look)),
    ("lchown32", plain(Look)),
    ("fchownat", flagged(Look, 4)),
    ("utime", plain(Look)),
    ("utimes", plain(Look)),
    ("futimesat", at(Look)),
    ("utimensat", at(Look)),
    ("utimensat_time64", at(Look)),
    ("getxattr", plain(Look)),
    ("lgetxattr", plain(Look)),
    ("listxattr", plain(Look)),
    ("llistxattr", plain(Look)),
    ("setxattr", plain(Look)),
    ("inotify_add_watch", second(Look)),
    ("fanotify_mark", from(3, 4, Look)),
    ("name_to_handle_at", flagged(Look, 4)),
    ("open_tree", flagged(Look, 2)),
    ("mount", plain(Look)),
    ("mount", second(Look)),
    ("swapon", plain(Look)),
    ("acct", plain(Look)),
    ("quotactl", second(Look)),
];

/// The places of paths by the number of the call, for one architecture.
pub(crate) fn by_number(arch: seccomp::Arch) -> HashMap<u32, Vec<Place>> {
    let table = seccomp::syscalls::Table::of(arch);
    let mut places: HashMap<u32, Vec<Place>> = HashMap::new();
    for (name, place) in CALLS {
        if let Some(number) = table.number(name) {
            places.entry(number).or_default().push(*place);
        }
    }
    places
}

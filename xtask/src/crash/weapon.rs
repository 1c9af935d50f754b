//! What is done to an operation in one of its system calls, and to which calls.

use super::log::Subject;

/// What a sweep does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Weapon {
    /// The process is killed before the call.
    Kill,
    /// The call is not made and fails.
    Error,
    /// The engine works in a difficult place: on a full disk, on a read-only one, beside another engine.
    Place,
    /// The machine loses its power.
    Power,
}

/// All of them, and what they are called.
pub(super) const ALL: [(Weapon, &str); 4] =
    [(Weapon::Kill, "kill"), (Weapon::Error, "error"), (Weapon::Place, "place"), (Weapon::Power, "power")];
/// Those that strike each operation in its system calls.
pub(super) const STRIKING: [Weapon; 2] = [Weapon::Kill, Weapon::Error];

/// What a weapon is called.
pub(super) fn name(weapon: Weapon) -> &'static str {
    ALL.iter().find(|(known, _)| *known == weapon).map_or("", |(_, name)| name)
}

/// The system calls that change something beyond the process. A kill before one of them is a kill after the one before it, so that
/// `exit_group` stands for the end. Names of other architectures are passed over by strace.
const KILLED_IN: &str = "\
    open openat openat2 creat write pwrite64 writev rename renameat renameat2 link linkat symlink symlinkat unlink unlinkat rmdir \
    mkdir mkdirat mknod mknodat truncate ftruncate fallocate copy_file_range sendfile splice \
    fsync fdatasync syncfs flock chmod fchmod fchmodat fchmodat2 chown lchown fchown fchownat utimensat \
    setxattr lsetxattr fsetxattr removexattr lremovexattr fremovexattr \
    clone clone3 fork vfork kill tgkill pidfd_send_signal exit_group setsid setresuid setresgid setgroups capset prctl seccomp prlimit64 \
    mount umount2 fsopen fsconfig fsmount fspick open_tree move_mount mount_setattr pivot_root chroot chdir fchdir setns unshare \
    sethostname setdomainname memfd_create close_range \
    socket socketpair bind listen connect accept accept4 sendmsg sendmmsg sendto recvmsg setsockopt";

/// Errors, and the calls that meet them: a full disk, a broken one, exhausted memory and descriptors, missing powers, a broken network.
/// Calls that open a file are in [`OPENING`].
const ERRORS: [(&str, &str); 10] = [
    (
        "ENOSPC",
        "write pwrite64 writev pwritev2 rename renameat renameat2 link linkat symlink symlinkat mkdir mkdirat mknod mknodat \
         ftruncate fallocate copy_file_range setxattr lsetxattr fsetxattr",
    ),
    (
        "EIO",
        "fsync fdatasync syncfs read pread64 readv getdents64 sendfile splice unlink unlinkat rmdir \
         chmod fchmod fchmodat fchmodat2 chown lchown fchown fchownat utimensat readlinkat statx newfstatat",
    ),
    ("EMFILE", "pipe2 memfd_create accept4 epoll_create1 eventfd2 timerfd_create pidfd_open inotify_init1"),
    ("ENOMEM", "clone clone3 mount fsopen fsconfig fsmount move_mount mount_setattr seccomp"),
    (
        "EPERM",
        "umount2 fspick open_tree pivot_root chroot setns unshare sethostname setdomainname capset setgroups setresuid setresgid \
         prctl kill pidfd_send_signal prlimit64 setsid chdir fchdir",
    ),
    ("EAGAIN", "fork vfork"),
    ("ENOLCK", "flock"),
    ("ENOBUFS", "socket socketpair sendto sendmsg sendmmsg recvmsg recvfrom setsockopt"),
    ("EADDRINUSE", "bind listen"),
    ("ECONNREFUSED", "connect"),
];

/// Calls that open a file: one that may create it meets a full disk, any other one exhausted descriptors.
const OPENING: &str = "open openat openat2 creat";

/// The kinds of calls that are counted for any weapon.
pub(super) fn counted() -> Vec<&'static str> {
    let failing = ERRORS.iter().flat_map(|(_, calls)| calls.split_whitespace());
    let mut calls: Vec<&str> = KILLED_IN.split_whitespace().chain(failing).collect();
    calls.sort_unstable();
    calls.dedup();
    calls
}

/// Whether processes are killed in this kind of call.
pub(super) fn kills_in(call: &str) -> bool {
    KILLED_IN.split_whitespace().any(|known| known == call)
}

/// Calls that send something to whoever has the other end.
const SENDING: &str = "write writev sendto sendmsg sendmmsg";

/// The error that a call of this kind meets; none if it meets none.
pub(super) fn error_of(call: &str, subject: Subject) -> Option<&'static str> {
    let among = |calls: &str| calls.split_whitespace().any(|known| known == call);
    match subject {
        Subject::Counter => None,
        Subject::Creation => Some("ENOSPC"),
        Subject::Stream if among(SENDING) => Some("EPIPE"),
        _ if among(OPENING) => Some("EMFILE"),
        _ => ERRORS.iter().find(|(_, calls)| among(calls)).map(|(error, _)| *error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_call_that_can_fail_has_one_error() {
        for call in counted() {
            let lists =
                ERRORS.iter().filter(|(_, calls)| calls.split_whitespace().any(|known| known == call));
            assert!(lists.count() <= 1, "{call}");
        }
        assert_eq!(error_of("openat", Subject::Creation), Some("ENOSPC"));
        assert_eq!(error_of("openat", Subject::File), Some("EMFILE"));
        assert_eq!(error_of("write", Subject::Stream), Some("EPIPE"));
        assert_eq!(error_of("write", Subject::Counter), None);
        assert_eq!(error_of("exit_group", Subject::File), None);
    }
}

//! Where to kill: in the k-th system call of a kind, counted in each process of a role.

use super::arguments::Extent;
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

/// The system calls that change something beyond the process. A kill before one of them is a kill after the one before it, so that
/// `exit_group` stands for the end. Names of other architectures are passed over by strace.
pub(super) const CALLS: &str = "\
    open openat openat2 creat write pwrite64 writev rename renameat renameat2 link linkat symlink symlinkat unlink unlinkat rmdir \
    mkdir mkdirat mknod mknodat truncate ftruncate fallocate copy_file_range sendfile splice \
    fsync fdatasync syncfs flock chmod fchmod fchmodat fchmodat2 chown lchown fchown fchownat utimensat \
    setxattr lsetxattr fsetxattr removexattr lremovexattr fremovexattr \
    clone clone3 fork vfork kill tgkill pidfd_send_signal exit_group setsid setresuid setresgid setgroups capset prctl seccomp prlimit64 \
    mount umount2 fsopen fsconfig fsmount fspick open_tree move_mount mount_setattr pivot_root chroot chdir fchdir setns unshare \
    sethostname setdomainname memfd_create close_range \
    socket socketpair bind listen connect accept accept4 sendmsg sendmmsg sendto recvmsg setsockopt";

/// Whose calls are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// The command and its threads.
    Command,
    /// The supervisor that the command starts, and what it forks: inits, steps.
    Supervisor,
    /// A supervisor that runs already when the command begins, and what it forks: execs.
    Attached,
}

const ROLES: [(Role, &str); 3] =
    [(Role::Command, "command"), (Role::Supervisor, "supervisor"), (Role::Attached, "attached")];

/// A place to kill.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Point {
    pub(super) role: Role,
    pub(super) call: String,
    /// From 1.
    pub(super) number: u32,
}

impl fmt::Display for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let role = ROLES.iter().find(|(role, _)| *role == self.role).map_or("", |(_, name)| name);
        write!(f, "{role}:{}:{}", self.call, self.number)
    }
}

impl FromStr for Point {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text} is no point: ROLE:CALL:NUMBER, as in supervisor:write:3");
        let mut parts = text.split(':');
        let (Some(role), Some(call), Some(number), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(wrong());
        };
        let (role, _) = ROLES.iter().find(|(_, name)| *name == role).ok_or_else(wrong)?;
        let number = number.parse().ok().filter(|number| *number > 0).ok_or_else(wrong)?;
        Ok(Self { role: *role, call: call.to_owned(), number })
    }
}

/// The points of a role that makes so many calls of each kind.
pub(super) fn of(role: Role, counts: &BTreeMap<String, u32>, extent: Extent) -> Vec<Point> {
    let point = |call: &str, number| Point { role, call: call.to_owned(), number };
    let numbers = |most| numbers(most, extent);
    counts.iter().flat_map(|(call, most)| numbers(*most).into_iter().map(move |n| point(call, n))).collect()
}

/// 1, 2, 3, 4, 6, 8, 12, 16 … up to the last one, which is always among them; or all.
fn numbers(most: u32, extent: Extent) -> Vec<u32> {
    if extent == Extent::Full {
        return (1..=most).collect();
    }
    let doubling = (0..).map(|power| 1_u32 << power);
    let mut chosen: Vec<u32> =
        doubling.take_while(|n| *n <= most).flat_map(|n| [n, n + n / 2]).filter(|n| *n <= most).collect();
    chosen.push(most);
    chosen.sort_unstable();
    chosen.dedup();
    chosen
}

/// The most kills of an operation in a short sweep.
const SHORT: usize = 20;

/// For a short sweep an evenly spread part of the points.
pub(super) fn thin(points: Vec<Point>, extent: Extent) -> Vec<Point> {
    let stride = points.len().div_ceil(SHORT).max(1);
    // begins in the middle of a stride: the first calls of a role change the least
    let (first, stride) = if extent == Extent::Short { (stride / 2, stride) } else { (0, 1) };
    points.into_iter().skip(first).step_by(stride).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_is_written_as_it_is_read() {
        for text in ["command:openat:1", "supervisor:move_mount:12", "attached:write:3"] {
            assert_eq!(text.parse::<Point>().unwrap().to_string(), text);
        }
        for bad in ["", "command:write", "command:write:0", "nobody:write:1", "command:write:1:2"] {
            assert!(bad.parse::<Point>().is_err(), "{bad}");
        }
    }

    #[test]
    fn the_numbers_grow_and_the_last_call_is_among_them() {
        assert_eq!(numbers(1, Extent::Usual), [1]);
        assert_eq!(numbers(10, Extent::Usual), [1, 2, 3, 4, 6, 8, 10]);
        assert_eq!(numbers(5, Extent::Full), [1, 2, 3, 4, 5]);
    }

    #[test]
    fn a_short_sweep_is_short() {
        let counts = CALLS.split_whitespace().map(|call| (call.to_owned(), 9)).collect();
        let points = of(Role::Command, &counts, Extent::Short);
        let many = points.len();
        assert!(thin(points.clone(), Extent::Short).len() <= SHORT);
        assert_eq!(thin(points, Extent::Usual).len(), many);
    }
}

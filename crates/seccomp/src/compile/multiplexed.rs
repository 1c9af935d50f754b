//! Calls that 32-bit x86 also makes through one of two numbers: `socketcall` and `ipc`.
//!
//! Both take the wanted call as their first argument and its arguments in memory, where no filter can look.

/// Which call, by which value of the first argument (socketcall(2), linux/net.h; ipc(2), linux/ipc.h).
const CALLS: &[(&str, &str, u64)] = &[
    ("socket", SOCKETCALL, 1),
    ("bind", SOCKETCALL, 2),
    ("connect", SOCKETCALL, 3),
    ("listen", SOCKETCALL, 4),
    ("accept", SOCKETCALL, 5),
    ("getsockname", SOCKETCALL, 6),
    ("getpeername", SOCKETCALL, 7),
    ("socketpair", SOCKETCALL, 8),
    ("send", SOCKETCALL, 9),
    ("recv", SOCKETCALL, 10),
    ("sendto", SOCKETCALL, 11),
    ("recvfrom", SOCKETCALL, 12),
    ("shutdown", SOCKETCALL, 13),
    ("setsockopt", SOCKETCALL, 14),
    ("getsockopt", SOCKETCALL, 15),
    ("sendmsg", SOCKETCALL, 16),
    ("recvmsg", SOCKETCALL, 17),
    ("accept4", SOCKETCALL, 18),
    ("recvmmsg", SOCKETCALL, 19),
    ("sendmmsg", SOCKETCALL, 20),
    ("semop", IPC, 1),
    ("semget", IPC, 2),
    ("semctl", IPC, 3),
    ("semtimedop", IPC, 4),
    ("msgsnd", IPC, 11),
    ("msgrcv", IPC, 12),
    ("msgget", IPC, 13),
    ("msgctl", IPC, 14),
    ("shmat", IPC, 21),
    ("shmdt", IPC, 22),
    ("shmget", IPC, 23),
    ("shmctl", IPC, 24),
];

const SOCKETCALL: &str = "socketcall";
const IPC: &str = "ipc";

/// How a call is made through another one.
pub(super) struct Detour {
    /// The call that takes it along.
    pub(super) through: &'static str,
    /// The bits of its first argument that select.
    pub(super) mask: u64,
    /// Their value.
    pub(super) selector: u64,
}

/// The detour by which 32-bit x86 can make the call `name`.
pub(super) fn detour(name: &str) -> Option<Detour> {
    let &(_, through, selector) = CALLS.iter().find(|(call, ..)| *call == name)?;
    // The upper half of ipc's selector is a version.
    let mask = if through == IPC { 0xffff } else { 0xffff_ffff };
    Some(Detour { through, mask, selector })
}

//! Loading a compiled seccomp filter, and answering the calls that it notifies.

use crate::clone::last_error;
use rustix::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use rustix::io::{Errno, Result};

const SET_MODE_FILTER: u64 = 1;

/// `SECCOMP_FILTER_FLAG_TSYNC` (Linux 3.17).
pub const SYNCHRONISE_THREADS: u64 = 1;
/// `SECCOMP_FILTER_FLAG_LOG` (Linux 4.14).
pub const LOG: u64 = 2;
/// `SECCOMP_FILTER_FLAG_SPEC_ALLOW` (Linux 4.17).
pub const ALLOW_SPECULATION: u64 = 4;
/// `SECCOMP_FILTER_FLAG_NEW_LISTENER` (Linux 5.0).
pub const NEW_LISTENER: u64 = 8;
/// `SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV` (Linux 5.19).
pub const WAIT_KILLABLE: u64 = 32;

/// Whether the kernel knows a filter action, by its number (seccomp(2), `SECCOMP_GET_ACTION_AVAIL`).
#[must_use]
pub fn is_action_available(action: u32) -> bool {
    const GET_ACTION_AVAIL: u64 = 2;
    // SAFETY: the kernel reads one number, which outlives the call.
    let result = unsafe { libc::syscall(libc::SYS_seccomp, GET_ACTION_AVAIL, 0_u64, &raw const action) };
    result == 0
}

/// Whether the kernel knows these filter flags: without a program it complains of the missing program (`EFAULT`), not of the flags.
#[must_use]
pub fn are_flags_known(flags: u64) -> bool {
    // SAFETY: the null pointer is never followed successfully: the call cannot install anything.
    let result = unsafe {
        libc::syscall(libc::SYS_seccomp, SET_MODE_FILTER, flags, std::ptr::null::<libc::sock_fprog>())
    };
    result != 0 && last_error() == Errno::FAULT
}

/// Installs a filter for the calling thread and all that it starts (seccomp(2), `SECCOMP_SET_MODE_FILTER`).
///
/// `program` is an array of `struct sock_filter`, 8 bytes each in native byte order, at most 4096 instructions.
/// Needs `no_new_privs` or `CAP_SYS_ADMIN` in the user namespace. With [`NEW_LISTENER`] the descriptor comes back on which calls are notified.
///
/// # Errors
/// `EINVAL` for a malformed program or unknown flags, `EACCES` without the privilege.
pub fn load(program: &[u8], flags: u64) -> Result<Option<OwnedFd>> {
    if program.is_empty() || !program.len().is_multiple_of(8) || program.len() > 4096 * 8 {
        return Err(Errno::INVAL);
    }
    let mut instructions: Vec<libc::sock_filter> = program
        .chunks_exact(8)
        .map(|i| libc::sock_filter {
            code: u16::from_ne_bytes([i[0], i[1]]),
            jt: i[2],
            jf: i[3],
            k: u32::from_ne_bytes([i[4], i[5], i[6], i[7]]),
        })
        .collect();
    let program = libc::sock_fprog { len: instructions.len() as u16, filter: instructions.as_mut_ptr() };
    // SAFETY: the program points to `len` instructions that outlive the call; the kernel copies and verifies them.
    let result = unsafe { libc::syscall(libc::SYS_seccomp, SET_MODE_FILTER, flags, &raw const program) };
    match i32::try_from(result) {
        Ok(descriptor) if descriptor >= 0 && flags & NEW_LISTENER != 0 => {
            // SAFETY: with this flag a result that is no error is a new descriptor, which nobody else owns.
            Ok(Some(unsafe { OwnedFd::from_raw_fd(descriptor) }))
        }
        Ok(0) => Ok(None),
        _ => Err(last_error()),
    }
}

/// A system call that waits for an answer (seccomp_unotify(2), `struct seccomp_notif`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Notification {
    /// Its number, by which it is answered.
    pub id: u64,
    /// The thread that calls, as the reader's pid namespace numbers it.
    pub pid: u32,
    /// The number of the system call.
    pub call: u32,
    /// The `AUDIT_ARCH_*` by which that number is to be understood.
    pub arch: u32,
    /// Its arguments.
    pub arguments: [u64; 6],
}

/// `SECCOMP_IOCTL_NOTIF_RECV`: read and write, 80 bytes, `!`, 0.
const RECEIVE: libc::c_ulong = 0xc050_2100;
/// `SECCOMP_IOCTL_NOTIF_SEND`: read and write, 24 bytes, `!`, 1.
const SEND: libc::c_ulong = 0xc018_2101;
/// `SECCOMP_IOCTL_NOTIF_SET_FLAGS`: write, 8 bytes, `!`, 4 (Linux 6.6).
const SET_FLAGS: libc::c_ulong = 0x4008_2104;

/// Waits for the next call that a filter notifies, on its listener.
///
/// # Errors
/// `ENOENT` if the caller has died meanwhile, `EINTR`, and what ioctl(2) reports.
pub fn receive(listener: BorrowedFd<'_>) -> Result<Notification> {
    let mut words = [0_u64; 10];
    // SAFETY: the kernel fills a `struct seccomp_notif`, which has 80 bytes and the alignment of a u64, and wants it to be zero before.
    let result = unsafe { libc::ioctl(listener.as_raw_fd(), RECEIVE as _, words.as_mut_ptr()) };
    if result != 0 {
        return Err(last_error());
    }
    // id, pid and flags, then `struct seccomp_data`: nr and arch, instruction pointer, arguments
    let halves = |word: u64| {
        let [a, b, c, d, e, f, g, h] = word.to_ne_bytes();
        (u32::from_ne_bytes([a, b, c, d]), u32::from_ne_bytes([e, f, g, h]))
    };
    let (pid, _) = halves(words[1]);
    let (call, arch) = halves(words[2]);
    let [_, _, _, _, arguments @ ..] = words;
    Ok(Notification { id: words[0], pid, call, arch, arguments })
}

/// Lets a notified call go on as if nobody had looked (`SECCOMP_USER_NOTIF_FLAG_CONTINUE`, Linux 5.5). What it means may have changed since it was read: this decides nothing.
///
/// # Errors
/// `ENOENT` if the caller has died meanwhile, and what ioctl(2) reports.
pub fn let_continue(listener: BorrowedFd<'_>, id: u64) -> Result<()> {
    const CONTINUE: u32 = 1;
    // id, value, error and flags
    let mut response = [id, 0, 0];
    let mut last = [0_u8; 8];
    last[4..].copy_from_slice(&CONTINUE.to_ne_bytes());
    response[2] = u64::from_ne_bytes(last);
    // SAFETY: the kernel reads a `struct seccomp_notif_resp` of 24 bytes, which outlives the call.
    let result = unsafe { libc::ioctl(listener.as_raw_fd(), SEND as _, response.as_mut_ptr()) };
    if result == 0 { Ok(()) } else { Err(last_error()) }
}

/// Hands the processor from the caller to the reader and back without waking another one (`SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP`, Linux 6.6): for a reader that
/// answers at once. An older kernel is slower.
pub fn wake_in_step(listener: BorrowedFd<'_>) {
    // SAFETY: the kernel takes the flags by value.
    let _ = unsafe { libc::ioctl(listener.as_raw_fd(), SET_FLAGS as _, 1_u64) };
}

//! Loading a compiled seccomp filter.

use crate::clone::last_error;
use rustix::fd::{FromRawFd, OwnedFd};
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

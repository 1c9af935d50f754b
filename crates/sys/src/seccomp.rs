//! Loading a compiled seccomp filter.

use crate::clone::last_error;
use rustix::io::{Errno, Result};

const SET_MODE_FILTER: u64 = 1;

/// Installs a filter for the calling thread and all that it starts (seccomp(2), `SECCOMP_SET_MODE_FILTER`).
///
/// `program` is an array of `struct sock_filter`, 8 bytes each in native byte order, at most 4096 instructions.
/// Needs `no_new_privs` or `CAP_SYS_ADMIN` in the user namespace.
///
/// # Errors
/// `EINVAL` for a malformed program, `EACCES` without the privilege.
pub fn load(program: &[u8]) -> Result<()> {
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
    let result = unsafe { libc::syscall(libc::SYS_seccomp, SET_MODE_FILTER, 0_u64, &raw const program) };
    if result == 0 { Ok(()) } else { Err(last_error()) }
}

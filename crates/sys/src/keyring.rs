//! Session keyrings (keyctl(2)).

use crate::clone::last_error;
use rustix::io::Result;
use std::ffi::CStr;

const JOIN_SESSION_KEYRING: u64 = 1;
const SET_PERMISSIONS: u64 = 5;

/// What a session keyring has by default, and that processes of the same user find it by its name (`KEY_USR_SEARCH`, linux/key.h).
const PERMISSIONS: u64 = 0x3f1b_0000;

/// Gives the calling process the session keyring of this name, a new one if there is none that it may join, so that keys of its starter are not its own.
///
/// # Errors
/// What keyctl(2) reports: `ENOSYS` if the kernel has no keyrings, `EDQUOT` if its user has too many.
pub fn join_session(name: &CStr) -> Result<()> {
    // SAFETY: the name ends in NUL and outlives the call.
    let ring = unsafe { libc::syscall(libc::SYS_keyctl, JOIN_SESSION_KEYRING, name.as_ptr()) };
    if ring < 0 {
        return Err(last_error());
    }
    // SAFETY: changing permissions is no memory operation. One that was there has them already.
    unsafe { libc::syscall(libc::SYS_keyctl, SET_PERMISSIONS, ring, PERMISSIONS) };
    Ok(())
}

/// Gives the calling process a new session keyring without a name.
///
/// # Errors
/// As [`join_session`].
pub fn new_session() -> Result<()> {
    // SAFETY: no name is given; no memory is involved.
    let ring =
        unsafe { libc::syscall(libc::SYS_keyctl, JOIN_SESSION_KEYRING, std::ptr::null::<libc::c_char>()) };
    if ring < 0 { Err(last_error()) } else { Ok(()) }
}

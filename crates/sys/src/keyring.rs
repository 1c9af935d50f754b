//! Session keyrings (keyctl(2)).

use crate::clone::last_error;
use rustix::io::Result;
use std::ffi::CStr;

const JOIN_SESSION_KEYRING: u64 = 1;

/// Gives the calling process a new session keyring with this name, so that keys of its starter are not its own.
///
/// # Errors
/// What keyctl(2) reports: `ENOSYS` if the kernel has no keyrings, `EDQUOT` if its user has too many.
pub fn join_session(name: &CStr) -> Result<()> {
    // SAFETY: the name ends in NUL and outlives the call.
    let result = unsafe { libc::syscall(libc::SYS_keyctl, JOIN_SESSION_KEYRING, name.as_ptr()) };
    if result >= 0 { Ok(()) } else { Err(last_error()) }
}

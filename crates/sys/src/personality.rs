//! The execution domain (personality(2)).

use crate::clone::last_error;
use rustix::io::Result;

/// 64-bit, the default (`PER_LINUX`).
pub const LINUX: u64 = 0;
/// The machine says that it is a 32-bit one (`PER_LINUX32`).
pub const LINUX_32: u64 = 8;

/// Sets the execution domain of the calling process.
///
/// # Errors
/// What personality(2) reports.
pub fn set(persona: u64) -> Result<()> {
    // SAFETY: the call takes a number and touches no memory.
    let result = unsafe { libc::personality(persona) };
    if result >= 0 { Ok(()) } else { Err(last_error()) }
}

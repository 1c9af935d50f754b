//! Giving descriptors to other programs: a terminal to a console socket, a listener to a seccomp agent.

use crate::error::{At, Result};
use std::os::fd::{AsFd, BorrowedFd};
use std::path::Path;

/// Sends one message with a descriptor to the stream socket at a path.
///
/// # Errors
/// What the system reports.
pub fn hand_over(socket: &Path, text: &[u8], descriptor: BorrowedFd<'_>) -> Result<()> {
    let connection = sys::socket::connect_stream(socket).at("connect to", socket)?;
    sys::socket::send(connection.as_fd(), text, &[descriptor]).at("send to", socket)
}

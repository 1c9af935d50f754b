//! Local sockets that carry one message with descriptors at a time (`SOCK_SEQPACKET`).

use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::io::{Errno, IoSlice, IoSliceMut, Result};
use rustix::net::{
    self, AddressFamily, RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, SocketAddrUnix, SocketFlags, SocketType,
};
use std::mem::MaybeUninit;

/// Descriptors that one message may carry.
pub const MAX_DESCRIPTORS: usize = 16;
/// Bytes that one message may have.
pub const MAX_MESSAGE: usize = 64 * 1024;

/// A received message.
#[derive(Debug, Default)]
pub struct Message {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// The descriptors that came with it, close-on-exec.
    pub descriptors: Vec<OwnedFd>,
}

/// Two connected sockets.
///
/// # Errors
/// What socketpair(2) reports.
pub fn pair() -> Result<(OwnedFd, OwnedFd)> {
    net::socketpair(AddressFamily::UNIX, SocketType::SEQPACKET, SocketFlags::CLOEXEC, None)
}

/// A listening socket at `name` in `directory`, for the owner only. The name may be as long as a file name can be: a socket path has 107 bytes, so it is given as `/proc/self/fd/<directory>/<name>`.
///
/// # Errors
/// What bind(2) and listen(2) report.
pub fn listen(directory: BorrowedFd<'_>, name: &str) -> Result<OwnedFd> {
    let socket = new_socket(SocketFlags::CLOEXEC | SocketFlags::NONBLOCK)?;
    net::bind(&socket, &address(directory, name)?)?;
    rustix::fs::chmodat(
        directory,
        name,
        rustix::fs::Mode::from_raw_mode(0o600),
        rustix::fs::AtFlags::empty(),
    )?;
    net::listen(&socket, 128)?;
    Ok(socket)
}

/// Connects to the socket `name` in `directory`.
///
/// # Errors
/// What connect(2) reports: `ENOENT` without a socket, `ECONNREFUSED` if nobody listens.
pub fn connect(directory: BorrowedFd<'_>, name: &str) -> Result<OwnedFd> {
    let socket = new_socket(SocketFlags::CLOEXEC)?;
    net::connect(&socket, &address(directory, name)?)?;
    Ok(socket)
}

/// Connects to a stream socket of somebody else, at a path of at most 107 bytes: a console socket, a seccomp agent.
///
/// # Errors
/// What connect(2) reports; `ENAMETOOLONG` for a longer path.
pub fn connect_stream(path: &std::path::Path) -> Result<OwnedFd> {
    let socket = net::socket_with(AddressFamily::UNIX, SocketType::STREAM, SocketFlags::CLOEXEC, None)?;
    net::connect(&socket, &SocketAddrUnix::new(path)?)?;
    Ok(socket)
}

/// A datagram socket bound at `name` in `directory`, writable by everybody: where a container's notifications arrive.
///
/// # Errors
/// What bind(2) reports.
pub fn bind_datagrams(directory: BorrowedFd<'_>, name: &str) -> Result<OwnedFd> {
    let socket = net::socket_with(AddressFamily::UNIX, SocketType::DGRAM, SocketFlags::CLOEXEC, None)?;
    net::bind(&socket, &address(directory, name)?)?;
    rustix::fs::chmodat(
        directory,
        name,
        rustix::fs::Mode::from_raw_mode(0o777),
        rustix::fs::AtFlags::empty(),
    )?;
    Ok(socket)
}

/// Connects to the datagram socket at a path; one that begins with `@` is an abstract name.
///
/// # Errors
/// What connect(2) reports; `ENAMETOOLONG` for a path of more than 107 bytes.
pub fn connect_datagrams(path: &str) -> Result<OwnedFd> {
    let socket = net::socket_with(AddressFamily::UNIX, SocketType::DGRAM, SocketFlags::CLOEXEC, None)?;
    let address = match path.strip_prefix('@') {
        Some(name) => SocketAddrUnix::new_abstract_name(name.as_bytes())?,
        None => SocketAddrUnix::new(path)?,
    };
    net::connect(&socket, &address)?;
    Ok(socket)
}

/// Accepts a waiting connection, close-on-exec.
///
/// # Errors
/// What accept4(2) reports: `EAGAIN` if nobody waits.
pub fn accept(listener: BorrowedFd<'_>) -> Result<OwnedFd> {
    net::accept_with(listener, SocketFlags::CLOEXEC)
}

fn new_socket(flags: SocketFlags) -> Result<OwnedFd> {
    net::socket_with(AddressFamily::UNIX, SocketType::SEQPACKET, flags, None)
}

fn address(directory: BorrowedFd<'_>, name: &str) -> Result<SocketAddrUnix> {
    use rustix::fd::AsRawFd;
    SocketAddrUnix::new(format!("/proc/self/fd/{}/{name}", directory.as_raw_fd()))
}

/// Sends one message. Never raises `SIGPIPE`.
///
/// # Errors
/// `EPIPE` if the other end is closed, `EMSGSIZE` for a message over [`MAX_MESSAGE`].
pub fn send(socket: BorrowedFd<'_>, bytes: &[u8], descriptors: &[BorrowedFd<'_>]) -> Result<()> {
    if bytes.len() > MAX_MESSAGE || descriptors.len() > MAX_DESCRIPTORS {
        return Err(Errno::MSGSIZE);
    }
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MAX_DESCRIPTORS))];
    let mut ancillary = SendAncillaryBuffer::new(&mut space);
    if !descriptors.is_empty() && !ancillary.push(SendAncillaryMessage::ScmRights(descriptors)) {
        return Err(Errno::MSGSIZE);
    }
    net::sendmsg(socket, &[IoSlice::new(bytes)], &mut ancillary, SendFlags::NOSIGNAL).map(|_| ())
}

/// Ends a connection in both directions: whoever waits at the other end reads its end.
pub fn end(socket: BorrowedFd<'_>) {
    // one that is not connected has ended already
    let _ = net::shutdown(socket, net::Shutdown::Both);
}

/// Receives one message; `None` when the other end is closed.
///
/// # Errors
/// `EMSGSIZE` for a message over [`MAX_MESSAGE`]; otherwise what recvmsg(2) reports.
pub fn receive(socket: BorrowedFd<'_>) -> Result<Option<Message>> {
    let mut bytes = vec![0_u8; MAX_MESSAGE];
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MAX_DESCRIPTORS))];
    let mut ancillary = RecvAncillaryBuffer::new(&mut space);
    let received = loop {
        let mut slices = [IoSliceMut::new(&mut bytes)];
        match net::recvmsg(socket.as_fd(), &mut slices, &mut ancillary, RecvFlags::CMSG_CLOEXEC) {
            Err(Errno::INTR) => {}
            other => break other?,
        }
    };
    let mut message = Message::default();
    for part in ancillary.drain() {
        if let RecvAncillaryMessage::ScmRights(descriptors) = part {
            message.descriptors.extend(descriptors);
        }
    }
    if received.flags.contains(net::ReturnFlags::TRUNC) {
        return Err(Errno::MSGSIZE);
    }
    if received.bytes == 0 && message.descriptors.is_empty() {
        return Ok(None);
    }
    bytes.truncate(received.bytes);
    message.bytes = bytes;
    Ok(Some(message))
}

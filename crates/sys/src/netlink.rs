//! Blocking netlink sockets: the transport of rtnetlink and nfnetlink.
//!
//! [`Socket::exchange`] sends any number of requests with one system call and reads the replies. The kernel handles
//! a request before `send` returns, and always reports a refusal; so only the last request of a batch needs an
//! acknowledgement, and a batch costs one send and usually one receive.
//!
//! What the requests say is the caller's business: this file knows `struct nlmsghdr` and the error message, nothing more.
//! Source: netlink(7), Documentation/userspace-api/netlink/intro.rst.

mod frame;

pub use frame::{HEADER, Reply, flags};

use crate::namespace;
use frame::{Ending, Outcome};
use rustix::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use rustix::fs::{CWD, Mode, OFlags};
use rustix::io::Errno;
use rustix::net::netlink::{NETFILTER, SocketAddrNetlink};
use rustix::net::sockopt::{Timeout, set_socket_timeout};
use rustix::net::{AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType};
use rustix::thread::LinkNameSpaceType;
use std::fmt;
use std::time::Duration;

/// How long a receive waits for the kernel. Replies are there when `send` returns; a wait this long means that the kernel is stuck.
const PATIENCE: Duration = Duration::from_secs(10);

/// The kernel's largest part of a dump (`NLMSG_GOODSIZE` and `netlink_dump`: 32 KiB).
const RECEIVE_BUFFER: usize = 32 * 1024;

/// A dump that the kernel's tables changed under is asked for again this often.
const DUMP_ATTEMPTS: u32 = 5;

/// A family of netlink messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// Links, addresses, routes: rtnetlink(7).
    Route,
    /// nf_tables and its relatives: `linux/netfilter/nfnetlink.h`.
    Netfilter,
}

/// Why an exchange did not succeed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    /// Position of the refused request in the batch, or `None` if the transport itself failed.
    pub request: Option<usize>,
    /// The reason.
    pub errno: Errno,
    /// The kernel's own words (extended acknowledgement, Linux 4.12), if it gave any.
    pub explanation: Option<String>,
}

impl From<Errno> for Error {
    fn from(errno: Errno) -> Self {
        Self { request: None, errno, explanation: None }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let reason = std::io::Error::from(self.errno);
        match &self.explanation {
            Some(explanation) => write!(f, "{reason}: {explanation}"),
            None => write!(f, "{reason}"),
        }
    }
}

impl std::error::Error for Error {}

impl From<Error> for std::io::Error {
    fn from(error: Error) -> Self {
        if error.explanation.is_none() {
            return error.errno.into();
        }
        Self::new(Self::from(error.errno).kind(), error)
    }
}

/// Why work in another network namespace could not be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detour {
    /// The namespace could not be entered; the thread is where it was.
    Refused(Errno),
    /// The thread is in the other namespace and cannot return. **End the thread**: whatever it does next would happen in the wrong network.
    ThreadLost(Errno),
}

impl fmt::Display for Detour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(errno) => {
                write!(f, "cannot enter the network namespace: {}", std::io::Error::from(*errno))
            }
            Self::ThreadLost(errno) => {
                let reason = std::io::Error::from(*errno);
                write!(f, "cannot return from the network namespace, this thread is lost: {reason}")
            }
        }
    }
}

impl std::error::Error for Detour {}

/// The network namespace of the calling thread, as a descriptor.
///
/// # Errors
/// What open(2) reports for `/proc/thread-self/ns/net`.
pub fn current_namespace() -> rustix::io::Result<OwnedFd> {
    rustix::fs::openat(CWD, "/proc/thread-self/ns/net", OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())
}

/// Does `work` with the calling thread in the network namespace `netns`, and comes back, also when `work` panics.
///
/// Descriptors that `work` opens (sockets, files below `/proc/sys/net`) stay bound to that namespace. Needs
/// `CAP_SYS_ADMIN` over both namespaces. A panic in `work` from which the thread cannot return ends the process.
///
/// # Errors
/// [`Detour::Refused`] if `work` was not done, [`Detour::ThreadLost`] if it was but the thread could not return.
pub fn within<T>(netns: BorrowedFd<'_>, work: impl FnOnce() -> T) -> Result<T, Detour> {
    let home = current_namespace().map_err(Detour::Refused)?;
    enter(netns).map_err(Detour::Refused)?;
    let mut journey = Journey { home, ended: false };
    let result = work();
    journey.ended = true;
    enter(journey.home.as_fd()).map_err(Detour::ThreadLost)?;
    Ok(result)
}

fn enter(netns: BorrowedFd<'_>) -> rustix::io::Result<()> {
    namespace::join(netns, Some(LinkNameSpaceType::Network))
}

/// Brings the thread home when the work in between unwinds.
struct Journey {
    home: OwnedFd,
    ended: bool,
}

impl Drop for Journey {
    fn drop(&mut self) {
        if !self.ended && enter(self.home.as_fd()).is_err() {
            std::process::abort();
        }
    }
}

/// A netlink socket that talks to the kernel only.
#[derive(Debug)]
pub struct Socket {
    descriptor: OwnedFd,
    sequence: u32,
    buffer: Vec<u8>,
}

impl Socket {
    /// Opens a socket in the calling thread's network namespace. For that of a container: [`within`].
    ///
    /// # Errors
    /// What socket(2), setsockopt(2) and connect(2) report; `EPROTONOSUPPORT` if the kernel lacks the protocol.
    pub fn open(protocol: Protocol) -> rustix::io::Result<Self> {
        let number = match protocol {
            Protocol::Route => None,
            Protocol::Netfilter => Some(NETFILTER),
        };
        let kind = SocketType::RAW;
        let descriptor =
            rustix::net::socket_with(AddressFamily::NETLINK, kind, SocketFlags::CLOEXEC, number)?;
        set_socket_timeout(&descriptor, Timeout::Recv, Some(PATIENCE))?;
        enable(&descriptor, libc::NETLINK_EXT_ACK)?;
        enable(&descriptor, libc::NETLINK_CAP_ACK)?;
        // Connected to the kernel, the socket takes messages from nobody else.
        rustix::net::connect(&descriptor, &SocketAddrNetlink::new(0, 0))?;
        Ok(Self { descriptor, sequence: 0, buffer: vec![0; RECEIVE_BUFFER] })
    }

    /// Sends `requests` (whole messages back to back, each with its `nlmsghdr`) and gives each reply that is no acknowledgement to `replies`.
    ///
    /// The sequence numbers are filled in here. What is waited for is the acknowledgement of the last request that wants one
    /// ([`flags::ACK`]); if none does, the end of the last request's dump ([`flags::DUMP`]) or its one reply. All requests are handed to the kernel even
    /// if one of them is refused (rtnetlink goes on with the next; nfnetlink applies a batch wholly or not at all); the
    /// first refusal is returned. A dump during which the kernel's tables changed is repeated: `replies` then sees entries twice.
    ///
    /// # Errors
    /// The first refusal, `EINVAL` for malformed `requests`, `EAGAIN` if the kernel does not answer, `EINTR` if a dump
    /// never was consistent.
    pub fn exchange(&mut self, requests: &mut [u8], mut replies: impl FnMut(Reply<'_>)) -> Result<(), Error> {
        for _ in 0..DUMP_ATTEMPTS {
            let first = self.sequence.wrapping_add(1);
            let plan = frame::number(requests, first).ok_or(Errno::INVAL)?;
            self.sequence = plan.last;
            self.send(requests)?;
            if !self.receive(first, &plan, &mut replies)? {
                return Ok(());
            }
        }
        Err(Errno::INTR.into())
    }

    fn send(&self, requests: &[u8]) -> rustix::io::Result<()> {
        let sent =
            rustix::io::retry_on_intr(|| rustix::net::send(&self.descriptor, requests, SendFlags::empty()))?;
        if sent == requests.len() { Ok(()) } else { Err(Errno::MSGSIZE) }
    }

    /// Reads until the last request is answered. True if a dump was interrupted.
    fn receive(
        &mut self,
        first: u32,
        plan: &frame::Plan,
        replies: &mut impl FnMut(Reply<'_>),
    ) -> Result<bool, Error> {
        let mut outcome = Outcome::default();
        while !outcome.finished {
            let length = match self.receive_packet(outcome.refusal.is_some()) {
                Ok(length) => length,
                Err(Errno::AGAIN) if outcome.refusal.is_some() => break,
                Err(errno) => return Err(errno.into()),
            };
            frame::read(&self.buffer[..length], first, plan, &mut outcome, replies);
        }
        match outcome.refusal {
            Some(refusal) => Err(refusal),
            None => Ok(outcome.interrupted && plan.ending == Ending::Dump),
        }
    }

    /// Reads one datagram. After a refusal nothing more may come, so what is not there yet is not waited for.
    fn receive_packet(&mut self, refused: bool) -> rustix::io::Result<usize> {
        let wait = if refused { RecvFlags::DONTWAIT } else { RecvFlags::empty() };
        let descriptor = &self.descriptor;
        let buffer = &mut self.buffer;
        let (_, length) = rustix::io::retry_on_intr(|| {
            rustix::net::recv(descriptor, buffer.as_mut_slice(), wait | RecvFlags::TRUNC)
        })?;
        if length > self.buffer.len() { Err(Errno::MSGSIZE) } else { Ok(length) }
    }
}

/// Sets a boolean option of level `SOL_NETLINK`.
fn enable(socket: &OwnedFd, option: libc::c_int) -> rustix::io::Result<()> {
    let on: libc::c_int = 1;
    // SAFETY: the value is an int that lives through the call, and its size is given.
    let result = unsafe {
        libc::setsockopt(
            socket.as_raw_fd(),
            libc::SOL_NETLINK,
            option,
            std::ptr::from_ref(&on).cast(),
            size_of::<libc::c_int>() as libc::socklen_t,
        )
    };
    if result == 0 { Ok(()) } else { Err(crate::clone::last_error()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `RTM_GETLINK` for an index.
    fn ask_for_link(index: u32, flags: u16) -> Vec<u8> {
        let mut request = vec![32, 0, 0, 0, 18, 0];
        request.extend((flags | flags::REQUEST).to_ne_bytes());
        request.resize(HEADER, 0);
        request.extend([0; 4]);
        request.extend(index.to_ne_bytes());
        request.resize(32, 0);
        request
    }

    #[test]
    fn the_kernel_answers_every_request_of_a_batch() {
        let mut socket = Socket::open(Protocol::Route).unwrap();
        for _ in 0..2 {
            let mut answered = Vec::new();
            let mut batch = [ask_for_link(1, 0), ask_for_link(1, 0)].concat();
            socket.exchange(&mut batch, |reply| answered.push((reply.request, reply.kind))).unwrap();
            assert_eq!(answered, [(0, 16), (1, 16)]);
        }
    }

    #[test]
    fn a_dump_ends() {
        let mut links = 0;
        let mut socket = Socket::open(Protocol::Route).unwrap();
        socket.exchange(&mut ask_for_link(0, flags::DUMP), |_| links += 1).unwrap();
        assert!(links >= 1, "at least loopback");
    }

    #[test]
    fn a_refusal_names_the_request() {
        let mut socket = Socket::open(Protocol::Route).unwrap();
        let mut batch = [ask_for_link(1, 0), ask_for_link(0x7fff_fff0, 0), ask_for_link(1, 0)].concat();
        let refusal = socket.exchange(&mut batch, |_| ()).unwrap_err();
        assert_eq!((refusal.request, refusal.errno), (Some(1), Errno::NODEV));
        let mut whole = 0;
        socket.exchange(&mut ask_for_link(1, 0), |_| whole += 1).unwrap();
        assert_eq!(whole, 1, "nothing of the refused batch is left in the socket");
    }

    #[test]
    fn what_is_no_message_is_not_sent() {
        let mut socket = Socket::open(Protocol::Route).unwrap();
        let refusal = socket.exchange(&mut [1, 2, 3], |_| ()).unwrap_err();
        assert_eq!((refusal.request, refusal.errno), (None, Errno::INVAL));
    }

    #[test]
    fn a_detour_into_no_namespace_is_refused() {
        let null = std::fs::File::open("/dev/null").unwrap();
        assert_eq!(within(null.as_fd(), || ()).unwrap_err(), Detour::Refused(Errno::INVAL));
    }
}

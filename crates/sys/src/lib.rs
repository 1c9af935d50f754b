//! Safe wrappers of the Linux system calls that the engine needs.
//!
//! Floor 0. The only crate that may contain `unsafe` and the only one that names `rustix` or `libc`.
//! **Not here:** policy. A function here is one system call, or the few that only make sense together.
//!
//! No raw file descriptor and no `c_int` crosses this interface: descriptors are [`fd::OwnedFd`] and
//! [`fd::BorrowedFd`], errors are [`Errno`]. What `rustix` wraps well is passed on as it is ([`fs`], [`process`],
//! [`net`] …); what it lacks is written here, one file a group of calls.
//!
//! Start reading at [`mount`] and [`overlay`], then [`clone`] and [`rooted`].

// `deny` in the workspace, lifted here only: this crate is the fence around unsafe code.
#![allow(unsafe_code)]

pub mod bpf;
pub mod clone;
pub mod descent;
pub mod entry;
pub mod identity;
pub mod keyring;
pub mod lock;
pub mod mount;
pub mod namespace;
pub mod netlink;
pub mod overlay;
pub mod personality;
pub mod rooted;
pub mod scheduling;
pub mod seccomp;
pub mod signal;
pub mod socket;

/// Buffers for calls that fill memory.
pub use rustix::buffer;
/// Waiting for descriptors.
pub use rustix::event;
/// File descriptors as values.
pub use rustix::fd;
/// Files and directories through descriptors.
pub use rustix::fs;
/// Reading and writing descriptors.
pub use rustix::io;
pub use rustix::io::Errno;
/// Sockets.
pub use rustix::net;
/// Pipes and splicing.
pub use rustix::pipe;
/// Processes: identity, waiting, limits.
pub use rustix::process;
/// Pseudo-terminals.
pub use rustix::pty;
/// Random bytes.
pub use rustix::rand;
/// Standard streams.
pub use rustix::stdio;
/// Host name, kernel version.
pub use rustix::system;
/// Terminals.
pub use rustix::termios;
/// Threads: credentials, capabilities, namespaces.
pub use rustix::thread;
/// Clocks.
pub use rustix::time;

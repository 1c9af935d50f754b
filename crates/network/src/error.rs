//! What can go wrong.

use crate::subnet::Subnet;
use std::path::{Path, PathBuf};

/// A result of this crate.
pub type Result<T> = std::result::Result<T, Error>;

/// An error of this crate.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file of the state directory or of `/proc/sys/net`.
    #[error("{doing} {}: {source}", path.display())]
    Io {
        /// What was tried: a verb and its object.
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// The reason.
        source: std::io::Error,
    },
    /// The kernel refused a change of its network configuration, or could not be asked.
    #[error("{doing}: {source}")]
    Kernel {
        /// What was tried: a verb and its object, with the name of the interface or table.
        doing: String,
        /// The reason, with the kernel's own words.
        source: sys::netlink::Error,
    },
    /// The namespace of a container could not be used. If the source is [`sys::netlink::Detour::ThreadLost`], end the thread.
    #[error("{doing}: {source}")]
    Namespace {
        /// What was tried.
        doing: &'static str,
        /// The reason.
        source: sys::netlink::Detour,
    },
    /// The bridge vanished between [`crate::bridge::ensure`] and its use, by an administrator's hand: ensure it again.
    #[error("bridge {bridge} is gone; start the container again")]
    BridgeGone {
        /// Its name.
        bridge: String,
    },
    /// There is no such device on the host.
    #[error("network device {name} does not exist; 'ip link' lists those that do")]
    NoDevice {
        /// Its name.
        name: String,
    },
    /// An interface of the bridge's name exists and is something else.
    #[error("interface {name} exists and is no bridge; remove it with 'ip link del {name}'")]
    NotABridge {
        /// The name.
        name: String,
    },
    /// All subnets of the pool overlap addresses or routes of this machine.
    #[error(
        "no free subnet for bridge {bridge}: all of 172.18.0.0/16 to 172.31.0.0/16, 10.88.0.0/16 to 10.127.0.0/16 and 192.168.0.0/24 to 192.168.255.0/24 overlap routes of this machine ('ip route show table all')"
    )]
    NoFreeSubnet {
        /// The bridge's name.
        bridge: String,
    },
    /// Every address of the subnet is reserved.
    #[error("no free address in {subnet}; remove stopped containers with 'tare system prune'")]
    Exhausted {
        /// The subnet.
        subnet: Subnet,
    },
    /// An owner, a name or an address that cannot be one.
    #[error("{what} {value:?} is not valid: {reason}")]
    Invalid {
        /// What it should be.
        what: &'static str,
        /// What was given.
        value: String,
        /// Why it cannot be.
        reason: &'static str,
    },
}

/// Turns an error of the file system into [`Error::Io`].
pub(crate) fn io<E: Into<std::io::Error>>(doing: &'static str, path: &Path) -> impl FnOnce(E) -> Error {
    let path = path.to_owned();
    move |source| Error::Io { doing, path, source: source.into() }
}

/// Turns a refusal of the kernel into [`Error::Kernel`].
pub(crate) fn kernel<E: Into<sys::netlink::Error>>(doing: impl Into<String>) -> impl FnOnce(E) -> Error {
    move |source| Error::Kernel { doing: doing.into(), source: source.into() }
}

//! What a container is made from.

use oci::runtime::Spec;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::PathBuf;

/// A container to be made: the OCI specification and what it cannot say.
#[derive(Debug)]
pub struct Bundle {
    /// The specification. Its `root.path` and `linux.seccomp` are not looked at: see [`Bundle::root`] and [`Bundle::seccomp`].
    pub spec: Spec,
    /// The root file system as a detached mount. It is attached inside the container only, so nothing of it appears on the host.
    pub root: OwnedFd,
    /// An existing directory where the init, in its own mount namespace, attaches the root before it pivots into it.
    pub place: PathBuf,
    /// The compiled seccomp filter, `sock_filter` records in native byte order.
    pub seccomp: Option<Vec<u8>>,
}

/// What the first process reads from and writes to.
#[derive(Debug)]
pub enum Streams {
    /// Standard input, output and error.
    Descriptors([OwnedFd; 3]),
    /// A new pseudo-terminal of the container for all three. Its other end comes back from the creation.
    Terminal,
}

impl Streams {
    /// The descriptors, if there is no terminal.
    pub(crate) fn descriptors(&self) -> Option<[BorrowedFd<'_>; 3]> {
        match self {
            Self::Descriptors([input, output, error]) => Some([input.as_fd(), output.as_fd(), error.as_fd()]),
            Self::Terminal => None,
        }
    }
}

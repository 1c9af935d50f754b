//! What a container is made from.

use crate::filter::Filter;
use crate::hooks::Subject;
use oci::runtime::Spec;
use std::collections::HashMap;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::PathBuf;

/// A container to be made: the OCI specification and what it cannot say.
#[derive(Debug)]
pub struct Bundle {
    /// The specification. Its `root.path` and `linux.seccomp` are not looked at: see [`Bundle::root`] and [`Bundle::filter`].
    pub spec: Spec,
    /// The root file system as a detached mount. It is attached inside the container only, so nothing of it appears on the host.
    pub root: OwnedFd,
    /// An existing directory where the init, in its own mount namespace, attaches the root before it pivots into it.
    pub place: PathBuf,
    /// The compiled seccomp filter.
    pub filter: Option<Filter>,
    /// A second filter, which forbids nothing and tells a listener of calls: what the container does is watched.
    pub tracer: Option<Filter>,
    /// How long it waits, and for whom.
    pub life: Life,
    /// Inherited descriptors from 3 on that the program gets (`LISTEN_FDS`).
    pub preserved: u32,
    /// Moves the root over `/` instead of pivoting: for hosts whose root is an initramfs.
    pub no_pivot: bool,
    /// Name of a new session keyring.
    pub keyring: Option<String>,
    /// Detached trees by destination: bind mounts there take them in the place of their source, which may lie in another mount namespace.
    pub trees: HashMap<PathBuf, OwnedFd>,
    /// Copies what a directory holds into another: what `tmpcopyup` needs.
    pub copy_tree: Option<CopyTree>,
    /// The container as its hooks are told of it; without it no hook runs.
    pub subject: Option<Subject>,
}

/// Copies the content of a directory, with owners, modes and links, into another.
pub type CopyTree = fn(BorrowedFd<'_>, BorrowedFd<'_>) -> std::io::Result<()>;

/// Whose end is the container's, and who starts its program.
#[derive(Debug)]
pub enum Life {
    /// The caller's: he gives the start order, and when he ends the kernel kills the init.
    Tied,
    /// Its own. The caller gives the start order.
    Free,
    /// Its own. Whoever connects to this listening socket gives the start order.
    Gated(OwnedFd),
}

/// What the first process reads from and writes to.
#[derive(Debug)]
pub enum Streams {
    /// Standard input, output and error.
    Descriptors([OwnedFd; 3]),
    /// A new pseudo-terminal of the container for all three. Its other end comes back from the creation.
    Terminal,
    /// The same for a caller whose own terminal returns the carriage.
    PlainTerminal,
    /// The caller's own, as they are.
    Inherited,
}

impl Streams {
    /// The descriptors, if there is no terminal and they are not the caller's.
    pub(crate) fn descriptors(&self) -> Option<[BorrowedFd<'_>; 3]> {
        match self {
            Self::Descriptors([input, output, error]) => Some([input.as_fd(), output.as_fd(), error.as_fd()]),
            Self::Terminal | Self::PlainTerminal | Self::Inherited => None,
        }
    }

    /// Whether there is a terminal.
    pub(crate) fn has_terminal(&self) -> bool {
        matches!(self, Self::Terminal | Self::PlainTerminal)
    }
}

//! Containers of the OCI runtime command line: what `create`, `start`, `state`, `kill`, `delete` and their relatives do
//! (runtime specification, runtime.md "Lifecycle"; the commands are runc's).
//!
//! Floor 2, beside `engine`: both make bundles for `runtime`, and neither knows the other. **Not here:** images, names, volumes, logs; printing and flags.
//!
//! # On disk
//! ```text
//! <root>/<id>/        made first: it claims the id
//!   config.json       the configuration, as it was at the creation
//!   state.json        the init's identity, cgroup paths …; written last, replaced whole
//!   gate              socket on which the init waits for the start; gone once it was started
//!   notify/           the container's end of NOTIFY_SOCKET
//! <root>/.seccomp/    compiled filters, by digest of their profile
//! ```
//! What the kernel can tell is asked: a container is *created* while its init lives and the gate is there, *running* without the gate, *stopped* when the
//! init has ended.
//!
//! Start reading at [`create`], then [`container`].

#![forbid(unsafe_code)]

mod check;
pub mod container;
pub mod create;
pub mod default;
pub mod delete;
mod environment;
mod error;
pub mod events;
pub mod exec;
pub mod features;
mod filter;
mod group;
pub mod kill;
pub mod list;
mod notify;
pub mod pause;
pub mod processes;
mod recipients;
mod resources;
pub mod start;
pub mod stats;
pub mod update;

pub use container::{Container, State, Status};
pub use error::{Error, Result};
pub use recipients::Recipients;
pub use runtime::wait::reap;

use std::path::PathBuf;
use std::rc::Rc;

/// The directory of all containers, and how this machine's control groups are managed.
#[derive(Clone)]
pub struct Lifecycle {
    /// The state directory (`--root`).
    pub root: PathBuf,
    /// Who makes control groups.
    pub groups: Groups,
    /// Hears what is not as it was asked for, and no error.
    pub warn: Rc<dyn Fn(&str)>,
}

/// Who makes the control groups of containers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Groups {
    /// The runtime, by making directories.
    #[default]
    Files,
    /// The service manager, as transient units.
    Systemd,
    /// Nobody: containers stay in the caller's.
    None,
}

impl std::fmt::Debug for Lifecycle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Lifecycle").field("root", &self.root).finish_non_exhaustive()
    }
}

impl Lifecycle {
    fn directory(&self, id: &str) -> PathBuf {
        self.root.join(id)
    }
}

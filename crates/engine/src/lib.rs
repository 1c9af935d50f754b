//! This machine's containers and volumes; one file per operation.
//!
//! Floor 3. Meets what the floors below keep apart: `images` and `store` (content), `runtime` (processes), `network`. **Not here:** printing, flags, `$HOME`, the
//! environment: an engine is opened with a [`Layout`], and everything else comes as values.
//!
//! # On disk (beside what `store` has)
//! ```text
//! data root                                         exec root
//!   containers/<id>/config.json  record, replaced whole   containers/<id>/supervisor  pid and start time
//!   containers/<id>/state.json   what the kernel forgets  containers/<id>/init        pid and start time
//!   containers/<id>/{log,hosts,hostname,resolv.conf}      containers/<id>/control     socket
//!   containers/<id>/rw/{upper,work}                       networks/bridge/            addresses
//!   names/<name>                 id of a container        locks/container-<id>
//!   volumes/<name>/{volume.json,data/}                    seccomp/<digest>            compiled filters
//! ```
//! # Locks
//! In the order container, network, store (docs/adr/0005). A container's lock is held while it is started, renamed or removed.
//!
//! Start reading at [`containers`], then [`supervise`].

#![forbid(unsafe_code)]

pub mod containers;
pub mod debug;
mod document;
pub mod entry;
mod error;
mod exec_failure;
mod launch;
mod layout;
pub mod record;
mod spec;
pub mod step;
pub mod supervise;
pub mod system;
mod volume;
pub mod volumes;

/// Names of containers.
pub use ::names;
pub use error::{Error, Kind, Result};
/// Images: on the store, without containers.
pub use images;
pub use layout::{DATA_ROOT, EXEC_ROOT, Layout};
/// What crosses a container's control socket.
pub use runtime::control::{Connection, Event, Request, Which};
/// The store below: layers, blobs, the build cache.
pub use store;

use std::path::PathBuf;
use store::Store;

/// An open engine.
#[derive(Debug, Clone)]
pub struct Engine {
    layout: Layout,
    store: Store,
}

impl Engine {
    /// Opens the engine of a layout, making its directories if they are not there.
    ///
    /// # Errors
    /// [`Error::Store`] if the store is of another version or cannot be made.
    pub fn open(layout: Layout) -> Result<Self> {
        let store = Store::open(&layout.data_root, &layout.exec_root)?;
        Ok(Self { layout, store })
    }

    /// The layout that it was opened with.
    #[must_use]
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// Its store.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.store
    }

    fn data(&self, below: &str) -> PathBuf {
        self.layout.data_root.join(below)
    }

    fn run(&self, below: &str) -> PathBuf {
        self.layout.exec_root.join(below)
    }
}

//! The thread that drives connections. Tokio's own runtimes panic when they cannot have their threads; here that is an error like any other.

use std::future::Future;
use std::io;
use std::thread;
use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;

/// A thread that drives connections until this goes.
#[derive(Debug)]
pub(crate) struct Driver {
    handle: Handle,
    /// Closed by going, it ends the thread.
    _life: oneshot::Sender<()>,
}

impl Driver {
    pub(crate) fn start() -> io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let handle = runtime.handle().clone();
        let (life, death) = oneshot::channel();
        thread::Builder::new().name("registry".into()).spawn(move || {
            // nothing is ever sent
            let _ = runtime.block_on(death);
        })?;
        Ok(Self { handle, _life: life })
    }

    /// Runs something in the calling thread.
    pub(crate) fn run<T>(&self, work: impl Future<Output = T>) -> T {
        self.handle.block_on(work)
    }
}

//! The listener: reads each notified call, and lets it go on.

use crate::calls::{Form, Place, Use, by_number};
use crate::process::Processes;
use seccomp::Arch;
use std::collections::{HashMap, HashSet};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use sys::Errno;
use sys::event::{PollFd, PollFlags, poll};
use sys::seccomp::Notification;

/// The most different uses that are kept: a program that makes up names is not to fill the memory.
const SEEN_LIMIT: usize = 1 << 20;

/// The most bytes of their paths.
const BYTES_LIMIT: usize = 64 << 20;

/// A use of a path.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Seen {
    /// Absolute, from the container's root; with `.`, `..` and links as they were written.
    pub path: Vec<u8>,
    /// What for.
    pub what: Use,
}

/// Writes down what it is notified of.
#[derive(Debug, Default)]
pub struct Tracer {
    calls: HashMap<u32, HashMap<u32, Vec<Place>>>,
    processes: Processes,
    seen: HashSet<Seen>,
    /// In the order in which they were seen first.
    order: Vec<Seen>,
    /// How long their paths are together.
    bytes: usize,
    count: u64,
    /// How many there are, for other threads.
    progress: Arc<AtomicU64>,
}

impl Tracer {
    /// One that knows the calls of this machine.
    pub fn new() -> Self {
        let mut calls: HashMap<u32, HashMap<u32, Vec<Place>>> = HashMap::new();
        for arch in Arch::native().into_iter().flat_map(Arch::family) {
            // the two interfaces of a 64-bit x86 kernel share a label and differ in a bit of the number
            calls.entry(arch.audit()).or_default().extend(by_number(*arch));
        }
        Self { calls, ..Self::default() }
    }

    /// Takes listeners from `source`, a socket on which they come one in a message, and answers their calls until the other end of the socket is closed and all processes have ended,
    /// or `stop` becomes readable.
    ///
    /// Processes whose calls nobody answers any more get `ENOSYS` from them: end them before this is stopped.
    ///
    /// # Errors
    /// What poll(2) reports.
    pub fn run(&mut self, source: BorrowedFd<'_>, stop: BorrowedFd<'_>) -> Result<(), Errno> {
        let mut listeners: Vec<OwnedFd> = Vec::new();
        let mut is_open = true;
        while is_open || !listeners.is_empty() {
            let events = if is_open { PollFlags::IN } else { PollFlags::empty() };
            let mut watched = vec![PollFd::from_borrowed_fd(stop, PollFlags::IN)];
            if is_open {
                watched.push(PollFd::from_borrowed_fd(source, events));
            }
            let first = watched.len();
            watched.extend(listeners.iter().map(|listener| PollFd::new(listener, PollFlags::IN)));
            match poll(&mut watched, None) {
                Err(Errno::INTR) => continue,
                other => other?,
            };
            let ready: Vec<PollFlags> = watched.iter().map(PollFd::revents).collect();
            drop(watched);
            let mut ended = Vec::new();
            for (index, flags) in ready[first..].iter().enumerate() {
                if flags.contains(PollFlags::IN) {
                    self.answer(listeners[index].as_fd());
                } else if !flags.is_empty() {
                    ended.push(index);
                }
            }
            for index in ended.into_iter().rev() {
                listeners.remove(index);
            }
            if is_open && !ready[1].is_empty() {
                match sys::socket::receive(source) {
                    Ok(Some(message)) => {
                        message
                            .descriptors
                            .iter()
                            .for_each(|listener| sys::seccomp::wake_in_step(listener.as_fd()));
                        listeners.extend(message.descriptors);
                    }
                    Ok(None) | Err(_) => is_open = false,
                }
            }
            if !ready[0].is_empty() {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Answers a call that waits.
    fn answer(&mut self, listener: BorrowedFd<'_>) {
        let Ok(call) = sys::seccomp::receive(listener) else { return };
        self.count += 1;
        self.note(&call);
        // one that has died meanwhile needs no answer
        let _ = sys::seccomp::let_continue(listener, call.id);
    }

    fn note(&mut self, call: &Notification) {
        let places =
            self.calls.get(&call.arch).and_then(|calls| calls.get(&call.call)).cloned().unwrap_or_default();
        for place in places {
            let directory = place.directory.map(|index| call.arguments[index]);
            let path = match place.path {
                Some(index) if place.form == Form::Address => {
                    self.processes.socket(call.pid, call.arguments[index])
                }
                Some(index) => self.processes.text(call.pid, call.arguments[index]),
                None => Some(Vec::new()),
            };
            // an empty path is an error, or a descriptor's own file
            let is_meant = |path: &Vec<u8>| !path.is_empty() || place.path.is_none();
            let absolute =
                path.filter(is_meant).and_then(|path| self.processes.absolute(call.pid, directory, &path));
            if let Some(path) = absolute {
                self.keep(Seen { path, what: place.what });
            }
            // other memory, or another root, is to be asked for anew
            if matches!(place.what, Use::Execute | Use::Enter) {
                self.processes.forget(call.pid);
            }
        }
    }

    fn keep(&mut self, seen: Seen) {
        let bytes = self.bytes + seen.path.len();
        if self.order.len() < SEEN_LIMIT && bytes <= BYTES_LIMIT && !self.seen.contains(&seen) {
            self.bytes = bytes;
            self.seen.insert(seen.clone());
            self.order.push(seen);
            self.progress.store(self.order.len() as u64, Ordering::Relaxed);
        }
    }

    /// What was seen, each once, in the order in which it was seen first.
    pub fn seen(&self) -> &[Seen] {
        &self.order
    }

    /// The number of different uses so far, for another thread that wants to know whether anything new happens.
    pub fn progress(&self) -> Arc<AtomicU64> {
        self.progress.clone()
    }

    /// How many calls were notified.
    pub fn count(&self) -> u64 {
        self.count
    }
}

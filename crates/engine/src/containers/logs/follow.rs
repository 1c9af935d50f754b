//! Waiting for more of a log.

use crate::error::{At, Result};
use jiff::Timestamp;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;
use sys::Errno;
use sys::event::{PollFd, PollFlags, Timespec, poll};
use sys::fs::inotify::{self, CreateFlags, WatchFlags};

/// How often somebody looks where nobody can be told: all of the user's inotify instances are in use.
const LOOK: Timespec = Timespec { tv_sec: 0, tv_nsec: 200_000_000 };

/// What a follower waits for.
#[derive(Debug)]
pub(super) struct Waiting<'a> {
    changes: Option<OwnedFd>,
    writer: OwnedFd,
    cancel: Option<BorrowedFd<'a>>,
    until: Option<Timestamp>,
}

impl<'a> Waiting<'a> {
    /// Begins to watch the log's directory; what happens from now on is not missed. `writer` is a pidfd of the process that writes it.
    pub(super) fn begin(
        directory: &Path,
        writer: OwnedFd,
        cancel: Option<BorrowedFd<'a>>,
        until: Option<Timestamp>,
    ) -> Result<Self> {
        let changes = match watch(directory) {
            Ok(changes) => Some(changes),
            Err(Errno::MFILE | Errno::NOSPC | Errno::NOENT) => None,
            Err(errno) => return Err(errno).at("watch", directory),
        };
        Ok(Self { changes, writer, cancel, until })
    }

    /// Waits until there may be more. False if there will be no more after what is there now.
    pub(super) fn wait(&mut self) -> Result<bool> {
        let Some(timeout) = self.timeout() else { return Ok(false) };
        let mut waiting = vec![PollFd::new(&self.writer, PollFlags::IN)];
        waiting.extend(self.cancel.iter().map(|cancel| PollFd::new(cancel, PollFlags::IN)));
        let ends = waiting.len();
        waiting.extend(self.changes.iter().map(|changes| PollFd::new(changes, PollFlags::IN)));
        match poll(&mut waiting, timeout.as_ref()) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(errno) => return Err(errno).at("wait for", "the log"),
        }
        let ended = waiting[..ends].iter().any(|end| !end.revents().is_empty());
        self.forget_changes();
        Ok(!ended)
    }

    /// How long to wait at most, if not for ever; none if the time is over.
    fn timeout(&self) -> Option<Option<Timespec>> {
        let look = self.changes.is_none().then_some(LOOK);
        let Some(until) = self.until else { return Some(look) };
        let left = until.duration_since(Timestamp::now());
        let left = Timespec { tv_sec: left.as_secs(), tv_nsec: i64::from(left.subsec_nanos()) };
        let is_over = left.tv_sec < 0 || left.tv_nsec < 0 || (left.tv_sec == 0 && left.tv_nsec == 0);
        (!is_over).then(|| {
            Some(
                look.filter(|look| (look.tv_sec, look.tv_nsec) < (left.tv_sec, left.tv_nsec)).unwrap_or(left),
            )
        })
    }

    /// Which changes there were does not matter: all that is new is read.
    fn forget_changes(&self) {
        let Some(changes) = &self.changes else { return };
        let mut buffer = [MaybeUninit::uninit(); 4096];
        let mut events = inotify::Reader::new(changes.as_fd(), &mut buffer);
        while events.next().is_ok() {}
    }
}

fn watch(directory: &Path) -> Result<OwnedFd, Errno> {
    let changes = inotify::init(CreateFlags::NONBLOCK | CreateFlags::CLOEXEC)?;
    inotify::add_watch(&changes, directory, WatchFlags::MODIFY | WatchFlags::CREATE | WatchFlags::MOVED_TO)?;
    Ok(changes)
}

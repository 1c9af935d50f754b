//! What happens to a running container, as it happens.

use crate::Lifecycle;
use crate::container::{Container, Status};
use crate::error::{At, Error, Result};
use runtime::cgroup::MemoryEvents;
use std::os::fd::OwnedFd;
use std::time::Instant;
use sys::Errno;
use sys::event::{PollFd, PollFlags, Timespec, poll};

/// What has happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// Its memory limit was reached and nothing could be freed, this often.
    OutOfMemory(u64),
    /// Its first process has ended.
    Ended,
    /// The time is over.
    Deadline,
}

/// A container that is watched.
#[derive(Debug)]
pub struct Watch {
    init: OwnedFd,
    memory: Option<MemoryEvents>,
}

impl Watch {
    /// Watches from now on.
    ///
    /// # Errors
    /// [`Error::NoContainer`], [`Error::State`] if it has stopped, what the kernel reports.
    pub fn begin(lifecycle: &Lifecycle, id: &str) -> Result<Self> {
        let container = Container::find(lifecycle, id)?;
        if container.status == Status::Stopped {
            return Err(Error::State(format!("container with id {id} is not running")));
        }
        let memory = container.cgroup().memory_events()?;
        Ok(Self { init: container.process()?.pidfd, memory })
    }

    /// Waits for the next event, at most until then.
    ///
    /// # Errors
    /// What poll(2) reports.
    pub fn next(&mut self, deadline: Instant) -> Result<Event> {
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let timeout = Timespec::try_from(left).unwrap_or(Timespec { tv_sec: i64::MAX, tv_nsec: 0 });
            let mut fds = vec![PollFd::new(&self.init, PollFlags::IN)];
            fds.extend(self.memory.iter().map(|memory| PollFd::new(memory, PollFlags::IN)));
            match poll(&mut fds, Some(&timeout)) {
                Ok(0) => return Ok(Event::Deadline),
                Ok(_) => {}
                Err(Errno::INTR) => continue,
                Err(errno) => return Err(errno).at("wait for", "the container"),
            }
            let ended = !fds[0].revents().is_empty();
            // what ended the container is told before its end
            match self.memory.as_mut().map_or(0, MemoryEvents::take) {
                0 if ended => return Ok(Event::Ended),
                0 => {}
                times => return Ok(Event::OutOfMemory(times)),
            }
        }
    }
}

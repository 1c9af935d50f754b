//! When a group's memory ends.

use super::{Cgroup, Hierarchies, keyed, write};
use crate::error::{At, Result};
use std::fs;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::path::PathBuf;
use sys::event::{EventfdFlags, eventfd};
use sys::fs::inotify;

/// A descriptor that becomes readable when a group's memory has ended.
#[derive(Debug)]
pub struct MemoryEvents {
    notification: OwnedFd,
    /// `memory.events` and the kills that were counted in it. Version 1 counts in the notification itself.
    counted: Option<(PathBuf, u64)>,
    /// Version 1 notifies of the group's removal, too.
    group: PathBuf,
}

impl Cgroup {
    /// Watches the group's memory: `memory.events` by inotify(7) in the unified hierarchy, an event file descriptor at `memory.oom_control` in version 1
    /// (admin-guide/cgroup-v1/memory.rst "OOM Control"). None if the group's memory is not counted.
    ///
    /// # Errors
    /// What the kernel reports.
    pub fn memory_events(&self) -> Result<Option<MemoryEvents>> {
        let Some(file) = self.file("memory", "memory.oom_control", "memory.events").filter(|f| f.exists())
        else {
            return Ok(None);
        };
        let group = file.parent().unwrap_or(&file).to_path_buf();
        let (notification, counted) = match &self.hierarchies {
            Hierarchies::Unified(_) => {
                let flags = inotify::CreateFlags::CLOEXEC | inotify::CreateFlags::NONBLOCK;
                let notification = inotify::init(flags).at("watch", &file)?;
                inotify::add_watch(&notification, &file, inotify::WatchFlags::MODIFY).at("watch", &file)?;
                let kills = kills(&file);
                (notification, Some((file, kills)))
            }
            Hierarchies::Separate(_) => {
                let notification =
                    eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK).at("watch", &file)?;
                let control = fs::File::open(&file).at("open", &file)?;
                let registration = format!("{} {}", notification.as_raw_fd(), control.as_raw_fd());
                write(&group.join("cgroup.event_control"), &registration)?;
                (notification, None)
            }
        };
        Ok(Some(MemoryEvents { notification, counted, group }))
    }
}

impl MemoryEvents {
    /// How often the memory has ended since the last call; does not wait.
    pub fn take(&mut self) -> u64 {
        let mut bytes = [0; 4096];
        let read = sys::io::read(&self.notification, &mut bytes).unwrap_or(0);
        match &mut self.counted {
            Some((file, counted)) => {
                let now = kills(file);
                now.saturating_sub(std::mem::replace(counted, now))
            }
            None if !self.group.exists() => 0,
            None => bytes[..read].first_chunk().map_or(0, |count| u64::from_ne_bytes(*count)),
        }
    }
}

impl AsFd for MemoryEvents {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.notification.as_fd()
    }
}

fn kills(file: &PathBuf) -> u64 {
    keyed(&fs::read_to_string(file).unwrap_or_default(), "oom_kill")
}

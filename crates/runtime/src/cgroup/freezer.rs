//! Stopping and ending all processes of a group at once.

use super::{Cgroup, Hierarchies, write};
use crate::error::{Error, Result};
use std::fs;
use std::thread::sleep;
use std::time::Duration;

/// How often it is looked whether all processes have stopped, a millisecond each time.
const LOOKS: u32 = 10_000;
/// How often the processes of a group are killed that has no other way to end.
const ROUNDS: u32 = 1000;
const PAUSE: Duration = Duration::from_millis(1);

impl Cgroup {
    /// Stops (or lets continue) every process of the group. All have stopped when this returns.
    ///
    /// # Errors
    /// What the kernel reports; [`Error::Invalid`] if a process does not stop in ten seconds, and all go on then.
    pub fn freeze(&self, frozen: bool) -> Result<()> {
        self.set_frozen(frozen)?;
        if !frozen {
            return Ok(());
        }
        for _ in 0..LOOKS {
            if self.has_stopped() {
                return Ok(());
            }
            sleep(PAUSE);
        }
        self.set_frozen(false)?;
        Err(Error::Invalid("the processes of the cgroup do not stop".into()))
    }

    fn set_frozen(&self, frozen: bool) -> Result<()> {
        let file = self.file("freezer", "freezer.state", "cgroup.freeze");
        let file = file.ok_or_else(|| Error::Invalid("this machine has no freezer cgroup".into()))?;
        let value = match (&self.hierarchies, frozen) {
            (Hierarchies::Unified(_), true) => "1",
            (Hierarchies::Unified(_), false) => "0",
            (Hierarchies::Separate(_), true) => "FROZEN",
            (Hierarchies::Separate(_), false) => "THAWED",
        };
        write(&file, value)
    }

    /// Whether every process has stopped (`freezer.state` of version 1 is `FREEZING` until then).
    fn has_stopped(&self) -> bool {
        let file = self.file("freezer", "freezer.state", "cgroup.events");
        let text = file.and_then(|file| fs::read_to_string(file).ok()).unwrap_or_default();
        text.lines().any(|line| matches!(line.trim(), "FROZEN" | "frozen 1"))
    }

    /// Whether the group is frozen, or will be when all its processes have stopped.
    #[must_use]
    pub fn is_frozen(&self) -> bool {
        self.file("freezer", "freezer.state", "cgroup.freeze")
            .and_then(|file| fs::read_to_string(file).ok())
            .is_some_and(|state| matches!(state.trim(), "1" | "FROZEN" | "FREEZING"))
    }

    /// Kills every process of the group, whatever it does meanwhile.
    pub fn kill(&self) {
        if matches!(self.hierarchies, Hierarchies::Separate(_)) {
            // a process that version 1 has frozen does not die
            let _ = self.set_frozen(false);
        }
        if let Some(directory) = self.unified()
            && write(&directory.join("cgroup.kill"), "1").is_ok()
        {
            return;
        }
        for _ in 0..ROUNDS {
            let pids = self.processes();
            if pids.is_empty() {
                return;
            }
            for pid in pids {
                // it may have ended meanwhile
                let _ = sys::signal::send_to_id(pid, 9);
            }
            sleep(PAUSE);
        }
    }
}

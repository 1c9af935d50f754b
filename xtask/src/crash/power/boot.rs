//! Boots of the machine, as the engine knows them: by the id of the boot.

use crate::program::output;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const ID: &str = "/proc/sys/kernel/random/boot_id";

/// The id of the current boot, which here changes with each power cut. It is the kernel's again when this goes.
#[derive(Debug)]
pub(super) struct Boots {
    file: PathBuf,
    number: u64,
}

impl Boots {
    /// Covers the kernel's id with one of our own, in this mount namespace.
    pub(super) fn begin(place: &Path) -> Result<Self, String> {
        let mut boots = Self { file: place.join("boot-id"), number: 0 };
        boots.next()?;
        output(Command::new("mount").arg("--bind").arg(&boots.file).arg(ID))?;
        Ok(boots)
    }

    /// The machine goes down and comes up again.
    pub(super) fn next(&mut self) -> Result<(), String> {
        self.number += 1;
        let id = format!("7a5e0000-0000-4000-8000-{:012x}\n", self.number);
        fs::write(&self.file, id).map_err(|error| format!("{}: {error}", self.file.display()))
    }
}

impl Drop for Boots {
    fn drop(&mut self) {
        // the namespace ends soon
        let _ = output(Command::new("umount").arg(ID));
    }
}

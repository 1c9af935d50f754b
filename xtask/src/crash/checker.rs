//! After a kill: the store is sound, the next commands work, the operation works again, and a prune leaves nothing.

use super::ground::Ground;
use super::operation::Operation;
use super::{remains, soundness};
use std::fs::{self, File};
use std::time::{Duration, SystemTime};

/// Longer than anything is left alone for being young.
const GRACE: Duration = Duration::from_secs(60);

/// Looks at everything, and cleans up; what is wrong, in words.
pub(super) fn check(ground: &Ground, operation: Option<&Operation>) -> Vec<String> {
    let mut found = soundness::images(ground);
    let mut ids = remains::ids(ground);
    found.extend(["ps -a", "images"].iter().filter_map(|command| ground.tare(command).err()));
    found.extend(soundness::names(ground));
    if let Some(operation) = operation {
        found.extend(again(ground, operation).err());
    }
    found.extend(ground.tare("run --rm --network none bb true").err());
    found.extend(soundness::names(ground));
    ids.extend(remains::ids(ground));
    found.extend(clean(ground).err());
    found.extend(remains::wait_for_none(ground, &ids));
    found
}

fn again(ground: &Ground, operation: &Operation) -> Result<(), String> {
    for command in operation.undo {
        // there may be nothing to undo; a command that hangs is another matter
        if let Err(complaint) = ground.tare(command)
            && complaint.ends_with("hangs")
        {
            return Err(complaint);
        }
    }
    ground.take_new()?;
    let setup = operation.setup.iter().copied();
    setup.chain([operation.command]).try_for_each(|command| ground.tare(command).map(drop))
}

/// Removes everything by the engine's own commands.
pub(super) fn clean(ground: &Ground) -> Result<(), String> {
    let ids = ground.tare("ps -aq --no-trunc")?;
    let ids: Vec<&str> = ids.split_whitespace().collect();
    if !ids.is_empty() {
        ground.tare(&format!("rm -f {}", ids.join(" ")))?;
    }
    age(ground);
    ground.tare("volume prune -a -f")?;
    ground.tare("system prune -a -f --volumes").map(drop)
}

/// A run directory without a supervisor is left alone while it is young: it may be about to get one. Makes these as old as they have to be.
fn age(ground: &Ground) {
    let entries = fs::read_dir(ground.exec_root().join("containers")).into_iter().flatten().flatten();
    for entry in entries.filter(|entry| !entry.path().join("supervisor").exists()) {
        // it may be gone by now
        let _ = File::open(entry.path()).and_then(|file| file.set_modified(SystemTime::now() - GRACE));
    }
}

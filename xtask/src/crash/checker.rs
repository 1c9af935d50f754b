//! After a kill: the store is sound, the next commands work, the operation works again, and a prune leaves nothing.

use super::ground::Ground;
use super::operation::Operation;
use super::{remains, soundness};

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
    ground.tare("volume prune -a -f")?;
    ground.tare("system prune -a -f --volumes").map(drop)
}

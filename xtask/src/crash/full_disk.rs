//! A full disk: what needs space says so and leaves the store sound, what needs none works, and what frees space frees it.

use super::arguments::{Arguments, Extent};
use super::disk::{Disk, Kind};
use super::ground::Ground;
use super::log::Log;
use super::operation::{self, Operation};
use super::read_only::READS;
use super::tally::Tally;
use super::weapon::Weapon;
use super::{checker, soundness, verdict};

/// What this part of a sweep is called.
pub(super) const NAME: &str = "full-disk";

const SIZE: u64 = 24 << 20;

/// What is left of the disk.
#[derive(Debug, Clone, Copy)]
enum Left {
    Bytes(u64),
    Files(usize),
}

/// From nothing up to less than the largest operation needs, so that each runs out of space at several instants.
const STATES: [Left; 9] = [
    Left::Bytes(0),
    Left::Bytes(8 << 10),
    Left::Bytes(40 << 10),
    Left::Bytes(200 << 10),
    Left::Bytes(1 << 20),
    Left::Bytes(3 << 20),
    Left::Files(0),
    Left::Files(4),
    Left::Files(12),
];

/// How a command says it. An overlay that cannot make its work directory any more is read-only.
const WORDS: [&str; 2] = ["No space left on device", "Read-only file system"];

/// What a full disk has on it besides, so that there is something to read and to remove.
const CONTENT: [&str; 3] =
    ["import @/bb.tar bb", "volume create kept", "run --name kept --network none -v kept:/data bb true"];

/// Runs every operation on a disk that is as full as each of the states.
pub(super) fn check(ground: &mut Ground, arguments: &Arguments) -> Result<Tally, String> {
    let image = ground.place().join("disk.img");
    Kind::Ext4.make(&image, SIZE)?;
    let disk = Disk::mount(Kind::Ext4, &image, &ground.place().join("disk"))?;
    let before = ground.data_root().to_path_buf();
    ground.move_to(disk.directory().join("data"));
    let mut tally = Tally::new(NAME, Weapon::Place);
    let result = sweep(ground, &disk, arguments.extent, &mut tally);
    let scrapped = ground.scrap();
    ground.move_to(before);
    result.and(scrapped).and_then(|()| disk.unmount()).map(|()| tally)
}

fn sweep(ground: &Ground, disk: &Disk, extent: Extent, tally: &mut Tally) -> Result<(), String> {
    // in a short sweep each operation meets one of the states, and each state some operation
    let stride = if extent == Extent::Short { STATES.len() } else { 1 };
    for (at, operation) in operation::ALL.iter().filter(|operation| !operation.fresh).enumerate() {
        for left in STATES.iter().skip(at % stride).step_by(stride) {
            let found = strike(ground, disk, operation, *left);
            disk.drain();
            let mut found = found?;
            found.extend(ground.tare("import @/bb.tar bb").err());
            found.extend(checker::check(ground, Some(operation)));
            tally.struck(format!("{left:?} left"));
            if !found.is_empty() {
                tally.violated(&found, &format!("tare {} with {left:?} left", operation.command));
                ground.scrap()?;
            }
        }
    }
    Ok(())
}

fn strike(ground: &Ground, disk: &Disk, operation: &Operation, left: Left) -> Result<Vec<String>, String> {
    CONTENT.iter().try_for_each(|command| ground.tare(command).map(drop))?;
    ground.stock(operation)?;
    match left {
        Left::Bytes(free) => disk.fill(free)?,
        Left::Files(free) => disk.fill_with_files(free)?,
    }
    let mut found = match ground.end_of(operation.command) {
        Err(complaint) => vec![complaint],
        Ok(ended) => {
            // to load what was saved needs room as well
            let proof = if ["save", "copy-out"].contains(&operation.name) { &[] } else { operation.proof };
            let judged = Operation { proof, ..*operation };
            let mut found = verdict::judge(ground, &judged, &ended, &Log::default());
            if !ended.status.success() && !WORDS.iter().any(|words| ended.complaint.contains(words)) {
                found.push(format!("does not say that there is no space: {}", ended.complaint.trim()));
            }
            found
        }
    };
    found.extend(soundness::images(ground));
    // a container that has ended is among what a prune removes
    let kept = READS.iter().filter(|command| operation.name != "prune" || !command.ends_with("kept"));
    found.extend(kept.filter_map(|command| ground.tare(command).err()));
    let before = disk.free()?;
    // everything can be removed, and that makes room
    found.extend(checker::clean(ground).err());
    let after = disk.free()?;
    if matches!(left, Left::Bytes(_)) && after < before + (1 << 20) {
        found.push(format!("{before} bytes were free, and after a prune {after}"));
    }
    Ok(found)
}

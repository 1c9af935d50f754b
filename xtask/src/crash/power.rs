//! Power cuts: what is on the disk when the power goes at any instant of an operation, or after it.
//!
//! An operation runs on a disk that remembers what was written to it and what was flushed ([`recorder`]). For each cut the disk is made
//! anew from what was written up to an instant; of what no flush had followed, all is there, or nothing, or some by chance
//! ([`write_log`]). It is mounted, so that the file system's journal is replayed, and looked at: what was acknowledged is there,
//! what has a name is whole, and all goes on.
//!
//! In every second recording something else on the disk is synced all the time, so that the file system commits the engine's changes
//! at instants that the engine did not choose.

mod boot;
mod recorder;
mod request;
mod write_log;

use super::arguments::Arguments;
use super::disk::{Disk, Kind};
use super::ground::Ground;
use super::operation::{self, Operation};
use super::random::Random;
use super::tally::Tally;
use super::weapon::Weapon;
use super::{checker, soundness, strace, verdict};
use crate::program::output;
use boot::Boots;
use recorder::Recorder;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::sleep;
use std::time::Duration;
use write_log::{Event, Loss};

/// What this part of a sweep is called.
pub(super) const NAME: &str = "power-cut";

const KINDS: [Kind; 2] = [Kind::Ext4, Kind::Xfs];
/// How long the power stays after the operation.
const AFTERWARDS: Duration = Duration::from_millis(20);
/// The most cuts of one recording.
const MOST: usize = 5;

/// A container that removes itself is running when the power goes.
pub(super) const RUNNING: Operation = Operation {
    name: "running",
    roles: &[],
    fresh: false,
    setup: &["run -d --rm --name web bb sleep 60"],
    command: "exec web true",
    proof: &["!exec web true"],
    undo: &["rm -f web"],
};

/// Operations whose result is not in the store.
const ELSEWHERE: [&str; 3] = ["save", "push", "copy-out"];

/// The operations that the arguments want: all, if they name none of them.
fn operations(arguments: &Arguments) -> impl Iterator<Item = &'static Operation> {
    let all = operation::ALL.iter().filter(|operation| !ELSEWHERE.contains(&operation.name));
    all.chain([&RUNNING]).filter(|operation| arguments.wants(NAME) || arguments.wants(operation.name))
}

/// An operation that was recorded. Events are counted from the making of the file system.
struct Recording<'a> {
    operation: &'a Operation,
    kind: Kind,
    events: Vec<Event>,
    /// When the operation began, when it was acknowledged, and when the power had to go at last.
    begun: usize,
    acknowledged: usize,
    ended: usize,
}

/// An instant, and what was lost.
#[derive(Debug, Clone, Copy)]
struct Cut {
    before: usize,
    loss: Loss,
}

/// Cuts the power as often as the arguments say, on each file system in turn.
pub(super) fn check(ground: &mut Ground, arguments: &Arguments) -> Result<Tally, String> {
    for kind in KINDS {
        kind.make(&empty(ground, kind), kind.least())?;
    }
    let mut boots = Boots::begin(ground.place())?;
    let before = ground.data_root().to_path_buf();
    ground.move_to(ground.place().join("disk/data"));
    let mut tally = Tally::new(NAME, Weapon::Power);
    let result = play(ground, arguments, &mut boots, &mut tally);
    let scrapped = ground.power_off();
    ground.move_to(before);
    result.and(scrapped).map(|()| tally)
}

fn play(ground: &Ground, arguments: &Arguments, boots: &mut Boots, tally: &mut Tally) -> Result<(), String> {
    let mut random = Random::new();
    let wanted = arguments.cuts();
    let all = operations(arguments).flat_map(|operation| KINDS.map(|kind| (operation, kind)));
    let all: Vec<(&Operation, Kind)> = all.collect();
    let pairs = all.len();
    // so many that there is a recording of each with and without other writes
    let each = (wanted / (2 * pairs.max(1))).clamp(1, MOST);
    for number in 0..wanted.div_ceil(each) {
        // a few cuts are spread over all operations, and both file systems
        let stride = (pairs * each / wanted.max(1)).max(1) | 1;
        let (operation, kind) = all[number * stride % pairs];
        let manner = Manner { disturbed: number / pairs % 2 == 1, unsynced: arguments.unsynced };
        let recording = record(ground, operation, kind, manner)?;
        for turn in 0..each.min(wanted - number * each) {
            let cut = recording.cut(number + turn, &mut random);
            strike(ground, &recording, cut, boots, &mut random, tally)?;
        }
    }
    Ok(())
}

impl Recording<'_> {
    /// Every third cut comes when the operation has just been acknowledged, and loses all that can be lost.
    fn cut(&self, turn: usize, random: &mut Random) -> Cut {
        let span = (self.ended - self.begun + 1) as u64;
        let before = self.begun + random.below(span) as usize;
        match turn % 3 {
            0 => Cut { before: self.acknowledged, loss: Loss::Everything },
            1 => Cut { before, loss: Loss::Chance },
            _ => Cut { before, loss: [Loss::Nothing, Loss::Everything][random.below(2) as usize] },
        }
    }
}

/// How an operation is recorded.
#[derive(Debug, Clone, Copy)]
struct Manner {
    /// Something else is synced beside it.
    disturbed: bool,
    /// Its own syncs do nothing.
    unsynced: bool,
}

/// Runs an operation on a new disk.
fn record<'a>(
    ground: &Ground,
    operation: &'a Operation,
    kind: Kind,
    manner: Manner,
) -> Result<Recording<'a>, String> {
    let [image, file] = ["recorded.img", "recorded"].map(|name| ground.place().join(name));
    copy(&empty(ground, kind), &image)?;
    let recorder = Recorder::start(&image, &file)?;
    let disk = Disk::mount(kind, &file, &ground.place().join("disk"))?;
    let over = AtomicBool::new(!manner.disturbed);
    let times = std::thread::scope(|scope| {
        scope.spawn(|| disturb(&disk.directory().join("other"), &over));
        let times = run(ground, operation, &recorder, manner);
        over.store(true, Ordering::Relaxed);
        times
    });
    ground.power_off()?;
    disk.unmount()?;
    let events = recorder.stop()?;
    let [begun, acknowledged, ended] = times?;
    Ok(Recording { operation, kind, events, begun, acknowledged, ended })
}

fn run(
    ground: &Ground,
    operation: &Operation,
    recorder: &Recorder,
    manner: Manner,
) -> Result<[usize; 3], String> {
    ground.stock(operation)?;
    let begun = recorder.now();
    if manner.unsynced {
        strace::without_syncs(ground, operation)?;
    } else {
        ground.tare(operation.command)?;
    }
    let acknowledged = recorder.now();
    sleep(AFTERWARDS);
    Ok([begun, acknowledged, recorder.now()])
}

/// Syncs a file again and again.
fn disturb(path: &Path, over: &AtomicBool) {
    let mut random = Random::new();
    while !over.load(Ordering::Relaxed) {
        // nobody needs it
        let _ = File::options()
            .create(true)
            .append(true)
            .open(path)
            .and_then(|mut file| file.write_all(b"0123456789abcdef").and_then(|()| file.sync_all()));
        sleep(Duration::from_micros(random.below(4000)));
    }
}

/// One cut and the look at what it left.
fn strike(
    ground: &Ground,
    recording: &Recording<'_>,
    cut: Cut,
    boots: &mut Boots,
    random: &mut Random,
    tally: &mut Tally,
) -> Result<(), String> {
    let Recording { operation, kind, events, .. } = recording;
    let image = ground.place().join("cut.img");
    copy(&empty(ground, *kind), &image)?;
    write_log::replay(&write_log::survivors(events, cut.before, cut.loss, random), &image)?;
    boots.next()?;
    let is_acknowledged = cut.before >= recording.acknowledged;
    let found = match Disk::mount(*kind, &image, &ground.place().join("disk")) {
        Err(complaint) => vec![complaint],
        Ok(disk) => {
            let found = look(ground, operation, is_acknowledged);
            ground.power_off()?;
            disk.unmount()?;
            found
        }
    };
    let when = if is_acknowledged { "after" } else { "before" };
    let Recording { begun, acknowledged, .. } = recording;
    let point = format!(
        "{}:{}: event {} of {begun}..{acknowledged}, {when} the end, lost {:?}",
        kind.name(),
        operation.name,
        cut.before,
        cut.loss
    );
    if !found.is_empty() {
        // the next cut makes it anew, so the last one can be looked at
        tally.violated(&found, &format!("tare {}; power cut: {point}", operation.command));
    }
    tally.struck(point);
    Ok(())
}

/// What is wrong on a disk that is mounted after the cut.
fn look(ground: &Ground, operation: &Operation, is_acknowledged: bool) -> Vec<String> {
    let mut found = soundness::images(ground);
    // the first command settles what the cut ended
    found.extend(ground.tare("ps -a").err());
    let stocked: &[&str] = if operation.fresh { &[] } else { &["image inspect bb"] };
    let proof = if is_acknowledged { operation.proof } else { &[] };
    let claims = stocked.iter().chain(proof);
    found.extend(claims.filter_map(|claim| verdict::disproof(ground, claim)));
    found.extend(checker::check(ground, Some(operation)));
    found
}

/// The file system without content.
fn empty(ground: &Ground, kind: Kind) -> PathBuf {
    ground.place().join(format!("{}.img", kind.name()))
}

/// Copies an image; what is empty in it takes no room.
fn copy(from: &Path, to: &Path) -> Result<(), String> {
    let _ = fs::remove_file(to);
    output(Command::new("cp").arg("--sparse=always").arg(from).arg(to)).map(drop)
}

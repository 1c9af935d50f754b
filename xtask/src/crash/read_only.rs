//! A disk that nobody can write to any more: what only reads still works, and says the same.

use super::arguments::Arguments;
use super::chance::signal;
use super::checker;
use super::disk::{Disk, Kind};
use super::ground::Ground;
use super::tally::Tally;
use super::weapon::Weapon;

/// What this part of a sweep is called.
pub(super) const NAME: &str = "read-only-disk";

const SIZE: u64 = 64 << 20;

/// What is on the disk: a container that ended, one that was never started, one that lost its supervisor.
const CONTENT: [&str; 6] = [
    "import @/bb.tar bb",
    "import @/small.tar spare",
    "volume create spare",
    "volume create kept",
    "run --name kept --network none -v kept:/data bb sh -c echo${IFS}hello",
    "create --name fresh bb true",
];
const LOST: &str = "run -d --name lost --network none bb sleep 60";

/// Commands that only read.
pub(super) const READS: [&str; 13] = [
    "images",
    "images -aq --no-trunc",
    "image inspect bb",
    "history --no-trunc bb",
    "save bb",
    "ps -a",
    "ps -aq --no-trunc",
    "inspect kept",
    "logs kept",
    "diff kept",
    "volume ls",
    "volume inspect kept",
    "system df",
];

/// Commands that have to write: they fail and say why.
const WRITES: [&str; 12] = [
    "import @/small.tar small",
    "load -i @/app.tar",
    "build -q -t app @/context",
    "tag bb other:1",
    "rmi spare",
    "create --name web bb true",
    "run --rm --network none bb true",
    "start fresh",
    "rename fresh site",
    "rm kept",
    "volume create named",
    "volume rm spare",
];

/// Reads and writes on a disk that became read-only.
pub(super) fn check(ground: &mut Ground, _: &Arguments) -> Result<Tally, String> {
    let image = ground.place().join("disk.img");
    Kind::Ext4.make(&image, SIZE)?;
    let disk = Disk::mount(Kind::Ext4, &image, &ground.place().join("disk"))?;
    let before = ground.data_root().to_path_buf();
    ground.move_to(disk.directory().join("data"));
    let mut tally = Tally::new(NAME, Weapon::Place);
    let result = play(ground, &disk, &mut tally);
    let scrapped = disk.remount("rw").and_then(|()| ground.scrap());
    ground.move_to(before);
    result.and(scrapped).and_then(|()| disk.unmount()).map(|()| tally)
}

fn play(ground: &Ground, disk: &Disk, tally: &mut Tally) -> Result<(), String> {
    CONTENT.iter().try_for_each(|command| ground.tare(command).map(drop))?;
    let written = READS.map(|command| ground.tare(command));
    lose(ground)?;
    disk.remount("ro")?;
    for (command, expected) in READS.iter().zip(written) {
        let mut found = Vec::new();
        match (ground.tare(command), expected) {
            (Err(complaint), _) | (_, Err(complaint)) => found.push(complaint),
            (Ok(now), Ok(before)) if now != before && !is_about_lost(command) => {
                found.push(format!("tare {command} says {now:?}, and before {before:?}"));
            }
            _ => {}
        }
        tell(tally, command, &found);
    }
    for command in WRITES {
        let found = match ground.end_of(command) {
            Err(complaint) => vec![complaint],
            Ok(ended) if ended.status.success() => vec!["succeeded on a disk that is read-only".into()],
            Ok(ended) if says_why(command, &ended.complaint) => Vec::new(),
            Ok(ended) => vec![format!(
                "{}: does not say that the disk is read-only: {}",
                ended.status,
                ended.complaint.trim()
            )],
        };
        tell(tally, command, &found);
    }
    disk.remount("rw")?;
    tell(tally, "ps -a", &checker::check(ground, None));
    Ok(())
}

/// Whether a command that could not write says so. The kernel refuses an overlay on such a disk in other words.
fn says_why(command: &str, complaint: &str) -> bool {
    complaint.contains("Read-only file system")
        || command.starts_with("start") && complaint.contains("mount the root file system")
}

/// Commands that also tell of the container that is lost after the first look.
fn is_about_lost(command: &str) -> bool {
    command.starts_with("ps") || command == "system df"
}

fn tell(tally: &mut Tally, command: &str, found: &[String]) {
    tally.struck(format!("read-only: {command}"));
    if !found.is_empty() {
        tally.violated(found, &format!("mount -o remount,ro DISK; tare {command}"));
    }
}

/// Runs a container and kills its supervisor, so that whoever meets it next would like to record that.
fn lose(ground: &Ground) -> Result<(), String> {
    ground.tare(LOST)?;
    let supervisor = ground.supervisor().ok_or("the container has no supervisor")?;
    signal("KILL", supervisor);
    let deadline = std::time::Instant::now() + super::ground::LIMIT;
    while !ground.processes().is_empty() {
        if std::time::Instant::now() > deadline {
            return Err("a container outlives its supervisor".into());
        }
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
    Ok(())
}

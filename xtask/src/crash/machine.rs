//! A virtual machine that loses its power: QEMU is killed at a random instant while the engine works on the machine's disk.
//!
//! The guest's kernel, and so its cache, is lost whole. Each command that was acknowledged has printed what holds from then on; on this
//! machine the disk is mounted, and that must hold, and all go on. It needs QEMU, and Debian's kernel from the network once.

use super::arguments::{Arguments, Extent};
use super::checker;
use super::disk::{Disk, Kind};
use super::ground::Ground;
use super::random::Random;
use super::tally::Tally;
use super::verdict;
use super::weapon::Weapon;
use crate::vm;
use std::path::Path;
use std::time::Duration;

/// What this part of a sweep is called.
pub(super) const NAME: &str = "qemu-killed";

/// How long the guest works at most. Emulated, a command takes a tenth of a second.
const SPAN: Duration = Duration::from_secs(6);

/// What the guest does again and again: commands, and after each `=>` what holds when it has been acknowledged (`operation.rs`).
const LOOP: [&str; 10] = [
    "import /small.tar small-$n => image inspect small-$n",
    "tag small-$n again-$n",
    "rmi again-$n => !image inspect again-$n",
    "volume create volume-$n => volume inspect volume-$n",
    "create --name made-$n -v volume-$n:/data bb true => inspect --type container made-$n",
    "create --name before-$n bb true",
    "rename before-$n after-$n => inspect --type container after-$n",
    "build -q -t app-$n --label n=$n /context => image inspect app-$n",
    "create --name gone-$n bb true",
    "rm gone-$n => !inspect --type container gone-$n",
];

/// Kills machines: 6 of them, or 60; none in a short sweep, which needs no QEMU.
pub(super) fn check(ground: &mut Ground, arguments: &Arguments) -> Result<Tally, String> {
    let wanted = match arguments.extent {
        Extent::Short => 0,
        _ if arguments.unsynced => 0,
        Extent::Usual => 6,
        Extent::Full => 60,
    };
    let mut random = Random::new();
    let mut tally = Tally::new(NAME, Weapon::Power);
    let before = ground.data_root().to_path_buf();
    ground.move_to(ground.place().join("disk/data"));
    let mut result = Ok(());
    for number in 0..wanted {
        let kind = [Kind::Ext4, Kind::Xfs][number % 2];
        let after = Duration::from_micros(random.below(SPAN.as_micros() as u64));
        result = strike(ground, kind, after, &mut tally);
        if result.is_err() {
            break;
        }
    }
    ground.move_to(before);
    result.map(|()| tally)
}

fn strike(ground: &Ground, kind: Kind, after: Duration, tally: &mut Tally) -> Result<(), String> {
    let image = ground.place().join("machine.img");
    kind.make(&image, kind.least())?;
    let said = work(ground, kind, &image, after)?;
    let claims: Vec<&str> = complete_lines(&said).filter_map(|line| line.strip_prefix("holds ")).collect();
    let mut found: Vec<String> =
        complete_lines(&said).filter(|line| line.starts_with("failed ")).map(str::to_owned).collect();
    let disk = Disk::mount(kind, &image, &ground.place().join("disk"))?;
    found.extend(claims.iter().filter_map(|claim| verdict::disproof(ground, claim)));
    found.extend(ground.tare("import @/bb.tar bb").err());
    found.extend(checker::check(ground, None));
    ground.power_off()?;
    disk.unmount()?;
    let point = format!("{}, {} us after the beginning", kind.name(), after.as_micros());
    if !found.is_empty() {
        tally.violated(&found, &format!("QEMU killed: {point}, {} acknowledged", claims.len()));
    }
    tally.struck(point);
    Ok(())
}

/// Lets a guest work and kills it; what it printed.
fn work(ground: &Ground, kind: Kind, image: &Path, after: Duration) -> Result<String, String> {
    let files = ["small.tar", "bb.tar", "context"];
    let files = files.map(|name| (ground.place().join(name), format!("/{name}")));
    let modules: &[&str] = if kind == Kind::Xfs { &["virtio_pci", "xfs"] } else { &["virtio_pci"] };
    let modules = modules.iter().map(|module| (*module).to_owned()).collect();
    vm::cut_short(&script(kind), files.into(), modules, image, after)
}

fn script(kind: Kind) -> String {
    let tare = "tare --data-root /disk/data";
    let mut script = format!(
        "mkdir /disk && mount -t {} /dev/vda /disk && {tare} import /bb.tar bb >/dev/null || exit\n\
         echo 'holds image inspect bb'\nn=0\nwhile n=$((n + 1)); do\n",
        kind.name()
    );
    for step in LOOP {
        let (command, claim) =
            step.split_once(" => ").map_or((step, None), |(command, claim)| (command, Some(claim)));
        let said = claim.map_or(":".to_owned(), |claim| format!("echo \"holds {claim}\""));
        script.push_str(&format!(
            "if {tare} {command} >/dev/null; then {said}; else echo \"failed {command}\"; fi\n"
        ));
    }
    script + "done\n"
}

/// The lines that were printed to their end.
fn complete_lines(text: &str) -> impl Iterator<Item = &str> {
    text.split_inclusive('\n').filter_map(|line| line.strip_suffix('\n'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_was_cut_off_was_not_said() {
        assert_eq!(complete_lines("holds a\nholds b").collect::<Vec<_>>(), ["holds a"]);
    }

    #[test]
    fn what_holds_is_said_after_the_command() {
        let script = script(Kind::Ext4);
        assert!(script.contains(
            "rmi again-$n >/dev/null; then echo \"holds !image inspect again-$n\"; else echo \"failed rmi again-$n\"; fi"
        ));
    }
}

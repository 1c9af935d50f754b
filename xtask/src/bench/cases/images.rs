//! Moving images: from a registry and to it, into an archive and out of it. Each contender has the image to fetch and nothing of it before
//! each turn, and nothing that others wrote waits for the disk.

use std::path::Path;
use std::process::Command;

use crate::bench::contender::Kind;
use crate::bench::ground::Ground;
use crate::bench::host::program;
use crate::bench::memory::{Whose, peak_during};
use crate::bench::mover::Mover;
use crate::bench::outcome::Line;
use crate::bench::race::{Race, Reset};
use crate::bench::registry::Registry;
use crate::bench::sample::Sample;

use super::{always, race};

/// Ports of registries: one has what is pulled, the other takes what is pushed.
const STOCKED: u16 = 5055;
const EMPTY: u16 = 5056;

const ALL: [Kind; 5] = [Kind::Tare, Kind::Podman, Kind::Skopeo, Kind::Docker, Kind::Containerd];

/// Cold pulls.
pub(super) fn pull(ground: &mut Ground, sample: Sample, rounds: usize) -> Result<Vec<Line>, String> {
    ground.seat(Kind::Tare)?;
    let registry = Registry::open(ground, STOCKED)?;
    sample.publish(ground, &registry)?;
    let image = registry.image(sample.repository());
    let lanes = lanes(ground, &ALL, |mover| mover.pull(&image));
    let reset: Reset = {
        let image = image.clone();
        Box::new(move |ground, kind| {
            forget(ground, kind, &[&image]);
            written_back()
        })
    };
    let lines = turns(rounds, lanes, reset).run(ground).and_then(|lines| {
        forget(ground, Kind::Tare, &[&image]);
        let words = Mover::new(ground, Kind::Tare)?.pull(&image);
        with_peak(ground, lines, &words)
    });
    ALL.iter().for_each(|kind| forget(ground, *kind, &[&image]));
    lines
}

/// Pushes of what was built, into a registry that has nothing.
pub(super) fn push(ground: &mut Ground, rounds: usize) -> Result<Vec<Line>, String> {
    const KINDS: [Kind; 4] = [Kind::Tare, Kind::Podman, Kind::Skopeo, Kind::Docker];
    ground.seat(Kind::Tare)?;
    let sample = Sample::Files;
    let stocked = Registry::open(ground, STOCKED)?;
    sample.publish(ground, &stocked)?;
    let registry = Registry::open(ground, EMPTY)?;
    let (image, there) = (stocked.image(sample.repository()), registry.image(sample.repository()));
    stock(ground, &KINDS, &image)?;
    for kind in KINDS {
        let tag = Mover::new(ground, kind)?.tag(&image, &there);
        // one without the image says so when it is to push it
        let _ = tag.map(|words| ground.seat(kind).and_then(|seat| seat.output(&words)));
    }
    let lanes = lanes(ground, &KINDS, |mover| mover.push(&image, &there));
    let reset: Reset = {
        let there = there.clone();
        Box::new(move |ground, kind| {
            registry.empty()?;
            if kind == Kind::Tare {
                // what was compressed once is kept
                forget(ground, kind, &[&there]);
                sample.build(ground, &there)?;
            }
            written_back()
        })
    };
    forget(ground, Kind::Tare, &[&image]);
    let race = turns(rounds, lanes, reset);
    let lines = race.run(ground).and_then(|lines| {
        race.reset.as_ref().map_or(Ok(()), |reset| reset(ground, Kind::Tare))?;
        let words = Mover::new(ground, Kind::Tare)?.push(&there, &there);
        with_peak(ground, lines, &words)
    });
    KINDS.iter().for_each(|kind| forget(ground, *kind, &[&image, &there]));
    lines
}

/// Archives of what was pulled.
pub(super) fn save(ground: &mut Ground, rounds: usize) -> Result<Vec<Line>, String> {
    const FILE: &str = "/media/data/saved.tar";
    ground.seat(Kind::Tare)?;
    let registry = Registry::open(ground, STOCKED)?;
    Sample::Files.publish(ground, &registry)?;
    let image = registry.image(Sample::Files.repository());
    stock(ground, &ALL, &image)?;
    let lanes = lanes(ground, &ALL, |mover| mover.save(&image, FILE));
    let reset: Reset = Box::new(|_, _| {
        // the first has nothing to remove
        let _ = std::fs::remove_file(FILE);
        written_back()
    });
    let lines = turns(rounds, lanes, reset).run(ground).and_then(|lines| {
        let words = Mover::new(ground, Kind::Tare)?.save(&image, FILE);
        with_peak(ground, lines, &words)
    });
    ALL.iter().for_each(|kind| forget(ground, *kind, &[&image]));
    let _ = std::fs::remove_file(FILE);
    lines
}

/// Archives that come in.
pub(super) fn load(ground: &mut Ground, rounds: usize) -> Result<Vec<Line>, String> {
    ground.seat(Kind::Tare)?;
    let registry = Registry::open(ground, STOCKED)?;
    Sample::Files.publish(ground, &registry)?;
    let image = registry.image(Sample::Files.repository());
    let file = Sample::Files.archive().to_string_lossy().into_owned();
    let lanes = lanes(ground, &ALL, |mover| mover.load(&image, &file));
    let reset: Reset = {
        let image = image.clone();
        Box::new(move |ground, kind| {
            forget(ground, kind, &[&image]);
            written_back()
        })
    };
    let lines = turns(rounds, lanes, reset).run(ground).and_then(|lines| {
        forget(ground, Kind::Tare, &[&image]);
        let words = Mover::new(ground, Kind::Tare)?.load(&image, &file);
        with_peak(ground, lines, &words)
    });
    ALL.iter().for_each(|kind| forget(ground, *kind, &[&image]));
    lines
}

fn turns(rounds: usize, lanes: Vec<(Kind, race::Command)>, reset: Reset) -> Race {
    Race { reset: Some(reset), ..Race::new(rounds, lanes) }
}

/// The lanes of those that are there at all.
fn lanes(
    ground: &Ground,
    kinds: &[Kind],
    words: impl Fn(&Mover) -> Vec<String>,
) -> Vec<(Kind, race::Command)> {
    let movers = kinds.iter().filter_map(|&kind| Some((kind, Mover::new(ground, kind).ok()?)));
    movers.map(|(kind, mover)| always(kind, words(&mover))).collect()
}

/// Has everybody fetch the image. One that cannot will say so when it is to do something with it.
fn stock(ground: &mut Ground, kinds: &[Kind], image: &str) -> Result<(), String> {
    for &kind in kinds {
        let words = Mover::new(ground, kind)?.pull(image);
        let _ = ground.seat(kind).and_then(|seat| seat.output(&words));
    }
    Ok(())
}

/// Has a contender remove images. What is not there cannot be removed, and contenders disagree whether that is an error.
fn forget(ground: &mut Ground, kind: Kind, images: &[&str]) {
    let Ok(mover) = Mover::new(ground, kind) else { return };
    for words in mover.forget(images) {
        let _ = ground.seat(kind).and_then(|seat| seat.output(&words));
    }
}

/// Once more, looking at our memory, which would disturb the others.
fn with_peak(ground: &mut Ground, mut lines: Vec<Line>, words: &[String]) -> Result<Vec<Line>, String> {
    written_back()?;
    let seat = ground.seat(Kind::Tare)?;
    let (result, peak) = peak_during(Whose::Tare, || seat.output(words));
    result?;
    let ours = lines.iter_mut().filter(|line| line.kind == Kind::Tare);
    ours.filter_map(|line| line.figures.as_mut().ok()).for_each(|figures| figures.memory = Some(peak));
    Ok(lines)
}

/// Waits until everything is on the disk.
fn written_back() -> Result<(), String> {
    program(Command::new("sync").current_dir(Path::new("/")))
}

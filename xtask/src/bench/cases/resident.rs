//! Memory that our processes take. Nobody else is measured: the targets are absolute.

use std::path::Path;

use crate::bench::contender::Kind;
use crate::bench::fixture;
use crate::bench::ground::{Ground, IMAGE};
use crate::bench::memory::{self, Whose};
use crate::bench::outcome::{Figures, Line};

/// Running a container that ends at once, the largest of `rounds`.
pub(super) fn run(ground: &mut Ground, rounds: usize) -> Result<Vec<Line>, String> {
    let words = ground.tare(&["run", "--rm", IMAGE, "/bin/true"]);
    let peaks = (0..rounds).map(|_| peak(ground, &words)).collect::<Result<Vec<_>, _>>()?;
    Ok(line(ground, peaks.into_iter().max()))
}

/// Building from a context that is large in number and in size.
pub(super) fn build(ground: &mut Ground) -> Result<Vec<Line>, String> {
    ground.seat(Kind::Tare)?;
    let context = Path::new("/media/data/contexts/large");
    fixture::context(context, "FROM scratch\nCOPY . /files\n")?;
    fixture::add_many_files(context, 0)?;
    fixture::add_large_file(context, 256)?;
    let words = ground.tare(&["build", "--quiet", "--no-cache", &context.to_string_lossy()]);
    let peak = peak(ground, &words)?;
    Ok(line(ground, Some(peak)))
}

/// Taking in a large layer.
pub(super) fn import(ground: &mut Ground) -> Result<Vec<Line>, String> {
    ground.seat(Kind::Tare)?;
    let archive = fixture::debian()?;
    let words = ground.tare(&["import", &archive.to_string_lossy(), "tare-bench/imported:latest"]);
    let peak = peak(ground, &words)?;
    Ok(line(ground, Some(peak)))
}

/// What stays in memory for one running container.
pub(super) fn supervisor(ground: &mut Ground) -> Result<Vec<Line>, String> {
    let run = ground.tare(&["run", "--detach", "--name", "bench-sleeper", IMAGE, "sleep", "600"]);
    let remove = ground.tare(&["rm", "--force", "bench-sleeper"]);
    let seat = ground.seat(Kind::Tare)?;
    seat.output(&run)?;
    let dirty = memory::private_dirty();
    seat.output(&remove)?;
    let dirty = dirty.ok_or("no process of ours is there while a container runs")?;
    Ok(line(ground, Some(dirty)))
}

fn peak(ground: &mut Ground, words: &[String]) -> Result<u64, String> {
    let seat = ground.seat(Kind::Tare)?;
    let (result, peak) = memory::peak_during(Whose::Tare, || {
        let result = seat.output(words);
        seat.settle();
        result
    });
    result.map(|_| peak)
}

fn line(ground: &Ground, memory: Option<u64>) -> Vec<Line> {
    vec![Line {
        label: ground.label(Kind::Tare),
        kind: Kind::Tare,
        figures: Ok(Figures { memory, ..Figures::default() }),
    }]
}

//! Listing when there is much to list.

use std::path::Path;

use super::always;
use crate::bench::contender::Kind;
use crate::bench::fixture;
use crate::bench::ground::{Ground, IMAGE};
use crate::bench::outcome::Line;
use crate::bench::race::{Race, Reset};

/// Creates a thousand containers and lists them; they go away with the store.
pub(super) fn thousand(ground: &mut Ground, rounds: usize) -> Result<Vec<Line>, String> {
    let create = ground.tare(&["create", "--network", "none", IMAGE, "/bin/true"]);
    let list = ground.tare(&["ps", "--all", "--quiet"]);
    let seat = ground.seat(Kind::Tare)?;
    for _ in 0..1000 {
        seat.output(&create)?;
    }
    let listed = seat.output(&list)?.lines().count();
    if listed < 1000 {
        return Err(format!("`ps --all --quiet` lists {listed} of 1,000 containers"));
    }
    Race::new(rounds, vec![always(Kind::Tare, list)]).run(ground)
}

/// All of five thousand containers.
pub(super) fn five_thousand(ground: &mut Ground, rounds: usize) -> Result<Vec<Line>, String> {
    listed(ground, rounds, &["ps", "--all"])
}

/// All of a thousand images.
pub(super) fn images(ground: &mut Ground, rounds: usize) -> Result<Vec<Line>, String> {
    listed(ground, rounds, &["images"])
}

/// One of each, by name.
pub(super) fn inspect(ground: &mut Ground, rounds: usize) -> Result<Vec<Line>, String> {
    crowd(ground)?;
    let words = ground.tare(&["inspect", "bench-crowd-2500", "tare-bench/crowd-500:latest"]);
    Race::new(rounds, vec![always(Kind::Tare, words)]).run(ground)
}

/// A list in full, and of identities alone.
fn listed(ground: &mut Ground, rounds: usize, words: &[&str]) -> Result<Vec<Line>, String> {
    crowd(ground)?;
    let full = always(Kind::Tare, ground.tare(words));
    let quiet = always(Kind::Tare, ground.tare(&[words, &["--quiet"]].concat()));
    // both are ours: what is counted as one's own is what was used in one's turns
    let nothing: Reset = Box::new(|_, _| Ok(()));
    let race = Race { reset: Some(nothing), ..Race::new(rounds, vec![full, quiet]) };
    let mut lines = race.run(ground)?;
    lines[1].label.push_str(", --quiet");
    Ok(lines)
}

/// Makes five thousand containers and a thousand images, unless they are there; they go away with the store. Two work at it side by side.
fn crowd(ground: &mut Ground) -> Result<(), String> {
    const SCRIPT: &str = r#"
        context=$0
        for worker in 0 1; do (
            for number in $(seq $worker 2 999); do
                "$@" build --quiet --label "number=$number" --tag "tare-bench/crowd-$number" "$context" || exit 1
            done
            for number in $(seq $worker 2 4999); do
                "$@" create --network none --name "bench-crowd-$number" tare-bench/busybox /bin/true || exit 1
            done
        ) >/dev/null & all="$all $!"; done
        for one in $all; do wait "$one" || exit 1; done"#;
    let list = ground.tare(&["ps", "--all", "--quiet"]);
    if ground.seat(Kind::Tare)?.output(&list)?.lines().count() >= 5000 {
        return Ok(());
    }
    let context = Path::new("/media/data/contexts/crowd");
    fixture::context(context, &format!("FROM {IMAGE}\nCMD [\"true\"]\n"))?;
    let mut words = ["/bin/sh", "-c", SCRIPT].map(str::to_owned).to_vec();
    words.push(context.to_string_lossy().into_owned());
    words.extend(ground.tare(&[]));
    ground.seat(Kind::Tare)?.output(&words).map(drop)
}

//! `cargo xtask crash`: kills the engine at every instant that matters, and looks whether that left anything.
//!
//! Each operation is run under `strace --inject`, which kills the process that makes the k-th system call of a kind: the
//! command, the supervisor, the init or a build step. Then supervisors are killed at random instants. After each
//! kill [`checker`] says whether the store is sound, the next commands work, and nothing stays after a prune.
//! docs/reliability.md has the results.
//!
//! Start reading at [`sweep`], then [`point`], then [`checker`].

use std::time::Instant;

mod arguments;
mod chance;
mod checker;
mod ground;
mod operation;
mod point;
mod remains;
mod soundness;
pub mod stand_in;
mod strace;
mod tally;

use arguments::{Arguments, Extent};
use ground::Ground;
use operation::Operation;
use point::Point;
use tally::Tally;

/// Sweeps every operation, or the one that the arguments name.
pub fn run(args: &[String]) -> Result<(), String> {
    let arguments = Arguments::parse(args)?;
    let ground = Ground::prepare()?;
    let began = Instant::now();
    let mut tallies = Vec::new();
    for operation in operation::ALL.iter().filter(|operation| arguments.wants(operation.name)) {
        let tally = match &arguments.at {
            Some(at) => repeat(&ground, operation, at)?,
            None => sweep(&ground, operation, arguments.extent)?,
        };
        println!("{tally}");
        tallies.push(tally);
    }
    if arguments.wants(chance::NAME) && arguments.at.is_none() {
        let tally = chance::strike(&ground, arguments.extent)?;
        println!("{tally}");
        tallies.push(tally);
    }
    let (kills, violations) = (tally::kills(&tallies), tally::violations(&tallies));
    println!("crash: {kills} kills, {violations} violations, {} s", began.elapsed().as_secs());
    if violations > 0 { Err(format!("{violations} violations")) } else { Ok(()) }
}

/// Kills one operation at each point of the extent.
fn sweep(ground: &Ground, operation: &Operation, extent: Extent) -> Result<Tally, String> {
    let mut points = Vec::new();
    for role in operation.roles {
        ground.stock(operation)?;
        let counts = strace::count(ground, operation, *role)?;
        checker::clean(ground)?;
        points.extend(point::of(*role, &counts, extent));
    }
    let mut tally = Tally::new(operation.name);
    for point in point::thin(points, extent) {
        strike(ground, operation, &point, &mut tally)?;
    }
    Ok(tally)
}

fn repeat(ground: &Ground, operation: &Operation, point: &Point) -> Result<Tally, String> {
    let mut tally = Tally::new(operation.name);
    strike(ground, operation, point, &mut tally)?;
    Ok(tally)
}

/// One kill and the look at what it left.
fn strike(ground: &Ground, operation: &Operation, point: &Point, tally: &mut Tally) -> Result<(), String> {
    ground.stock(operation)?;
    let (killed, mut found) = match strace::kill(ground, operation, point) {
        Ok(killed) => (killed, Vec::new()),
        Err(complaint) => (true, vec![complaint]),
    };
    found.extend(checker::check(ground, Some(operation)));
    if killed {
        tally.killed(&point.call);
    }
    if !found.is_empty() {
        tally.violated(&found, &strace::repetition(ground, operation, point));
        ground.scrap()?;
    }
    Ok(())
}

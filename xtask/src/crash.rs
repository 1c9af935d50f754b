//! `cargo xtask crash`: kills the engine at every instant that matters, makes its calls fail, and looks whether that left anything.
//!
//! Each operation is run under `strace --inject`, which kills the process that makes the k-th system call of a kind, or makes the
//! call fail: of the command, the supervisor, the init or a build step. Then supervisors are killed at random instants. After each
//! strike [`checker`] says whether the store is sound, the next commands work, and nothing stays after a prune.
//! docs/reliability.md has the results.
//!
//! Start reading at [`sweep`], then [`point`], then [`checker`].

use std::time::Instant;

mod arguments;
mod chance;
mod checker;
mod ground;
mod log;
mod operation;
mod point;
mod remains;
mod soundness;
pub mod stand_in;
mod strace;
mod tally;
mod verdict;
mod weapon;

use arguments::Arguments;
use ground::Ground;
use operation::Operation;
use point::Point;
use tally::Tally;
use weapon::Weapon;

/// Sweeps every operation, or the one that the arguments name.
pub fn run(args: &[String]) -> Result<(), String> {
    let arguments = Arguments::parse(args)?;
    let ground = Ground::prepare()?;
    let began = Instant::now();
    let mut tallies = Vec::new();
    for operation in operation::ALL.iter().filter(|operation| arguments.wants(operation.name)) {
        let tally = match &arguments.at {
            Some(at) => repeat(&ground, operation, at)?,
            None => sweep(&ground, operation, &arguments)?,
        };
        println!("{tally}");
        tallies.push(tally);
    }
    if arguments.wants(chance::NAME) && arguments.uses(Weapon::Kill) && arguments.at.is_none() {
        let tally = chance::strike(&ground, arguments.extent)?;
        println!("{tally}");
        tallies.push(tally);
    }
    let sum = |number: fn(&Tally) -> usize| tallies.iter().map(number).sum::<usize>();
    let (kills, errors) = (sum(|tally| tally.kills), sum(|tally| tally.errors));
    let violations = sum(|tally| tally.violations);
    let seconds = began.elapsed().as_secs();
    println!("crash: {kills} kills, {errors} errors, {violations} violations, {seconds} s");
    if violations > 0 { Err(format!("{violations} violations")) } else { Ok(()) }
}

/// Strikes one operation at each point of the extent.
fn sweep(ground: &Ground, operation: &Operation, arguments: &Arguments) -> Result<Tally, String> {
    let extent = arguments.extent;
    let mut points: Vec<(Weapon, Vec<Point>)> = weapon::ALL.map(|(weapon, _)| (weapon, Vec::new())).into();
    points.retain(|(weapon, _)| arguments.uses(*weapon));
    for role in operation.roles {
        ground.stock(operation)?;
        let counts = strace::count(ground, operation, *role)?;
        checker::clean(ground)?;
        for (weapon, points) in &mut points {
            points.extend(point::of(*role, &counts, *weapon, extent));
        }
    }
    let mut tally = Tally::new(operation.name);
    for point in points.into_iter().flat_map(|(_, points)| point::thin(points, extent)) {
        strike(ground, operation, &point, &mut tally)?;
    }
    Ok(tally)
}

fn repeat(ground: &Ground, operation: &Operation, point: &Point) -> Result<Tally, String> {
    let mut tally = Tally::new(operation.name);
    strike(ground, operation, point, &mut tally)?;
    Ok(tally)
}

/// One strike and the look at what it left.
fn strike(ground: &Ground, operation: &Operation, point: &Point, tally: &mut Tally) -> Result<(), String> {
    ground.stock(operation)?;
    let (log, ended) = strace::strike(ground, operation, point);
    let struck = point.error.as_ref().map_or(log.killed, |_| !log.failed.is_empty()) || ended.is_err();
    let mut found = match (ended, &point.error) {
        _ if verdict::is_impossible(&log) => return ground.scrap(),
        (Err(complaint), _) => vec![complaint],
        (Ok(_), None) => Vec::new(),
        (Ok(ended), Some(_)) => verdict::judge(ground, operation, &ended, &log),
    };
    found.extend(checker::check(ground, Some(operation)));
    match point.error {
        _ if !struck => {}
        None => tally.killed(&point.call),
        Some(_) => tally.failed(&point.call),
    }
    if !found.is_empty() {
        tally.violated(&found, &strace::repetition(ground, operation, point));
        ground.scrap()?;
    }
    Ok(())
}

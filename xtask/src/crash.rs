//! `cargo xtask crash`: kills the engine at every instant that matters, makes its calls fail, and looks whether that left anything.
//!
//! Each operation is run under `strace --inject`, which kills the process that makes the k-th system call of a kind, or makes the
//! call fail: of the command, the supervisor, the init or a build step. Then supervisors are killed at random instants. After each
//! strike [`checker`] says whether the store is sound, the next commands work, and nothing stays after a prune.
//! docs/reliability.md has the results.
//!
//! Start reading at [`sweep`], then [`point`], then [`checker`].

use std::process::Command;
use std::time::Instant;

mod arguments;
mod chance;
mod checker;
mod disk;
mod full_disk;
mod ground;
mod log;
mod operation;
mod point;
mod read_only;
mod remains;
mod soundness;
pub mod stand_in;
mod strace;
mod tally;
mod two_versions;
mod verdict;
mod weapon;

use arguments::{Arguments, Extent};
use ground::Ground;
use operation::Operation;
use point::Point;
use tally::Tally;
use weapon::Weapon;

/// A part of a sweep that strikes no operation in its calls: its name, its weapon if it has one, and what it does.
type Scene = (&'static str, Option<Weapon>, fn(&mut Ground, Extent) -> Result<Tally, String>);

const SCENES: [Scene; 4] = [
    (chance::NAME, Some(Weapon::Kill), chance::strike),
    (full_disk::NAME, None, full_disk::check),
    (read_only::NAME, None, read_only::check),
    (two_versions::NAME, None, two_versions::check),
];

/// Sweeps every operation, or the one that the arguments name, in a mount namespace of its own: disks are mounted there.
pub fn run(args: &[String]) -> Result<(), String> {
    match args.split_first() {
        Some((first, rest)) if first == INSIDE => sweep_all(&Arguments::parse(rest)?),
        _ => Arguments::parse(args).and_then(|_| enter(args)),
    }
}

/// The first argument of the inner process.
const INSIDE: &str = "inside";

/// Runs the inner process to its end. `setpriv` ends it when this process is killed.
fn enter(args: &[String]) -> Result<(), String> {
    let program = std::env::current_exe().map_err(|error| format!("find this program: {error}"))?;
    let status = Command::new("setpriv")
        .args(["--pdeathsig", "KILL", "unshare", "--mount", "--propagation", "private"])
        .arg(program)
        .args(["crash", INSIDE])
        .args(args)
        .status()
        .map_err(|error| format!("start unshare: {error}"))?;
    if status.success() { Ok(()) } else { Err("violations, or the sweep could not be done".into()) }
}

fn sweep_all(arguments: &Arguments) -> Result<(), String> {
    let mut ground = Ground::prepare()?;
    let began = Instant::now();
    let mut tallies = Vec::new();
    for operation in operation::ALL.iter().filter(|operation| arguments.wants(operation.name)) {
        let tally = match &arguments.at {
            Some(at) => repeat(&ground, operation, at)?,
            None => sweep(&ground, operation, arguments)?,
        };
        println!("{tally}");
        tallies.push(tally);
    }
    for (_, _, play) in SCENES.iter().filter(|(name, weapon, _)| arguments.plays(name, *weapon)) {
        let tally = play(&mut ground, arguments.extent)?;
        println!("{tally}");
        tallies.push(tally);
    }
    let sum = |number: fn(&Tally) -> usize| tallies.iter().map(number).sum::<usize>();
    let (kills, errors) = (sum(|tally| tally.kills), sum(|tally| tally.errors));
    let (places, violations) = (sum(|tally| tally.places), sum(|tally| tally.violations));
    let seconds = began.elapsed().as_secs();
    println!(
        "crash: {kills} kills, {errors} errors, {places} difficult places, {violations} violations, {seconds} s"
    );
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

//! `cargo xtask crash`: breaks the engine at every instant that matters, and looks whether that left anything.
//!
//! Each operation is run under `strace --inject`, which kills the process that makes the k-th system call of a kind, or makes the
//! call fail: of the command, the supervisor, the init or a build step ([`sweep`]). Then come the scenes ([`SCENES`]): supervisors that are
//! killed at random instants, full and read-only disks, two engines on one store, power cuts. After each strike [`checker`] says whether
//! the store is sound, the next commands work, and nothing stays after a prune. docs/reliability.md has the results.
//!
//! Start reading at [`sweep`], then [`point`], then [`checker`]; for power cuts at [`power`].

use std::process::Command;
use std::time::Instant;

mod arguments;
mod chance;
mod checker;
mod disk;
mod full_disk;
mod ground;
mod log;
mod machine;
mod operation;
mod point;
mod power;
mod random;
mod read_only;
mod registry;
mod remains;
mod soundness;
pub mod stand_in;
mod strace;
mod tally;
mod two_versions;
mod verdict;
mod weapon;

use arguments::Arguments;
use ground::Ground;
use operation::Operation;
use point::Point;
use tally::Tally;
use weapon::Weapon;

/// A part of a sweep that strikes no operation in its calls.
struct Scene {
    name: &'static str,
    weapon: Weapon,
    play: fn(&mut Ground, &Arguments) -> Result<Tally, String>,
}

impl Scene {
    /// What is said of one that broke off: the others are played all the same.
    fn unplayed(&self, complaint: String) -> Tally {
        let mut tally = Tally::new(self.name, self.weapon);
        tally.violated(&[complaint], &format!("cargo xtask crash --operation {}", self.name));
        tally
    }
}

const SCENES: [Scene; 6] = [
    Scene { name: chance::NAME, weapon: Weapon::Kill, play: chance::strike },
    Scene { name: full_disk::NAME, weapon: Weapon::Place, play: full_disk::check },
    Scene { name: read_only::NAME, weapon: Weapon::Place, play: read_only::check },
    Scene { name: two_versions::NAME, weapon: Weapon::Place, play: two_versions::check },
    Scene { name: power::NAME, weapon: Weapon::Power, play: power::check },
    Scene { name: machine::NAME, weapon: Weapon::Power, play: machine::check },
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
    let mut keep = |tally: Tally| {
        if !tally.is_empty() {
            println!("{tally}");
        }
        tallies.push(tally);
    };
    for operation in operation::ALL.iter().filter(|operation| arguments.wants(operation.name)) {
        if let Some(at) = &arguments.at {
            keep(sweep(&ground, operation, at.weapon(), vec![at.clone()])?);
            continue;
        }
        for (weapon, points) in points(&ground, operation, arguments)? {
            let has_points = !points.is_empty();
            let tally = sweep(&ground, operation, weapon, points)?;
            if has_points && tally.is_empty() {
                return Err(format!("{}: no strike took effect: does strace inject?", operation.name));
            }
            keep(tally);
        }
    }
    for scene in SCENES.iter().filter(|scene| arguments.plays(scene.name, scene.weapon)) {
        keep((scene.play)(&mut ground, arguments).unwrap_or_else(|complaint| scene.unplayed(complaint)));
    }
    let violations: usize = tallies.iter().map(|tally| tally.violations).sum();
    println!("{}crash: {} s", tally::summary(&tallies), began.elapsed().as_secs());
    if violations > 0 { Err(format!("{violations} violations")) } else { Ok(()) }
}

/// Where the extent says that an operation is to be struck, for each weapon that strikes it in its calls.
fn points(
    ground: &Ground,
    operation: &Operation,
    arguments: &Arguments,
) -> Result<Vec<(Weapon, Vec<Point>)>, String> {
    let mut points: Vec<(Weapon, Vec<Point>)> = weapon::STRIKING.map(|weapon| (weapon, Vec::new())).into();
    points.retain(|(weapon, _)| arguments.uses(*weapon));
    if points.is_empty() {
        return Ok(points);
    }
    for role in operation.roles {
        ground.stock(operation)?;
        let counts = strace::count(ground, operation, *role)?;
        checker::clean(ground)?;
        for (weapon, points) in &mut points {
            points.extend(point::of(*role, &counts, *weapon, arguments.extent));
        }
    }
    Ok(points.into_iter().map(|(weapon, points)| (weapon, point::thin(points, arguments.extent))).collect())
}

/// Strikes one operation at each of the points.
fn sweep(
    ground: &Ground,
    operation: &Operation,
    weapon: Weapon,
    points: Vec<Point>,
) -> Result<Tally, String> {
    let mut tally = Tally::new(operation.name, weapon);
    for point in points {
        strike(ground, operation, &point, &mut tally)?;
    }
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
    if struck {
        tally.struck(point.to_string());
    }
    if !found.is_empty() {
        tally.violated(&found, &strace::repetition(ground, operation, point));
        ground.scrap()?;
    }
    Ok(())
}

//! `cargo xtask bench`: measures `tare` and the peers that are installed, in turn, in one run.
//!
//! Three kinds of processes, all of this program:
//! the one that is called makes what must be cleaned up whatever happens, and waits ([`outside`]);
//! one in a mount namespace of its own lays out the ground and runs the cases ([`inside`]);
//! one per contender, in that contender's root directory and cgroup, starts the programs and takes the time
//! ([`seat`]). So every contender pays the same for being started, and all that its processes use is counted, also
//! when they are detached from the command that started them.

mod cases;
mod cgroup;
mod contender;
mod fixture;
mod ground;
mod host;
mod memory;
mod mover;
mod outcome;
mod race;
mod registry;
mod report;
mod sample;
mod seat;

use std::io::Write;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::target;

const USAGE: &str = "\
usage: cargo xtask bench [OPTION]...

Measures tare against the peers in turn (A B, B A, ...) and compares with the targets. Needs root.

  --peers DIR    root directory with the peers, made by the peers lab; its daemons are used when they are up
                 [default: crun of this machine, without daemons]
  --filter NAME  only the benchmarks whose name contains NAME
  --runs N       rounds of a short benchmark; long ones take a quarter [default: 20]
  --write        write docs/benchmarks.md

TARE_BIN names the binary to measure; otherwise the newest build under target/ is taken.
The stores of all contenders are on a journalled ext4 file system in a file under target/, run-time state on a tmpfs.
Both appear at /media, in a mount namespace that ends with the run.";

/// What the command line asks for.
#[derive(Debug, PartialEq)]
struct Options {
    peers: PathBuf,
    filter: String,
    runs: usize,
    write: bool,
}

/// Measures and prints; `args` are described by `--help`.
///
/// # Errors
/// Says what kept the benchmarks from running. A missed target, or a benchmark that a contender cannot do, is a
/// result and no error.
pub fn run(args: &[String]) -> Result<(), String> {
    match args.first().map(String::as_str) {
        Some("--help" | "-h") => say(USAGE),
        Some("seat") => seat::serve(&args[1..]),
        Some("inside") => inside(&args[1..]),
        _ => {
            parse(args).map_err(|problem| format!("{problem}\n\n{USAGE}"))?;
            outside(args)
        }
    }
}

/// Makes the file system's file and the cgroup, has the cases run in a mount namespace, and removes both.
fn outside(args: &[String]) -> Result<(), String> {
    if std::fs::metadata("/proc/self").is_ok_and(|process| process.uid() != 0) {
        return Err("benchmarks need root".into());
    }
    cgroup::sweep(host::GROUP)?;
    let run = std::process::id().to_string();
    let place = target::directory().join("bench");
    std::fs::create_dir_all(&place).map_err(|error| format!("create {}: {error}", place.display()))?;
    let image = place.join(format!("store-{run}.img"));
    let result = host::file_system(&image).and_then(|()| enter(&image, &run, args));
    // The inner process unlinks the file as soon as it is mounted: here it remains only after a failure before that.
    let _ = std::fs::remove_file(&image);
    let swept = cgroup::remove(&host::group(&run)).and(host::remove_what_tare_left(&run));
    result.and(swept)
}

/// Runs the inner process to its end. `setpriv` ends it when this process is killed.
fn enter(image: &Path, run: &str, args: &[String]) -> Result<(), String> {
    let program = std::env::current_exe().map_err(|error| format!("find this program: {error}"))?;
    let status = Command::new("setpriv")
        .args(["--pdeathsig", "KILL", "unshare", "--mount", "--propagation", "private"])
        .arg(program)
        .args(["bench", "inside"])
        .arg(image)
        .arg(run)
        .args(args)
        .status()
        .map_err(|error| format!("start unshare: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("the measuring process ended with {status}")) }
}

/// The measuring process: `args` are the file system's file, the run's number, and the caller's own.
fn inside(args: &[String]) -> Result<(), String> {
    let [image, run, rest @ ..] = args else { return Err("bench inside is for bench itself".into()) };
    let options = parse(rest)?;
    let mut ground = ground::Ground::lay(Path::new(image), run, &options.peers)?;
    let measured = measure(&mut ground, &options);
    let versions = ground.versions();
    // What the contenders keep on the host must go, whatever happened; the first error is the one to tell.
    let cleared = ground.clear();
    let outcomes = measured?;
    cleared?;
    say(&report::targets(&outcomes))?;
    if options.write { publish(&report::markdown(&outcomes, &versions, &options.peers)) } else { Ok(()) }
}

fn measure(ground: &mut ground::Ground, options: &Options) -> Result<Vec<outcome::Outcome>, String> {
    let mut outcomes = Vec::new();
    for case in cases::ALL.iter().filter(|case| case.name.contains(&options.filter)) {
        let outcome = (case.measure)(ground, case, options.runs);
        say(&report::plain(&outcome))?;
        outcomes.push(outcome);
    }
    Ok(outcomes)
}

/// Replaces the page with the results.
fn publish(text: &str) -> Result<(), String> {
    let path = root().join("docs/benchmarks.md");
    std::fs::write(&path, text).map_err(|error| format!("write {}: {error}", path.display()))?;
    say(&format!("wrote {}", path.display()))
}

/// The directory of the workspace.
fn root() -> PathBuf {
    let package = std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
    Path::new(&package).parent().unwrap_or(Path::new(".")).to_path_buf()
}

fn say(text: &str) -> Result<(), String> {
    writeln!(std::io::stdout(), "{text}").map_err(|error| error.to_string())
}

fn parse(args: &[String]) -> Result<Options, String> {
    let mut options = Options { peers: "/".into(), filter: String::new(), runs: 20, write: false };
    let mut rest = args.iter();
    while let Some(flag) = rest.next() {
        if flag == "--write" {
            options.write = true;
            continue;
        }
        let value = rest.next().ok_or_else(|| format!("{flag}: unknown option, or its value is missing"))?;
        match flag.as_str() {
            "--peers" => options.peers = absolute(value)?,
            "--filter" => options.filter.clone_from(value),
            "--runs" => options.runs = positive(value)?,
            _ => return Err(format!("{flag}: unknown option")),
        }
    }
    if cases::ALL.iter().all(|case| !case.name.contains(&options.filter)) {
        let names: Vec<_> = cases::ALL.iter().map(|case| case.name).collect();
        return Err(format!("--filter {}: there are {}", options.filter, names.join(", ")));
    }
    Ok(options)
}

fn absolute(path: &str) -> Result<PathBuf, String> {
    std::fs::canonicalize(path).map_err(|error| format!("--peers {path}: {error}"))
}

fn positive(value: &str) -> Result<usize, String> {
    value
        .parse()
        .ok()
        .filter(|&number| number > 0)
        .ok_or_else(|| format!("--runs {value}: expected a number above 0"))
}

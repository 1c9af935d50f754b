//! Running an operation under strace: to count its calls, and to strike it in one of them.

use super::ground::{Ended, Ground, LIMIT};
use super::log::{self, Counts, Log};
use super::operation::Operation;
use super::point::{Point, Role};
use super::{stand_in, weapon};
use std::fs;
use std::process::Child;
use std::thread::sleep;
use std::time::{Duration, Instant};

const TURN: Duration = Duration::from_millis(2);

/// How often a process of the role makes each kind of call while the operation goes undisturbed.
pub(super) fn count(ground: &Ground, operation: &Operation, role: Role) -> Result<Counts, String> {
    let calls: Vec<String> = weapon::counted().into_iter().map(|call| format!("?{call}")).collect();
    trace(ground, operation, role, &[format!("trace={}", calls.join(","))])?;
    let mut counts = read(ground).counts;
    if role != Role::Attached {
        // being executed is where it begins
        counts.most.remove("execve");
    }
    if counts.most.is_empty() {
        return Err(format!("{}: nothing was traced of the {role:?}", operation.name));
    }
    Ok(counts)
}

/// Strikes the operation at a point: what strace saw, and how the command ended. An error is a violation: something hangs.
pub(super) fn strike(ground: &Ground, operation: &Operation, point: &Point) -> (Log, Result<Ended, String>) {
    let ended = trace(ground, operation, point.role, &expressions(point));
    (read(ground), ended)
}

/// Runs the operation as if the engine never synced anything.
pub(super) fn without_syncs(ground: &Ground, operation: &Operation) -> Result<(), String> {
    let calls = "fsync,fdatasync,syncfs";
    let words = words(ground, &[format!("trace={calls}"), format!("inject={calls}:retval=0")]);
    let mut command = std::process::Command::new(&words[0]);
    command.args(&words[1..]).arg(ground.tare_program());
    command.args(ground.roots()).args(ground.words(operation.command));
    ground.finish(command, operation.command)?.said(operation.command).map(drop)
}

fn expressions(point: &Point) -> [String; 2] {
    let Point { call, number, error, .. } = point;
    let what = error.as_ref().map_or("signal=KILL".to_owned(), |error| format!("error={error}"));
    [format!("trace={call}"), format!("inject={call}:{what}:when={number}")]
}

/// How a person sees the same again.
pub(super) fn repetition(ground: &Ground, operation: &Operation, point: &Point) -> String {
    let again = format!("cargo xtask crash --operation {} --at {point}", operation.name);
    if point.role != Role::Command {
        return again;
    }
    let setup: String = operation.setup.iter().map(|command| format!("tare {command}; ")).collect();
    let [trace, inject] = expressions(point);
    let words = ground.words(operation.command).join(" ");
    format!("{again}\n    {setup}strace -f -b execve -qq -o /dev/null -e {trace} -e {inject} tare {words}")
}

/// strace's own words up to the traced program.
fn words(ground: &Ground, expressions: &[String]) -> Vec<String> {
    let mut words: Vec<String> = ["strace", "-f", "-y", "-qq", "-o"].map(str::to_owned).into();
    words.push(ground.log().display().to_string());
    words.extend(expressions.iter().flat_map(|expression| ["-e".to_owned(), expression.clone()]));
    words
}

/// Runs the operation and returns when all that was traced has ended, or been killed; how the command ended.
fn trace(
    ground: &Ground,
    operation: &Operation,
    role: Role,
    expressions: &[String],
) -> Result<Ended, String> {
    let _ = fs::remove_file(ground.log());
    let mut words = words(ground, expressions);
    match role {
        Role::Command => {
            words.extend(["-b", "execve"].map(str::to_owned));
            words.push(ground.tare_program().display().to_string());
            let mut command = std::process::Command::new(&words[0]);
            command.args(&words[1..]).args(ground.roots()).args(ground.words(operation.command));
            ground.finish(command, operation.command)
        }
        Role::Supervisor => {
            words[0] = ground.program("strace")?;
            words.push(ground.supervisor_program().display().to_string());
            let mut command = stand_in::command(&ground.tare_program(), &ground.exec_root(), &words)?;
            command.args(ground.roots()).args(ground.words(operation.command));
            let ended = ground.finish(command, operation.command)?;
            settle(ground).map(|()| ended)
        }
        Role::Attached => attach(ground, operation, words),
    }
}

fn attach(ground: &Ground, operation: &Operation, mut words: Vec<String>) -> Result<Ended, String> {
    let pid = ground.supervisor().ok_or("the container has no supervisor")?;
    words.extend(["-p".to_owned(), pid.to_string()]);
    let mut command = std::process::Command::new(&words[0]);
    let mut tracer = command.args(&words[1..]).spawn().map_err(|error| format!("strace: {error}"))?;
    let traced = until(|| {
        let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
        status.lines().any(|line| line.strip_prefix("TracerPid:").is_some_and(|pid| pid.trim() != "0"))
    });
    if !traced {
        end(&mut tracer);
        return Err("strace does not attach".into());
    }
    let ended = ground.end_of(operation.command);
    // where the operation does not end the supervisor, it is let go
    let _ = until_within(Duration::from_millis(100), || {
        matches!(tracer.try_wait(), Ok(Some(_))) || read(ground).killed
    });
    end_gently(&mut tracer);
    ended
}

fn end(child: &mut Child) {
    let _ = child.kill();
    let _ = child.wait();
}

/// strace lets its processes go when it is asked to end.
fn end_gently(tracer: &mut Child) {
    if matches!(tracer.try_wait(), Ok(None)) {
        super::chance::signal("TERM", tracer.id());
        if !until(|| matches!(tracer.try_wait(), Ok(Some(_)))) {
            end(tracer);
        }
    }
}

/// Waits until the traced supervisor has been killed, or everything of the engine has ended.
fn settle(ground: &Ground) -> Result<(), String> {
    let settled = until(|| read(ground).killed || ground.processes().is_empty());
    if settled { Ok(()) } else { Err("the traced supervisor hangs".into()) }
}

fn until(condition: impl FnMut() -> bool) -> bool {
    until_within(LIMIT, condition)
}

fn until_within(limit: Duration, mut condition: impl FnMut() -> bool) -> bool {
    let deadline = Instant::now() + limit;
    loop {
        if condition() {
            return true;
        }
        if Instant::now() > deadline {
            return false;
        }
        sleep(TURN);
    }
}

fn read(ground: &Ground) -> Log {
    log::parse(&String::from_utf8_lossy(&fs::read(ground.log()).unwrap_or_default()))
}

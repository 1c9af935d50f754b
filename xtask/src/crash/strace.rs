//! Running an operation under strace: to count its calls, and to kill it in one of them.

use super::ground::{Ground, LIMIT};
use super::operation::Operation;
use super::point::{CALLS, Point, Role};
use super::stand_in;
use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::process::Child;
use std::thread::sleep;
use std::time::{Duration, Instant};

const TURN: Duration = Duration::from_millis(2);

/// How often a process of the role makes each kind of call while the operation goes undisturbed: the highest number of any of them.
pub(super) fn count(
    ground: &Ground,
    operation: &Operation,
    role: Role,
) -> Result<BTreeMap<String, u32>, String> {
    let calls: Vec<String> = CALLS.split_whitespace().map(|call| format!("?{call}")).collect();
    trace(ground, operation, role, &[format!("trace={}", calls.join(","))])?;
    let mut counts = read(ground).counts;
    if role != Role::Attached {
        // being executed is where it begins
        counts.remove("execve");
    }
    if counts.is_empty() {
        return Err(format!("{}: nothing was traced of the {role:?}", operation.name));
    }
    Ok(counts)
}

/// Kills the operation at a point; whether that happened. An error is a violation: the command hangs.
pub(super) fn kill(ground: &Ground, operation: &Operation, point: &Point) -> Result<bool, String> {
    trace(ground, operation, point.role, &expressions(point))?;
    Ok(read(ground).killed)
}

fn expressions(point: &Point) -> [String; 2] {
    let Point { call, number, .. } = point;
    [format!("trace={call}"), format!("inject={call}:signal=KILL:when={number}")]
}

/// How a person sees the same kill again.
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
    let mut words: Vec<String> = ["strace", "-f", "-qq", "-o"].map(str::to_owned).into();
    words.push(ground.log().display().to_string());
    words.extend(expressions.iter().flat_map(|expression| ["-e".to_owned(), expression.clone()]));
    words
}

/// Runs the operation and returns when all that was traced has ended, or been killed.
fn trace(ground: &Ground, operation: &Operation, role: Role, expressions: &[String]) -> Result<(), String> {
    let _ = fs::remove_file(ground.log());
    let mut words = words(ground, expressions);
    match role {
        Role::Command => {
            words.extend(["-b", "execve"].map(str::to_owned));
            words.push(ground.tare_program().display().to_string());
            let mut command = std::process::Command::new(&words[0]);
            command.args(&words[1..]).args(ground.roots()).args(ground.words(operation.command));
            // however it ends: it is to be killed
            ground.finish(command, operation.command).map(drop)
        }
        Role::Supervisor => {
            words[0] = ground.program("strace")?;
            words.push(ground.supervisor_program().display().to_string());
            let mut command = stand_in::command(&ground.tare_program(), &ground.exec_root(), &words)?;
            command.args(ground.roots()).args(ground.words(operation.command));
            ground.finish(command, operation.command)?;
            settle(ground)
        }
        Role::Attached => attach(ground, operation, words),
    }
}

fn attach(ground: &Ground, operation: &Operation, mut words: Vec<String>) -> Result<(), String> {
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
    let finished = ground.tare(operation.command).map(drop);
    // where the operation does not end the supervisor, it is let go
    let _ = until_within(Duration::from_millis(100), || {
        matches!(tracer.try_wait(), Ok(Some(_))) || read(ground).killed
    });
    end_gently(&mut tracer);
    finished.or_else(|complaint| if complaint.ends_with("hangs") { Err(complaint) } else { Ok(()) })
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

/// What a log says.
#[derive(Debug, Default, PartialEq, Eq)]
struct Log {
    /// The highest number of calls of a kind in one process.
    counts: BTreeMap<String, u32>,
    /// A process was killed in a traced call.
    killed: bool,
}

fn read(ground: &Ground) -> Log {
    parse(&String::from_utf8_lossy(&fs::read(ground.log()).unwrap_or_default()))
}

/// Reads strace's output with process ids. A call that was killed has no result: `= ?`, or it is never resumed.
fn parse(text: &str) -> Log {
    let mut counts: BTreeMap<(&str, &str), u32> = BTreeMap::new();
    let mut without_result: HashMap<&str, bool> = HashMap::new();
    let mut killed = false;
    for line in text.lines() {
        let Some((process, event)) = line.split_once(' ') else { continue };
        let event = event.trim_start();
        if event == "+++ killed by SIGKILL +++" {
            killed |= without_result.get(process).is_some_and(|without| *without);
        } else if event.starts_with("<...") {
            without_result.insert(process, event.ends_with("= ?"));
        } else if let Some((call, rest)) = event.split_once('(')
            && call.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        {
            *counts.entry((process, call)).or_default() += 1;
            without_result.insert(process, rest.ends_with("= ?") || rest.ends_with("<unfinished ...>"));
        }
    }
    let mut log = Log { killed, ..Log::default() };
    for ((_, call), number) in counts {
        let most = log.counts.entry(call.to_owned()).or_default();
        *most = number.max(*most);
    }
    log
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_tells_the_calls_of_each_process_and_who_was_killed() {
        let text = "\
7  openat(AT_FDCWD, \"/a\", O_RDONLY) = 3
7  openat(AT_FDCWD, \"/b\", O_RDONLY <unfinished ...>
8  openat(AT_FDCWD, \"/c\", O_RDONLY) = 3
7  <... openat resumed>)             = 4
7  --- SIGCHLD {si_signo=SIGCHLD} ---
7  write(3, \"1\", 1)                = ?
7  +++ killed by SIGKILL +++
";
        let counts = BTreeMap::from([("openat".to_owned(), 2), ("write".to_owned(), 1)]);
        assert_eq!(parse(text), Log { counts, killed: true });
    }

    #[test]
    fn who_was_killed_between_calls_was_killed_by_somebody_else() {
        let text = "7  write(3, \"1\", 1) = 1\n7  +++ killed by SIGKILL +++\n";
        assert!(!parse(text).killed);
    }
}

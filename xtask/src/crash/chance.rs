//! Supervisors that are killed at random instants: while a container starts, runs, executes something, ends.

use super::arguments::{Arguments, Extent};
use super::ground::{Ground, LIMIT};
use super::operation::Operation;
use super::point::Role;
use super::random::Random;
use super::tally::Tally;
use super::weapon::Weapon;
use super::{checker, operation};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// What this part of a sweep is called.
pub(super) const NAME: &str = "random";
const TURN: Duration = Duration::from_micros(500);

/// A life of a supervisor: the command that begins it, one that runs beside it, and how long it is watched.
struct Life {
    command: &'static str,
    beside: &'static str,
    span: Duration,
}

const LIVES: [Life; 4] = [
    Life { command: "run --rm --name web bb true", beside: "", span: Duration::from_millis(60) },
    Life { command: "run -d --name web bb sleep 0.03", beside: "", span: Duration::from_millis(90) },
    Life {
        command: "run -d --name web bb sleep 60",
        beside: "exec web true",
        span: Duration::from_millis(90),
    },
    Life { command: "build -q -t app @/context", beside: "", span: Duration::from_millis(80) },
];

const STOCK: Operation = Operation {
    name: NAME,
    roles: &[Role::Supervisor],
    fresh: false,
    setup: &[],
    command: "images",
    proof: &[],
    undo: &[],
};

/// Kills supervisors: 300 of them, or 30, or 10.
pub(super) fn strike(ground: &mut Ground, arguments: &Arguments) -> Result<Tally, String> {
    let wanted = match arguments.extent {
        Extent::Short => 10,
        Extent::Usual => 30,
        Extent::Full => 300,
    };
    let mut random = Random::new();
    let mut tally = Tally::new(NAME, Weapon::Kill);
    let (mut kills, mut tries) = (0, 0);
    while kills < wanted && tries < 3 * wanted {
        let life = &LIVES[tries % LIVES.len()];
        tries += 1;
        ground.stock(&STOCK)?;
        let pause = Duration::from_micros(random.below(life.span.as_micros() as u64));
        let killed = kill(ground, life, pause)?;
        kills += usize::from(killed);
        if killed {
            tally.struck(format!("any instant of {}", life.command));
        }
        let found = check(ground);
        if !found.is_empty() {
            let microseconds = pause.as_micros();
            tally.violated(
                &found,
                &format!("tare {}; kill -9 SUPERVISOR after {microseconds} us", life.command),
            );
            ground.scrap()?;
        }
    }
    Ok(tally)
}

fn check(ground: &Ground) -> Vec<String> {
    // whoever looks first finds it ended
    let mut found: Vec<String> = ground.tare("ps -a").err().into_iter().collect();
    if let Ok(state) = ground.tare("inspect --type container -f {{.State.Running}} web")
        && state.trim() != "false"
    {
        found.push(format!("web runs without its supervisor: {}", state.trim()));
    }
    let undo = operation::ALL.iter().find(|operation| operation.name == "run");
    found.extend(checker::check(ground, undo));
    found
}

/// Begins a life and ends its supervisor after a pause; false if that had ended before.
fn kill(ground: &Ground, life: &Life, pause: Duration) -> Result<bool, String> {
    let mut command = spawn(ground, life.command)?;
    let deadline = Instant::now() + LIMIT;
    let supervisor = loop {
        match ground.supervisor() {
            Some(pid) => break Some(pid),
            None if matches!(command.try_wait(), Ok(Some(_))) || Instant::now() > deadline => break None,
            None => sleep(TURN),
        }
    };
    let beside = match (supervisor, life.beside) {
        (Some(_), command) if !command.is_empty() => {
            // there is nothing to execute in before it runs
            sleep(life.span / 3);
            Some(spawn(ground, command)?)
        }
        _ => None,
    };
    sleep(pause);
    let killed = supervisor.is_some_and(|pid| ground.supervisor() == Some(pid) && signal("KILL", pid));
    // a signal is sent at once, and a process ends in its own time
    let deadline = Instant::now() + LIMIT;
    while killed && ground.supervisor() == supervisor && Instant::now() < deadline {
        sleep(TURN);
    }
    for mut child in [Some(command), beside].into_iter().flatten() {
        wait(&mut child, life)?;
    }
    Ok(killed)
}

fn wait(child: &mut Child, life: &Life) -> Result<(), String> {
    let deadline = Instant::now() + LIMIT;
    while matches!(child.try_wait(), Ok(None)) {
        if Instant::now() > deadline {
            let _ = child.kill();
            let _ = child.wait();
            return Err(format!("tare {} or {} hangs", life.command, life.beside));
        }
        sleep(TURN);
    }
    Ok(())
}

fn spawn(ground: &Ground, command: &str) -> Result<Child, String> {
    let mut program = Command::new(ground.tare_program());
    program.args(ground.roots()).args(ground.words(command));
    program.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    program.spawn().map_err(|error| format!("tare {command}: {error}"))
}

/// Sends a signal; false if there is no such process. The standard library can only kill children.
pub(super) fn signal(name: &str, pid: u32) -> bool {
    let status =
        Command::new("sh").args(["-c", &format!("kill -{name} {pid}")]).stderr(Stdio::null()).status();
    status.is_ok_and(|status| status.success())
}

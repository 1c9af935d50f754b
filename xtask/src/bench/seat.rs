//! The process that starts one contender's programs: in the contender's root directory, in its cgroup, with a clock.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::cgroup::Group;

const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
const HOME: &str = "/media/run/home";

/// Where a contender is at home.
#[derive(Debug)]
pub(super) struct Place<'a> {
    pub(super) root: &'a Path,
    /// Its cgroup. The seat is in the child `seat`; other children are for its containers.
    pub(super) group: &'a str,
    /// Further groups whose CPU time is its own: those of processes that do not descend from its commands.
    pub(super) others: Vec<String>,
    pub(super) environment: Vec<(&'static str, String)>,
}

/// A program to run.
#[derive(Debug, Serialize, Deserialize)]
struct Request {
    words: Vec<String>,
}

/// How the program ended.
#[derive(Debug, Serialize, Deserialize)]
struct Reply {
    nanoseconds: u64,
    /// None when a signal ended it, or it could not be started.
    code: Option<i32>,
    /// What it wrote, standard output and error together.
    said: String,
}

/// A running seat.
#[derive(Debug)]
pub(super) struct Seat {
    process: Child,
    requests: ChildStdin,
    replies: BufReader<ChildStdout>,
    groups: Vec<Group>,
}

impl Seat {
    /// Starts a seat in `place`.
    pub(super) fn start(place: &Place<'_>) -> Result<Self, String> {
        let own = format!("{}/seat", place.group);
        Group::named(&own).create()?;
        let mut process = Command::new("/proc/self/exe")
            .args(["bench", "seat"])
            .arg(place.root)
            .arg(own)
            // The environment is the seat's, not set for each program: changing it there makes std fork.
            .env_clear()
            .envs([("PATH", PATH), ("HOME", HOME), ("LANG", "C.UTF-8")])
            .envs(place.environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("start a seat: {error}"))?;
        let (Some(requests), Some(replies)) = (process.stdin.take(), process.stdout.take()) else {
            return Err("a seat has no pipes".into());
        };
        let names = std::iter::once(place.group).chain(place.others.iter().map(String::as_str));
        let groups = names.map(Group::named).collect();
        Ok(Self { process, requests, replies: BufReader::new(replies), groups })
    }

    /// Runs a program that must succeed: how long it took.
    pub(super) fn time(&mut self, words: &[String]) -> Result<Duration, String> {
        self.call(words).map(|(duration, _)| duration)
    }

    /// Runs a program that must succeed: what it wrote.
    pub(super) fn output(&mut self, words: &[String]) -> Result<String, String> {
        self.call(words).map(|(_, said)| said)
    }

    fn call(&mut self, words: &[String]) -> Result<(Duration, String), String> {
        let request = Request { words: words.to_vec() };
        let text = serde_json::to_string(&request).map_err(|error| error.to_string())?;
        writeln!(self.requests, "{text}").map_err(|error| format!("ask a seat: {error}"))?;
        let mut line = String::new();
        self.replies.read_line(&mut line).map_err(|error| format!("hear a seat: {error}"))?;
        let reply: Reply =
            serde_json::from_str(&line).map_err(|error| format!("a seat has died: {error}"))?;
        if reply.code == Some(0) {
            return Ok((Duration::from_nanos(reply.nanoseconds), reply.said));
        }
        let code = reply.code.map_or("no exit code".into(), |code| format!("exit code {code}"));
        Err(format!("`{}`: {code}: {}", words.join(" "), last_lines(&reply.said)))
    }

    /// CPU time of all that the contender has used so far.
    pub(super) fn usage(&self) -> Duration {
        self.groups.iter().map(Group::usage).sum()
    }

    /// Waits until what the contender's commands left running has ended, for two seconds at most.
    pub(super) fn settle(&self) {
        let deadline = Instant::now() + Duration::from_secs(2);
        while self.groups[0].processes() > 1 && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Ends the seat.
    pub(super) fn leave(self) -> Result<(), String> {
        let Self { mut process, requests, .. } = self;
        drop(requests);
        process.wait().map(drop).map_err(|error| format!("end a seat: {error}"))
    }
}

/// The few last lines of what a program wrote, in one.
fn last_lines(said: &str) -> String {
    let lines: Vec<_> = said.lines().filter(|line| !line.trim().is_empty()).collect();
    lines[lines.len().saturating_sub(3)..].join(" / ")
}

/// The seat's own side: `args` are its root directory and cgroup. Ends when nobody asks any more.
pub(super) fn serve(args: &[String]) -> Result<(), String> {
    let [root, group] = args else { return Err("bench seat is for bench itself".into()) };
    Group::named(group).join()?;
    if root != "/" {
        std::os::unix::fs::chroot(root)
            .and_then(|()| std::env::set_current_dir("/"))
            .map_err(|error| format!("enter {root}: {error}"))?;
    }
    for line in std::io::stdin().lock().lines() {
        let line = line.map_err(|error| error.to_string())?;
        let request: Request = serde_json::from_str(&line).map_err(|error| error.to_string())?;
        let reply = perform(&request).unwrap_or_else(|said| Reply { nanoseconds: 0, code: None, said });
        let text = serde_json::to_string(&reply).map_err(|error| error.to_string())?;
        writeln!(std::io::stdout(), "{text}").map_err(|error| error.to_string())?;
    }
    Ok(())
}

/// Runs one program. Its output goes to a file, which cannot block it.
fn perform(request: &Request) -> Result<Reply, String> {
    let failed = |error: std::io::Error| error.to_string();
    let (program, words) = request.words.split_first().ok_or("no program")?;
    let path = format!("/media/run/output-{}", std::process::id());
    let mut output = File::options().read(true).append(true).create(true).open(path).map_err(failed)?;
    output.set_len(0).map_err(failed)?;
    let mut command = Command::new(program);
    command
        .args(words)
        .stdin(Stdio::null())
        .stdout(output.try_clone().map_err(failed)?)
        .stderr(output.try_clone().map_err(failed)?);
    let start = Instant::now();
    let status = command.status().map_err(|error| format!("{program}: {error}"))?;
    let nanoseconds = u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX);
    output.rewind().map_err(failed)?;
    let mut said = Vec::new();
    output.take(64 << 10).read_to_end(&mut said).map_err(failed)?;
    Ok(Reply { nanoseconds, code: status.code(), said: String::from_utf8_lossy(&said).into_owned() })
}

#[cfg(test)]
mod tests {
    use super::last_lines;

    #[test]
    fn an_error_is_told_in_one_line() {
        assert_eq!(last_lines("a\nb\n\nc\nd\n"), "b / c / d");
        assert_eq!(last_lines(""), "");
    }
}

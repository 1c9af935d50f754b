//! Daemons of other engines, in namespaces of their own: what they make on a machine goes with them.

use crate::kernel;
use crate::patience::LIMIT;
use crate::remains;
use crate::said::{Said, ask};
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Instant;

/// A daemon. Dropped, every process in its pid namespace is killed, and with them go mounts, interfaces and rules; its control groups are removed.
#[derive(Debug)]
pub struct Daemon {
    /// `unshare`, whose only child is the first process of the pid namespace.
    outer: Child,
    log: PathBuf,
    group: String,
}

impl Daemon {
    /// Starts one with its own `/run` and own other `scratch` directories; it writes to the file `log`. Its containers' control groups are below `group`.
    ///
    /// # Panics
    /// If it cannot be started.
    #[must_use]
    pub fn start(command: &Command, scratch: &[&str], log: &Path, group: &str) -> Self {
        let mounts: String = scratch
            .iter()
            .map(|place| format!("mkdir -p {place} && mount -t tmpfs tmpfs {place} && "))
            .collect();
        let script = format!("{mounts} exec \"$@\"");
        let output = fs::File::create(log).expect("make a file");
        let mut outer = Command::new("unshare");
        outer.args([
            "--mount",
            "--pid",
            "--net",
            "--fork",
            "--kill-child",
            "--mount-proc",
            "sh",
            "-c",
            &script,
            "sh",
        ]);
        outer.arg(command.get_program()).args(command.get_args());
        for (name, value) in command.get_envs() {
            outer.env(name, value.unwrap_or_default());
        }
        outer.stdin(Stdio::null()).stdout(output.try_clone().expect("a descriptor more")).stderr(output);
        let outer = outer.spawn().expect("start unshare");
        Self { outer, log: log.into(), group: group.into() }
    }

    /// Waits until a client's command succeeds.
    ///
    /// # Panics
    /// If it does not within half a minute: with the daemon's log.
    #[track_caller]
    pub fn wait_until(&self, mut asked: impl FnMut() -> Said) {
        let deadline = Instant::now() + LIMIT;
        while asked().code != 0 {
            assert!(Instant::now() < deadline, "the daemon does not answer: {}", self.log());
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
    }

    /// What it has written.
    #[must_use]
    pub fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let id = self.outer.id();
        let children = fs::read_to_string(format!("/proc/{id}/task/{id}/children")).unwrap_or_default();
        // the end of the first process of a pid namespace is the end of all, and its parent hears of it when they are gone
        let first = children.split_whitespace().next().and_then(|pid| pid.parse().ok());
        match first {
            Some(pid) => kernel::Process { pid }.kill(),
            None => drop(self.outer.kill()),
        }
        let _ = self.outer.wait();
        remains::until_gone(|| {
            let groups = kernel::cgroups(Path::new(&self.group));
            groups.iter().for_each(|group| remove(group));
            groups.is_empty()
        });
    }
}

/// Removes a control group and those below it, as far as that goes.
fn remove(group: &Path) {
    let below = fs::read_dir(group).into_iter().flatten().flatten().map(|entry| entry.path());
    below.filter(|path| path.is_dir()).for_each(|path| remove(&path));
    // busy still: the next look tells
    let _ = fs::remove_dir(group);
}

/// A client of a daemon: a program with words that always come first.
#[derive(Debug, Clone)]
pub struct Client {
    /// The program.
    pub program: &'static str,
    /// Its first words.
    pub words: Vec<OsString>,
}

impl Client {
    /// The command with more words.
    #[must_use]
    pub fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(self.program);
        command.args(&self.words).args(words);
        command
    }

    /// What it says to these words.
    #[track_caller]
    #[must_use]
    pub fn ask(&self, words: &[&str]) -> Said {
        ask(&mut self.command(words), b"")
    }
}

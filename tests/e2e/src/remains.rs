//! What an engine has left on the machine, and its removal, so that one failing test does not make others fail.

use crate::kernel::{self, Process};
use crate::patience::until_none;
use sha2::{Digest as _, Sha256};
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

/// How long work may take that an ended command left to a supervisor.
const LIMIT: Duration = Duration::from_secs(5);

/// The first eight digits of the SHA-256 of the exec root, which the names of host objects end with (docs/adr/0007).
pub(crate) fn suffix(exec_root: &Path) -> String {
    let digest = Sha256::digest(exec_root.as_os_str().as_encoded_bytes());
    digest.iter().take(4).map(|byte| format!("{byte:02x}")).collect()
}

/// Kills processes and waits for their end.
pub(crate) fn kill(processes: &[Process]) {
    for process in processes {
        process.kill();
    }
    until_none(LIMIT, || processes.iter().filter(|process| process.is_alive()).collect());
}

/// Repeats what removes something until it is gone, for a limited time.
pub(crate) fn until_gone(mut remove: impl FnMut() -> bool) {
    until_none(LIMIT, || if remove() { vec![] } else { vec![()] });
}

/// Where to look.
pub(crate) struct Remains<'a> {
    pub(crate) place: &'a Path,
    pub(crate) exec_root: &'a Path,
    /// Name of the control group and of the nftables table.
    pub(crate) group: &'a str,
    pub(crate) bridge: &'a str,
}

impl Remains<'_> {
    /// What is left when patience ends, in words.
    pub(crate) fn wait_for_none(&self) -> Vec<String> {
        until_none(LIMIT, || self.find())
    }

    fn find(&self) -> Vec<String> {
        let mut left: Vec<String> =
            self.processes().iter().map(|p| format!("process {}: {:?}", p.pid, p.arguments())).collect();
        left.extend(kernel::cgroups(Path::new(self.group)).iter().map(|g| format!("cgroup {}", g.display())));
        left.extend(interfaces(self.bridge).iter().map(|name| format!("interface {name}")));
        let rules = said("nft", &["list", "ruleset"]);
        left.extend(
            rules.lines().filter(|l| l.contains(self.group)).map(|l| format!("nftables: {}", l.trim())),
        );
        let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
        let place = self.place.display().to_string();
        left.extend(mounts.lines().filter(|l| l.contains(&place)).map(|line| format!("mount {line}")));
        for directory in ["data/containers", "data/names", "exec/containers"] {
            let entries = fs::read_dir(self.place.join(directory)).into_iter().flatten().flatten();
            left.extend(entries.map(|entry| format!("file {}", entry.path().display())));
        }
        left
    }

    fn processes(&self) -> Vec<Process> {
        let exec_root = self.exec_root.display().to_string();
        let belongs =
            |p: &Process| p.arguments().contains(&exec_root) || p.read("cgroup").contains(self.group);
        Process::all().into_iter().filter(|process| belongs(process) && process.is_alive()).collect()
    }

    /// Removes what can be removed from outside; the end of processes takes a moment.
    pub(crate) fn remove(&self) {
        until_none(LIMIT, || {
            self.remove_once();
            self.find()
        });
    }

    fn remove_once(&self) {
        kill(&self.processes());
        for group in kernel::cgroups(Path::new(self.group)) {
            let below = fs::read_dir(&group).into_iter().flatten().flatten().map(|entry| entry.path());
            for directory in below.filter(|path| path.is_dir()).chain([group.clone()]) {
                // a file of the kernel's, or busy: the next look tells
                let _ = fs::remove_dir(directory);
            }
        }
        if !interfaces(self.bridge).is_empty() {
            said("ip", &["link", "delete", self.bridge]);
        }
        if said("nft", &["list", "tables"]).lines().any(|line| line.ends_with(&format!(" {}", self.group))) {
            said("nft", &["delete", "table", "ip", self.group]);
        }
        for directory in ["data/containers", "data/names", "exec/containers"] {
            let entries = fs::read_dir(self.place.join(directory)).into_iter().flatten().flatten();
            for entry in entries {
                let _ = fs::remove_dir_all(entry.path()).or_else(|_| fs::remove_file(entry.path()));
            }
        }
    }
}

/// The bridge, and what is plugged into it.
fn interfaces(bridge: &str) -> Vec<String> {
    let ports = fs::read_dir(format!("/sys/class/net/{bridge}/brif")).into_iter().flatten().flatten();
    let mut names: Vec<String> =
        ports.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    if Path::new("/sys/class/net").join(bridge).exists() {
        names.push(bridge.to_owned());
    }
    names
}

fn said(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output();
    output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default()
}

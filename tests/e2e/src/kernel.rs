//! What the kernel tells about processes and control groups.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// A process of the host, which may have ended by now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Process {
    /// Its number in the host's namespace.
    pub pid: i32,
}

impl Process {
    /// All processes that this one can see.
    #[must_use]
    pub fn all() -> Vec<Self> {
        let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
        entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).map(|pid| Self { pid }).collect()
    }

    /// The text of one of its files in `/proc`; nothing if it is gone.
    #[must_use]
    pub fn read(self, file: &str) -> String {
        let bytes = fs::read(format!("/proc/{}/{file}", self.pid)).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Its arguments.
    #[must_use]
    pub fn arguments(self) -> Vec<String> {
        self.read("cmdline").split_terminator('\0').map(str::to_owned).collect()
    }

    /// A line of `/proc/PID/status`.
    #[must_use]
    pub fn status(self, field: &str) -> Option<String> {
        let text = self.read("status");
        let line = text.lines().find_map(|line| line.strip_prefix(field)?.strip_prefix(':'));
        line.map(|value| value.trim().to_owned())
    }

    /// Its namespaces by kind.
    #[must_use]
    pub fn namespaces(self) -> BTreeMap<String, PathBuf> {
        let entries = fs::read_dir(format!("/proc/{}/ns", self.pid)).into_iter().flatten().flatten();
        let link = |path: &Path| fs::read_link(path).unwrap_or_default();
        entries.map(|entry| (entry.file_name().to_string_lossy().into_owned(), link(&entry.path()))).collect()
    }

    /// What its descriptors lead to.
    #[must_use]
    pub fn descriptors(self) -> BTreeMap<u32, PathBuf> {
        let entries = fs::read_dir(format!("/proc/{}/fd", self.pid)).into_iter().flatten().flatten();
        let number = |name: &std::ffi::OsStr| name.to_str()?.parse().ok();
        entries
            .filter_map(|entry| Some((number(&entry.file_name())?, fs::read_link(entry.path()).ok()?)))
            .collect()
    }

    /// Whether it is there and has not ended.
    #[must_use]
    pub fn is_alive(self) -> bool {
        let state = self.status("State").unwrap_or_default();
        !state.is_empty() && !state.starts_with(['Z', 'X'])
    }

    /// Sends it a signal; it may have ended.
    pub fn signal(self, signal: sys::process::Signal) {
        if let Some(pid) = sys::process::Pid::from_raw(self.pid) {
            let _ = sys::process::kill_process(pid, signal);
        }
    }

    /// Kills it.
    pub fn kill(self) {
        self.signal(sys::process::Signal::KILL);
    }
}

/// When a process was started, in clock ticks since the boot (`proc_pid_stat(5)`, field 22).
#[must_use]
pub fn start_tick(process: Process) -> Option<u64> {
    process.read("stat").rsplit(')').next()?.split_whitespace().nth(19)?.parse().ok()
}

/// The directories of the control group `name` in every hierarchy that has it.
pub(crate) fn cgroups(name: &Path) -> Vec<PathBuf> {
    let base = Path::new("/sys/fs/cgroup");
    let below = fs::read_dir(base).into_iter().flatten().flatten().map(|entry| entry.path());
    let hierarchies = std::iter::once(base.to_path_buf()).chain(below);
    hierarchies.map(|hierarchy| hierarchy.join(name)).filter(|path| path.is_dir()).collect()
}

/// The processes in a control group.
pub(crate) fn members(cgroup: &Path) -> Vec<Process> {
    let text = fs::read_to_string(cgroup.join("cgroup.procs")).unwrap_or_default();
    let mut processes: Vec<Process> =
        text.lines().filter_map(|line| Some(Process { pid: line.parse().ok()? })).collect();
    processes.sort();
    processes
}

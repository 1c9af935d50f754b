//! Control groups: where a container's processes are counted, limited, frozen and found.
//!
//! Three kinds of machines: the unified hierarchy (cgroup v2), separate ones (v1), and hybrids, whose unified tree has no useful controller and
//! is one more tree beside the separate ones. Kernel documentation: admin-guide/cgroup-v2.rst, admin-guide/cgroup-v1/.

mod complete;
mod devices;
mod freezer;
mod hierarchies;
mod limits;
mod memory_events;
mod path;
mod stats;

pub(crate) use hierarchies::path_in;
pub use hierarchies::{Controller, Hierarchies};
pub use memory_events::MemoryEvents;
pub use stats::{BlockIo, Cpu, HugePages, Memory, Pressure, Stats, Throttling};

use crate::error::{At, Error, Result};
use oci::runtime::LinuxResources;
use serde::{Deserialize, Serialize};
use std::fs;
use std::io::{ErrorKind, Write};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use sys::process::Pid;

/// How often a group is made anew because its parent, empty a moment ago, was removed by a prune.
const PARENT_LOST: u32 = 3;

/// Controllers that are handed down in the unified hierarchy.
const UNIFIED: [&str; 7] = ["cpu", "cpuset", "io", "memory", "pids", "hugetlb", "rdma"];

/// A container's control group, on all hierarchies that it uses. Written down, it is found again from wherever, and without looking for the hierarchies.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Cgroup {
    hierarchies: Hierarchies,
    /// Path below each hierarchy's mount, without a leading slash.
    path: PathBuf,
}

/// Processor time and memory of a group.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    /// Processor time in nanoseconds.
    pub cpu: u64,
    /// Memory in bytes, page cache included.
    pub memory: u64,
    /// How often a process was killed because the memory limit was reached.
    pub oom_kills: u64,
}

impl Cgroup {
    /// The group at `path` (relative, `tare/<id>`), existing or not.
    ///
    /// # Errors
    /// As [`Hierarchies::detect`]; [`Error::Invalid`] for a path that leaves its tree.
    pub fn at(path: &Path) -> Result<Self> {
        let plain = path.components().all(|c| matches!(c, std::path::Component::Normal(_)));
        if !plain || path.as_os_str().is_empty() {
            return Err(Error::Invalid(format!("cgroup path {} is not relative and plain", path.display())));
        }
        Ok(Self { hierarchies: Hierarchies::detect()?, path: path.to_path_buf() })
    }

    /// The files that limits are written to, and what is written.
    #[must_use]
    pub fn settings(&self, resources: &LinuxResources) -> Vec<(String, String)> {
        let settings = match &self.hierarchies {
            Hierarchies::Unified(_) => limits::unified(resources),
            Hierarchies::Separate(_) => limits::separate(resources),
        };
        settings.into_iter().map(|setting| (setting.file, setting.value)).collect()
    }

    /// Whether the host has the unified hierarchy alone.
    #[must_use]
    pub fn is_unified(&self) -> bool {
        matches!(self.hierarchies, Hierarchies::Unified(_))
    }

    /// Changes the limits of a group that is there, [`completed`](Self::completed). Rules of devices stay as they are: without those of every
    /// container they would not be rules, and while they are written anew nothing would be allowed.
    ///
    /// # Errors
    /// What the kernel reports for the file that it refused.
    pub fn update(&self, resources: &LinuxResources) -> Result<()> {
        match &self.hierarchies {
            Hierarchies::Unified(mount) => {
                write_settings(&mount.join(&self.path), &limits::unified(resources))
            }
            Hierarchies::Separate(controllers) => {
                let known = self.directories();
                self.create_separate(controllers, resources)?;
                self.move_into_new(&known)
            }
        }
    }

    /// Groups that an update has made get the processes that the others have.
    fn move_into_new(&self, known: &[PathBuf]) -> Result<()> {
        for directory in self.directories().iter().filter(|directory| !known.contains(directory)) {
            for pid in self.processes() {
                match write(&directory.join("cgroup.procs"), &pid.to_string()) {
                    // it has ended meanwhile
                    Err(Error::Io { source, .. }) if source.raw_os_error() == Some(3) => {}
                    written => written?,
                }
            }
        }
        Ok(())
    }

    /// Makes the group and sets its limits.
    ///
    /// # Errors
    /// What the kernel reports for the file that it refused; the group is removed then.
    pub fn create(&self, resources: &LinuxResources) -> Result<()> {
        let make = || match &self.hierarchies {
            Hierarchies::Unified(mount) => self.create_unified(mount, resources),
            Hierarchies::Separate(controllers) => self.create_separate(controllers, resources),
        };
        let mut made = make();
        for _ in 0..PARENT_LOST {
            match &made {
                Err(Error::Io { source, .. }) if source.kind() == ErrorKind::NotFound => made = make(),
                _ => break,
            }
        }
        made.inspect_err(|_| {
            // the first error is the one to tell
            let _ = self.remove();
        })
    }

    fn create_separate(&self, controllers: &[Controller], resources: &LinuxResources) -> Result<()> {
        if controllers.is_empty() {
            return Ok(());
        }
        if resources.unified().as_ref().is_some_and(|unified| !unified.is_empty()) {
            let reason = "linux.resources.unified is for cgroup v2; this machine has version 1";
            return Err(Error::Invalid(reason.into()));
        }
        let settings = limits::separate(resources);
        for controller in controllers {
            let directory = controller.mount.join(&controller.base).join(&self.path).join(&controller.below);
            match make_directory(&directory) {
                // a hierarchy that belongs to somebody else, and that nothing was asked of
                Err(Error::Io { source, .. })
                    if matches!(
                        source.kind(),
                        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem
                    ) && !settings.iter().any(|s| s.controller == controller.name) =>
                {
                    continue;
                }
                made => made?,
            }
            if controller.name == "cpuset" {
                inherit_cpuset(&controller.mount, &controller.base.join(&self.path).join(&controller.below))?;
            }
            let of_controller: Vec<_> =
                settings.iter().filter(|s| s.controller == controller.name).cloned().collect();
            write_settings(&directory, &of_controller)?;
        }
        let missing = |s: &&limits::Setting| !controllers.iter().any(|c| c.name == s.controller);
        match settings.iter().find(missing) {
            None => Ok(()),
            Some(setting) => Err(Error::Invalid(format!(
                "{} cannot be set: this machine has no {} cgroup",
                setting.file, setting.controller
            ))),
        }
    }

    fn create_unified(&self, mount: &Path, resources: &LinuxResources) -> Result<()> {
        let directory = mount.join(&self.path);
        let mut parent = mount.to_path_buf();
        for component in self.path.parent().into_iter().flat_map(Path::components) {
            hand_down(&parent);
            parent.push(component);
            make_directory(&parent)?;
        }
        hand_down(&parent);
        make_directory(&directory)?;
        write_settings(&directory, &limits::unified(resources))?;
        devices::attach(&directory, resources.devices().as_deref().unwrap_or_default())
    }

    /// The directory that clone3 can start a process in.
    pub(crate) fn directory_for_clone(&self) -> Option<OwnedFd> {
        match &self.hierarchies {
            Hierarchies::Unified(mount) => {
                let flags = sys::fs::OFlags::DIRECTORY | sys::fs::OFlags::PATH | sys::fs::OFlags::CLOEXEC;
                sys::fs::open(mount.join(&self.path), flags, sys::fs::Mode::empty()).ok()
            }
            Hierarchies::Separate(_) => None,
        }
    }

    /// The directory that a process is in, in the unified hierarchy.
    pub(crate) fn directory_of(&self, pid: Pid) -> Result<OwnedFd> {
        let file = format!("/proc/{}/cgroup", pid.as_raw_nonzero());
        let text = fs::read_to_string(&file).at("read", &file)?;
        let path = path_in(&text, hierarchies::UNIFIED).unwrap_or_default();
        let mount = match &self.hierarchies {
            Hierarchies::Unified(mount) => mount.clone(),
            Hierarchies::Separate(_) => PathBuf::new(),
        };
        let directory = mount.join(path.strip_prefix("/").unwrap_or(&path));
        sys::mount::open_directory(&directory).at("open", directory)
    }

    /// Moves a process into the group.
    ///
    /// # Errors
    /// What the kernel reports.
    pub fn attach(&self, pid: Pid) -> Result<()> {
        let pid = pid.as_raw_nonzero().to_string();
        for directory in self.places() {
            match write(&directory.join("cgroup.procs"), &pid) {
                // of a controller that it does not use
                Err(Error::Io { source, .. }) if source.kind() == ErrorKind::NotFound => {}
                written => written?,
            }
        }
        Ok(())
    }

    /// The directories that exist.
    fn directories(&self) -> Vec<PathBuf> {
        let mut directories = self.places();
        directories.retain(|directory| directory.exists());
        directories
    }

    /// Where its directories are, those of controllers that it does not use included.
    fn places(&self) -> Vec<PathBuf> {
        let mut directories: Vec<PathBuf> = match &self.hierarchies {
            Hierarchies::Unified(mount) => vec![mount.join(&self.path)],
            Hierarchies::Separate(controllers) => {
                controllers.iter().map(|c| c.mount.join(&c.base).join(&self.path).join(&c.below)).collect()
            }
        };
        // `cpu` and `cpuacct` may be one hierarchy
        directories.dedup();
        directories
    }

    /// Its directory in the unified tree, of a hybrid machine's too.
    fn unified(&self) -> Option<PathBuf> {
        match &self.hierarchies {
            Hierarchies::Unified(mount) => Some(mount.join(&self.path)),
            Hierarchies::Separate(_) => self.file(hierarchies::UNIFIED, "", ""),
        }
    }

    fn file(&self, controller: &str, separate: &str, unified: &str) -> Option<PathBuf> {
        match &self.hierarchies {
            Hierarchies::Unified(mount) => Some(mount.join(&self.path).join(unified)),
            Hierarchies::Separate(controllers) => controllers
                .iter()
                .find(|c| c.name == controller)
                .map(|c| c.mount.join(&c.base).join(&self.path).join(&c.below).join(separate)),
        }
    }

    /// Ids of all processes in the group and the groups below it.
    #[must_use]
    pub fn processes(&self) -> Vec<i32> {
        let mut pids = Vec::new();
        // all have the same ones: the first that is there will do
        self.places().iter().find(|directory| collect_processes(directory, &mut pids));
        pids
    }

    /// Names of the groups directly below this one.
    #[must_use]
    pub fn children(&self) -> Vec<String> {
        let mut names = Vec::new();
        for directory in self.directories() {
            for entry in fs::read_dir(&directory).into_iter().flatten().flatten() {
                let is_group = entry.file_type().is_ok_and(|kind| kind.is_dir());
                if let Some(name) = entry.file_name().to_str().filter(|_| is_group) {
                    names.push(name.to_owned());
                }
            }
        }
        names.sort_unstable();
        names.dedup();
        names
    }

    /// What the group has used.
    #[must_use]
    pub fn usage(&self) -> Usage {
        let read = |controller, separate, unified| {
            self.file(controller, separate, unified)
                .and_then(|file| fs::read_to_string(file).ok())
                .unwrap_or_default()
        };
        let number = |text: &str| text.trim().parse().unwrap_or(0);
        let memory = read("memory", "memory.usage_in_bytes", "memory.current");
        let (cpu, events) = match &self.hierarchies {
            Hierarchies::Unified(_) => {
                let stat = read("cpu", "", "cpu.stat");
                (keyed(&stat, "usage_usec") * 1000, read("memory", "", "memory.events"))
            }
            Hierarchies::Separate(_) => {
                (number(&read("cpuacct", "cpuacct.usage", "")), read("memory", "memory.oom_control", ""))
            }
        };
        Usage { cpu, memory: number(&memory), oom_kills: keyed(&events, "oom_kill") }
    }

    /// Removes the group, on every hierarchy. Missing directories are no error.
    ///
    /// # Errors
    /// The first refusal, after all have been tried.
    pub fn remove(&self) -> Result<()> {
        let mut result = Ok(());
        for directory in self.places() {
            if let Err(error) = remove_directory(&directory) {
                result = result.and(Err(error));
            }
        }
        result
    }

    /// Removes the group's parent on every hierarchy if nothing else is in it.
    pub fn remove_empty_parent(&self) {
        if let Some(parent) = self.path.parent().filter(|p| !p.as_os_str().is_empty()) {
            let parent = Self { hierarchies: self.hierarchies.clone(), path: parent.to_path_buf() };
            for directory in parent.directories() {
                // other containers are in it: it stays
                let _ = fs::remove_dir(directory);
            }
        }
    }
}

fn make_directory(path: &Path) -> Result<()> {
    match fs::create_dir(path) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        Err(error) if error.kind() == ErrorKind::NotFound => fs::create_dir_all(path).at("make cgroup", path),
        other => other.at("make cgroup", path),
    }
}

/// Lets children use the controllers. Each one alone: a parent may have some of them only.
fn hand_down(directory: &Path) {
    let file = directory.join("cgroup.subtree_control");
    let enabled = fs::read_to_string(&file).unwrap_or_default();
    for controller in UNIFIED {
        if !enabled.split_whitespace().any(|c| c == controller) {
            // a limit that needs a missing controller reports it when it is set
            let _ = fs::write(&file, format!("+{controller}"));
        }
    }
}

/// A new cpuset of version 1 is empty, and no process can enter it: it takes what its parent has.
fn inherit_cpuset(mount: &Path, path: &Path) -> Result<()> {
    let mut directory = mount.to_path_buf();
    for component in path.components() {
        let parent = directory.clone();
        directory.push(component);
        for file in ["cpuset.cpus", "cpuset.mems"] {
            let own = fs::read_to_string(directory.join(file)).unwrap_or_default();
            if own.trim().is_empty() {
                let inherited = fs::read_to_string(parent.join(file)).at("read", parent.join(file))?;
                write(&directory.join(file), inherited.trim())?;
            }
        }
    }
    Ok(())
}

/// Writes limits, in their order; a file that comes several times in a row is opened once.
fn write_settings(directory: &Path, settings: &[limits::Setting]) -> Result<()> {
    for of_file in settings.chunk_by(|one, next| one.file == next.file) {
        let path = directory.join(&of_file[0].file);
        let mut file = open(&path)?;
        for setting in of_file {
            // Memory and swap of version 1 limit each other: which of the two is accepted first depends on what they were.
            match (file.write_all(setting.value.as_bytes()), &setting.before) {
                (Err(_), Some((before, value))) => {
                    write(&directory.join(before), value)?;
                    write(&path, &setting.value)?;
                }
                (written, _) => written.at("write to", &path)?,
            }
        }
    }
    Ok(())
}

fn write(path: &Path, value: &str) -> Result<()> {
    open(path)?.write_all(value.as_bytes()).at("write to", path)
}

/// Opens a file that is there: the kernel makes a group's files, and to ask for a new one would lock the directory.
fn open(path: &Path) -> Result<fs::File> {
    fs::OpenOptions::new().write(true).open(path).at("write to", path)
}

fn keyed(text: &str, key: &str) -> u64 {
    text.lines()
        .filter_map(|line| line.split_once(' '))
        .find(|(name, _)| *name == key)
        .and_then(|(_, value)| value.trim().parse().ok())
        .unwrap_or(0)
}

/// Whether there is such a directory; its processes are added, and those below it.
fn collect_processes(directory: &Path, pids: &mut Vec<i32>) -> bool {
    let Ok(text) = fs::read_to_string(directory.join("cgroup.procs")) else { return false };
    pids.extend(text.lines().filter_map(|line| line.parse::<i32>().ok()));
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            collect_processes(&entry.path(), pids);
        }
    }
    true
}

/// Removes a cgroup and the ones that the container made below it. A process that has just been killed may still be leaving.
fn remove_directory(directory: &Path) -> Result<()> {
    for attempt in 0..200 {
        match fs::remove_dir(directory) {
            Ok(()) => return Ok(()),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
            Err(error) if attempt == 199 => return Err(error).at("remove cgroup", directory),
            Err(_) => {
                for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
                    if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                        // its own removal reports what stays
                        let _ = remove_directory(&entry.path());
                    }
                }
                std::thread::sleep(std::time::Duration::from_millis(1));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_cannot_leave_its_tree() {
        for bad in ["", "/tare", "../x", "tare/../../x"] {
            assert!(Cgroup::at(Path::new(bad)).is_err(), "{bad}");
        }
    }
}

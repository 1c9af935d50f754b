//! CPU time by cgroup, on hierarchies of both versions.
//!
//! A contender's group has two children: `seat` for what the benchmark starts, and whatever the contender makes for
//! its containers (version 2 allows no processes in a group that has children with controllers).

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

const MOUNT: &str = "/sys/fs/cgroup";

/// One group of the hierarchy that accounts CPU time.
#[derive(Debug)]
pub(super) struct Group {
    path: PathBuf,
}

impl Group {
    /// The group `name`, which need not exist.
    pub(super) fn named(name: &str) -> Self {
        Self { path: accounting().join(name) }
    }

    pub(super) fn create(&self) -> Result<(), String> {
        fs::create_dir_all(&self.path).map_err(|error| format!("create {}: {error}", self.path.display()))
    }

    /// Puts this process, and what it starts from now on, into the group.
    pub(super) fn join(&self) -> Result<(), String> {
        let path = self.path.join("cgroup.procs");
        fs::write(&path, "0").map_err(|error| format!("write {}: {error}", path.display()))
    }

    /// CPU time of all that ever ran in the group and below; zero where the group does not exist.
    pub(super) fn usage(&self) -> Duration {
        if let Ok(text) = fs::read_to_string(self.path.join("cpuacct.usage")) {
            return Duration::from_nanos(text.trim().parse().unwrap_or(0));
        }
        let text = fs::read_to_string(self.path.join("cpu.stat")).unwrap_or_default();
        Duration::from_micros(microseconds(&text))
    }

    /// How many processes are in the group and below.
    pub(super) fn processes(&self) -> usize {
        count(&self.path)
    }
}

/// `usage_usec` of a `cpu.stat` (Documentation/admin-guide/cgroup-v2.rst).
fn microseconds(stat: &str) -> u64 {
    stat.lines().find_map(|line| line.strip_prefix("usage_usec ")?.parse().ok()).unwrap_or(0)
}

fn count(path: &Path) -> usize {
    let own = fs::read_to_string(path.join("cgroup.procs")).map_or(0, |text| text.lines().count());
    own + children(path).iter().map(|child| count(child)).sum::<usize>()
}

/// The first component of the group that process `pid` is in; none for the root group.
pub(super) fn of_process(pid: &str) -> Option<String> {
    let text = fs::read_to_string(format!("/proc/{pid}/cgroup")).ok()?;
    let version_1 = !Path::new(MOUNT).join("cgroup.controllers").exists();
    let path = text.lines().find_map(|line| {
        let (controllers, path) = line.split_once(':')?.1.split_once(':')?;
        let wanted = if version_1 {
            controllers.split(',').any(|name| name == "cpuacct")
        } else {
            controllers.is_empty()
        };
        wanted.then_some(path)
    })?;
    path.split('/').find(|part| !part.is_empty()).map(str::to_owned)
}

/// Where CPU time is accounted.
fn accounting() -> PathBuf {
    let mount = Path::new(MOUNT);
    ["cpuacct", "cpu,cpuacct"]
        .iter()
        .map(|name| mount.join(name))
        .find(|path| path.exists())
        .unwrap_or(mount.into())
}

/// Every mounted hierarchy.
fn hierarchies() -> Vec<PathBuf> {
    let mut all = vec![PathBuf::from(MOUNT)];
    all.extend(children(Path::new(MOUNT)).into_iter().filter(|path| path.join("cgroup.procs").exists()));
    all
}

/// Makes the group `name` in every hierarchy that has controllers of version 1.
pub(super) fn create_everywhere(name: &str) -> Result<(), String> {
    if Path::new(MOUNT).join("cgroup.controllers").exists() {
        return Err("it is written for control groups of version 1".into());
    }
    hierarchies().iter().skip(1).try_for_each(|hierarchy| {
        let path = hierarchy.join(name);
        fs::create_dir_all(&path).map_err(|error| format!("create {}: {error}", path.display()))?;
        inherit_cpuset(hierarchy, name)
    })
}

/// A new cpuset takes no processes before it has processors and memory.
fn inherit_cpuset(hierarchy: &Path, name: &str) -> Result<(), String> {
    let mut path = hierarchy.to_path_buf();
    for part in name.split('/') {
        path.push(part);
        for file in ["cpuset.cpus", "cpuset.mems"] {
            let whole = hierarchy.join(file);
            if let Ok(all) = fs::read_to_string(&whole) {
                let place = path.join(file);
                fs::write(&place, all.trim())
                    .map_err(|error| format!("write {}: {error}", place.display()))?;
            }
        }
    }
    Ok(())
}

/// Whether a hierarchy has the group `name`.
pub(super) fn exists(name: &str) -> bool {
    hierarchies().iter().any(|hierarchy| hierarchy.join(name).exists())
}

/// Removes the group `name` and all below from every hierarchy.
pub(super) fn remove(name: &str) -> Result<(), String> {
    hierarchies()
        .iter()
        .map(|hierarchy| hierarchy.join(name))
        .filter(|path| path.exists())
        .try_for_each(|path| remove_tree(&path))
}

/// Removes the groups of runs that were killed: `prefix` and the number of a process that is gone.
pub(super) fn sweep(prefix: &str) -> Result<(), String> {
    for group in hierarchies().iter().flat_map(|hierarchy| children(hierarchy)) {
        let name = group.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if name.strip_prefix(prefix).is_some_and(|pid| !Path::new("/proc").join(pid).exists()) {
            remove_tree(&group)?;
        }
    }
    Ok(())
}

/// Removes a group and all below it. Processes that are about to end are waited for, for two seconds.
fn remove_tree(path: &Path) -> Result<(), String> {
    children(path).iter().try_for_each(|child| remove_tree(child))?;
    let deadline = Instant::now() + Duration::from_secs(2);
    while let Err(error) = fs::remove_dir(path) {
        if error.kind() != ErrorKind::ResourceBusy || Instant::now() > deadline {
            return Err(format!("remove {}: {error}", path.display()));
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    Ok(())
}

fn children(path: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(path).into_iter().flatten().filter_map(Result::ok);
    entries
        .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()))
        .map(|entry| entry.path())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::microseconds;

    #[test]
    fn the_usage_is_found_among_the_other_numbers() {
        assert_eq!(microseconds("usage_usec 1234\nuser_usec 1000\nsystem_usec 234\n"), 1234);
        assert_eq!(microseconds(""), 0);
    }
}

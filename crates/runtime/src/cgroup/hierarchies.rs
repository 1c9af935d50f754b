//! How a machine has its control groups.

use crate::error::{At, Error, Result};
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::Read;
use std::path::PathBuf;
use std::sync::OnceLock;

/// Controllers of version 1 (admin-guide/cgroup-v1/).
const CONTROLLERS: [&str; 14] = [
    "cpu",
    "cpuacct",
    "cpuset",
    "memory",
    "devices",
    "freezer",
    "blkio",
    "pids",
    "hugetlb",
    "net_cls",
    "net_prio",
    "perf_event",
    "rdma",
    "misc",
];
/// Hierarchies without a controller have a name (`name=systemd`).
const NAMED: &str = "name=";
/// Stands for the controller of the unified tree beside separate ones, which has none.
pub(super) const UNIFIED: &str = "";

/// A controller of version 1; a hierarchy without one by its option (`name=systemd`), the unified tree of a hybrid machine by an empty name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Controller {
    /// The controller's name.
    pub name: String,
    /// Where its hierarchy is mounted.
    pub mount: PathBuf,
    /// What of the hierarchy the mount shows: a part of it in a container without a cgroup namespace.
    pub root: PathBuf,
    /// The group that paths are relative to, below the mount.
    pub base: PathBuf,
    /// A part of this controller's path alone, behind the group's.
    pub below: PathBuf,
}

/// How this machine has its control groups.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Hierarchies {
    /// One tree, mounted here.
    Unified(PathBuf),
    /// One tree a controller.
    Separate(Vec<Controller>),
}

impl Controller {
    fn new(name: &str, mount: impl Into<PathBuf>, root: &str) -> Self {
        let (base, below) = (PathBuf::new(), PathBuf::new());
        Self { name: name.into(), mount: mount.into(), root: root.into(), base, below }
    }
}

impl Hierarchies {
    /// Those of the mount table, which is read once in the life of a process.
    ///
    /// # Errors
    /// [`Error::Invalid`] if no cgroup file system is mounted.
    pub fn detect() -> Result<Self> {
        static KNOWN: OnceLock<Hierarchies> = OnceLock::new();
        if let Some(known) = KNOWN.get() {
            return Ok(known.clone());
        }
        let path = "/proc/self/mountinfo";
        // a proc file has no size to go by, and each read of it writes the table anew
        let mut table = String::with_capacity(16 << 10);
        File::open(path).and_then(|mut file| file.read_to_string(&mut table)).at("read", path)?;
        let found = Self::parse(&table).ok_or_else(|| {
            Error::Invalid("no cgroup file system is mounted; mount -t cgroup2 none /sys/fs/cgroup".into())
        })?;
        Ok(KNOWN.get_or_init(|| found).clone())
    }

    fn parse(mountinfo: &str) -> Option<Self> {
        let mut separate = Vec::new();
        let mut unified = None;
        for line in mountinfo.lines() {
            let Some((before, after)) = line.split_once(" - ") else { continue };
            let mut before = before.split(' ').skip(3);
            let (root, mount) = (before.next().unwrap_or_default(), before.next().unwrap_or_default());
            let mut after = after.split(' ');
            match after.next() {
                Some("cgroup2") => unified = unified.or(Some((PathBuf::from(mount), root))),
                Some("cgroup") => {
                    let options = after.nth(1).unwrap_or_default();
                    for name in options.split(',').filter(|o| CONTROLLERS.contains(o) || o.starts_with(NAMED))
                    {
                        // a tree may be bound at several places
                        if !separate.iter().any(|known: &Controller| known.name == name) {
                            separate.push(Controller::new(name, mount, root));
                        }
                    }
                }
                _ => {}
            }
        }
        if separate.iter().all(|controller| controller.name.starts_with(NAMED)) {
            // what has only a name limits nothing
            return unified.map(|(mount, _)| Self::Unified(mount));
        }
        separate.extend(unified.map(|(mount, root)| Controller::new(UNIFIED, mount, root)));
        Some(Self::Separate(separate))
    }
}

/// The path of the calling process's group in a text of `/proc/<pid>/cgroup`: in the hierarchy of a controller, or with an empty name in the unified one.
pub(crate) fn path_in(text: &str, controller: &str) -> Option<PathBuf> {
    text.lines().find_map(|line| {
        let mut fields = line.splitn(3, ':').skip(1);
        let (names, path) = (fields.next()?, fields.next()?);
        names.split(',').any(|name| name == controller).then(|| PathBuf::from(path))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hybrid_machine_counts_as_separate() {
        let mountinfo = "31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw\n\
             33 31 0:30 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n\
             34 31 0:30 / /elsewhere rw - cgroup cgroup rw,cpu,cpuacct\n\
             40 31 0:37 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,name=systemd\n\
             41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n";
        let Some(Hierarchies::Separate(controllers)) = Hierarchies::parse(mountinfo) else {
            panic!("not separate")
        };
        let names: Vec<_> = controllers.iter().map(|c| c.name.as_str()).collect();
        assert_eq!(names, ["cpu", "cpuacct", "name=systemd", ""]);
    }

    #[test]
    fn a_pure_machine_is_unified() {
        let mountinfo = "30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw\n";
        assert_eq!(Hierarchies::parse(mountinfo), Some(Hierarchies::Unified("/sys/fs/cgroup".into())));
        let named =
            format!("{mountinfo}40 31 0:37 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,name=systemd\n");
        assert_eq!(Hierarchies::parse(&named), Some(Hierarchies::Unified("/sys/fs/cgroup".into())));
    }
}

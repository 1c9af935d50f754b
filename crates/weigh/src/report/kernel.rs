//! What an image takes from the host's kernel, as far as its files tell.

use super::features::{FEATURES, Release, Row};
use closure::{Closure, Id, Object, Tree};
use elf::{Dynamic, Libc};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// How many users of a feature are told.
const USERS: usize = 3;
/// How many paths of the kernel's file systems are told.
const PATHS: usize = 200;

/// What is taken from the kernel.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kernel {
    /// The release of this machine's kernel, as `uname -r` says it.
    pub host: String,
    /// What everybody should know.
    pub sentence: String,
    /// The oldest kernel that its C library and programs say they work on.
    pub minimum: Option<Minimum>,
    /// Features whose functions are called by payload: by the program first.
    pub features: Vec<Feature>,
    /// Devices that payload names.
    pub devices: Vec<String>,
    /// Paths below `/proc` that payload names.
    pub proc: Vec<String>,
    /// Paths below `/sys` that payload names.
    pub sys: Vec<String>,
    /// What could not be told.
    pub notes: Vec<String>,
}

/// The oldest kernel that somebody says to work on (`.note.ABI-tag`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Minimum {
    /// `3.2.0`.
    pub version: String,
    /// The file that says so.
    pub by: String,
}

/// A feature of the kernel that somebody may use. Who calls its function may do without where it fails.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Feature {
    /// What it is.
    pub name: String,
    /// The functions that are called.
    pub functions: Vec<String>,
    /// The version of Linux that has them all.
    pub since: String,
    /// What the caller must be allowed; nothing if everybody may.
    pub privilege: Option<String>,
    /// Who calls them: three at most.
    pub by: Vec<String>,
    /// Whether this machine's kernel is new enough.
    pub is_there: bool,
}

/// What the payload's programs and libraries say.
pub(super) fn read(tree: &Tree, closure: &Closure<'_>, program: &[Id]) -> Kernel {
    let mut kernel = Kernel::default();
    let mut objects: Vec<(Id, &Object)> = closure.objects().collect();
    // what belongs to the program itself is told first
    objects.sort_by_key(|(id, _)| (program.iter().position(|own| own == id).unwrap_or(usize::MAX), *id));
    let mut calls = Calls::default();
    let mut paths = BTreeSet::new();
    let mut minimum: Option<(Release, Id)> = None;
    for (id, object) in &objects {
        if let Some(version) = object.dynamic.kernel
            && minimum.is_none_or(|(known, _)| version > known)
        {
            minimum = Some((version, *id));
        }
        if is_c_library(&tree.node(*id).name, &object.dynamic) {
            continue;
        }
        calls.add(&object.dynamic, &tree.text(*id));
        paths.extend(object.paths.iter().filter_map(|run| kernel_path(run)));
        if program.contains(id) {
            kernel.notes.extend(silence(&object.dynamic, &tree.text(*id)));
        }
    }
    kernel.features = calls.features();
    kernel.minimum =
        minimum.map(|(version, by)| Minimum { version: dotted(version, true), by: tree.text(by) });
    kernel.share_out(paths);
    kernel
}

/// Why nothing can be told of a program's calls, if that is so.
fn silence(dynamic: &Dynamic, path: &str) -> Option<String> {
    let is_silent = dynamic.needed.is_empty() && dynamic.imports.is_empty();
    is_silent.then(|| {
        format!(
            "{path} is static and has no symbols: which system calls it makes cannot be told from its file"
        )
    })
}

impl Kernel {
    /// What one file says; `by` is its name.
    pub(super) fn of_file(dynamic: &Dynamic, content: &[u8], by: &str) -> Self {
        let mut kernel = Self::default();
        let mut calls = Calls::default();
        calls.add(dynamic, by);
        kernel.features = calls.features();
        kernel.minimum =
            dynamic.kernel.map(|version| Minimum { version: dotted(version, true), by: by.to_owned() });
        kernel.notes.extend(silence(dynamic, by));
        let mut paths = BTreeSet::new();
        elf::mentioned_paths(content, &mut |run| paths.extend(kernel_path(run)));
        kernel.share_out(paths);
        kernel
    }

    fn share_out(&mut self, paths: BTreeSet<String>) {
        for path in paths {
            let list = match path.get(..5) {
                Some("/dev/") => &mut self.devices,
                Some("/proc") => &mut self.proc,
                _ => &mut self.sys,
            };
            if list.len() < PATHS {
                list.push(path);
            }
        }
    }

    pub(super) fn run_on(&mut self, release: &str, kind: &str) {
        let version =
            release.split(|char: char| !char.is_ascii_digit() && char != '.').next().unwrap_or_default();
        let numbers: Vec<u32> = version.split('.').filter_map(|part| part.parse().ok()).collect();
        let here = (part(&numbers, 0), part(&numbers, 1), part(&numbers, 2));
        let short = dotted((here.0, here.1, 0), false);
        self.host = release.to_owned();
        self.sentence = format!("this {kind} contains no kernel; it runs on the host's {short}");
        for feature in &mut self.features {
            let since: Vec<u32> = feature.since.split('.').filter_map(|part| part.parse().ok()).collect();
            feature.is_there = here >= (part(&since, 0), part(&since, 1), part(&since, 2));
        }
    }
}

fn part(numbers: &[u32], at: usize) -> u32 {
    numbers.get(at).copied().unwrap_or(0)
}

/// Functions that are called, with their users.
#[derive(Default)]
struct Calls(BTreeMap<&'static str, (BTreeSet<&'static str>, Vec<String>)>);

impl Calls {
    fn add(&mut self, dynamic: &Dynamic, by: &str) {
        let uses_uring = dynamic.needed.iter().any(|name| name.starts_with("liburing"));
        for row in FEATURES {
            let called = row.functions.iter().map(|(name, _)| *name);
            let called: Vec<&str> =
                called.filter(|name| dynamic.imports.iter().any(|import| import == name)).collect();
            if called.is_empty() && !(uses_uring && row.name == "io_uring") {
                continue;
            }
            let (functions, users) = self.0.entry(row.name).or_default();
            functions.extend(called);
            if users.len() < USERS {
                users.push(by.to_owned());
            }
        }
    }

    fn features(self) -> Vec<Feature> {
        let mut calls = self.0;
        FEATURES.iter().filter_map(|row| calls.remove(row.name).map(|called| feature(row, called))).collect()
    }
}

fn feature(row: &Row, (functions, by): (BTreeSet<&str>, Vec<String>)) -> Feature {
    let versions = row.functions.iter().filter(|(name, _)| functions.is_empty() || functions.contains(name));
    let since = versions.map(|(_, since)| *since).max().unwrap_or_default();
    Feature {
        name: row.name.to_owned(),
        functions: functions.into_iter().map(str::to_owned).collect(),
        since: dotted(since, false),
        privilege: Some(row.privilege.to_owned()).filter(|text| !text.is_empty()),
        by,
        is_there: true,
    }
}

/// `3.17`, `2.6.27`.
fn dotted((version, major, minor): Release, is_full: bool) -> String {
    if minor > 0 || is_full { format!("{version}.{major}.{minor}") } else { format!("{version}.{major}") }
}

/// What the C library itself calls is what it offers, and not what is used of it.
fn is_c_library(name: &[u8], dynamic: &Dynamic) -> bool {
    let name = String::from_utf8_lossy(name);
    let name = dynamic.soname.as_deref().unwrap_or(&name);
    let stem = name.split('.').next().unwrap_or_default();
    Libc::of_loader(name).is_some()
        || ["libc", "libpthread", "librt", "libdl", "libutil", "libanl"].contains(&stem)
}

/// First names below `/dev`, without the numbers behind them.
const DEVICES: &[&str] = &[
    "accel",
    "autofs",
    "block",
    "btrfs-control",
    "bus",
    "char",
    "console",
    "cpu",
    "crypto",
    "cuse",
    "dma_heap",
    "dm-",
    "dri",
    "fb",
    "fd",
    "full",
    "fuse",
    "gpiochip",
    "hidraw",
    "hpet",
    "hugepages",
    "hwrng",
    "i2c-",
    "infiniband",
    "input",
    "ipmi",
    "kfd",
    "kmem",
    "kmsg",
    "kvm",
    "log",
    "loop",
    "loop-control",
    "mapper",
    "md",
    "mei",
    "mem",
    "mqueue",
    "nbd",
    "net",
    "ng",
    "null",
    "nvidia",
    "nvidia-modeset",
    "nvidia-uvm",
    "nvidiactl",
    "nvme",
    "port",
    "ppp",
    "ptmx",
    "pts",
    "random",
    "rfkill",
    "rtc",
    "sda",
    "sdb",
    "sg",
    "sgx_enclave",
    "shm",
    "snd",
    "spidev",
    "sr",
    "stderr",
    "stdin",
    "stdout",
    "tpm",
    "tpmrm",
    "tty",
    "ttyACM",
    "ttyS",
    "ttyUSB",
    "udmabuf",
    "uhid",
    "uinput",
    "urandom",
    "userfaultfd",
    "vcs",
    "vda",
    "vdb",
    "vfio",
    "vhost-net",
    "vhost-vsock",
    "video",
    "vsock",
    "watchdog",
    "zero",
    "zfs",
];
/// First names below `/proc`.
const PROC: &[&str] = &[
    "acpi",
    "buddyinfo",
    "bus",
    "cgroups",
    "cmdline",
    "config.gz",
    "consoles",
    "cpuinfo",
    "crypto",
    "devices",
    "diskstats",
    "driver",
    "execdomains",
    "fb",
    "filesystems",
    "fs",
    "interrupts",
    "iomem",
    "ioports",
    "irq",
    "kallsyms",
    "kcore",
    "key-users",
    "keys",
    "kmsg",
    "kpagecount",
    "kpageflags",
    "loadavg",
    "locks",
    "mdstat",
    "meminfo",
    "misc",
    "modules",
    "mounts",
    "mtrr",
    "net",
    "pagetypeinfo",
    "partitions",
    "pressure",
    "schedstat",
    "scsi",
    "self",
    "slabinfo",
    "softirqs",
    "stat",
    "swaps",
    "sys",
    "sysrq-trigger",
    "sysvipc",
    "thread-self",
    "timer_list",
    "tty",
    "uptime",
    "version",
    "vmallocinfo",
    "vmstat",
    "zoneinfo",
];
/// First names below `/sys`.
const SYS: &[&str] =
    &["block", "bus", "class", "dev", "devices", "firmware", "fs", "hypervisor", "kernel", "module", "power"];

/// A run of bytes that is a path below `/dev`, `/proc` or `/sys`. Strings may follow each other without a mark, and code may look like one: what begins with
/// no name that the kernel has there is none.
fn kernel_path(run: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(run).ok().filter(|text| text.len() <= 128)?;
    let mut names = text.split('/').skip(1);
    let known = match names.next()? {
        "dev" => DEVICES,
        "proc" => PROC,
        "sys" => SYS,
        _ => return None,
    };
    let first = names.next()?.trim_end_matches(['.', ',']);
    let is_known =
        known.contains(&first) || known.contains(&first.trim_end_matches(|last: char| last.is_ascii_digit()));
    // where a string goes on with `%d` the rest of its path is not known
    is_known.then(|| text.trim_end_matches(['.', ',', '/']).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dynamic(imports: &[&str], needed: &[&str]) -> Dynamic {
        let owned = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
        Dynamic { imports: owned(imports), needed: owned(needed), ..Dynamic::default() }
    }

    #[test]
    fn imports_are_features_since_the_newest_of_their_calls() {
        let mut kernel = Kernel::of_file(
            &dynamic(&["epoll_create1", "epoll_wait", "puts", "close_range", "setns"], &["liburing.so.2"]),
            b"\0/proc/self/fd/\0/dev/urandom\0/devel/x\0/dev/nul\0/proc/cpH\0/dev/tty12\0/sys/fs/cgroup\0/proc/\0",
            "/bin/x",
        );
        kernel.run_on("5.4.0-10-amd64", "file");
        let told: Vec<_> =
            kernel.features.iter().map(|f| (f.name.as_str(), f.since.as_str(), f.is_there)).collect();
        assert_eq!(
            told,
            [
                ("epoll", "2.6.27", true),
                ("close_range", "5.9", false),
                ("io_uring", "5.1", true),
                ("namespaces", "3.0", true)
            ]
        );
        assert_eq!(kernel.devices, ["/dev/tty12", "/dev/urandom"]);
        assert_eq!(kernel.proc, ["/proc/self/fd"]);
        assert_eq!(kernel.sys, ["/sys/fs/cgroup"]);
        assert_eq!(kernel.sentence, "this file contains no kernel; it runs on the host's 5.4");
    }
}

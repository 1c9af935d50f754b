//! What is on this machine now, of the kinds that a container engine leaves behind.
//!
//! Whatever cannot be read (another user's process, one that has just ended) is passed over: the survey is taken
//! twice by the same user, and only what was seen counts.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The product's name, which every host object of ours begins with or contains.
const OURS: &str = "tare";

/// How deep the engine's own directories are looked at: every state, container, image and volume is an entry there.
const DEPTH: usize = 3;

/// From a kind (`mount`, `process` …) to the things of that kind, each with a word on what or whose it is.
pub type Survey = BTreeMap<String, Things>;
/// From a thing to what or whose it is.
type Things = BTreeMap<String, String>;

/// Looks at everything.
pub fn take() -> Survey {
    let processes = processes();
    let parts = [
        ("mount", mounts()),
        ("namespace", namespaces(&processes)),
        ("named network namespace", named(Path::new("/run/netns"), |_| true)),
        ("cgroup", cgroups()),
        ("interface", interfaces()),
        ("nftables table", tables()),
        ("process", ours(&processes)),
        ("file", files()),
    ];
    parts.into_iter().map(|(kind, things)| (kind.to_owned(), things)).collect()
}

/// The mount points of our namespace; one for each mount that lies on the same point
/// (`proc_pid_mountinfo(5)`).
fn mounts() -> Things {
    let mut things = Things::new();
    for line in read("/proc/self/mountinfo").lines() {
        let (place, kind) = line.split_once(" - ").unwrap_or((line, ""));
        let Some(point) = place.split(' ').nth(4) else { continue };
        let mut name = point.to_owned();
        while things.contains_key(&name) {
            name.push_str(" (again)");
        }
        things.insert(name, kind.split(' ').take(2).collect::<Vec<_>>().join(" "));
    }
    things
}

/// A process: its number, its command line and its directory in `/proc`.
struct Process {
    pid: u32,
    command: String,
    directory: PathBuf,
}

fn processes() -> Vec<Process> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let mut found: Vec<Process> = entries.filter_map(|entry| process(entry.path())).collect();
    found.sort_by_key(|process| process.pid);
    found
}

fn process(directory: PathBuf) -> Option<Process> {
    let pid = directory.file_name()?.to_str()?.parse().ok()?;
    let arguments = fs::read(directory.join("cmdline")).ok()?;
    let command = String::from_utf8_lossy(&arguments).trim_end_matches('\0').replace('\0', " ");
    Some(Process { pid, command, directory })
}

/// Processes whose program or name begins with ours. A kernel that gives a number again is told apart by the
/// start time (field 22 of `proc_pid_stat(5)`).
fn ours(processes: &[Process]) -> Things {
    let mut things = Things::new();
    for process in processes {
        let name = read(process.directory.join("comm"));
        let program = fs::read_link(process.directory.join("exe")).unwrap_or_default();
        let program = program.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        if name.starts_with(OURS) || program.starts_with(OURS) {
            let stat = read(process.directory.join("stat"));
            let fields = stat.rsplit(')').next().unwrap_or_default();
            let started = fields.split_whitespace().nth(19).unwrap_or_default();
            things.insert(format!("{} started at tick {started}", process.pid), process.command.clone());
        }
    }
    things
}

/// The namespaces that some process is in, with the first such process.
fn namespaces(processes: &[Process]) -> Things {
    let mut things = Things::new();
    for process in processes {
        for kind in ["net", "mnt", "pid"] {
            if let Ok(namespace) = fs::read_link(process.directory.join("ns").join(kind)) {
                let owner = || format!("process {}: {}", process.pid, process.command);
                things.entry(namespace.display().to_string()).or_insert_with(owner);
            }
        }
    }
    things
}

/// Every cgroup below one of ours, in every hierarchy, with the processes in it.
fn cgroups() -> Things {
    let mut things = Things::new();
    let mut waiting = vec![PathBuf::from("/sys/fs/cgroup")];
    while let Some(directory) = waiting.pop() {
        let entries = fs::read_dir(&directory).into_iter().flatten().flatten();
        let below = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
        waiting.extend(below.map(|entry| entry.path()));
        if directory.iter().any(|part| part.to_string_lossy().contains(OURS)) {
            let inside =
                read(directory.join("cgroup.procs")).split_whitespace().collect::<Vec<_>>().join(" ");
            let owner = if inside.is_empty() { inside } else { format!("processes {inside}") };
            things.insert(directory.display().to_string(), owner);
        }
    }
    things
}

/// The interfaces of our network namespace (`/sys/class/net` shows those of whoever mounted it).
fn interfaces() -> Things {
    let text = read("/proc/self/net/dev");
    let names = text.lines().skip(2).filter_map(|line| line.split(':').next());
    names.map(|name| (name.trim().to_owned(), String::new())).collect()
}

fn tables() -> Things {
    let Ok(output) = Command::new("nft").args(["list", "tables"]).output() else { return Things::new() };
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let names = text.lines().filter_map(|line| line.strip_prefix("table "));
    names.map(|name| (name.to_owned(), String::new())).collect()
}

/// Our files in the usual places, temporary directories without a better name, and everything in `$TMPDIR`.
fn files() -> Things {
    let mut things = Things::new();
    for place in ["/run", "/var/lib", "/dev/shm"] {
        let ours = named(Path::new(place), |name| name.starts_with(OURS));
        // an engine of the machine may be there before, and a test must not use it
        for directory in ours.keys() {
            things.extend(below(Path::new(directory), DEPTH));
        }
        things.extend(ours);
    }
    for place in ["/tmp", "/var/tmp"] {
        things.extend(named(Path::new(place), |name| name.starts_with(OURS) || name.starts_with(".tmp")));
    }
    let own = std::env::temp_dir();
    if own != Path::new("/tmp") {
        things.extend(named(&own, |_| true));
    }
    things
}

/// What is in a directory, down to a depth.
fn below(directory: &Path, depth: usize) -> Things {
    let mut things = named(directory, |_| true);
    if depth > 1 {
        let entries: Vec<String> = things.keys().cloned().collect();
        for entry in entries.iter().map(Path::new).filter(|entry| !entry.is_symlink()) {
            things.extend(below(entry, depth - 1));
        }
    }
    things
}

/// The entries of a directory whose names are wanted, each with its owner and some of what is in it.
fn named(directory: &Path, wanted: impl Fn(&str) -> bool) -> Things {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    let wanted = entries.filter(|entry| wanted(&entry.file_name().to_string_lossy()));
    wanted.map(|entry| (entry.path().display().to_string(), owner(&entry.path()))).collect()
}

fn owner(path: &Path) -> String {
    use std::os::unix::fs::MetadataExt as _;
    let Ok(metadata) = fs::symlink_metadata(path) else { return String::new() };
    let entries = fs::read_dir(path).into_iter().flatten().flatten().take(4);
    let inside: Vec<String> = entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    match inside.as_slice() {
        [] => format!("of user {}", metadata.uid()),
        names => format!("of user {}, with {}", metadata.uid(), names.join(", ")),
    }
}

/// The file's text as far as it is text; nothing when it cannot be read.
fn read(path: impl AsRef<Path>) -> String {
    String::from_utf8_lossy(&fs::read(path).unwrap_or_default()).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_is_seen() {
        let survey = take();
        assert!(survey["mount"].contains_key("/"));
        assert!(survey["interface"].contains_key("lo"));
        let network = fs::read_link("/proc/self/ns/net").unwrap().display().to_string();
        assert!(survey["namespace"].contains_key(&network));
    }

    #[test]
    fn entries_are_found_to_a_depth_and_not_through_links() {
        let place = tempfile::tempdir().unwrap();
        fs::create_dir_all(place.path().join("oci/container/too-deep")).unwrap();
        std::os::unix::fs::symlink("/", place.path().join("link")).unwrap();
        let found = below(place.path(), 2);
        let found: Vec<&str> = found.keys().map(|p| p.rsplit('/').next().unwrap()).collect();
        assert_eq!(found, ["link", "oci", "container"]);
    }

    #[test]
    fn entries_are_told_by_name_and_content() {
        let place = tempfile::tempdir().unwrap();
        fs::create_dir(place.path().join("tare-a")).unwrap();
        fs::write(place.path().join("tare-a/x"), "").unwrap();
        fs::write(place.path().join("other"), "").unwrap();
        let things = named(place.path(), |name| name.starts_with(OURS));
        assert_eq!(things.len(), 1);
        assert!(things.values().next().unwrap().ends_with(", with x"));
    }
}

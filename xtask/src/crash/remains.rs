//! What an engine has on the machine and on disk, which after a prune is nothing.

use super::chance::signal;
use super::ground::Ground;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, Instant};

/// How long work may take that an ended command left to a supervisor or to the kernel.
const PATIENCE: Duration = Duration::from_secs(2);
const TURN: Duration = Duration::from_millis(10);

/// What a store without content consists of.
const DATA_ROOT: [&str; 12] = [
    "version",
    "blobs",
    "layers",
    "refs",
    "cache",
    "names",
    "containers",
    "volumes",
    "mount-points",
    "staging",
    "downloads",
    "trash",
];
/// Directories that are empty then.
const EMPTY: [&str; 10] = [
    "blobs/sha256",
    "layers/sha256",
    "refs",
    "cache",
    "names",
    "containers",
    "volumes",
    "staging",
    "downloads",
    "trash",
];
/// And these below the exec root.
const EMPTY_TOO: [&str; 3] = ["containers", "leases", "networks/bridge/addresses"];

/// Ids of the containers and steps of which there is anything on disk: the host objects of each begin with or contain its id.
pub(super) fn ids(ground: &Ground) -> BTreeSet<String> {
    let directories = [ground.data_root().join("containers"), ground.exec_root().join("containers")];
    directories.iter().flat_map(|directory| names(directory)).filter(|name| name.len() == 64).collect()
}

/// What is left, when it does not become less any more.
pub(super) fn wait_for_none(ground: &Ground, ids: &BTreeSet<String>) -> Vec<String> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let left = find(ground, ids);
        if left.is_empty() || Instant::now() > deadline {
            return left;
        }
        sleep(TURN);
    }
}

fn find(ground: &Ground, ids: &BTreeSet<String>) -> Vec<String> {
    let mut left = on_disk(ground);
    left.extend(ground.processes().iter().map(|pid| format!("process {pid}: {}", command_line(*pid))));
    left.extend(cgroups(&ground.group()).iter().map(|path| format!("cgroup {}", path.display())));
    left.extend(interfaces(ground, ids).iter().map(|name| format!("interface {name}")));
    let rules = output("nft", &["list", "ruleset"]);
    left.extend(lines_with(&rules, &ground.group()).map(|line| format!("nftables: {line}")));
    let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
    for root in [ground.data_root(), &ground.exec_root()] {
        let root = root.display().to_string();
        left.extend(lines_with(&mounts, &root).map(|line| format!("mount {line}")));
    }
    left.iter().map(|line| format!("left after prune: {line}")).collect()
}

fn lines_with<'a>(text: &'a str, word: &'a str) -> impl Iterator<Item = &'a str> {
    text.lines().filter(move |line| line.contains(word)).map(str::trim)
}

fn on_disk(ground: &Ground) -> Vec<String> {
    let mut left: Vec<PathBuf> = Vec::new();
    let mut expect = |directory: PathBuf, allowed: &dyn Fn(&str) -> bool| {
        left.extend(
            names(&directory).into_iter().filter(|name| !allowed(name)).map(|name| directory.join(name)),
        );
    };
    let (data, exec) = (ground.data_root(), ground.exec_root());
    expect(data.to_path_buf(), &|name| DATA_ROOT.contains(&name));
    let empty = EMPTY.map(|directory| data.join(directory)).into_iter();
    for directory in empty.chain(EMPTY_TOO.map(|directory| exec.join(directory))) {
        expect(directory, &|_| false);
    }
    expect(exec.join("locks"), &|name| !name.starts_with("container-") && !name.starts_with('.'));
    expect(exec.join("seccomp"), &|name| !name.starts_with('.'));
    expect(exec.join("networks/bridge"), &|name| name.ends_with(".lock") || name == "addresses");
    expect(exec, &|name| ["containers", "leases", "locks", "networks", "seccomp"].contains(&name));
    left.iter().map(|path| format!("file {}", path.display())).collect()
}

fn names(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
}

/// Processes that name the exec root among their arguments, or are in one of the engine's cgroups.
pub(super) fn processes(exec_root: &Path, group: &str) -> Vec<u32> {
    let exec_root = exec_root.as_os_str().as_encoded_bytes();
    let belongs = |pid: &u32| {
        let arguments = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        let is_named = arguments.split(|byte| *byte == 0).any(|argument| argument == exec_root);
        is_named || fs::read_to_string(format!("/proc/{pid}/cgroup")).unwrap_or_default().contains(group)
    };
    let pids = names(Path::new("/proc")).into_iter().filter_map(|name| name.parse().ok());
    pids.filter(belongs).filter(|pid| is_alive(*pid)).collect()
}

fn is_alive(pid: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let state = stat.rsplit(')').next().unwrap_or_default().trim_start();
    !state.is_empty() && !state.starts_with(['Z', 'X'])
}

fn command_line(pid: u32) -> String {
    let arguments = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    String::from_utf8_lossy(&arguments).replace('\0', " ")
}

/// The engine's group on every hierarchy, with those below it, the deepest first.
fn cgroups(group: &str) -> Vec<PathBuf> {
    let base = Path::new("/sys/fs/cgroup");
    let hierarchies = names(base).into_iter().map(|name| base.join(name)).chain([base.to_path_buf()]);
    let mut waiting: Vec<PathBuf> =
        hierarchies.map(|hierarchy| hierarchy.join(group)).filter(|path| path.is_dir()).collect();
    let mut found = Vec::new();
    while let Some(directory) = waiting.pop() {
        let below = names(&directory).into_iter().map(|name| directory.join(name));
        waiting.extend(below.filter(|path| path.is_dir()));
        found.push(directory);
    }
    found.reverse();
    found
}

/// The bridge, what is plugged into it, and the host ends of the containers' pairs: `veth` and the beginning of the id.
fn interfaces(ground: &Ground, ids: &BTreeSet<String>) -> Vec<String> {
    let bridge = ground.bridge();
    let ports = names(&Path::new("/sys/class/net").join(&bridge).join("brif"));
    let is_ours = |name: &String| {
        *name == bridge
            || ports.contains(name)
            || name.strip_prefix("veth").is_some_and(|start| ids.iter().any(|id| id.starts_with(start)))
    };
    let text = fs::read_to_string("/proc/self/net/dev").unwrap_or_default();
    let all = text.lines().filter_map(|line| line.split_once(':')).map(|(name, _)| name.trim().to_owned());
    all.filter(is_ours).collect()
}

fn output(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output();
    output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default()
}

/// Removes everything of the engine from the machine.
pub(super) fn remove(ground: &Ground) -> Result<(), String> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        for pid in ground.processes() {
            signal("KILL", pid);
        }
        for group in cgroups(&ground.group()) {
            // a process in it may still be leaving: the next turn tells
            let _ = fs::remove_dir(group);
        }
        if ground.processes().is_empty() && cgroups(&ground.group()).is_empty() {
            break;
        }
        if Instant::now() > deadline {
            return Err(format!("cannot remove what is left of {}", ground.place().display()));
        }
        sleep(TURN);
    }
    for interface in interfaces(ground, &ids(ground)) {
        output("ip", &["link", "delete", &interface]);
    }
    let table = format!("table ip {}", ground.group());
    if output("nft", &["list", "tables"]).lines().any(|line| line == table) {
        output("nft", &["delete", "table", "ip", &ground.group()]);
    }
    Ok(())
}

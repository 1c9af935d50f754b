//! What a run puts on the host outside its mount namespace: a cgroup, a file with a file system in it, and what `tare`
//! names after its exec root. Each has a name that no other run has.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use super::cgroup;

/// What the names of our cgroups begin with; the number of the run follows.
pub(super) const GROUP: &str = "tare-bench-";

/// The cgroup of one run.
pub(super) fn group(run: &str) -> String {
    format!("{GROUP}{run}")
}

/// The exec root that `tare` gets in one run.
pub(super) fn exec_root(run: &str) -> String {
    format!("/media/run/tare-{run}")
}

/// What follows `tare` in the names of the cgroup, the bridge and the table of one run: the first eight hexadecimal
/// digits of the SHA-256 of the exec root's path (docs/adr/0007).
pub(super) fn suffix(run: &str) -> Result<String, String> {
    let failed = |error: std::io::Error| format!("sha256sum: {error}");
    let mut child =
        Command::new("sha256sum").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().map_err(failed)?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(exec_root(run).as_bytes()).map_err(failed)?;
    }
    let output = child.wait_with_output().map_err(failed)?;
    let digest = String::from_utf8_lossy(&output.stdout).into_owned();
    digest.get(..8).map(str::to_owned).ok_or_else(|| "sha256sum: no digest".into())
}

/// Makes `image`, a sparse file with a journalled ext4 file system: measuring on a file system without a journal
/// depends on what was deleted there before.
pub(super) fn file_system(image: &Path) -> Result<(), String> {
    const SIZE: u64 = 16 << 30;
    fs::File::create(image)
        .and_then(|file| file.set_len(SIZE))
        .map_err(|error| format!("create {}: {error}", image.display()))?;
    program(Command::new("mkfs.ext4").args(["-q", "-F", "-O", "has_journal"]).arg(image))
}

/// Removes what should be gone already, and says so: a leftover is a fault of the engine, not of the benchmark.
pub(super) fn remove_what_tare_left(run: &str) -> Result<(), String> {
    let suffix = suffix(run)?;
    let mut left = Vec::new();
    let group = format!("tare-{suffix}");
    if cgroup::exists(&group) {
        cgroup::remove(&group)?;
        left.push(format!("cgroup {group}"));
    }
    let bridge = format!("tare{suffix}");
    if Path::new("/sys/class/net").join(&bridge).exists() {
        program(Command::new("ip").args(["link", "delete", &bridge]))?;
        left.push(format!("bridge {bridge}"));
    }
    for family in ["inet", "ip", "ip6"] {
        if program(Command::new("nft").args(["delete", "table", family, &group])).is_ok() {
            left.push(format!("table {family} {group}"));
        }
    }
    if left.is_empty() { Ok(()) } else { Err(format!("tare left behind (removed now): {}", left.join(", "))) }
}

/// Runs a program of the host to its end.
pub(super) fn program(command: &mut Command) -> Result<(), String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command.stdin(Stdio::null()).output().map_err(|error| format!("{name}: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!("{name}: {}: {}", output.status, String::from_utf8_lossy(&output.stderr).trim()))
}

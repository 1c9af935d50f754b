//! What is measured on: a root file system of busybox, a bundle with Docker's default configuration, build contexts.

use std::fs;
use std::io::Write;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use super::host::program;
use crate::target;

/// What a container gets from Docker by default, without its files in /etc: six namespaces, 14 capabilities, the
/// usual mounts and device rules, masked and read-only paths, the seccomp rules.
const CONFIGURATION: &str = include_str!("bundle.json");
const FLOOR: &str = include_str!("floor.c");
const BUSYBOX: &str = "/bin/busybox";

/// A bundle beside others on the same root file system.
#[derive(Debug)]
pub(super) struct Bundle {
    /// Name of its directory.
    pub(super) name: String,
    /// Its cgroup, so that each contender's containers are counted as its own.
    pub(super) group: String,
    /// It sleeps instead of ending at once.
    pub(super) sleeps: bool,
}

/// Makes bundles on one root file system, `rootfs`.
pub(super) fn bundles(place: &Path, bundles: &[Bundle]) -> Result<(), String> {
    let failed = |error: serde_json::Error| format!("bundle.json: {error}");
    let mut configuration: serde_json::Value = serde_json::from_str(CONFIGURATION).map_err(failed)?;
    configuration["root"]["path"] = "../rootfs".into();
    let root = place.join("rootfs");
    for directory in ["bin", "dev", "etc", "proc", "root", "sys", "tmp"] {
        make(&root.join(directory))?;
    }
    busybox(&root.join("bin"))?;
    write(&root.join("etc/passwd"), "root:x:0:0:root:/root:/bin/sh\n")?;
    write(&root.join("etc/group"), "root:x:0:\n")?;
    let ends = configuration["process"]["args"].clone();
    for Bundle { name, group, sleeps } in bundles {
        configuration["linux"]["cgroupsPath"] = group.as_str().into();
        configuration["process"]["args"] =
            if *sleeps { serde_json::json!(["/bin/sleep", "600"]) } else { ends.clone() };
        let text = serde_json::to_string(&configuration).map_err(failed)?;
        make(&place.join(name))?;
        write(&place.join(name).join("config.json"), &text)?;
    }
    Ok(())
}

/// Compiles the program without a runtime.
pub(super) fn floor(path: &Path) -> Result<(), String> {
    let source = path.with_extension("c");
    write(&source, FLOOR)?;
    program(Command::new("cc").args(["-O2", "-static", "-o"]).arg(path).arg(&source))
}

/// Busybox and a link for each of its programs.
fn busybox(place: &Path) -> Result<(), String> {
    let failed = |error: std::io::Error| format!("{BUSYBOX} (package busybox-static): {error}");
    fs::copy(BUSYBOX, place.join("busybox")).map_err(failed)?;
    let list = Command::new(BUSYBOX).arg("--list").output().map_err(failed)?;
    let names = String::from_utf8_lossy(&list.stdout).into_owned();
    names
        .lines()
        .filter(|name| *name != "busybox")
        .try_for_each(|name| symlink("busybox", place.join(name)).map_err(failed))
}

/// A context with nothing but a Dockerfile.
pub(super) fn context(place: &Path, dockerfile: &str) -> Result<(), String> {
    make(place)?;
    write(&place.join("Dockerfile"), dockerfile)
}

/// Adds a static program, `my_binary`, to a context.
pub(super) fn add_program(place: &Path) -> Result<(), String> {
    let program = place.join("my_binary");
    fs::copy(BUSYBOX, &program).map_err(|error| format!("{BUSYBOX}: {error}"))?;
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).map_err(|error| error.to_string())
}

/// Adds 10,000 files in 100 directories to a context. Their contents depend on `round`, so that no engine has them
/// from the round before.
pub(super) fn add_many_files(place: &Path, round: usize) -> Result<(), String> {
    for directory in 0..100 {
        let directory = place.join(format!("files/{directory:02}"));
        make(&directory)?;
        for file in 0..100 {
            let text = format!("{} {file} {round}\n", directory.display());
            write(&directory.join(format!("file-{file:02}")), &text.repeat(20))?;
        }
    }
    Ok(())
}

/// Adds a file of `size` MiB that cannot be compressed, the same each time.
pub(super) fn add_noise(path: &Path, size: usize) -> Result<(), String> {
    let failed = |error: std::io::Error| format!("write {}: {error}", path.display());
    let mut file = fs::File::create(path).map_err(failed)?;
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut block = Vec::with_capacity(1 << 20);
    for _ in 0..size {
        block.clear();
        for _ in 0..1 << 17 {
            // xorshift64*
            state ^= state >> 12;
            state ^= state << 25;
            state ^= state >> 27;
            block.extend_from_slice(&state.wrapping_mul(0x2545_f491_4f6c_dd1d).to_le_bytes());
        }
        file.write_all(&block).map_err(failed)?;
    }
    Ok(())
}

/// Adds a file of `size` MiB to a context.
pub(super) fn add_large_file(place: &Path, size: usize) -> Result<(), String> {
    let path = place.join("large");
    let failed = |error: std::io::Error| format!("write {}: {error}", path.display());
    let mut file = fs::File::create(&path).map_err(failed)?;
    let mut block: Vec<u8> =
        (0..1_u32 << 18).flat_map(|word| word.wrapping_mul(2_654_435_761).to_le_bytes()).collect();
    for number in 0..size {
        block[..8].copy_from_slice(&number.to_le_bytes());
        file.write_all(&block).map_err(failed)?;
    }
    Ok(())
}

/// A root file system of Debian 12 as a tar, made once by `mmdebstrap` and kept under target/.
pub(super) fn debian() -> Result<PathBuf, String> {
    debian_with("debian-bookworm", &[])
}

/// As [`debian`], with more packages.
pub(super) fn debian_with(name: &str, packages: &[&str]) -> Result<PathBuf, String> {
    let kept = target::directory().join(format!("bench/{name}.tar"));
    if kept.exists() {
        return Ok(kept);
    }
    let temporary = kept.with_extension(format!("{}.tar", std::process::id()));
    // Old mirrors and machines whose clock is off are no reason to fail.
    let mut options = vec![
        "--variant=minbase".to_owned(),
        "--aptopt=Acquire::Check-Valid-Until \"false\"".to_owned(),
        "--aptopt=Acquire::Check-Date \"false\"".to_owned(),
    ];
    if !packages.is_empty() {
        options.push(format!("--include={}", packages.join(",")));
    }
    let made = program(Command::new("mmdebstrap").args(options).arg("bookworm").arg(&temporary));
    let renamed = made.and_then(|()| fs::rename(&temporary, &kept).map_err(|error| error.to_string()));
    if renamed.is_err() {
        // Nothing was made, or a part of it: the error before says why.
        let _ = fs::remove_file(&temporary);
    }
    renamed.map(|()| kept)
}

fn make(directory: &Path) -> Result<(), String> {
    fs::create_dir_all(directory).map_err(|error| format!("create {}: {error}", directory.display()))
}

fn write(path: &Path, text: &str) -> Result<(), String> {
    fs::write(path, text).map_err(|error| format!("write {}: {error}", path.display()))
}

//! What is mounted into a container, in order: kernel file systems, then the user's, parents before children.

use super::{Facts, INIT_PATH};
use crate::error::Result;
use crate::record::{MountKind, MountPoint, Record};
use oci::runtime::{Mount, MountBuilder};
use std::path::Path;

pub(crate) const SHM_SIZE: u64 = 64 << 20;

pub(super) fn mounts(record: &Record, facts: &Facts) -> Result<Vec<Mount>> {
    let host = &record.host;
    let kernel = if host.privileged { "rw" } else { "ro" };
    let shm = format!("size={}", host.shm_size.unwrap_or(SHM_SIZE));
    let mut mounts = vec![
        mount("/proc", "proc", "proc", &["nosuid", "noexec", "nodev"])?,
        mount("/dev", "tmpfs", "tmpfs", &["nosuid", "strictatime", "mode=755", "size=65536k"])?,
        mount(
            "/dev/pts",
            "devpts",
            "devpts",
            &["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"],
        )?,
        mount("/sys", "sysfs", "sysfs", &["nosuid", "noexec", "nodev", kernel])?,
        mount("/sys/fs/cgroup", "cgroup", "cgroup", &["nosuid", "noexec", "nodev", kernel])?,
        mount("/dev/mqueue", "mqueue", "mqueue", &["nosuid", "noexec", "nodev"])?,
        mount("/dev/shm", "tmpfs", "shm", &["nosuid", "noexec", "nodev", "mode=1777", &shm])?,
    ];
    if let Some(files) = &facts.files {
        let options: &[&str] =
            if host.read_only { &["rbind", "rprivate", "ro"] } else { &["rbind", "rprivate"] };
        for name in ["resolv.conf", "hostname", "hosts"] {
            let destination = format!("/etc/{name}");
            // what the user mounts there himself wins
            if !record.mounts.iter().any(|m| m.destination == Path::new(&destination)) {
                mounts.push(mount(&destination, "bind", &files.join(name).to_string_lossy(), options)?);
            }
        }
    }
    if let Some(program) = &facts.init_program {
        mounts.push(mount(INIT_PATH, "bind", &program.to_string_lossy(), &["bind", "ro"])?);
    }
    // the user's mount at the same place takes the place of ours
    mounts.retain(|own| !record.mounts.iter().any(|m| m.destination == *own.destination()));
    let mut asked: Vec<&MountPoint> = record.mounts.iter().collect();
    asked.sort_by_key(|mount| mount.destination.components().count());
    for point in asked {
        mounts.push(user_mount(point)?);
    }
    Ok(mounts)
}

fn user_mount(point: &MountPoint) -> Result<Mount> {
    let destination = point.destination.to_string_lossy();
    if point.kind == MountKind::Tmpfs {
        let mut options = vec!["noexec", "nosuid", "nodev", "mode=1777"];
        options.extend(point.options.iter().map(String::as_str));
        if point.read_only {
            options.push("ro");
        }
        return mount(&destination, "tmpfs", "tmpfs", &options);
    }
    let propagation = if point.propagation.is_empty() { "rprivate" } else { &point.propagation };
    let mut options = vec!["rbind", propagation];
    if point.read_only {
        // recursive, as Docker's since Linux 5.12: what is mounted below is not writable either
        options.extend(["ro", "rro"]);
    }
    mount(&destination, "bind", &point.source.to_string_lossy(), &options)
}

fn mount(destination: &str, kind: &str, source: &str, options: &[&str]) -> Result<Mount> {
    MountBuilder::default()
        .destination(destination)
        .typ(kind)
        .source(source)
        .options(options.iter().map(|o| (*o).to_owned()).collect::<Vec<_>>())
        .build()
        .map_err(super::invalid)
}

//! A container's mounts: from what was asked for to what is there, and the first content of volumes.

use super::create::{self, MountRequest, MountSource};
use super::now;
use super::record::{MountKind, MountPoint, Record};
use crate::Engine;
use crate::error::{At, Error, Result};
use crate::volume::{self, Lock, Volume};
use std::fs;
use std::os::fd::{AsFd, BorrowedFd};
use std::path::Path;
use store::changeset;
use store::tree::Copier;

/// Resolves what was asked for, and adds the image's volumes that nothing else is mounted on.
pub(super) fn resolve(
    engine: &Engine,
    record: &Record,
    requests: &[MountRequest],
    lock: &Lock,
) -> Result<Vec<MountPoint>> {
    let mut mounts: Vec<MountPoint> = Vec::new();
    for request in requests {
        check_destination(&request.destination)?;
        let mount = resolve_one(engine, request, lock)?;
        if mounts.iter().any(|m| m.destination == mount.destination) {
            return Err(Error::Invalid(format!("Duplicate mount point: {}", request.destination)));
        }
        mounts.push(mount);
    }
    for path in record.execution.volumes.keys() {
        check_destination(path)?;
        if !mounts.iter().any(|m| m.destination == Path::new(path)) {
            mounts.push(volume(engine, None, path, false, lock)?);
        }
    }
    for (path, options) in &record.host.tmpfs {
        check_destination(path)?;
        mounts.retain(|m| m.destination != Path::new(path));
        let options = options.split(',').filter(|o| !o.is_empty()).map(Into::into).collect();
        mounts.push(tmpfs(path, false, options));
    }
    Ok(mounts)
}

/// Files of `/proc` that may be covered: what shows a container its own limits (lxcfs).
const COVERABLE: [&str; 8] =
    ["cpuinfo", "diskstats", "meminfo", "stat", "swaps", "uptime", "loadavg", "slabinfo"];

/// Nothing may take the place of `/proc`: masks and every later look into it would be about something else (CVE-2019-19921).
fn check_destination(destination: &str) -> Result<()> {
    if !destination.starts_with('/') {
        return Err(Error::Invalid(format!(
            "invalid mount path: '{destination}' mount path must be absolute"
        )));
    }
    let parts: Vec<&str> = destination.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    match parts.as_slice() {
        [] => Err(Error::Invalid("invalid specification: destination can't be '/'".into())),
        ["proc", file] if COVERABLE.contains(file) => Ok(()),
        ["proc", ..] => {
            Err(Error::Invalid(format!("\"{destination}\" cannot be mounted because it is inside /proc")))
        }
        parts if parts.contains(&"..") => {
            Err(Error::Invalid(format!("invalid mount path: '{destination}' has a '..' in it")))
        }
        _ => Ok(()),
    }
}

fn resolve_one(engine: &Engine, request: &MountRequest, lock: &Lock) -> Result<MountPoint> {
    match &request.source {
        MountSource::Bind { path, create } => {
            let path = Path::new(path);
            if !path.exists() {
                if !create {
                    return Err(Error::Invalid(format!(
                        "invalid mount config for type \"bind\": bind source path does not exist: {}",
                        path.display()
                    )));
                }
                fs::create_dir_all(path).at("make directory", path)?;
            }
            Ok(create::bind(path, request))
        }
        MountSource::Volume(name) => {
            volume(engine, Some(name), &request.destination, request.read_only, lock)
        }
        MountSource::Anonymous => volume(engine, None, &request.destination, request.read_only, lock),
        MountSource::Tmpfs => Ok(tmpfs(&request.destination, request.read_only, request.options.clone())),
    }
}

fn tmpfs(destination: &str, read_only: bool, options: Vec<String>) -> MountPoint {
    MountPoint {
        kind: MountKind::Tmpfs,
        source: "".into(),
        destination: destination.into(),
        read_only,
        propagation: String::new(),
        options,
    }
}

fn volume(
    engine: &Engine,
    name: Option<&str>,
    destination: &str,
    read_only: bool,
    lock: &Lock,
) -> Result<MountPoint> {
    let anonymous = name.is_none();
    let name = name.map_or_else(create::random_id, |name| Ok(name.to_owned()))?;
    let labels = std::collections::BTreeMap::new();
    let made = Volume { name: name.clone(), created: now(), labels, anonymous };
    volume::create_locked(engine, made, lock)?;
    Ok(MountPoint {
        source: volume::data(engine, &name),
        kind: MountKind::Volume { name, anonymous },
        destination: destination.into(),
        read_only,
        propagation: String::new(),
        options: Vec::new(),
    })
}

/// Gives empty volumes the image's content of their mount point, with its owner and mode. A volume with anything in it is left alone.
/// The path is resolved inside the root: a link out of it leads nowhere (CVE-2020-1726, CVE-2022-23648).
pub(crate) fn fill(engine: &Engine, record: &Record, root: BorrowedFd<'_>) -> Result<()> {
    for mount in &record.mounts {
        let MountKind::Volume { name, .. } = &mount.kind else { continue };
        let target = volume::data(engine, name);
        let is_empty = fs::read_dir(&target).at("list", &target)?.next().is_none();
        let Ok(source) = sys::rooted::open_directory(root, &mount.destination) else { continue };
        if is_empty {
            fill_one(source.as_fd(), &target)?;
        }
    }
    Ok(())
}

fn fill_one(source: BorrowedFd<'_>, target: &Path) -> Result<()> {
    let destination = fs::File::open(target).at("open", target)?;
    let copier = Copier { access_lists: true, ..Copier::default() };
    copier.contents(source, destination.as_fd(), Path::new(""))?;
    Ok(copier.describe(source, destination.as_fd(), target)?)
}

/// How to read a tree as a container sees it.
pub(crate) fn merged() -> changeset::Write {
    changeset::Write { view: changeset::View::Merged, scope: changeset::Scope::Contents }
}

/// Ids of the containers that use a volume, apart from `except`.
///
/// # Errors
/// What the system reports.
pub fn users(engine: &Engine, name: &str, except: &str) -> Result<Vec<String>> {
    let uses = |mount: &MountPoint| matches!(&mount.kind, MountKind::Volume { name: n, .. } if n == name);
    Ok(super::list(engine)?
        .into_iter()
        .map(|container| container.record)
        .filter(|record| record.id != except && record.mounts.iter().any(uses))
        .map(|record| record.id)
        .collect())
}

/// Removes an anonymous volume with the container `owner`, unless another one uses it.
pub(crate) fn remove_unused(engine: &Engine, name: &str, owner: &str) -> Result<()> {
    let lock = Lock::exclusive(engine)?;
    if volume::find(engine, name).is_ok() && users(engine, name, owner)?.is_empty() {
        volume::discard(engine, name, &lock)?;
    }
    Ok(())
}

//! What is prepared before the init is there: bind mounts of given trees, those that the container's user namespace may not open or whose owners are
//! mapped, and devices that it may not make.

use crate::bundle::Bundle;
use crate::device;
use crate::error::{At, Error, Result};
use crate::mount_options::{self as options, Mapping, Recursion};
use crate::namespaces::{Plan, lines};
use oci::runtime::{LinuxIdMapping, Mount, Spec};
use std::collections::HashMap;
use std::fs;
use std::io::ErrorKind;
use std::os::fd::{AsFd, OwnedFd};
use std::path::PathBuf;
use sys::clone::Forked;
use sys::mount::NO_EXEC;
use sys::thread::UnshareFlags;

/// Detached trees.
#[derive(Default)]
pub(crate) struct Sources {
    /// Of bind mounts, by their position in the specification.
    pub(crate) mounts: HashMap<usize, OwnedFd>,
    /// Of devices, by their path in the container.
    pub(crate) devices: HashMap<PathBuf, OwnedFd>,
}

/// Opens the trees that the init cannot open itself.
///
/// # Errors
/// What the system reports, [`Error::Invalid`] for mappings without ids.
pub(crate) fn open(bundle: &Bundle, plan: &Plan) -> Result<Sources> {
    let spec = &bundle.spec;
    let mut sources = Sources::default();
    if plan.changes_user() {
        sources.devices = devices(spec)?;
    }
    for (position, mount) in spec.mounts().iter().flatten().enumerate() {
        let parsed = options::parse(mount.options().as_deref().unwrap_or_default());
        let mapped =
            parsed.mapping.is_some() || mount.uid_mappings().is_some() || mount.gid_mappings().is_some();
        if !parsed.is_bind(mount) {
            if mapped {
                let place = mount.destination().display();
                return Err(Error::Invalid(format!("mount {place}: only bind mounts can have id mappings")));
            }
            continue;
        }
        if let Some(given) = bundle.trees.get(mount.destination()) {
            let tree = given.try_clone().at("duplicate", mount.destination())?;
            sources.mounts.insert(position, tree);
        } else if mapped || plan.changes_user() {
            let tree = match clone(mount, &parsed) {
                // it may be there only when the mounts before it are
                Err(Error::Io { source, .. }) if !mapped && source.kind() == ErrorKind::NotFound => continue,
                tree => tree?,
            };
            if mapped {
                let recursive = parsed.mapping == Some(Mapping::All);
                let made;
                let namespace = match plan.joined_user() {
                    // its mappings are those of the container
                    Some(joined) if mount.uid_mappings().is_none() => joined,
                    _ => {
                        made = user_namespace(spec, mount)?;
                        &made
                    }
                };
                sys::mount::map_ids(tree.as_fd(), namespace.as_fd(), recursive)
                    .at("map the ids of", mount.destination())?;
            }
            sources.mounts.insert(position, tree);
        }
    }
    Ok(sources)
}

/// Devices on a file system of the caller's user namespace, where they work. Kernels before 6.15 clone nothing off it; there the host's own are bound.
fn devices(spec: &Spec) -> Result<HashMap<PathBuf, OwnedFd>> {
    let mut devices = HashMap::new();
    let place = || PathBuf::from("/dev");
    let nodes =
        sys::mount::new_filesystem("tmpfs", "devices", &[("mode", "755")], sys::mount::NO_SUID | NO_EXEC)
            .at("make a file system for", place())?;
    for (number, node) in device::all(spec).enumerate() {
        let node = node?;
        let name = number.to_string();
        node.make_at(nodes.as_fd(), &name).at("make device", &node.path)?;
        match sys::mount::clone_tree(nodes.as_fd(), name.as_str(), false) {
            Ok(tree) => devices.insert(node.path, tree),
            Err(_) => return Ok(HashMap::new()),
        };
    }
    Ok(devices)
}

fn clone(mount: &Mount, parsed: &options::Options) -> Result<OwnedFd> {
    let source = mount.source().as_ref();
    let source = source.ok_or_else(|| {
        Error::Invalid(format!("bind mount {} has no source", mount.destination().display()))
    })?;
    let recursive = parsed.bind.unwrap_or(Recursion::All) == Recursion::All;
    let handle = sys::fs::open(source, parsed.source_flags(), sys::fs::Mode::empty()).at("open", source)?;
    sys::mount::clone_tree(handle.as_fd(), "", recursive).at("clone the mount of", source)
}

/// A user namespace with the mappings of a mount, or those of the container: it lives as long as its descriptor.
fn user_namespace(spec: &Spec, mount: &Mount) -> Result<OwnedFd> {
    let linux = spec.linux().as_ref();
    let of_container = |which: fn(&oci::runtime::Linux) -> &Option<Vec<LinuxIdMapping>>| {
        linux.and_then(|linux| which(linux).clone()).unwrap_or_default()
    };
    let (users, groups) = match (mount.uid_mappings(), mount.gid_mappings()) {
        (Some(users), Some(groups)) => (users.clone(), groups.clone()),
        (None, None) => {
            (of_container(oci::runtime::Linux::uid_mappings), of_container(oci::runtime::Linux::gid_mappings))
        }
        _ => return Err(Error::Invalid("a mount needs both uidMappings and gidMappings, or none".into())),
    };
    if users.is_empty() || groups.is_empty() {
        let place = mount.destination().display();
        return Err(Error::Invalid(format!(
            "mount {place}: idmap needs mappings of the mount or the container"
        )));
    }
    let (waiting, release) = sys::pipe::pipe_with(sys::pipe::PipeFlags::CLOEXEC).at("make", "a pipe")?;
    match sys::clone::fork(UnshareFlags::NEWUSER, None, false).at("clone", "a user namespace")? {
        Forked::Child => {
            drop(release);
            // until the other end is closed
            let _ = sys::io::read(&waiting, &mut [0_u8; 1]);
            sys::clone::exit_now(0)
        }
        Forked::Parent(child) => {
            let pid = child.pid.as_raw_nonzero();
            let opened = (|| {
                for (name, map) in [("uid_map", lines(&users)), ("gid_map", lines(&groups))] {
                    let path = format!("/proc/{pid}/{name}");
                    fs::write(&path, map).at("write", path)?;
                }
                let path = format!("/proc/{pid}/ns/user");
                fs::File::open(&path).map(Into::into).at("open", path)
            })();
            drop(release);
            // it ends by itself
            let _ = crate::wait::reap(child.pidfd.as_fd());
            opened
        }
    }
}

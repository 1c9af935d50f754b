//! Reading a configuration, and what must be right about it before anything is made.

use crate::error::{At, Error, Result};
use oci::runtime::{LinuxNamespaceType, Spec};
use std::fs;
use std::path::Path;

/// Largest configuration in bytes.
const LARGEST: u64 = 16 << 20;

/// Reads a configuration.
pub(crate) fn read(path: &Path) -> Result<Spec> {
    parse(&read_text(path)?, path)
}

/// The text of a configuration.
pub(crate) fn read_text(path: &Path) -> Result<Vec<u8>> {
    let size = fs::metadata(path).at("open", path)?.len();
    if size > LARGEST {
        return Err(Error::Invalid(format!("{} has {size} bytes, more than {LARGEST}", path.display())));
    }
    fs::read(path).at("read", path)
}

/// A configuration from its text; an error says where.
pub(crate) fn parse(text: &[u8], path: &Path) -> Result<Spec> {
    serde_json::from_slice(text)
        .map_err(|error| Error::Document { path: path.to_path_buf(), reason: error.to_string() })
}

/// What a configuration must have, whatever is made from it.
pub(crate) fn check(spec: &Spec) -> Result<()> {
    let invalid = |text: String| Err(Error::Invalid(text));
    if !spec.version().starts_with("1.") {
        return invalid(format!("ociVersion {:?} is not supported; this is version 1.2", spec.version()));
    }
    let Some(process) = spec.process() else {
        return invalid("config.json has no process".into());
    };
    if process.args().as_deref().unwrap_or_default().is_empty() {
        return invalid("process.args is empty".into());
    }
    if !process.cwd().is_absolute() {
        return invalid(format!("Cwd property must be an absolute path, not {:?}", process.cwd()));
    }
    check_process(process)?;
    let Some(linux) = spec.linux() else {
        return invalid("config.json has no linux section".into());
    };
    let has = |kind| linux.namespaces().iter().flatten().any(|n| n.typ() == kind);
    if spec.hostname().as_ref().is_some_and(|name| !name.is_empty()) && !has(LinuxNamespaceType::Uts) {
        return invalid("unable to set hostname without a private UTS namespace".into());
    }
    if spec.domainname().as_ref().is_some_and(|name| !name.is_empty()) && !has(LinuxNamespaceType::Uts) {
        return invalid("unable to set domainname without a private UTS namespace".into());
    }
    for (name, _) in linux.sysctl().iter().flatten() {
        check_sysctl(name, &has)?;
    }
    for mount in spec.mounts().iter().flatten() {
        if !mount.destination().is_absolute() {
            // relative to the root, as runc still has it
            continue;
        }
    }
    for hook in all_hooks(spec) {
        if !hook.path().is_absolute() {
            return invalid(format!("hook path {:?} is not absolute", hook.path()));
        }
    }
    Ok(())
}

fn all_hooks(spec: &Spec) -> impl Iterator<Item = &oci::runtime::Hook> {
    let lists = spec.hooks().iter().flat_map(|hooks| {
        [
            hooks.prestart(),
            hooks.create_runtime(),
            hooks.create_container(),
            hooks.start_container(),
            hooks.poststart(),
            hooks.poststop(),
        ]
    });
    lists.flatten().flatten()
}

/// What a process, the first or an exec's, must have.
pub(crate) fn check_process(process: &oci::runtime::Process) -> Result<()> {
    if let Some(profile) = process.apparmor_profile().as_ref().filter(|profile| !profile.is_empty()) {
        let enabled = fs::read_to_string("/sys/module/apparmor/parameters/enabled").unwrap_or_default();
        if !enabled.starts_with('Y') && profile != "unconfined" {
            return Err(Error::Invalid(
                "apparmor profile specified but apparmor not enabled in kernel".into(),
            ));
        }
    }
    if process.selinux_label().as_ref().is_some_and(|label| !label.is_empty())
        && !Path::new("/sys/fs/selinux/enforce").exists()
    {
        return Err(Error::Invalid(
            "selinux label is specified in config, but selinux is disabled or not supported".into(),
        ));
    }
    Ok(())
}

/// Sysctls that belong to a namespace are the container's to set, if the namespace is its own (runc's list).
fn check_sysctl(name: &str, has: &dyn Fn(LinuxNamespaceType) -> bool) -> Result<()> {
    const IPC: [&str; 8] = [
        "kernel.msgmax",
        "kernel.msgmnb",
        "kernel.msgmni",
        "kernel.sem",
        "kernel.shmall",
        "kernel.shmmax",
        "kernel.shmmni",
        "kernel.shm_rmid_forced",
    ];
    let dotted = if name.find(['.', '/']).is_some_and(|at| name.as_bytes()[at] == b'/') {
        name.replace('/', ".")
    } else {
        name.to_owned()
    };
    let needed = match dotted.as_str() {
        name if IPC.contains(&name) || name.starts_with("fs.mqueue.") => LinuxNamespaceType::Ipc,
        name if name.starts_with("net.") => LinuxNamespaceType::Network,
        "kernel.domainname" => LinuxNamespaceType::Uts,
        "kernel.hostname" => {
            return Err(Error::Invalid(
                "sysctl \"kernel.hostname\" is not allowed: set hostname instead".into(),
            ));
        }
        name if name.starts_with("user.") => LinuxNamespaceType::User,
        _ => return Err(Error::Invalid(format!("sysctl {name:?} is not in a separate kernel namespace"))),
    };
    if !has(needed) {
        return Err(Error::Invalid(format!("sysctl {name:?} not allowed in host {needed} namespace")));
    }
    Ok(())
}

//! Reading a configuration, and what must be right about it before anything is made.

use crate::error::{At, Error, Result};
use crate::filter;
use oci::runtime::{LinuxNamespaceType, Spec};
use serde_json::{Value, json};
use std::fs;
use std::io::Read;
use std::path::Path;

/// Largest configuration in bytes.
const LARGEST: u64 = 16 << 20;

/// The text of a configuration, of which no more is read than one may have: a pipe does not say how much it will give.
pub(crate) fn read_text(path: &Path) -> Result<Vec<u8>> {
    let file = fs::File::open(path).at("open", path)?;
    // a pipe has no size, and a size need not be true
    let size = file.metadata().map_or(0, |metadata| metadata.len()).min(LARGEST);
    let mut text = Vec::with_capacity(size as usize + 1);
    file.take(LARGEST + 1).read_to_end(&mut text).at("read", path)?;
    if text.len() as u64 > LARGEST {
        return Err(Error::Invalid(format!("{} has more than {LARGEST} bytes", path.display())));
    }
    Ok(text)
}

/// A configuration from its text, but for the seccomp profile, which is [`filter::of`]'s; an error says where. Capabilities that nobody knows are left out
/// with a warning, as the specification has it.
pub(crate) fn parse(text: &[u8], path: &Path, warn: &dyn Fn(&str)) -> Result<Spec> {
    let document =
        |error: serde_json::Error| Error::Document { path: path.to_path_buf(), reason: error.to_string() };
    if let Ok(Some((_, rest))) = filter::cut(text)
        && let Ok(spec) = serde_json::from_slice(&rest)
    {
        return Ok(spec);
    }
    // as a whole, for the place of an error
    let error = match serde_json::from_slice(text) {
        Ok(spec) => return Ok(spec),
        Err(error) => error,
    };
    let mut value: Value = serde_json::from_slice(text).map_err(document)?;
    let unknown = known_capabilities_only(&mut value["process"]);
    if !rename_flags(&mut value["process"]) && unknown.is_empty() {
        return Err(document(error));
    }
    if !unknown.is_empty() {
        warn(&format!("ignoring unknown or unavailable capabilities: [{}]", unknown.join(" ")));
    }
    serde_json::from_value(value).map_err(document)
}

/// Takes unknown names out of the capabilities of a process, and returns them.
fn known_capabilities_only(process: &mut Value) -> Vec<String> {
    let mut unknown = Vec::new();
    let sets = process.get_mut("capabilities").and_then(Value::as_object_mut);
    for list in sets.into_iter().flat_map(|sets| sets.values_mut()).filter_map(Value::as_array_mut) {
        list.retain(|name| {
            let name = name.as_str().unwrap_or_default();
            let is_known = name.starts_with("CAP_") && runtime::capability::by_name(name).is_some();
            if !is_known && !unknown.iter().any(|known| known == name) {
                unknown.push(name.to_owned());
            }
            is_known
        });
    }
    unknown
}

/// Flags of the scheduler that the specification calls otherwise than the types that read them; true if there was one.
fn rename_flags(process: &mut Value) -> bool {
    const NAMES: [(&str, &str); 2] = [
        ("SCHED_FLAG_RESET_ON_FORK", "SCHED_RESET_ON_FORK"),
        ("SCHED_FLAG_DL_OVERRUN", "SCHED_FLAG_D_L_OVERRUN"),
    ];
    let mut any = false;
    let flags = process.pointer_mut("/scheduler/flags").and_then(Value::as_array_mut);
    for flag in flags.into_iter().flatten() {
        if let Some((_, known)) = NAMES.iter().find(|(name, _)| flag == name) {
            *flag = json!(known);
            any = true;
        }
    }
    any
}

/// A process from its text, as `exec --process` takes it: what is left out has the least value that there is.
pub(crate) fn parse_process(text: &[u8], path: &Path) -> Result<oci::runtime::Process> {
    let document =
        |error: serde_json::Error| Error::Document { path: path.to_path_buf(), reason: error.to_string() };
    let mut value: Value = serde_json::from_slice(text).map_err(document)?;
    if let Some(process) = value.as_object_mut() {
        process.entry("user").or_insert_with(|| json!({"uid": 0, "gid": 0}));
        process.entry("cwd").or_insert_with(|| json!("/"));
    }
    let _ = known_capabilities_only(&mut value);
    rename_flags(&mut value);
    serde_json::from_value(value).map_err(document)
}

/// What a configuration must have, whatever is made from it.
pub(crate) fn check(spec: &Spec) -> Result<()> {
    let invalid = |text: String| Err(Error::Invalid(text));
    if !spec.version().starts_with("1.") {
        return invalid(format!("ociVersion {:?} is not supported; this is version 1.2", spec.version()));
    }
    // without a process a container can be created, though not started
    if let Some(process) = spec.process() {
        if process.args().as_deref().unwrap_or_default().is_empty() {
            return invalid("process.args is empty".into());
        }
        if !process.cwd().is_absolute() {
            return invalid(format!("Cwd property must be an absolute path, not {:?}", process.cwd()));
        }
        check_process(process)?;
    }
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
    if linux.net_devices().as_ref().is_some_and(|devices| !devices.is_empty())
        && !has(LinuxNamespaceType::Network)
    {
        return invalid("unable to move network devices without a private NET namespace".into());
    }
    if linux.intel_rdt().is_some() {
        return invalid("linux.intelRdt is not supported; leave it out of config.json".into());
    }
    for (name, value) in linux.sysctl().iter().flatten() {
        check_sysctl(name, &has)?;
        if name.replace('/', ".") == "kernel.domainname"
            && spec.domainname().as_ref().is_some_and(|domain| !domain.is_empty() && domain != value)
        {
            return invalid(format!("domainname and sysctl kernel.domainname disagree: {value:?}"));
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

/// Warns of ambient capabilities that the kernel will refuse.
pub(crate) fn warn_of_ambient(process: &oci::runtime::Process, warn: &dyn Fn(&str)) {
    let Some(sets) = process.capabilities() else { return };
    let has = |set: &Option<oci::runtime::Capabilities>, capability| {
        set.as_ref().is_some_and(|set| set.contains(capability))
    };
    for capability in sets.ambient().iter().flatten() {
        if !has(sets.inheritable(), capability) || !has(sets.permitted(), capability) {
            warn(&format!("can't raise ambient capability CAP_{capability}: operation not permitted"));
        }
    }
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

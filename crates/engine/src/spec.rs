//! From a container's record to the OCI runtime specification. Pure: what must be asked of the host comes in [`Facts`].

mod confinement;
mod mounts;
mod resources;

use crate::error::{Error, Result};
use crate::record::{NetworkMode, Record};
pub(crate) use confinement::{capabilities, capabilities_of, masked, read_only, seccomp_profile};
use oci::image::set_variables;
use oci::runtime::{
    LinuxBuilder, LinuxNamespaceBuilder, LinuxNamespaceType, Process, ProcessBuilder, RootBuilder, Spec,
    SpecBuilder, UserBuilder,
};
use runtime::accounts::Identity;
use std::path::PathBuf;

/// The path that a program is looked for in when nobody says otherwise.
pub(crate) const DEFAULT_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// What the record cannot say.
#[derive(Debug)]
pub(crate) struct Facts {
    /// Who the process is, from the root's account files.
    pub(crate) identity: Identity,
    /// Host name in effect.
    pub(crate) hostname: String,
    /// `hosts`, `hostname` and `resolv.conf` of the container.
    pub(crate) files: Option<PathBuf>,
    /// Kernel files of this machine that must be masked: one directory for each processor.
    pub(crate) throttles: Vec<String>,
    /// Devices asked for, with their kind and numbers.
    pub(crate) devices: Vec<resources::FoundDevice>,
    /// This program, to be process 1 (`--init`).
    pub(crate) init_program: Option<PathBuf>,
}

pub(crate) use mounts::SHM_SIZE;
pub(crate) use resources::{FoundDevice, all_devices, find_device, limits, throttles};

/// Where `--init` puts the small init.
pub(crate) const INIT_PATH: &str = "/sbin/docker-init";

/// Builds the specification.
pub(crate) fn build(record: &Record, facts: &Facts) -> Result<Spec> {
    let host = &record.host;
    let linux = LinuxBuilder::default()
        .namespaces(namespaces(host.network))
        .resources(resources::resources(host, &facts.devices))
        .devices(facts.devices.iter().map(FoundDevice::node).collect::<Vec<_>>())
        .sysctl(confinement::sysctls(host)?)
        .masked_paths(confinement::masked(host, &facts.throttles))
        .readonly_paths(confinement::read_only(host))
        .build()
        .map_err(invalid)?;
    let root = RootBuilder::default().path("/").readonly(host.read_only).build().map_err(invalid)?;
    let mut spec = SpecBuilder::default()
        .root(root)
        .mounts(mounts::mounts(record, facts)?)
        .process(process(record, facts)?)
        .hostname(facts.hostname.clone())
        .linux(linux)
        .build()
        .map_err(invalid)?;
    if host.network == NetworkMode::Host {
        // the UTS namespace is the container's own, but it is called as the host is
        spec.set_hostname(Some(facts.hostname.clone()));
    }
    if !record.domain_name.is_empty() {
        spec.set_domainname(Some(record.domain_name.clone()));
    }
    Ok(spec)
}

fn namespaces(network: NetworkMode) -> Vec<oci::runtime::LinuxNamespace> {
    use LinuxNamespaceType as Type;
    let own_network = (network != NetworkMode::Host).then_some(Type::Network);
    [Type::Mount, Type::Pid, Type::Ipc, Type::Uts, Type::Cgroup]
        .into_iter()
        .chain(own_network)
        .map(|kind| LinuxNamespaceBuilder::default().typ(kind).build().expect("a kind is all it needs"))
        .collect()
}

fn process(record: &Record, facts: &Facts) -> Result<Process> {
    let mut command = record.command.clone();
    if facts.init_program.is_some() {
        command.splice(0..0, [INIT_PATH.to_owned(), "--".to_owned()]);
    }
    let capabilities = capabilities_of(&record.host, facts.identity.uid)?;
    let user = UserBuilder::default()
        .uid(facts.identity.uid)
        .gid(facts.identity.gid)
        .additional_gids(facts.identity.groups.clone())
        .build()
        .map_err(invalid)?;
    let directory = &record.execution.working_dir;
    ProcessBuilder::default()
        .terminal(record.terminal)
        .user(user)
        .args(command)
        .env(environment(record, facts))
        .cwd(if directory.is_empty() { "/" } else { directory.as_str() })
        .capabilities(capabilities)
        .rlimits(resources::limits(&record.host.ulimits)?)
        .no_new_privileges(record.host.no_new_privileges)
        .build()
        .map(|mut process| {
            process.set_oom_score_adj(record.host.oom_score_adj);
            process
        })
        .map_err(invalid)
}

/// Docker's order: path, host name, terminal, the image's and the user's own, and the home directory if nobody set it.
fn environment(record: &Record, facts: &Facts) -> Vec<String> {
    let mut environment = vec![format!("PATH={DEFAULT_PATH}"), format!("HOSTNAME={}", facts.hostname)];
    if record.terminal {
        environment.push("TERM=xterm".into());
    }
    set_variables(&mut environment, &record.execution.env);
    if !environment.iter().any(|v| v.starts_with("HOME=")) {
        environment.push(format!("HOME={}", facts.identity.home));
    }
    environment
}

pub(crate) fn invalid(error: oci::runtime_error::OciSpecError) -> Error {
    Error::Invalid(error.to_string())
}

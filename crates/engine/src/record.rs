//! What is recorded of a container.

use oci::image::Execution;
use oci::{DiffId, Digest, Platform};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// A container as it was created: `config.json`. Only a rename changes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// 64 hexadecimal digits.
    pub id: String,
    /// Its name, unique in the store.
    pub name: String,
    /// When it was created, RFC 3339.
    pub created: String,
    /// Configuration digest of its image: the IMAGE ID.
    pub image: Digest,
    /// Manifest of its image, which keeps it from being collected.
    pub manifest: Option<Digest>,
    /// The image as it was asked for.
    pub image_name: String,
    /// Its layers, lowest first.
    pub layers: Vec<DiffId>,
    /// What it is for.
    pub platform: Platform,
    /// What it executes: the image's wishes and the user's, merged.
    pub execution: Execution,
    /// The program and its arguments.
    pub command: Vec<String>,
    /// Host name; empty: the short id, or the host's own with the host's network.
    pub hostname: String,
    /// Domain name.
    #[serde(default)]
    pub domain_name: String,
    /// It has a terminal.
    pub terminal: bool,
    /// Its standard input is kept open.
    pub open_input: bool,
    /// Its standard input is closed when the first client that was attached goes.
    pub input_once: bool,
    /// How it is confined and connected.
    pub host: HostSettings,
    /// What is mounted into it.
    pub mounts: Vec<MountPoint>,
}

impl Record {
    /// The host name that a start sets: the one that was asked for, the host's own in its network, else the first 12 digits of the id.
    #[must_use]
    pub fn own_hostname(&self) -> String {
        if !self.hostname.is_empty() {
            return self.hostname.clone();
        }
        if self.host.network == NetworkMode::Host {
            return sys::system::uname().nodename().to_string_lossy().into_owned();
        }
        self.id.chars().take(12).collect()
    }

    /// The names of its anonymous volumes, which go with it.
    pub(crate) fn anonymous_volumes(&self) -> impl Iterator<Item = &str> {
        self.mounts.iter().filter_map(|mount| match &mount.kind {
            MountKind::Volume { name, anonymous: true } => Some(name.as_str()),
            _ => None,
        })
    }
}

/// How a container is confined and connected (Docker's `HostConfig`).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[expect(clippy::struct_excessive_bools, reason = "independent switches of the command line")]
pub struct HostSettings {
    /// Its network.
    pub network: NetworkMode,
    /// Remove it when it ends.
    pub auto_remove: bool,
    /// Every capability and device, no filter.
    pub privileged: bool,
    /// The root file system is read-only.
    pub read_only: bool,
    /// Process 1 is a small init that reaps and passes signals on.
    pub init: bool,
    /// Capabilities beside the default ones.
    pub cap_add: Vec<String>,
    /// Capabilities taken away.
    pub cap_drop: Vec<String>,
    /// No program gains privileges by executing another.
    pub no_new_privileges: bool,
    /// The system call filter.
    pub seccomp: SeccompMode,
    /// Nothing of `/proc` and `/sys` is masked.
    pub unmasked: bool,
    /// Supplementary groups, by name or number.
    pub groups: Vec<String>,
    /// Memory limit in bytes.
    pub memory: Option<i64>,
    /// Limit of memory and swap together; -1 for none.
    pub memory_swap: Option<i64>,
    /// Memory that is given back last, in bytes.
    pub memory_reservation: Option<i64>,
    /// Processor time, in billionths of a processor.
    pub nano_cpus: Option<i64>,
    /// Relative weight of processor time.
    pub cpu_shares: Option<u64>,
    /// Period of the processor limit in microseconds.
    pub cpu_period: Option<u64>,
    /// Processor time in a period, in microseconds.
    pub cpu_quota: Option<i64>,
    /// Processors that it may use.
    pub cpuset_cpus: Option<String>,
    /// Memory nodes that it may use.
    pub cpuset_mems: Option<String>,
    /// Most processes and threads.
    pub pids_limit: Option<i64>,
    /// How eagerly it is killed when memory runs out.
    pub oom_score_adj: Option<i32>,
    /// Resource limits.
    pub ulimits: Vec<Ulimit>,
    /// Devices.
    pub devices: Vec<Device>,
    /// Kernel settings of its namespaces.
    pub sysctls: BTreeMap<String, String>,
    /// Size of `/dev/shm` in bytes.
    pub shm_size: Option<u64>,
    /// Temporary file systems: path and options.
    pub tmpfs: BTreeMap<String, String>,
    /// Name servers.
    pub dns: Vec<String>,
    /// Search domains.
    pub dns_search: Vec<String>,
    /// Resolver options.
    pub dns_options: Vec<String>,
    /// Lines for `/etc/hosts`: name and address.
    pub extra_hosts: Vec<(String, String)>,
    /// Bounds of its log.
    pub log_size: Option<u64>,
    /// Number of its log files.
    pub log_files: Option<u32>,
}

/// A container's network.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum NetworkMode {
    /// An interface on the store's bridge.
    #[default]
    Bridge,
    /// The host's own.
    Host,
    /// Loopback only.
    None,
}

impl NetworkMode {
    /// Its name on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Bridge => "bridge",
            Self::Host => "host",
            Self::None => "none",
        }
    }
}

/// The system call filter.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum SeccompMode {
    /// The default profile.
    #[default]
    Default,
    /// None.
    Unconfined,
    /// A profile in the OCI's or Docker's JSON form, as text.
    Profile(String),
}

/// A resource limit; `u64::MAX` is none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ulimit {
    /// Its name, `nofile`.
    pub name: String,
    /// Soft limit.
    pub soft: u64,
    /// Hard limit.
    pub hard: u64,
}

/// A device of the host in a container.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Device {
    /// Path on the host.
    pub host: PathBuf,
    /// Path in the container.
    pub container: PathBuf,
    /// Any of `r`, `w`, `m`.
    pub access: String,
}

/// Something mounted into a container.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MountPoint {
    /// What.
    pub kind: MountKind,
    /// Path on the host; empty for a tmpfs.
    pub source: PathBuf,
    /// Path in the container.
    pub destination: PathBuf,
    /// It cannot be written.
    pub read_only: bool,
    /// Propagation, `rprivate` if empty.
    #[serde(default)]
    pub propagation: String,
    /// Options of a tmpfs.
    #[serde(default)]
    pub options: Vec<String>,
}

/// The kind of a mount.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MountKind {
    /// A file or directory of the host.
    Bind,
    /// A volume.
    Volume {
        /// Its name.
        name: String,
        /// It was made for this container and goes with it.
        anonymous: bool,
    },
    /// A temporary file system.
    Tmpfs,
}

/// What the kernel forgets about a container: `state.json`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct State {
    /// When it was last started, RFC 3339.
    pub started: Option<String>,
    /// When it last ended, RFC 3339.
    pub finished: Option<String>,
    /// The last exit code.
    pub exit_code: i32,
    /// It ended because its memory limit was reached.
    pub oom_killed: bool,
    /// Why it could not be started.
    pub error: String,
    /// Address on the bridge while it runs.
    pub address: Option<std::net::Ipv4Addr>,
}

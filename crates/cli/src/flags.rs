//! The flags that `run` and `create` share: from what was typed to what the engine takes.

mod environment;
mod limits;
mod mounts;

use crate::failure::{Failure, Outcome};
use engine::containers::create::Options;
use engine::containers::record::SeccompMode;
use engine::containers::{HostSettings, NetworkMode};
pub(crate) use environment::environment;
use output::size;
use std::path::PathBuf;

fn bytes(text: &str) -> Result<u64, String> {
    size::parse(text).map_err(|error| error.to_string())
}

pub(crate) fn bytes_or_unlimited(text: &str) -> Result<i64, String> {
    match size::parse_or_unlimited(text).map_err(|error| error.to_string())? {
        None => Ok(-1),
        Some(bytes) => i64::try_from(bytes).map_err(|_| format!("{text} is too large")),
    }
}

/// When an image is pulled before it is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Policy {
    /// Always: its name may mean something new.
    Always,
    /// If the store does not have it.
    Missing,
    /// Not at all.
    Never,
}

/// Whether an image is pulled before it is used, and how loud.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Pulling {
    /// When the image is pulled before
    #[arg(long, value_enum, default_value = "missing", value_name = "POLICY")]
    pub(crate) pull: Policy,
    /// Suppress the pull output
    #[arg(short, long)]
    pub(crate) quiet: bool,
}

/// What a container may do to the system.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Powers {
    /// Add a capability
    #[arg(long, value_name = "CAPABILITY")]
    pub(crate) cap_add: Vec<String>,
    /// Drop a capability
    #[arg(long, value_name = "CAPABILITY")]
    pub(crate) cap_drop: Vec<String>,
    /// Give the container every power of the engine
    #[arg(long)]
    pub(crate) privileged: bool,
}

/// What `run` and `create` have in common, as Docker's.
#[derive(Debug, Clone, clap::Args)]
#[command(disable_help_flag = true)]
#[expect(clippy::struct_excessive_bools, reason = "independent switches of the command line")]
pub(crate) struct Container {
    /// Print this help
    #[arg(long, action = clap::ArgAction::Help)]
    help: Option<bool>,
    /// Keep standard input open even if not attached
    #[arg(short, long)]
    pub(crate) interactive: bool,
    /// Allocate a pseudo-terminal
    #[arg(short, long)]
    pub(crate) tty: bool,
    /// Remove the container, and its anonymous volumes, when it exits
    #[arg(long)]
    pub(crate) rm: bool,
    /// Assign a name to the container
    #[arg(long)]
    name: Option<String>,
    /// Host name of the container
    #[arg(short = 'h', long)]
    hostname: Option<String>,
    /// Domain name of the container
    #[arg(long)]
    domainname: Option<String>,
    /// Set an environment variable (NAME copies it from here)
    #[arg(short, long, value_name = "NAME[=VALUE]")]
    env: Vec<String>,
    /// Read environment variables from a file
    #[arg(long, value_name = "FILE")]
    env_file: Vec<PathBuf>,
    /// Working directory inside the container
    #[arg(short, long, value_name = "DIR")]
    workdir: Option<String>,
    /// User name or id (USER[:GROUP])
    #[arg(short, long)]
    user: Option<String>,
    /// Add supplementary groups
    #[arg(long, value_name = "GROUP")]
    group_add: Vec<String>,
    /// Mount a directory of the host, or a volume
    #[arg(short, long, value_name = "[SOURCE:]PATH[:OPTIONS]")]
    volume: Vec<String>,
    /// Attach a file system mount
    #[arg(long, value_name = "KEY=VALUE,…")]
    mount: Vec<String>,
    /// Mount a temporary file system
    #[arg(long, value_name = "PATH[:OPTIONS]")]
    tmpfs: Vec<String>,
    /// Overwrite the image's entry point; empty clears it
    #[arg(long, value_name = "PROGRAM")]
    entrypoint: Option<String>,
    /// Run a small init that passes signals on and reaps processes
    #[arg(long)]
    init: bool,
    /// Mount the root file system read-only
    #[arg(long)]
    read_only: bool,
    /// Network: bridge, host or none
    #[arg(long, visible_alias = "net", default_value = "bridge", value_name = "MODE")]
    network: String,
    /// Set a name server
    #[arg(long, value_name = "ADDRESS")]
    dns: Vec<String>,
    /// Set a search domain
    #[arg(long, value_name = "DOMAIN")]
    dns_search: Vec<String>,
    /// Set a resolver option
    #[arg(long, visible_alias = "dns-opt", value_name = "OPTION")]
    dns_option: Vec<String>,
    /// Add a line to /etc/hosts (HOST:ADDRESS; the address host-gateway is this machine)
    #[arg(long, value_name = "HOST:ADDRESS")]
    add_host: Vec<String>,
    /// Memory limit
    #[arg(short, long, value_parser = bytes, value_name = "BYTES")]
    memory: Option<u64>,
    /// Limit of memory and swap together; -1 for unlimited swap
    #[arg(long, value_parser = bytes_or_unlimited, allow_negative_numbers = true, value_name = "BYTES")]
    memory_swap: Option<i64>,
    /// Memory that is reclaimed last
    #[arg(long, value_parser = bytes, value_name = "BYTES")]
    memory_reservation: Option<u64>,
    /// Number of processors
    #[arg(long, value_parser = limits::cpus, value_name = "NUMBER")]
    cpus: Option<i64>,
    /// Relative weight of processor time
    #[arg(short, long, value_name = "WEIGHT")]
    cpu_shares: Option<u64>,
    /// Period of the processor limit, in microseconds
    #[arg(long, value_name = "MICROSECONDS")]
    cpu_period: Option<u64>,
    /// Processor time in a period, in microseconds
    #[arg(long, allow_negative_numbers = true, value_name = "MICROSECONDS")]
    cpu_quota: Option<i64>,
    /// Processors to use (0-3, 0,1)
    #[arg(long, value_name = "LIST")]
    cpuset_cpus: Option<String>,
    /// Memory nodes to use
    #[arg(long, value_name = "LIST")]
    cpuset_mems: Option<String>,
    /// Most processes and threads; -1 for no limit
    #[arg(long, allow_negative_numbers = true, value_name = "NUMBER")]
    pids_limit: Option<i64>,
    /// How eagerly the container is killed when memory runs out (-1000 to 1000)
    #[arg(long, allow_negative_numbers = true, value_name = "SCORE")]
    oom_score_adj: Option<i32>,
    #[command(flatten)]
    powers: Powers,
    /// Security options: no-new-privileges, seccomp=FILE|unconfined, systempaths=unconfined
    #[arg(long, value_name = "OPTION")]
    security_opt: Vec<String>,
    /// Set a resource limit
    #[arg(long, value_name = "NAME=SOFT[:HARD]")]
    ulimit: Vec<String>,
    /// Add a device of the host
    #[arg(long, value_name = "HOST[:CONTAINER[:rwm]]")]
    device: Vec<String>,
    /// Set a kernel setting of the container's namespaces
    #[arg(long, value_name = "NAME=VALUE")]
    sysctl: Vec<String>,
    /// Size of /dev/shm
    #[arg(long, value_parser = bytes, value_name = "BYTES")]
    shm_size: Option<u64>,
    /// Signal that stops the container
    #[arg(long, value_name = "SIGNAL")]
    stop_signal: Option<String>,
    /// Seconds to wait before it is killed
    #[arg(long, allow_negative_numbers = true, value_name = "SECONDS")]
    stop_timeout: Option<i64>,
    /// Set a label
    #[arg(short, long, value_name = "NAME[=VALUE]")]
    label: Vec<String>,
    /// Read labels from a file
    #[arg(long, value_name = "FILE")]
    label_file: Vec<PathBuf>,
    /// Logging options: max-size, max-file
    #[arg(long, value_name = "NAME=VALUE")]
    log_opt: Vec<String>,
    /// Write the container's id to a file
    #[arg(long, value_name = "FILE")]
    pub(crate) cidfile: Option<PathBuf>,
    /// Platform that the image must be for
    #[arg(long, value_name = "OS/ARCHITECTURE")]
    pub(crate) platform: Option<oci::Platform>,
    #[command(flatten)]
    pub(crate) pulling: Pulling,
    /// Image, then the command and its arguments
    #[arg(required = true, trailing_var_arg = true, value_name = "IMAGE [COMMAND] [ARGUMENT…]")]
    words: Vec<String>,
}

impl Container {
    /// The image, and the platform that it must be for.
    pub(crate) fn image(&self) -> (&str, Option<&oci::Platform>) {
        (self.words.first().map_or("", String::as_str), self.platform.as_ref())
    }

    /// What the engine takes.
    pub(crate) fn options(&self) -> Outcome<Options> {
        let (image, arguments) =
            self.words.split_first().ok_or_else(|| Failure::usage("an image is needed"))?;
        let mut labels = std::collections::BTreeMap::new();
        let from_files = environment::files(&self.label_file)?;
        for label in from_files.iter().chain(&self.label) {
            let (name, value) = label.split_once('=').unwrap_or((label, ""));
            labels.insert(name.to_owned(), value.to_owned());
        }
        Ok(Options {
            image: image.clone(),
            name: self.name.clone(),
            arguments: arguments.to_vec(),
            entrypoint: self.entrypoint.as_ref().map(|e| if e.is_empty() { vec![] } else { vec![e.clone()] }),
            environment: environment(&self.env_file, &self.env)?,
            working_directory: self.workdir.clone(),
            user: self.user.clone(),
            hostname: self.hostname.clone(),
            domain_name: self.domainname.clone(),
            labels,
            stop_signal: self.stop_signal.clone(),
            stop_timeout: self.stop_timeout,
            terminal: self.tty,
            open_input: self.interactive,
            input_once: self.interactive,
            platform: self.platform.clone(),
            mounts: mounts::requests(&self.volume, &self.mount)?,
            host: self.host()?,
        })
    }

    fn host(&self) -> Outcome<HostSettings> {
        let signed = |bytes: Option<u64>| bytes.map(|b| i64::try_from(b).unwrap_or(i64::MAX));
        if self.cpus.is_some() && (self.cpu_quota.is_some() || self.cpu_period.is_some()) {
            return Err(Failure::usage(
                "conflicting options: --cpus and --cpu-period or --cpu-quota cannot both be set",
            ));
        }
        let mut host = HostSettings {
            network: network(&self.network)?,
            auto_remove: self.rm,
            privileged: self.powers.privileged,
            read_only: self.read_only,
            init: self.init,
            cap_add: self.powers.cap_add.clone(),
            cap_drop: self.powers.cap_drop.clone(),
            groups: self.group_add.clone(),
            memory: signed(self.memory),
            memory_swap: self.memory_swap,
            memory_reservation: signed(self.memory_reservation),
            nano_cpus: self.cpus,
            cpu_shares: self.cpu_shares,
            cpu_period: self.cpu_period,
            cpu_quota: self.cpu_quota,
            cpuset_cpus: self.cpuset_cpus.clone(),
            cpuset_mems: self.cpuset_mems.clone(),
            pids_limit: self.pids_limit,
            oom_score_adj: self.oom_score_adj,
            ulimits: limits::ulimits(&self.ulimit)?,
            devices: limits::devices(&self.device)?,
            sysctls: pairs("--sysctl", &self.sysctl)?.into_iter().collect(),
            shm_size: self.shm_size,
            tmpfs: mounts::tmpfs(&self.tmpfs),
            dns: self.dns.clone(),
            dns_search: self.dns_search.clone(),
            dns_options: self.dns_option.clone(),
            extra_hosts: extra_hosts(&self.add_host)?,
            ..HostSettings::default()
        };
        limits::check_memory(&host)?;
        self.security(&mut host)?;
        self.logging(&mut host)?;
        Ok(host)
    }

    fn security(&self, host: &mut HostSettings) -> Outcome<()> {
        for option in &self.security_opt {
            match option.split_once(['=', ':']).unwrap_or((option, "")) {
                ("no-new-privileges", "" | "true") => host.no_new_privileges = true,
                ("no-new-privileges", "false") => host.no_new_privileges = false,
                ("seccomp", "unconfined") => host.seccomp = SeccompMode::Unconfined,
                ("seccomp", "builtin") => host.seccomp = SeccompMode::Default,
                ("seccomp", path) => {
                    let text = std::fs::read_to_string(path).map_err(|e| {
                        Failure::usage(format!("opening seccomp profile ({path}) failed: {e}"))
                    })?;
                    host.seccomp = SeccompMode::Profile(text);
                }
                ("systempaths", "unconfined") => host.unmasked = true,
                ("apparmor", "unconfined") | ("label", "disable") => {}
                _ => return Err(Failure::usage(format!("--security-opt {option} is not supported"))),
            }
        }
        Ok(())
    }

    fn logging(&self, host: &mut HostSettings) -> Outcome<()> {
        for (name, value) in pairs("--log-opt", &self.log_opt)? {
            match name.as_str() {
                "max-size" => host.log_size = Some(bytes(&value).map_err(Failure::usage)?),
                "max-file" => {
                    let files = value.parse().ok().filter(|n| *n > 0);
                    host.log_files =
                        Some(files.ok_or_else(|| Failure::usage(format!("invalid max-file: {value}")))?);
                }
                _ => return Err(Failure::usage(format!("--log-opt {name} is not supported"))),
            }
        }
        Ok(())
    }
}

pub(crate) fn network(text: &str) -> Outcome<NetworkMode> {
    match text {
        "bridge" | "default" => Ok(NetworkMode::Bridge),
        "host" => Ok(NetworkMode::Host),
        "none" => Ok(NetworkMode::None),
        other => Err(Failure::usage(format!(
            "network {other} not found: bridge, host and none are supported; user-defined networks come in a later version"
        ))),
    }
}

/// `NAME=VALUE` texts.
fn pairs(flag: &str, texts: &[String]) -> Outcome<Vec<(String, String)>> {
    texts
        .iter()
        .map(|text| {
            let (name, value) = text
                .split_once('=')
                .ok_or_else(|| Failure::usage(format!("invalid {flag} {text:?}: NAME=VALUE is needed")))?;
            Ok((name.to_owned(), value.to_owned()))
        })
        .collect()
}

fn extra_hosts(texts: &[String]) -> Outcome<Vec<(String, String)>> {
    texts
        .iter()
        .map(|text| {
            let (name, address) = text.split_once('=').or_else(|| text.split_once(':')).unwrap_or((text, ""));
            let address = address.trim_start_matches('[').trim_end_matches(']');
            if name.is_empty() || (address != "host-gateway" && address.parse::<std::net::IpAddr>().is_err())
            {
                return Err(Failure::usage(format!("invalid IP address in add-host: {text:?}")));
            }
            Ok((name.to_owned(), address.to_owned()))
        })
        .collect()
}

//! From a record to a running process: what a container and a build step have in common. Runs in the supervisor, which has one thread.

use crate::error::{At, Error, Result};
use crate::record::{HostSettings, NetworkMode, Record};
use crate::{Engine, exec_failure, spec};
use network::resolv;
use oci::runtime::{LinuxNamespaceType, Spec};
use runtime::accounts::Accounts;
use runtime::cgroup::Cgroup;
use runtime::{Bundle, Filter, Life, Running, Streams};
use std::collections::{HashMap, HashSet};
use std::fs;
use std::net::Ipv4Addr;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};

/// Where a container's changes go.
#[derive(Debug)]
pub(crate) struct Upper {
    /// Overlayfs' upper directory.
    pub(crate) directory: PathBuf,
    /// Overlayfs' work directory.
    pub(crate) work: PathBuf,
    /// Thrown away on a crash: nothing has to be synced.
    pub(crate) volatile: bool,
}

/// What a launch is made from.
#[derive(Debug)]
pub(crate) struct Launch<'a> {
    pub(crate) engine: &'a Engine,
    pub(crate) record: &'a Record,
    /// An empty directory of its own in the exec root: where the init attaches the root.
    pub(crate) place: PathBuf,
    /// Where `hosts`, `hostname` and `resolv.conf` are written.
    pub(crate) files: PathBuf,
    /// Who is sent the listener on which calls with paths are notified.
    pub(crate) tracer: Option<BorrowedFd<'a>>,
    /// What it has from a container that runs.
    pub(crate) shared: Shared,
}

/// What a launched process shares with a container that runs.
#[derive(Debug, Default)]
pub(crate) struct Shared {
    /// Namespaces that are joined in the place of new ones. What is set in them (host name, addresses, kernel settings) is the container's and stays as it is.
    pub(crate) namespaces: Vec<(LinuxNamespaceType, OwnedFd)>,
    /// Detached trees that are mounted at these destinations of the record in the place of their sources.
    pub(crate) trees: HashMap<PathBuf, OwnedFd>,
}

impl Shared {
    fn joins(&self) -> bool {
        !self.namespaces.is_empty()
    }

    fn apply(&self, spec: &mut Spec) {
        if !self.joins() {
            return;
        }
        spec.set_hostname(None).set_domainname(None);
        let Some(linux) = spec.linux_mut() else { return };
        linux.set_sysctl(None);
        for namespace in linux.namespaces_mut().iter_mut().flatten() {
            if let Some((_, fd)) = self.namespaces.iter().find(|(kind, _)| *kind == namespace.typ()) {
                // opened by this process, before it makes another
                namespace.set_path(Some(format!("/proc/self/fd/{}", fd.as_raw_fd()).into()));
            }
        }
    }
}

/// A launched container.
#[derive(Debug)]
pub(crate) struct Launched {
    pub(crate) running: Running,
    pub(crate) cgroup: Cgroup,
    pub(crate) filter: Option<Filter>,
    pub(crate) address: Option<Ipv4Addr>,
}

/// The directories of a stack, the topmost first: layers (given lowest first), and the mount points below them all.
pub(crate) fn lowers(engine: &Engine, layers: &[oci::DiffId]) -> Result<Vec<OwnedFd>> {
    let mut lowers = self::layers(engine, layers)?;
    lowers.push(store::mount_points::open(engine.store())?);
    Ok(lowers)
}

/// The directories of layers (given lowest first), the topmost first.
pub(crate) fn layers(engine: &Engine, layers: &[oci::DiffId]) -> Result<Vec<OwnedFd>> {
    let mut lowers = Vec::with_capacity(layers.len() + 1);
    let mut stacked = HashSet::new();
    for layer in layers.iter().rev() {
        // overlayfs refuses a directory twice (two steps that change nothing are one layer). The upper one alone gives the same
        // tree: all that the lower one has lies in it already.
        if stacked.insert(layer) {
            lowers.push(store::layers::open(engine.store(), layer)?);
        }
    }
    Ok(lowers)
}

/// Mounts layers (lowest first) below an upper directory, detached.
pub(crate) fn mount(engine: &Engine, layers: &[oci::DiffId], upper: Option<&Upper>) -> Result<OwnedFd> {
    overlay(&lowers(engine, layers)?, upper)
}

/// Mounts directories, the topmost first, below an upper directory, detached.
pub(crate) fn overlay(lowers: &[OwnedFd], upper: Option<&Upper>) -> Result<OwnedFd> {
    let open = |path: &Path| sys::mount::open_directory(path).at("open", path);
    let upper_fds = match upper {
        Some(upper) => Some((open(&upper.directory)?, open(&upper.work)?)),
        None => None,
    };
    let overlay = sys::overlay::Overlay {
        detached: Vec::new(),
        lowers: lowers.iter().map(AsFd::as_fd).collect(),
        upper: upper_fds.as_ref().map(|(upper, work)| (upper.as_fd(), work.as_fd())),
        volatile: upper.is_some_and(|upper| upper.volatile),
    };
    overlay.mount().at("mount", "the root file system")
}

/// A descriptor of the root directory of a detached mount, for look-ups in it.
pub(crate) fn root_of(mount: BorrowedFd<'_>) -> Result<OwnedFd> {
    sys::rooted::open_directory(mount, Path::new(".")).at("open", "the root file system")
}

impl Launch<'_> {
    /// Starts the record's command. What was made is removed again if that fails; the error names the step, or says why the
    /// program cannot be executed.
    pub(crate) fn run(mut self, root: OwnedFd, streams: &Streams) -> Result<Launched> {
        let cgroup = Cgroup::at(&self.engine.layout().cgroup(&self.record.id))?;
        let inside = root_of(root.as_fd())?;
        let mut address = None;
        let launched = self.prepare_and_start(root, inside.as_fd(), streams, &cgroup, &mut address);
        match launched {
            Ok((running, filter)) => Ok(Launched { running, cgroup, filter, address }),
            Err(error) => {
                // the error that is reported is the first one
                let _ = cgroup.remove();
                if let Some(address) = address {
                    let _ = network::addresses::release(&self.bridge_state(), address, &self.record.id);
                }
                Err(exec_failure::of_launch(error, inside.as_fd(), self.record))
            }
        }
    }

    fn prepare_and_start(
        &mut self,
        root: OwnedFd,
        inside: BorrowedFd<'_>,
        streams: &Streams,
        cgroup: &Cgroup,
        address: &mut Option<Ipv4Addr>,
    ) -> Result<(Running, Option<Filter>)> {
        let identity =
            Accounts::read(inside)?.identify(&self.record.execution.user, &self.record.host.groups)?;
        make_working_directory(inside, &self.record.execution.working_dir)?;
        let bridge = self.bridge(address)?;
        let hostname = self.record.own_hostname();
        self.write_files(&hostname, bridge.as_ref(), *address)?;
        let mut spec = spec::build(self.record, &self.facts(identity, hostname)?)?;
        self.shared.apply(&mut spec);
        let resources = spec.linux().as_ref().and_then(|linux| linux.resources().clone()).unwrap_or_default();
        let bundle = Bundle {
            spec,
            root,
            place: self.place.clone(),
            filter: filter(self.engine, &self.record.host)?,
            tracer: self.tracer.map(|_| tracing_filter(self.engine)).transpose()?,
            life: Life::Tied,
            trees: std::mem::take(&mut self.shared.trees),
            preserved: 0,
            no_pivot: false,
            keyring: None,
            copy_tree: None,
            subject: None,
        };
        let group = runtime::Group { cgroup, resources: &resources, surround: None };
        let mut network_error = None;
        let created = runtime::create(&bundle, streams, group, &mut |init| {
            if let Err(error) = self.connect(init.pid, bridge.as_ref(), *address) {
                network_error = Some(error);
                return Err(runtime::Error::InitLost);
            }
            Ok(())
        });
        let created = match (created, network_error) {
            // an init that failed took its namespace along: what it says is the cause
            (Err(runtime::Error::InitLost), Some(error)) => return Err(error),
            (created, _) => created?,
        };
        let running = created.start(&mut |listener| {
            let Some(tracer) = self.tracer else { return Ok(()) };
            // the process waits for the first answer, and ends with the listener if nobody takes it
            let _ = sys::socket::send(tracer, b"listener", &[listener.as_fd()]);
            Ok(())
        })?;
        Ok((running, bundle.filter))
    }

    fn facts(&self, identity: runtime::accounts::Identity, hostname: String) -> Result<spec::Facts> {
        let mut devices = Vec::new();
        for device in &self.record.host.devices {
            devices.extend(spec::find_device(device)?);
        }
        if self.record.host.privileged {
            devices.extend(spec::all_devices()?);
        }
        Ok(spec::Facts {
            identity,
            hostname,
            files: (!self.shared.joins()).then(|| self.files.clone()),
            throttles: spec::throttles(),
            devices,
            init_program: self.record.host.init.then(|| self.engine.layout().program.clone()),
        })
    }

    fn bridge_state(&self) -> PathBuf {
        bridge_state(self.engine)
    }

    /// The bridge, standing, with an address on it for this container.
    fn bridge(&self, address: &mut Option<Ipv4Addr>) -> Result<Option<network::Bridge>> {
        if self.record.host.network != NetworkMode::Bridge || self.shared.joins() {
            return Ok(None);
        }
        let state = self.bridge_state();
        // held until the address is reserved, so that no prune comes in between
        let standing = network::bridge::ensure(&state, &self.engine.layout().network_names())?;
        *address = Some(network::addresses::reserve(&state, &standing.bridge, &self.record.id)?);
        Ok(Some(standing.bridge))
    }

    /// Gives the new network namespace what belongs into it.
    fn connect(
        &self,
        pid: sys::process::Pid,
        bridge: Option<&network::Bridge>,
        address: Option<Ipv4Addr>,
    ) -> Result<()> {
        if self.record.host.network == NetworkMode::Host || self.shared.joins() {
            return Ok(());
        }
        let path = format!("/proc/{}/ns/net", pid.as_raw_nonzero());
        let namespace = fs::File::open(&path).at("open", path)?;
        match (bridge, address) {
            (Some(bridge), Some(address)) => {
                network::attach(bridge, namespace.as_fd(), &self.record.id, address)?;
            }
            _ => network::loopback_up(namespace.as_fd())?,
        }
        Ok(())
    }

    fn write_files(
        &self,
        hostname: &str,
        bridge: Option<&network::Bridge>,
        address: Option<Ipv4Addr>,
    ) -> Result<()> {
        if self.shared.joins() {
            return Ok(());
        }
        let host = &self.record.host;
        let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
        let hosts = if host.network == NetworkMode::Host {
            let mut text = read("/etc/hosts");
            for (name, address) in &host.extra_hosts {
                text.push_str(&format!("{address}\t{name}\n"));
            }
            text
        } else {
            let gateway = bridge.map(|b| b.gateway.to_string()).unwrap_or_else(|| "127.0.0.1".into());
            let extra: Vec<(String, String)> = host
                .extra_hosts
                .iter()
                .map(|(name, address)| {
                    (name.clone(), if address == "host-gateway" { gateway.clone() } else { address.clone() })
                })
                .collect();
            network::hosts::render(hostname, address.map(Into::into), &extra)
        };
        let dns = resolv::Dns {
            servers: host.dns.clone(),
            search: host.dns_search.clone(),
            options: host.dns_options.clone(),
        };
        let (own, resolved) = (read("/etc/resolv.conf"), read("/run/systemd/resolve/resolv.conf"));
        let kind = if bridge.is_some() { resolv::Kind::Bridge } else { resolv::Kind::Host };
        let resolv = resolv::render(&resolv::Sources { host: &own, resolved: &resolved }, &dns, kind);
        for (name, text) in [("hosts", hosts), ("hostname", format!("{hostname}\n")), ("resolv.conf", resolv)]
        {
            let path = self.files.join(name);
            fs::write(&path, text).at("write", path)?;
        }
        Ok(())
    }
}

/// Where the bridge's addresses are kept.
pub(crate) fn bridge_state(engine: &Engine) -> PathBuf {
    engine.run("networks/bridge")
}

/// In the image's own tree, before any cgroup or address is taken, as Docker's daemon does it; the init makes what lies in a volume.
fn make_working_directory(root: BorrowedFd<'_>, directory: &str) -> Result<()> {
    if directory.is_empty() || directory == "/" {
        return Ok(());
    }
    let mode = sys::fs::Mode::from_raw_mode(0o755);
    match sys::rooted::make_directories(root, Path::new(directory), mode, &mut |_| Ok(())) {
        // on a kernel file system that is mounted later, or read-only: entering it tells
        Ok(_) | Err(sys::Errno::ROFS) => Ok(()),
        Err(sys::Errno::NOTDIR) => {
            Err(Error::Invalid(format!("Cannot mkdir: {directory} is not a directory")))
        }
        Err(errno) => Err(errno).at("make working directory", directory),
    }
}

/// The compiled system call filter; compiled ones are kept by the digest of what they were made from.
pub(crate) fn filter(engine: &Engine, host: &HostSettings) -> Result<Option<Filter>> {
    let kernel = kernel_version();
    let capabilities = spec::capabilities(host)?;
    let mut hasher = oci::digest::Hasher::default();
    hasher.field(env!("CARGO_PKG_VERSION").as_bytes());
    hasher.field(format!("{kernel:?}").as_bytes());
    let described = serde_json::to_vec(&(&host.cap_add, &host.cap_drop, host.privileged, &host.seccomp));
    hasher.field(&described.expect("strings serialise"));
    Filter::kept(&engine.run("seccomp"), &hasher.finish().hex(), &|| {
        spec::seccomp_profile(host, &capabilities, kernel)
    })
}

/// The filter by which a program is watched.
fn tracing_filter(engine: &Engine) -> Result<Filter> {
    let key = format!("trace-{}", env!("CARGO_PKG_VERSION"));
    let program = Filter::kept_program(&engine.run("seccomp"), &key, &|| {
        trace::filter()
            .ok_or_else(|| Error::Invalid("programs cannot be traced on this machine's architecture".into()))
    })?;
    Ok(Filter { program, flags: sys::seccomp::NEW_LISTENER, agent: None })
}

fn kernel_version() -> (u32, u32) {
    let release = sys::system::uname();
    let release = release.release().to_string_lossy();
    let mut numbers = release.split(|c: char| !c.is_ascii_digit()).map(|n| n.parse().unwrap_or(0));
    (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0))
}

//! Making a container from a bundle directory, and running one to its end.

use crate::container::{CONFIGURATION, GATE, Later, Record, check_id, write_private};
use crate::error::{At, Error, Result};
use crate::notify::Notify;
use crate::{Lifecycle, Recipients, check, environment, filter, group, resources};
use oci::runtime::{Hook, Hooks, LinuxNamespaceType, Spec};
use runtime::cgroup::Cgroup;
use runtime::hooks::{Place, Subject};
use runtime::{Agent, Bundle, Created, Filter, Life};
use std::fs::{self, DirBuilder};
use std::io::ErrorKind;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use sys::clone::Child;
use sys::identity::Identity;
use sys::mount::open_directory;

/// What is to be made.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Its id.
    pub id: String,
    /// The bundle directory, absolute.
    pub bundle: PathBuf,
    /// The configuration, if it is another file than the bundle's `config.json`.
    pub configuration: Option<PathBuf>,
    /// Who is given what of its first process.
    pub recipients: Recipients,
    /// It lives on without the caller, who cannot serve its terminal.
    pub detached: bool,
    /// Inherited descriptors from 3 on for its program, beside those of `LISTEN_FDS`.
    pub preserved: u32,
    /// Inherited descriptors of socket activation (`LISTEN_FDS`).
    pub listening: u32,
    /// `NOTIFY_SOCKET` of the caller.
    pub notify_socket: Option<String>,
    /// Moves the root instead of pivoting.
    pub no_pivot: bool,
    /// Leaves it in the caller's session keyring.
    pub no_keyring: bool,
}

/// Makes a container that waits for [`start`](crate::start::start).
///
/// # Errors
/// [`Error::Exists`] for an id in use, [`Error::Invalid`] for a configuration that makes no sense, [`Error::Runtime`] with the failing step. Nothing is left then.
pub fn create(lifecycle: &Lifecycle, options: &Options) -> Result<()> {
    let mut making = Making::begin(lifecycle, options)?;
    let directory = open_directory(&making.directory).at("open", &making.directory)?;
    let gate = sys::socket::listen(directory.as_fd(), GATE).at("listen in", &making.directory)?;
    let mut created = making.make(Life::Gated(gate))?;
    Record::publish(&making.directory)?;
    let terminal = created.take_terminal();
    options.recipients.give(created.init(), terminal)?;
    // from here on it lives without this process
    let _init = created.leave();
    making.keep();
    Ok(())
}

/// A container that runs as a child of the caller.
#[derive(Debug)]
pub struct Run {
    /// Its first process.
    pub init: Child,
    /// The other end of its terminal, if it was not sent to a console socket.
    pub terminal: Option<OwnedFd>,
}

/// Makes a container and starts its program at once.
///
/// # Errors
/// As [`create`] and [`start`](crate::start::start). Nothing is left then.
pub fn run(lifecycle: &Lifecycle, options: &Options) -> Result<Run> {
    let mut making = Making::begin(lifecycle, options)?;
    let mut created = making.make(Life::Free)?;
    Record::publish(&making.directory)?;
    let terminal = created.take_terminal();
    let terminal = options.recipients.give(created.init(), terminal)?;
    let pid = created.init().pid.as_raw_nonzero().get();
    let notify = making.notify.take().map(|notify| notify.listen(pid)).transpose()?;
    let state = making.subject.state("running", pid);
    let running =
        created.start(&mut |listener| filter::tell_agent(making.agent(), &making.subject, pid, listener))?;
    if let Some(notify) = notify {
        notify.forward_beside();
    }
    if let Err(error) = runtime::hooks::run(
        "poststart",
        &hooks(&making.spec, Hooks::poststart),
        &state,
        &Place::bundle(&options.bundle),
    ) {
        // as with runc, a container whose hooks fail does not run on
        runtime::wait::end(running.init.pidfd.as_fd());
        return Err(error.into());
    }
    making.keep();
    Ok(Run { init: running.init, terminal })
}

/// A container in the making. Dropped before [`Making::keep`], all that was made of it is removed.
struct Making<'a> {
    options: &'a Options,
    lifecycle: &'a Lifecycle,
    directory: PathBuf,
    spec: Spec,
    rootfs: PathBuf,
    subject: Subject,
    filter: Option<Filter>,
    group: group::Plan,
    cgroup: Option<Cgroup>,
    notify: Option<Notify>,
    finished: bool,
}

impl<'a> Making<'a> {
    fn begin(lifecycle: &'a Lifecycle, options: &'a Options) -> Result<Self> {
        check_id(&options.id)?;
        let path = options.configuration.clone().unwrap_or_else(|| options.bundle.join("config.json"));
        let text = check::read_text(&path)?;
        let mut spec = check::parse(&text, &path, &*lifecycle.warn)?;
        check::check(&spec)?;
        if let Some(process) = spec.process() {
            check::warn_of_ambient(process, &*lifecycle.warn);
        }
        options.recipients.check_console(options.detached && has_terminal(&spec))?;
        let rootfs = rootfs(&spec, &options.bundle)?;
        strip_root(&mut spec, &rootfs);
        let group = group::Plan::of(lifecycle, &spec, &options.id)?;
        let directory = claim(lifecycle, &options.id)?;
        let mut making = Self {
            options,
            lifecycle,
            subject: Subject {
                version: spec.version().clone(),
                id: options.id.clone(),
                bundle: options.bundle.clone(),
                annotations: spec.annotations().clone().unwrap_or_default(),
            },
            directory,
            rootfs,
            filter: None,
            group,
            cgroup: None,
            notify: None,
            finished: false,
            spec,
        };
        making.prepare(&text)?;
        Ok(making)
    }

    /// What is made of the configuration before the container's first process is.
    fn prepare(&mut self, text: &[u8]) -> Result<()> {
        let path = self.directory.join(CONFIGURATION);
        write_private(&path, text)?;
        self.filter = filter::of(self.lifecycle, text, &path)?;
        if let Some(socket) = self.options.notify_socket.clone().filter(|socket| !socket.is_empty()) {
            self.notify = Some(Notify::prepare(&self.directory, &socket, &mut self.spec)?);
        }
        if self.options.listening > 0 {
            let variables = [format!("LISTEN_FDS={}", self.options.listening), "LISTEN_PID=1".to_owned()];
            environment::add(&mut self.spec, variables);
        }
        let cgroup = group::at(&self.group.path)?;
        must_be_free(&cgroup, &self.group.path)?;
        self.cgroup = Some(cgroup);
        Ok(())
    }

    fn make(&mut self, life: Life) -> Result<Created> {
        let cgroup = self.cgroup.as_ref().expect("prepared");
        let root = open_directory(&self.rootfs).at("open", &self.rootfs)?;
        if let Some(process) = self.spec.process_mut() {
            environment::settle(process, root.as_fd());
        }
        let streams = self.options.recipients.streams(has_terminal(&self.spec));
        let bundle = Bundle {
            trees: std::collections::HashMap::new(),
            root: sys::mount::clone_tree(root.as_fd(), "", true).at("clone the mount of", &self.rootfs)?,
            place: self.rootfs.clone(),
            filter: self.filter.clone(),
            tracer: None,
            life,
            preserved: self.options.preserved + self.options.listening,
            no_pivot: self.options.no_pivot,
            keyring: self.keyring(),
            copy_tree: Some(copy_tree),
            subject: Some(self.subject.clone()),
            // back again below
            spec: std::mem::take(&mut self.spec),
        };
        let resources = resources::of(&bundle.spec);
        let mut drafted = Ok(());
        let networked = has_own(&bundle.spec, LinuxNamespaceType::Network);
        let mut surround = |init: &Child| self.group.surround(init, cgroup, &resources);
        let surround = self.group.unit().is_some().then_some(&mut surround as runtime::Surround<'_>);
        let group = runtime::Group { cgroup, resources: &resources, surround };
        let created = runtime::create(&bundle, &streams, group, &mut |init| {
            if networked {
                loopback_up(init)?;
            }
            take_devices(&bundle.spec, init)?;
            drafted = self.record(&bundle.spec, init).and_then(|record| record.draft(&self.directory));
            Ok(())
        });
        self.spec = bundle.spec;
        let created = created?;
        drafted?;
        Ok(created)
    }

    fn record(&self, spec: &Spec, init: &Child) -> Result<Record> {
        let pid = init.pid.as_raw_nonzero().get();
        let identity = Identity::of(pid).at("read", format!("/proc/{pid}/stat"))?;
        Ok(Record {
            id: self.options.id.clone(),
            oci_version: spec.version().clone(),
            bundle: self.options.bundle.clone(),
            rootfs: self.rootfs.clone(),
            created: jiff::Timestamp::now().to_string(),
            annotations: self.subject.annotations.clone(),
            init: identity.to_string(),
            cgroup: self.cgroup.clone().expect("prepared"),
            unit: self.group.unit(),
            owner: sys::process::getuid().as_raw(),
            own_processes: has_own(spec, LinuxNamespaceType::Pid),
            later: Later {
                poststart: hooks(spec, Hooks::poststart),
                poststop: hooks(spec, Hooks::poststop),
                keyring: self.keyring(),
                agent: self.agent().cloned(),
            },
        })
    }

    fn keyring(&self) -> Option<String> {
        (!self.options.no_keyring).then(|| format!("_ses.{}", self.options.id))
    }

    fn agent(&self) -> Option<&Agent> {
        self.filter.as_ref()?.agent.as_ref()
    }

    fn keep(mut self) {
        self.finished = true;
    }
}

impl Drop for Making<'_> {
    fn drop(&mut self) {
        if self.finished {
            return;
        }
        // the error that ends the creation is the one to tell; what cannot be removed is named by `delete --force`
        if let Some(cgroup) = &self.cgroup {
            cgroup.kill();
            self.group.take_back();
            let _ = cgroup.remove();
        }
        let _ = runtime::hooks::run(
            "poststop",
            &hooks(&self.spec, Hooks::poststop),
            &self.subject.state("stopped", 0),
            &Place::bundle(&self.options.bundle),
        );
        let _ = fs::remove_dir_all(&self.directory);
    }
}

/// Hooks of one kind.
fn hooks(spec: &Spec, kind: fn(&Hooks) -> &Option<Vec<Hook>>) -> Vec<Hook> {
    spec.hooks().as_ref().and_then(|hooks| kind(hooks).clone()).unwrap_or_default()
}

fn has_terminal(spec: &Spec) -> bool {
    spec.process().as_ref().is_some_and(|process| process.terminal().unwrap_or(false))
}

/// A group that is there may have been made for the container; what is in it is not ours, and would not be ours to kill.
fn must_be_free(cgroup: &Cgroup, path: &Path) -> Result<()> {
    let strangers = cgroup.processes().len();
    if strangers > 0 {
        return Err(Error::Invalid(format!(
            "container's cgroup is not empty: {strangers} process(es) found in {}",
            path.display()
        )));
    }
    if cgroup.is_frozen() {
        return Err(Error::State("container's cgroup unexpectedly frozen".into()));
    }
    Ok(())
}

/// Makes the container's directory, which is its id's reservation.
fn claim(lifecycle: &Lifecycle, id: &str) -> Result<PathBuf> {
    let directory = lifecycle.directory(id);
    let make = || DirBuilder::new().mode(0o711).create(&directory);
    let made = match make() {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let root = &lifecycle.root;
            DirBuilder::new().recursive(true).mode(0o711).create(root).at("make directory", root)?;
            make()
        }
        made => made,
    };
    match made {
        Ok(()) => Ok(directory),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Err(Error::Exists(id.to_owned())),
        Err(error) => Err(error).at("make directory", directory),
    }
}

/// The root file system: absolute, or in the bundle.
fn rootfs(spec: &Spec, bundle: &Path) -> Result<PathBuf> {
    let root = spec.root().as_ref().ok_or_else(|| Error::Invalid("config.json has no root".into()))?;
    let path = bundle.join(root.path());
    let path = fs::canonicalize(&path).at("open the root file system", path)?;
    if path == Path::new("/") {
        return Err(Error::Invalid("the host's root directory cannot be the root file system".into()));
    }
    if !path.is_dir() {
        return Err(Error::Invalid(format!("invalid rootfs: {} is not a directory", path.display())));
    }
    Ok(path)
}

/// Destinations of mounts are paths in the container; some engines write those of the host, which every runtime takes as the same.
fn strip_root(spec: &mut Spec, rootfs: &Path) {
    for mount in spec.mounts_mut().iter_mut().flatten() {
        if let Ok(inside) = mount.destination().strip_prefix(rootfs) {
            let inside = Path::new("/").join(inside);
            mount.set_destination(inside);
        }
    }
}

/// Whether a namespace is the container's own.
pub(crate) fn has_own(spec: &Spec, kind: LinuxNamespaceType) -> bool {
    let linux = spec.linux().as_ref();
    let namespaces = linux.and_then(|linux| linux.namespaces().as_deref()).unwrap_or_default();
    namespaces.iter().any(|namespace| {
        namespace.typ() == kind && namespace.path().as_ref().is_none_or(|path| path.as_os_str().is_empty())
    })
}

fn loopback_up(init: &Child) -> runtime::Result<()> {
    in_network(init, "set up the loopback interface of", network::loopback_up)
}

/// Does something to the network of the init.
fn in_network(
    init: &Child,
    doing: &'static str,
    work: impl FnOnce(BorrowedFd<'_>) -> network::Result<()>,
) -> runtime::Result<()> {
    let path = format!("/proc/{}/ns/net", init.pid.as_raw_nonzero());
    let failed = |source: std::io::Error| runtime::Error::Io { doing, path: path.clone().into(), source };
    let namespace = fs::File::open(&path).map_err(&failed)?;
    work(namespace.as_fd()).map_err(|error| failed(std::io::Error::other(error)))
}

/// Moves devices of the host into the container's network.
fn take_devices(spec: &Spec, init: &Child) -> runtime::Result<()> {
    let devices = spec.linux().as_ref().and_then(|linux| linux.net_devices().as_ref());
    let mut devices: Vec<_> = devices.into_iter().flatten().collect();
    // in the same order each time, so that a failure is the same each time
    devices.sort_by_key(|(name, _)| name.as_str());
    for (name, device) in devices {
        let inside = device.name().as_ref().filter(|inside| !inside.is_empty()).unwrap_or(name);
        in_network(init, "move a device into the network of", |namespace| {
            network::device::take(name, inside, namespace)
        })?;
    }
    Ok(())
}

fn copy_tree(from: BorrowedFd<'_>, to: BorrowedFd<'_>) -> std::io::Result<()> {
    let copier = store::tree::Copier { access_lists: true, ..store::tree::Copier::default() };
    let place = Path::new("");
    let copied = copier.contents(from, to, place).and_then(|()| copier.describe(from, to, place));
    copied.map_err(std::io::Error::other)
}

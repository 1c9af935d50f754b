//! A store of its own for tests, with containers made by hand: no supervisor, no cgroup, no network.

use crate::containers::directory::Directory;
use crate::containers::record::{HostSettings, MountKind, MountPoint, Record};
use crate::containers::{names, root};
use crate::document::Lasting;
use crate::{Engine, Layout, launch, volumes};
use oci::{DiffId, Digest, Platform};
use runtime::cgroup::Cgroup;
use std::fs;
use std::io::Read;
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use store::layers::{self, Draft, Durability};
use sys::identity::Identity;
use sys::thread::UnshareFlags;

/// A store in a temporary directory, which goes with it.
#[derive(Debug)]
pub(crate) struct Testbed {
    pub(crate) engine: Engine,
    directory: PathBuf,
}

impl Testbed {
    /// None, with a word about it, if overlays cannot be mounted here.
    pub(crate) fn new() -> Option<Self> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        if !sys::process::geteuid().is_root() {
            eprintln!("skipped: needs root");
            return None;
        }
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let directory = std::env::temp_dir().join(format!("tare-testbed-{}-{number}", std::process::id()));
        let layout =
            Layout::new(&directory.join("data"), &directory.join("run"), Path::new("/proc/self/exe"));
        let engine = Engine::open(layout).unwrap();
        for path in ["containers", "names", "volumes"] {
            fs::create_dir_all(engine.data(path)).unwrap();
        }
        fs::create_dir_all(directory.join("host")).unwrap();
        Some(Self { engine, directory })
    }

    /// A directory for the caller's own files.
    pub(crate) fn host(&self) -> PathBuf {
        self.directory.join("host")
    }

    /// A layer with what `fill` puts into its directory.
    pub(crate) fn layer(&self, fill: impl FnOnce(&Path)) -> DiffId {
        let draft = Draft::new(self.engine.store()).unwrap();
        fill(&draft.fs());
        let lease = store::leases::Lease::new(self.engine.store()).unwrap();
        layers::commit(self.engine.store(), draft, Durability::Later, &lease).unwrap().0
    }

    /// A container that never ran.
    pub(crate) fn container(&self, name: &str, layers: &[DiffId], mounts: Vec<MountPoint>) -> Record {
        self.record(Record { mounts, layers: layers.to_vec(), ..record(name) })
    }

    pub(crate) fn record(&self, record: Record) -> Record {
        let directory = self.directory_of(&record);
        for path in ["rw/upper", "rw/work"] {
            fs::create_dir_all(directory.data.join(path)).unwrap();
        }
        directory.write_record(&record).unwrap();
        names::claim(&self.engine, &record.name, &record.id, Lasting::Boot).unwrap();
        record
    }

    pub(crate) fn directory_of(&self, record: &Record) -> Directory {
        Directory::new(&self.engine, &record.id)
    }

    pub(crate) fn volume(&self, name: &str, destination: &str, read_only: bool) -> MountPoint {
        let source = volumes::data(&self.engine, name);
        fs::create_dir_all(&source).unwrap();
        let kind = MountKind::Volume { name: name.into(), anonymous: false };
        let (propagation, options) = (String::new(), Vec::new());
        MountPoint { kind, source, destination: destination.into(), read_only, propagation, options }
    }

    /// Makes it run: a process of this test program sits in the root with its mounts. Its lowest layer needs an empty file `/exe`.
    pub(crate) fn run(&self, record: &Record) -> Running {
        let directory = self.directory_of(record);
        let mount = root::open(&self.engine, &record.id, root::View::Writable).unwrap();
        let program = std::env::current_exe().unwrap();
        let tree = mount.into_tree();
        let child = std::thread::scope(|scope| scope.spawn(|| start(&tree, &program)).join()).unwrap();
        fs::create_dir_all(&directory.run).unwrap();
        fs::write(directory.run.join("supervisor"), Identity::own().unwrap().to_string()).unwrap();
        let init = Identity::of(i32::try_from(child.id()).unwrap()).unwrap();
        fs::write(directory.run.join("init"), init.to_string()).unwrap();
        let cgroup = Cgroup::at(&self.engine.layout().cgroup(&record.id)).unwrap();
        Running { child, directory, cgroup }
    }
}

impl Drop for Testbed {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.directory).unwrap();
    }
}

/// A container that runs until this goes.
#[derive(Debug)]
pub(crate) struct Running {
    child: Child,
    directory: Directory,
    cgroup: Cgroup,
}

impl Running {
    /// Its root, to change it from here.
    pub(crate) fn root(&self) -> PathBuf {
        PathBuf::from(format!("/proc/{}/root", self.child.id()))
    }

    /// Gives it a cgroup.
    pub(crate) fn confine(&self) -> i32 {
        let pid = sys::process::Pid::from_child(&self.child);
        self.cgroup.create(&oci::runtime::LinuxResources::default()).unwrap();
        self.cgroup.attach(pid).unwrap();
        pid.as_raw_nonzero().get()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        self.cgroup.remove().unwrap();
        self.cgroup.remove_empty_parent();
        self.directory.forget_run();
    }
}

/// In a thread of its own: the mount namespace goes on as the child's.
fn start(tree: &std::os::fd::OwnedFd, program: &Path) -> Child {
    use sys::mount::{self, MountPropagationFlags as Propagation};
    sys::namespace::unshare(UnshareFlags::FS | UnshareFlags::NEWNS).unwrap();
    mount::mount_change("/", Propagation::PRIVATE | Propagation::REC).unwrap();
    let program = mount::clone_tree(sys::fs::CWD, program, false).unwrap();
    let place = mount::open_directory("/proc").unwrap();
    mount::attach(tree.as_fd(), place.as_fd()).unwrap();
    let root = launch::root_of(tree.as_fd()).unwrap();
    let target = sys::rooted::open_handle(root.as_fd(), Path::new("/exe")).unwrap();
    mount::attach(program.as_fd(), target.as_fd()).unwrap();
    sys::process::fchdir(&root).unwrap();
    sys::process::chroot(".").unwrap();
    let mut child = Command::new("/exe")
        .args(["--exact", "containers::tests::testbed::stays", "--nocapture"])
        .env_clear()
        .env(STAYS, "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    // it is executed by now, and its input stays open as long as it is not killed
    let mut output = child.stdout.take().unwrap();
    output.read_exact(&mut [0]).unwrap();
    child
}

const STAYS: &str = "TARE_TEST_STAYS";

/// The process of a running container.
#[test]
fn stays() {
    if std::env::var_os(STAYS).is_some() {
        let _ = std::io::stdin().read(&mut [0]);
    }
}

/// A record with nothing special in it.
pub(crate) fn record(name: &str) -> Record {
    Record {
        id: Digest::of(name.as_bytes()).hex(),
        name: name.into(),
        created: "2026-01-02T03:04:05.000000006Z".into(),
        image: Digest::of(b"image"),
        manifest: None,
        image_name: "demo:1".into(),
        layers: Vec::new(),
        platform: Platform::host(),
        execution: oci::image::Execution::default(),
        command: vec!["/bin/sh".into(), "-c".into(), "true".into()],
        hostname: String::new(),
        domain_name: String::new(),
        terminal: false,
        open_input: false,
        input_once: false,
        host: HostSettings::default(),
        mounts: Vec::new(),
    }
}

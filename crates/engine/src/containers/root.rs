//! A container's root directory, reached from outside.
//!
//! * It runs: the root of its first process, through `/proc` (the process is told from a later one with its id by its pidfd). Nothing is trusted
//!   there: whatever is below is looked up with [`sys::rooted`].
//! * It does not: its layers and its changes are mounted, with its volumes and binds attached as for a start, in a mount namespace that a thread has
//!   for that moment only; the whole tree is cloned off it (`open_tree(2)`, `AT_RECURSIVE`) and stands nowhere. The container's lock is held
//!   meanwhile, so that it is not started on the same upper directory.

use super::directory::{Directory, Lock};
use super::record::{MountKind, MountPoint, Record};
use super::status::Container;
use super::{find, kill, reconcile};
use crate::Engine;
use crate::error::{At, Error, Result};
use crate::launch::{self, Upper};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};
use sys::fs::{Mode, OFlags};
use sys::mount::{self, Attributes};
use sys::thread::{ThreadNameSpaceType, UnshareFlags};
use sys::{Errno, namespace, rooted};

/// What of a container's files is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum View {
    /// All that its processes see, to be read.
    Readable,
    /// All that its processes see, to be changed. What is read-only for them is read-only here.
    Writable,
    /// The root file system alone, to be read: what is mounted in it is not seen.
    Alone,
}

/// A container's root directory. A stopped container is not started while it is held.
#[derive(Debug)]
pub struct Root {
    directory: OwnedFd,
    /// A detached tree falls apart when its descriptor is closed.
    #[cfg_attr(not(test), expect(dead_code, reason = "it is only held"))]
    mount: Option<OwnedFd>,
    _lock: Option<Lock>,
}

/// Opens a container's root file system alone, to be read: its layers and its changes, without what is mounted in it.
///
/// # Errors
/// [`Error::NoContainer`], [`Error::Conflict`] if it is stuck while it ends, or what the system reports.
pub fn open_alone(engine: &Engine, reference: &str) -> Result<Root> {
    open(engine, reference, View::Alone)
}

/// Opens the root directory of a container.
///
/// # Errors
/// [`Error::NoContainer`], [`Error::Conflict`] if it is stuck while it ends, or what the system reports.
pub(crate) fn open(engine: &Engine, reference: &str, view: View) -> Result<Root> {
    let id = find::find_id(engine, reference)?;
    loop {
        let container = Container::read(engine, &id)?;
        if container.status.is_running() {
            if let Some((directory, mount)) = of_running(&container, view)? {
                return Ok(Root { directory, mount, _lock: None });
            }
            wait_for_end(engine, &container)?;
            continue;
        }
        let own = Directory::new(engine, &id);
        let lock = own.lock()?;
        let container = Container::read(engine, &id)?;
        if container.status.is_running() {
            continue;
        }
        reconcile::settle(engine, &container)?;
        let mount = of_stopped(engine, &container.record, &own, view)?;
        let directory = launch::root_of(mount.as_fd())?;
        return Ok(Root { directory, mount: Some(mount), _lock: Some(lock) });
    }
}

impl Root {
    /// The directory, readable.
    #[must_use]
    pub fn directory(&self) -> BorrowedFd<'_> {
        self.directory.as_fd()
    }

    /// The mounted tree of a stopped container.
    #[cfg(test)]
    pub(crate) fn into_tree(self) -> OwnedFd {
        self.mount.expect("a stopped container has one")
    }
}

/// Its first process has ended, and its supervisor is about to say so.
fn wait_for_end(engine: &Engine, container: &Container) -> Result<()> {
    if kill::settled(engine, container)? {
        return Ok(());
    }
    Err(Error::Conflict(format!("container {} is ending; try again", container.record.name)))
}

/// None if it has ended meanwhile.
fn of_running(container: &Container, view: View) -> Result<Option<(OwnedFd, Option<OwnedFd>)>> {
    let Some(init) = container.init else { return Ok(None) };
    let Ok(pidfd) = init.open() else { return Ok(None) };
    let path = format!("/proc/{}/root", init.pid);
    let flags = OFlags::DIRECTORY | OFlags::PATH | OFlags::CLOEXEC;
    let root = sys::fs::open(&path, flags, Mode::empty());
    // only now it is sure whose root that is
    if !init.is_alive() {
        return Ok(None);
    }
    let root = root.at("open", &path)?;
    if view != View::Alone {
        return Ok(Some((launch::root_of(root.as_fd())?, None)));
    }
    let clone =
        in_thread(|| clone_without_mounts(pidfd.as_fd(), root.as_fd()))?.at("clone the mount of", &path)?;
    Ok(Some((launch::root_of(clone.as_fd())?, Some(clone))))
}

/// A mount can be cloned only from within its namespace.
fn clone_without_mounts(pidfd: BorrowedFd<'_>, root: BorrowedFd<'_>) -> Result<OwnedFd, Errno> {
    namespace::unshare(UnshareFlags::FS)?;
    namespace::join_process(pidfd, ThreadNameSpaceType::MOUNT)?;
    mount::clone_tree(root, "", false)
}

/// Runs something in a thread of its own, whose namespaces end with it.
pub(crate) fn in_thread<T: Send>(work: impl FnOnce() -> T + Send) -> Result<T> {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().spawn_scoped(scope, work).at("make", "a thread")?;
        thread.join().map_err(|_| Error::io("run", "a thread", Errno::IO))
    })
}

fn of_stopped(engine: &Engine, record: &Record, own: &Directory, view: View) -> Result<OwnedFd> {
    let overlay = match view {
        View::Writable => launch::mount(engine, &record.layers, Some(&upper(own)))?,
        View::Readable | View::Alone => stack(engine, record, Some(&own.data.join("rw/upper")))?,
    };
    if view == View::Alone {
        return Ok(overlay);
    }
    let attaching = Attaching { overlay: &overlay, record, files: &own.data, view };
    match in_thread(|| attaching.run())? {
        // a mount point is missing: it can be made only where something can be written
        Err(Error::Io { source, .. }) if view == View::Readable && is_missing(&source) => {
            of_stopped(engine, record, own, View::Writable)
        }
        other => other,
    }
}

fn is_missing(error: &std::io::Error) -> bool {
    matches!(Errno::from_io_error(error), Some(Errno::NOENT | Errno::ROFS))
}

fn upper(own: &Directory) -> Upper {
    // a crash must not lose what is changed in a container that stays
    Upper { directory: own.data.join("rw/upper"), work: own.data.join("rw/work"), volatile: false }
}

/// The layers of a container as a read-only tree, below its changes or (none) alone. It is a stack without an upper directory: nothing is written
/// below `work`, and nothing is synced when it goes.
pub(crate) fn stack(engine: &Engine, record: &Record, changes: Option<&Path>) -> Result<OwnedFd> {
    stack_of(engine, &record.layers, changes)
}

/// As [`stack`], of layers (lowest first).
pub(crate) fn stack_of(engine: &Engine, layers: &[oci::DiffId], changes: Option<&Path>) -> Result<OwnedFd> {
    let mut lowers = launch::lowers(engine, layers)?;
    if let Some(changes) = changes {
        lowers.insert(0, mount::open_directory(changes).at("open", changes)?);
    }
    if let [only] = &lowers[..] {
        // overlayfs wants two
        return launch::root_of(only.as_fd());
    }
    launch::overlay(&lowers, None)
}

/// Something to be attached below a root.
struct Attachment {
    destination: PathBuf,
    tree: OwnedFd,
    is_directory: bool,
}

/// Attaches to a mounted root what a start would.
struct Attaching<'a> {
    overlay: &'a OwnedFd,
    record: &'a Record,
    files: &'a Path,
    view: View,
}

impl Attaching<'_> {
    /// Runs in a thread of its own, which gets a mount namespace for it.
    fn run(&self) -> Result<OwnedFd> {
        use mount::MountPropagationFlags as Propagation;
        let doing = "make a mount namespace for";
        namespace::unshare(UnshareFlags::FS | UnshareFlags::NEWNS).at(doing, "the root file system")?;
        mount::mount_change("/", Propagation::PRIVATE | Propagation::REC).at("make private", "/")?;
        let attachments = self.attachments()?;
        // any directory will do; nobody looks at it but this thread
        let place = mount::open_directory("/proc").at("open", "/proc")?;
        mount::attach(self.overlay.as_fd(), place.as_fd()).at("attach", "the root file system")?;
        let root = launch::root_of(self.overlay.as_fd())?;
        for attachment in &attachments {
            self.attach(root.as_fd(), attachment).at("attach a mount at", &attachment.destination)?;
        }
        if self.record.host.read_only {
            // what is attached keeps its own say
            read_only(self.overlay.as_fd(), false).at("make read-only", "the root file system")?;
        }
        mount::clone_tree(root.as_fd(), "", true).at("clone", "the root file system")
    }

    /// The trees, parents before children. A source that is gone from the host is left out.
    fn attachments(&self) -> Result<Vec<Attachment>> {
        let own = ["resolv.conf", "hostname", "hosts"].map(|name| MountPoint {
            kind: MountKind::Bind,
            source: self.files.join(name),
            destination: Path::new("/etc").join(name),
            read_only: self.record.host.read_only,
            propagation: String::new(),
            options: Vec::new(),
        });
        let asked = &self.record.mounts;
        let own = own.iter().filter(|own| !asked.iter().any(|mount| mount.destination == own.destination));
        let mut points: Vec<&MountPoint> =
            own.chain(asked).filter(|mount| mount.kind != MountKind::Tmpfs).collect();
        points.sort_by_key(|mount| mount.destination.components().count());
        let mut attachments = Vec::with_capacity(points.len());
        for point in points {
            match attachment(point) {
                Err(Errno::NOENT | Errno::NOTDIR) => {}
                other => attachments.push(other.at("clone the mount of", &point.source)?),
            }
        }
        Ok(attachments)
    }

    fn attach(&self, root: BorrowedFd<'_>, attachment: &Attachment) -> Result<(), Errno> {
        let Attachment { destination, tree, is_directory } = attachment;
        let found = if *is_directory {
            rooted::open(root, destination, OFlags::DIRECTORY | OFlags::PATH, Mode::empty())
        } else {
            rooted::open_handle(root, destination)
        };
        let target = match found {
            Err(Errno::NOENT) if self.view == View::Writable => {
                make_target(root, destination, *is_directory)?
            }
            other => other?,
        };
        mount::attach(tree.as_fd(), target.as_fd())
    }
}

fn attachment(point: &MountPoint) -> Result<Attachment, Errno> {
    let source = sys::fs::open(&point.source, OFlags::PATH | OFlags::CLOEXEC, Mode::empty())?;
    let kind = sys::fs::FileType::from_raw_mode(sys::fs::fstat(&source)?.st_mode);
    let tree = mount::clone_tree(source.as_fd(), "", true)?;
    if point.read_only {
        read_only(tree.as_fd(), true)?;
    }
    let is_directory = kind == sys::fs::FileType::Directory;
    Ok(Attachment { destination: point.destination.clone(), tree, is_directory })
}

fn make_target(root: BorrowedFd<'_>, destination: &Path, is_directory: bool) -> Result<OwnedFd, Errno> {
    let mode = Mode::from_raw_mode(0o755);
    if is_directory {
        return rooted::make_directories(root, destination, mode, &mut |_| Ok(()));
    }
    let place = rooted::make_place(root, destination, mode)?;
    let flags = OFlags::CREATE | OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    sys::fs::openat(&place.parent, &place.name, flags, Mode::from_raw_mode(0o644))
}

fn read_only(tree: BorrowedFd<'_>, recursive: bool) -> Result<(), Errno> {
    mount::set_attributes(tree, "", recursive, Attributes { set: mount::READ_ONLY, ..Attributes::default() })
}

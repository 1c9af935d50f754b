//! What the shell sees: stacks below a layer that is thrown away, and clones of what is mounted in a container.

use super::{CONTAINER, OURS, Order, REAPER, TOOLS, Target, seen};
use crate::Engine;
use crate::containers::root::{in_thread, stack_of};
use crate::containers::status::Container;
use crate::error::{At, Result};
use crate::launch::{self, Shared};
use crate::record::{MountKind, MountPoint};
use oci::runtime::LinuxNamespaceType as Type;
use std::collections::HashMap;
use std::fs::File;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::time::Duration;
use sys::Errno;
use sys::fs::{Mode, OFlags, XattrFlags};
use sys::mount::{self, open_directory};
use sys::overlay::Overlay;
use sys::thread::{ThreadNameSpaceType, UnshareFlags};
use sys::{namespace, rooted};

/// Beside its own mounts a container has these, which the shell shares with it.
const OWN: [&str; 4] = ["/etc/resolv.conf", "/etc/hostname", "/etc/hosts", "/dev/shm"];
/// How long the shell may remember a name.
const FOLLOWING: Duration = Duration::from_millis(200);
/// The namespaces that are joined, with their names in `/proc/<pid>/ns`.
const JOINED: [(Type, &str); 4] =
    [(Type::Pid, "pid"), (Type::Network, "net"), (Type::Ipc, "ipc"), (Type::Uts, "uts")];

/// What a shell is launched in.
pub(super) struct Made {
    /// Its root, detached.
    pub(super) root: OwnedFd,
    /// What it has from a container that runs.
    pub(super) shared: Shared,
    /// The root is a stack above files that a container changes meanwhile.
    pub(super) is_above_changes: bool,
}

/// Makes the root and gives the record its mounts.
pub(super) fn make(engine: &Engine, order: &mut Order) -> Result<Made> {
    let mut shared = Shared::default();
    let program = engine.layout().program.clone();
    order.record.mounts.push(bind(program, Path::new(REAPER), true));
    let root = match &order.target {
        Target::Running(id) => {
            let container = Container::read(engine, id)?;
            let view = View::of(&container, order.is_below)?;
            for (destination, (tree, read_only)) in view.trees {
                let mount = bind("container".into(), &destination, read_only);
                let mount = seen(&mount, order.writable);
                order.record.mounts.push(mount);
                shared.trees.insert(destination, tree);
            }
            shared.namespaces = view.namespaces;
            view.root
        }
        Target::Still(layers, changes) => {
            let mut lowers = launch::lowers(engine, layers)?;
            if let Some(changes) = changes {
                lowers.insert(0, open_directory(changes).at("open", changes)?);
            }
            throw_away(&lowers, &[], !order.is_below)?
        }
    };
    if order.is_below {
        // what was cloned with all that is mounted in it is the container's own, and not to be changed
        let is_read_only = matches!(order.target, Target::Running(_));
        let mut mount = bind("container".into(), Path::new(CONTAINER), false);
        mount.read_only = is_read_only && !order.writable;
        order.record.mounts.push(mount);
        shared.trees.insert(CONTAINER.into(), root);
        let root = throw_away(&launch::lowers(engine, &order.toolbox)?, &[], true)?;
        return Ok(Made { root, shared, is_above_changes: false });
    }
    order.record.mounts.push(bind("toolbox".into(), Path::new(TOOLS), true));
    shared.trees.insert(TOOLS.into(), stack_of(engine, &order.toolbox, None)?);
    let is_above_changes = matches!(order.target, Target::Running(_));
    let root = if is_above_changes {
        let lowers = [root];
        throw_away(&lowers, &[lowers[0].as_fd()], true)?
    } else {
        root
    };
    Ok(Made { root, shared, is_above_changes })
}

/// Overlayfs remembers names, also those that were not there when somebody looked. It is made to forget them for as long as this process lives, so that
/// what the container changes is seen soon. From here on this process must not fork.
pub(super) fn follow(stack: OwnedFd) {
    let follow = move || {
        while mount::forget_names(stack.as_fd()).is_ok() {
            std::thread::sleep(FOLLOWING);
        }
    };
    // without it the shell sees less, and is a shell
    let _ = std::thread::Builder::new().spawn(follow);
}

fn bind(source: PathBuf, destination: &Path, read_only: bool) -> MountPoint {
    MountPoint {
        kind: MountKind::Bind,
        source,
        destination: destination.into(),
        read_only,
        propagation: String::new(),
        options: Vec::new(),
    }
}

/// Directories, the topmost first, some of them of `detached` mounts, below a layer in memory, which looks like the topmost one. For the root it has a
/// directory of ours: whatever has its name below is covered before anybody can look it up.
fn throw_away(lowers: &[OwnedFd], detached: &[BorrowedFd<'_>], is_root: bool) -> Result<OwnedFd> {
    let about = "the layer that is thrown away";
    let memory = mount::new_filesystem("tmpfs", "tare", &[("mode", "700")], 0).at("make", about)?;
    let make = || {
        let upper = make_directory(memory.as_fd(), Path::new("upper"))?;
        let top = sys::fs::fstat(lowers.first().ok_or(Errno::INVAL)?)?;
        let (user, group) =
            (sys::process::Uid::from_raw(top.st_uid), sys::process::Gid::from_raw(top.st_gid));
        sys::fs::fchown(&upper, Some(user), Some(group))?;
        sys::fs::fchmod(&upper, Mode::from_raw_mode(top.st_mode & 0o7777))?;
        if is_root {
            let ours = make_directory(upper.as_fd(), Path::new(OURS))?;
            sys::fs::fsetxattr(&ours, "trusted.overlay.opaque", b"y", XattrFlags::empty())?;
        }
        Ok::<_, Errno>((upper, make_directory(memory.as_fd(), Path::new("work"))?))
    };
    let (upper, work) = make().at("make", about)?;
    let overlay = Overlay {
        lowers: lowers.iter().map(AsFd::as_fd).collect(),
        upper: Some((upper.as_fd(), work.as_fd())),
        volatile: true,
        detached: detached.iter().copied().chain([memory.as_fd()]).collect(),
    };
    overlay.mount().at("mount", "the root file system")
}

fn make_directory(parent: BorrowedFd<'_>, name: &Path) -> Result<OwnedFd, Errno> {
    let mode = Mode::from_raw_mode(0o755);
    sys::fs::mkdirat(parent, name, mode)?;
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    sys::fs::openat(parent, name, flags, Mode::empty())
}

/// What a running container sees, cloned off it.
struct View {
    /// Its root: alone, or with everything that is mounted in it.
    root: OwnedFd,
    /// What is mounted in it, by its place in the shell's root, and whether the container may only read it.
    trees: HashMap<PathBuf, (OwnedFd, bool)>,
    namespaces: Vec<(Type, OwnedFd)>,
}

impl View {
    fn of(container: &Container, is_below: bool) -> Result<Self> {
        let not_running = || container.not_running();
        let init = container.init.ok_or_else(not_running)?;
        let pidfd = init.open().map_err(|_| not_running())?;
        let path = format!("/proc/{}/root", init.pid);
        let flags = OFlags::DIRECTORY | OFlags::PATH | OFlags::CLOEXEC;
        let root = sys::fs::open(&path, flags, Mode::empty()).at("open", &path)?;
        let mut namespaces = Vec::with_capacity(JOINED.len());
        for (kind, name) in JOINED {
            let path = format!("/proc/{}/ns/{name}", init.pid);
            namespaces.push((kind, File::open(&path).at("open", path)?.into()));
        }
        // only now it is sure whose they are
        if !init.is_alive() {
            return Err(not_running());
        }
        let asked = container.record.mounts.iter().map(|mount| (mount.destination.clone(), mount.read_only));
        // what is cloned with the whole tree is in it already
        let asked: Vec<(PathBuf, bool)> = if is_below { Vec::new() } else { asked.collect() };
        let wanted: Vec<(PathBuf, bool)> =
            OWN.iter().map(|path| (path.into(), container.record.host.read_only)).chain(asked).collect();
        let clone = || clone_from(pidfd.as_fd(), root.as_fd(), &wanted, is_below);
        let (root, trees) = in_thread(clone)?.at("clone the mounts of", path)?;
        Ok(Self { root, trees, namespaces })
    }
}

type Trees = HashMap<PathBuf, (OwnedFd, bool)>;

/// Runs in a thread of its own: mounts can be cloned only from within their namespace. Every path is resolved inside the container's root. What the
/// container has taken away is left out.
fn clone_from(
    pidfd: BorrowedFd<'_>,
    root: BorrowedFd<'_>,
    wanted: &[(PathBuf, bool)],
    whole: bool,
) -> Result<(OwnedFd, Trees), Errno> {
    namespace::unshare(UnshareFlags::FS)?;
    namespace::join_process(pidfd, ThreadNameSpaceType::MOUNT)?;
    let mut trees = HashMap::with_capacity(wanted.len());
    for (path, read_only) in wanted {
        let cloned =
            rooted::open_handle(root, path).and_then(|there| mount::clone_tree(there.as_fd(), "", true));
        match cloned {
            Ok(tree) => {
                trees.insert(path.clone(), (tree, *read_only));
            }
            Err(Errno::NOENT | Errno::NOTDIR | Errno::LOOP) => {}
            Err(errno) => return Err(errno),
        }
    }
    Ok((mount::clone_tree(root, "", whole)?, trees))
}

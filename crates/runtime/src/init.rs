//! The first code inside a container: a table of named steps, then the program.
//!
//! It runs in a fork of the single-threaded supervisor. A failing step's name, object and errno travel up the channel.

mod devices;
mod masks;
mod mounts;
mod options;
mod root;

use crate::become_process;
use crate::bundle::{Bundle, Streams};
use crate::channel::{self, Order, Report, fail};
use crate::step::{About, Outcome};
use oci::runtime::{LinuxNamespaceType, Spec};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use sys::Errno;
use sys::thread::UnshareFlags;

/// What the steps share.
struct Init<'a> {
    spec: &'a Spec,
    bundle: &'a Bundle,
    streams: &'a Streams,
    channel: BorrowedFd<'a>,
    /// The container's root, as a directory.
    root: OwnedFd,
    attached: bool,
    /// Both ends of the terminal.
    terminal: Option<become_process::Terminal>,
}

type Step = for<'a> fn(&mut Init<'a>) -> Outcome;

/// In their order. The name is what a user reads when it fails.
const STEPS: &[(&str, Step)] = &[
    ("join namespaces", join_namespaces),
    ("protect the init", protect),
    ("prepare the mount namespace", root::attach),
    ("mount", mounts::mount_all),
    ("make devices", devices::make),
    ("set up the terminal", open_terminal),
    ("set sysctl", set_sysctls),
    ("hide kernel files", masks::apply),
    ("set the host name", set_host_name),
    ("enter the root file system", root::pivot),
    ("finish the cgroup", ensure_attached),
];

/// Sets the container up, waits for the start order, and becomes the program. Never returns.
pub(crate) fn run(bundle: &Bundle, streams: &Streams, channel: &OwnedFd) -> ! {
    let mut init = Init {
        spec: &bundle.spec,
        bundle,
        streams,
        channel: channel.as_fd(),
        root: match sys::rooted::open_directory(bundle.root.as_fd(), ".".as_ref()) {
            Ok(root) => root,
            Err(errno) => fail(channel.as_fd(), "open the root file system", errno.into()),
        },
        attached: false,
        terminal: None,
    };
    for (name, step) in STEPS {
        if let Err(failure) = step(&mut init) {
            fail(channel.as_fd(), name, failure);
        }
    }
    let controller = init.terminal.as_ref().map(|terminal| terminal.controller.as_fd());
    let descriptors: Vec<BorrowedFd<'_>> = controller.into_iter().collect();
    if channel::report(channel.as_fd(), &Report::Ready, &descriptors).is_err()
        || channel::await_order(channel.as_fd(), Order::Start).is_err()
    {
        // the supervisor is gone or gave up
        sys::clone::exit_now(1);
    }
    let Some(process) = bundle.spec.process() else {
        fail(channel.as_fd(), "read the bundle", Errno::INVAL.into());
    };
    let streams =
        become_process::Standard { descriptors: streams.descriptors(), terminal: init.terminal.take() };
    become_process::become_process(process, streams, bundle.seccomp.as_deref(), channel.as_fd())
}

/// Namespaces given by path are joined, not made (`--network container:…`, a pod's).
fn join_namespaces(init: &mut Init<'_>) -> Outcome {
    let namespaces = init.spec.linux().as_ref().and_then(|linux| linux.namespaces().as_ref());
    for namespace in namespaces.into_iter().flatten() {
        if let Some(path) = namespace.path() {
            let object = || path.display().to_string();
            let fd = sys::fs::open(path, sys::fs::OFlags::CLOEXEC, sys::fs::Mode::empty()).about(object())?;
            sys::namespace::join(fd.as_fd(), None).about(object())?;
        }
    }
    Ok(())
}

/// Before anything of the container can meet this process: not dumpable (no ptrace, no `/proc/<pid>/exe`), every inherited descriptor closes at execve, a session of its own.
fn protect(_: &mut Init<'_>) -> Outcome {
    use sys::process::{DumpableBehavior, set_dumpable_behavior, setsid};
    set_dumpable_behavior(DumpableBehavior::NotDumpable)?;
    sys::clone::close_on_exec_from(3)?;
    // it has no session of its own yet, so this cannot be refused for a leader
    setsid()?;
    Ok(())
}

/// Waits until the parent has put this process into its cgroup, then makes the cgroup namespace, whose root is the cgroup of the process that makes it.
fn ensure_attached(init: &mut Init<'_>) -> Outcome {
    if init.attached {
        return Ok(());
    }
    channel::await_order(init.channel, Order::Attached).about("waiting for the supervisor")?;
    init.attached = true;
    let wanted = init.spec.linux().as_ref().and_then(|l| l.namespaces().as_ref()).is_some_and(|namespaces| {
        namespaces.iter().any(|n| n.typ() == LinuxNamespaceType::Cgroup && n.path().is_none())
    });
    if wanted {
        sys::namespace::unshare(UnshareFlags::NEWCGROUP).about("cgroup namespace")?;
    }
    Ok(())
}

fn open_terminal(init: &mut Init<'_>) -> Outcome {
    if matches!(init.streams, Streams::Terminal) {
        init.terminal = Some(become_process::Terminal::open(init.root.as_fd())?);
        if let Some(terminal) = &init.terminal {
            devices::make_console(init.root.as_fd(), terminal.line.as_fd())?;
        }
    }
    Ok(())
}

/// Writes sysctls through a proc instance of our own that no path leads to: the image or a volume cannot redirect the write.
fn set_sysctls(init: &mut Init<'_>) -> Outcome {
    let Some(sysctls) = init.spec.linux().as_ref().and_then(|linux| linux.sysctl().as_ref()) else {
        return Ok(());
    };
    if sysctls.is_empty() {
        return Ok(());
    }
    let proc = sys::mount::new_filesystem("proc", "proc", &[], 0)?;
    for (name, value) in sysctls {
        let path = std::path::Path::new("sys").join(name.replace('.', "/"));
        let file = sys::fs::openat2(
            &proc,
            &path,
            sys::fs::OFlags::WRONLY | sys::fs::OFlags::CLOEXEC,
            sys::fs::Mode::empty(),
            sys::fs::ResolveFlags::BENEATH
                | sys::fs::ResolveFlags::NO_SYMLINKS
                | sys::fs::ResolveFlags::NO_XDEV,
        )
        .about(name.clone())?;
        sys::io::write(&file, value.as_bytes()).about(format!("{name}={value}"))?;
    }
    Ok(())
}

fn set_host_name(init: &mut Init<'_>) -> Outcome {
    if let Some(name) = init.spec.hostname() {
        sys::system::sethostname(name.as_bytes()).about(name.clone())?;
    }
    if let Some(name) = init.spec.domainname() {
        sys::system::setdomainname(name.as_bytes()).about(name.clone())?;
    }
    Ok(())
}

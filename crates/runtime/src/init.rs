//! The first code inside a container: a table of named steps, then the program.
//!
//! It runs in a fork of the single-threaded caller. A failing step's name, object and errno travel up the channel.

mod cgroups;
mod devices;
mod masks;
mod mounts;
mod root;

use crate::become_process;
use crate::bundle::{Bundle, Life, Streams};
use crate::cgroup;
use crate::channel::{self, Order, Report, fail};
use crate::namespaces::{self, Plan};
use crate::sources::Sources;
use crate::step::{About, Outcome};
use oci::runtime::Spec;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use sys::Errno;
use sys::signal::SignalQueue;
use sys::thread::UnshareFlags;

/// What the steps share.
struct Init<'a> {
    spec: &'a Spec,
    bundle: &'a Bundle,
    plan: &'a Plan,
    streams: &'a Streams,
    channel: BorrowedFd<'a>,
    /// The container's root, as a directory.
    root: OwnedFd,
    /// Trees that were prepared by the caller.
    sources: Sources,
    hierarchies: cgroup::Hierarchies,
    attached: bool,
    /// `/proc/self/cgroup` before the cgroup namespace.
    groups: String,
    /// Mounts that become read-only when everything in them is made.
    read_only_later: Vec<OwnedFd>,
    /// Both ends of the terminal.
    terminal: Option<become_process::Terminal>,
}

impl Init<'_> {
    /// Whether the mount namespace is the container's own. In another one nothing is mounted.
    fn has_own_mounts(&self) -> bool {
        self.plan.makes(UnshareFlags::NEWNS)
    }
}

/// Hangup, interrupt, quit and termination: they end a container that was not started.
const ENDING: [i32; 4] = [1, 2, 3, 15];

type Step = for<'a> fn(&mut Init<'a>) -> Outcome;

/// In their order. The name is what a user reads when it fails.
const STEPS: &[(&str, Step)] = &[
    ("protect the init", protect),
    ("make namespaces", make_namespaces),
    ("join namespaces", join_namespaces),
    ("enter the user namespace", enter_user_namespace),
    ("join a session keyring", join_keyring),
    ("prepare the mount namespace", root::attach),
    ("mount", mounts::mount_all),
    ("make devices", devices::make),
    ("set up the terminal", open_terminal),
    ("make the working directory", make_working_directory),
    ("make mounts read-only", mounts::make_read_only),
    ("set sysctl", set_sysctls),
    ("set the host name", set_host_name),
    ("run hooks", run_hooks),
    ("hide kernel files", masks::apply),
    ("finish the cgroup", ensure_attached),
    ("enter the root file system", root::pivot),
];

/// What the caller of [`run`] has prepared.
pub(crate) struct Prepared<'a> {
    pub(crate) plan: &'a Plan,
    pub(crate) sources: Sources,
    /// This machine's control groups, as the caller sees them.
    pub(crate) hierarchies: cgroup::Hierarchies,
}

/// Sets the container up, waits for the start order, and becomes the program. Never returns.
pub(crate) fn run(bundle: &Bundle, prepared: Prepared<'_>, streams: &Streams, channel: &OwnedFd) -> ! {
    let mut init = Init {
        spec: &bundle.spec,
        bundle,
        plan: prepared.plan,
        streams,
        channel: channel.as_fd(),
        root: match sys::rooted::open_directory(bundle.root.as_fd(), ".".as_ref()) {
            Ok(root) => root,
            Err(errno) => fail(channel.as_fd(), "open the root file system", errno.into()),
        },
        sources: prepared.sources,
        hierarchies: prepared.hierarchies,
        attached: false,
        groups: String::new(),
        read_only_later: Vec::new(),
        terminal: None,
    };
    for (name, step) in STEPS {
        if let Err(failure) = step(&mut init) {
            fail(channel.as_fd(), name, failure);
        }
    }
    if let (Life::Gated(_), Some(process)) = (&bundle.life, bundle.spec.process())
        && let Some(missing) = become_process::missing(process)
    {
        let _ = channel::report(channel.as_fd(), &missing, &[]);
        sys::clone::exit_now(127);
    }
    let controller = init.terminal.as_ref().map(|terminal| terminal.controller.as_fd());
    let descriptors: Vec<BorrowedFd<'_>> = controller.into_iter().collect();
    // before anybody hears that there is a container to send signals to
    let ending = match &bundle.life {
        // the first process of a pid namespace is spared by signals that it does not handle
        Life::Gated(_) => SignalQueue::new(&ENDING).ok(),
        Life::Tied | Life::Free => None,
    };
    if channel::report(channel.as_fd(), &Report::Ready, &descriptors).is_err() {
        // the caller is gone or gave up
        sys::clone::exit_now(1);
    }
    close_the_rest(&init, channel, ending.as_ref());
    let starter = await_start(bundle, channel, ending);
    let channel = starter.as_ref().unwrap_or(channel).as_fd();
    let Some(process) = bundle.spec.process() else {
        fail(channel, "start: config.json has no process", Errno::INVAL.into());
    };
    let standard =
        become_process::Standard { streams, terminal: init.terminal.take(), preserved: bundle.preserved };
    let becoming = become_process::Becoming {
        process,
        filter: bundle.filter.as_ref(),
        tracer: bundle.tracer.as_ref(),
        linux: bundle.spec.linux().as_ref(),
        is_tied: matches!(bundle.life, Life::Tied),
        hooks: start_hooks(bundle),
        channel,
        tells_aloud: starter.is_some(),
    };
    become_process::become_process(becoming, standard)
}

/// At a gate it may wait for long: nothing stays open but what it still needs. It ends by execve or at once, so that nobody misses what is closed.
fn close_the_rest(init: &Init<'_>, channel: &OwnedFd, ending: Option<&SignalQueue>) {
    let Life::Gated(gate) = &init.bundle.life else { return };
    let mut kept = vec![channel.as_fd(), gate.as_fd()];
    kept.extend(ending.map(AsFd::as_fd));
    kept.extend(init.terminal.iter().map(|terminal| terminal.line.as_fd()));
    kept.extend(init.streams.descriptors().into_iter().flatten());
    // what cannot be closed is closed by execve
    let _ = sys::clone::close_except(3 + init.bundle.preserved, &kept);
}

/// Waits for the start order: on the channel, or from whoever connects to the gate, who then hears the rest.
fn await_start(bundle: &Bundle, channel: &OwnedFd, ending: Option<SignalQueue>) -> Option<OwnedFd> {
    let Life::Gated(gate) = &bundle.life else {
        if channel::await_order(channel.as_fd(), Order::Start).is_err() {
            sys::clone::exit_now(1);
        }
        return None;
    };
    // the caller reads the end of the channel and goes; whatever knocks without an order is not listened to
    let _ = sys::net::shutdown(channel, sys::net::Shutdown::Both);
    let Some(ending) = ending else { sys::clone::exit_now(1) };
    loop {
        if let Ok(connection) = accept(gate, &ending)
            && channel::await_order(connection.as_fd(), Order::Start).is_ok()
        {
            sys::signal::reset();
            return Some(connection);
        }
        if let Some(signal) = ending.next() {
            sys::clone::exit_now(128 + signal);
        }
    }
}

/// Waits for a connection, or a signal.
fn accept(gate: &OwnedFd, ending: &SignalQueue) -> Result<OwnedFd, Errno> {
    use sys::event::{PollFd, PollFlags, poll};
    poll(&mut [PollFd::new(gate, PollFlags::IN), PollFd::new(ending, PollFlags::IN)], None)?;
    sys::socket::accept(gate.as_fd())
}

/// Hooks that run inside, just before the program, with the state that they are told.
fn start_hooks(bundle: &Bundle) -> Option<(&[oci::runtime::Hook], String)> {
    let hooks = bundle.spec.hooks().as_ref()?.start_container().as_deref()?;
    let subject = bundle.subject.as_ref()?;
    // its own pid namespace's number, as the hook sees it
    Some((hooks, subject.state("created", sys::process::getpid().as_raw_nonzero().get())))
}

/// Before anything of the container can meet this process: not dumpable (no ptrace, no `/proc/<pid>/exe`), every inherited descriptor closes at execve, a session of its own.
fn protect(init: &mut Init<'_>) -> Outcome {
    use sys::process::{DumpableBehavior, set_dumpable_behavior, setsid};
    set_dumpable_behavior(DumpableBehavior::NotDumpable)?;
    sys::clone::close_on_exec_from(3)?;
    // it has no session of its own yet, so this cannot be refused for a leader
    setsid()?;
    if init.plan.changes_user() {
        // without mappings it is nobody
        ensure_attached(init)?;
    }
    Ok(())
}

/// Most namespaces are made here, while the caller is at work on the control group.
fn make_namespaces(init: &mut Init<'_>) -> Outcome {
    let new = init.plan.by_init();
    if new.is_empty() { Ok(()) } else { Ok(sys::namespace::unshare(new)?) }
}

/// Namespaces given by path are joined, not made (`--network container:…`, a pod's), unless a process before this one had to do it.
fn join_namespaces(init: &mut Init<'_>) -> Outcome {
    if !init.plan.needs_joiner() {
        init.plan.enter()?;
    }
    if init.plan.init_separates() {
        // the caller has to reach them
        channel::report(init.channel, &Report::Separated, &[]).about("the caller")?;
    }
    Ok(())
}

fn enter_user_namespace(init: &mut Init<'_>) -> Outcome {
    if init.plan.makes(UnshareFlags::NEWUSER) { namespaces::become_root() } else { Ok(()) }
}

fn join_keyring(init: &mut Init<'_>) -> Outcome {
    init.bundle.keyring.as_deref().map_or(Ok(()), join_keyring_of)
}

/// Joins the session keyring of a container; the first who does makes it.
pub(crate) fn join_keyring_of(name: &str) -> Outcome {
    let name = std::ffi::CString::new(name).map_err(|_| Errno::INVAL)?;
    match sys::keyring::join_session(&name) {
        // a kernel without keyrings has none to share
        Err(Errno::NOSYS) => Ok(()),
        joined => joined.about("session keyring"),
    }
}

/// Waits until the parent has put this process into its cgroup and mapped its ids, then makes the cgroup namespace, whose root is the cgroup of the process that makes it.
fn ensure_attached(init: &mut Init<'_>) -> Outcome {
    if init.attached {
        return Ok(());
    }
    channel::await_order(init.channel, Order::Attached).about("waiting for the supervisor")?;
    init.attached = true;
    init.groups = std::fs::read_to_string("/proc/self/cgroup").about("/proc/self/cgroup")?;
    if init.plan.cgroup {
        sys::namespace::unshare(UnshareFlags::NEWCGROUP).about("cgroup namespace")?;
    }
    Ok(())
}

/// A working directory that is missing is made, as every engine does.
fn make_working_directory(init: &mut Init<'_>) -> Outcome {
    let Some(process) = init.spec.process() else { return Ok(()) };
    if !init.has_own_mounts() {
        return Ok(());
    }
    let mode = sys::fs::Mode::from_raw_mode(0o755);
    match sys::rooted::make_directories(init.root.as_fd(), process.cwd(), mode, &mut |_| Ok(())) {
        // entering it as the process's user tells what is wrong with it
        Ok(_) | Err(Errno::ROFS | Errno::ACCESS | Errno::PERM | Errno::LOOP) => Ok(()),
        Err(errno) => Err(errno).about(process.cwd().display().to_string()),
    }
}

fn open_terminal(init: &mut Init<'_>) -> Outcome {
    if !init.streams.has_terminal() {
        return Ok(());
    }
    let host;
    let root = if init.has_own_mounts() {
        init.root.as_fd()
    } else {
        host = sys::mount::open_directory("/")?;
        host.as_fd()
    };
    let terminal = become_process::Terminal::open(root, init.streams)?;
    if init.has_own_mounts() {
        devices::make_console(init.root.as_fd(), terminal.line.as_fd())?;
    }
    if let Some(size) = init.spec.process().as_ref().and_then(|process| process.console_size()) {
        terminal.resize(size.height(), size.width())?;
    }
    terminal.take_streams()?;
    init.terminal = Some(terminal);
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
    let proc = match sys::mount::new_filesystem("proc", "proc", &[], 0) {
        // a user namespace without a pid namespace may not make one; the root is still the host's
        Err(Errno::PERM) => sys::mount::open_directory("/proc")?,
        made => made?,
    };
    for (name, value) in sysctls {
        let path = std::path::Path::new("sys").join(sysctl_path(name));
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

/// Dots separate, unless a slash does so first: then dots belong to the names (sysctl(8)).
fn sysctl_path(name: &str) -> String {
    match name.find(['.', '/']).map(|at| name.as_bytes()[at]) {
        Some(b'/') => name.to_owned(),
        _ => name
            .chars()
            .map(|c| match c {
                '.' => '/',
                '/' => '.',
                other => other,
            })
            .collect(),
    }
}

/// Those of the caller first, who waits to be told that the mounts are there; then those that run in the container's mount namespace.
fn run_hooks(init: &mut Init<'_>) -> Outcome {
    let (Some(hooks), Some(subject)) = (init.spec.hooks(), &init.bundle.subject) else { return Ok(()) };
    if has_caller_hooks(hooks) {
        ensure_attached(init)?;
        channel::report(init.channel, &Report::Mounted, &[]).about("the caller")?;
        channel::await_order(init.channel, Order::HooksDone).about("waiting for hooks of the caller")?;
    }
    let Some(hooks) = hooks.create_container() else { return Ok(()) };
    let state = subject.state("creating", sys::process::getpid().as_raw_nonzero().get());
    // as runc: in the root file system, which is not entered yet
    sys::process::fchdir(&init.root)?;
    crate::hooks::run("createContainer", hooks, &state, &crate::hooks::Place::default()).about("")
}

/// Whether hooks run in the caller's namespaces before the root is entered.
pub(crate) fn has_caller_hooks(hooks: &oci::runtime::Hooks) -> bool {
    let before = hooks.prestart();
    before.iter().chain(hooks.create_runtime()).any(|hooks| !hooks.is_empty())
}

fn set_host_name(init: &mut Init<'_>) -> Outcome {
    if let Some(name) = init.spec.hostname().as_ref().filter(|name| !name.is_empty()) {
        sys::system::sethostname(name.as_bytes()).about(name.clone())?;
    }
    if let Some(name) = init.spec.domainname().as_ref().filter(|name| !name.is_empty()) {
        sys::system::setdomainname(name.as_bytes()).about(name.clone())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::sysctl_path;

    #[test]
    fn sysctls_with_dots_in_names() {
        assert_eq!(sysctl_path("net.ipv4.ip_forward"), "net/ipv4/ip_forward");
        assert_eq!(sysctl_path("net/ipv4/conf/eth0.100/forwarding"), "net/ipv4/conf/eth0.100/forwarding");
        assert_eq!(sysctl_path("net.ipv4.conf.eth0/100.forwarding"), "net/ipv4/conf/eth0.100/forwarding");
    }
}

//! The last steps of an init and of an exec: from a process inside the container to the program, with exactly the powers it was given.

mod schedule;

use crate::bundle::Streams;
use crate::capability::bits;
use crate::channel::{self, Report};
use crate::filter::Filter;
use crate::step::{About, Outcome};
use oci::runtime::{Hook, Linux, LinuxCapabilities, PosixRlimit, PosixRlimitType, Process};
use std::ffi::CString;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use sys::Errno;
use sys::fs::{FileType, Mode, OFlags};
use sys::process::{Gid, Resource, Rlimit, Signal, Uid};
use sys::thread::{CapabilitySet, CapabilitySets};

/// Both ends of a pseudo-terminal of the container.
pub(crate) struct Terminal {
    /// The end that the supervisor reads and writes.
    pub(crate) controller: OwnedFd,
    /// The end that the program has.
    pub(crate) line: OwnedFd,
}

impl Terminal {
    /// Opens a new one in the container's own devpts; the line by TIOCGPTPEER (Linux 4.13), never by a path.
    pub(crate) fn open(root: BorrowedFd<'_>, streams: &Streams) -> Outcome<Self> {
        let flags = OFlags::RDWR | OFlags::NOCTTY;
        let controller =
            sys::rooted::open(root, "/dev/pts/ptmx".as_ref(), flags, Mode::empty()).about("/dev/pts/ptmx")?;
        sys::pty::unlockpt(&controller).about("/dev/pts/ptmx")?;
        let flags =
            sys::pty::OpenptFlags::RDWR | sys::pty::OpenptFlags::NOCTTY | sys::pty::OpenptFlags::CLOEXEC;
        let line = sys::pty::ioctl_tiocgptpeer(&controller, flags).about("/dev/pts/ptmx")?;
        if matches!(streams, Streams::PlainTerminal) {
            let mut settings = sys::termios::tcgetattr(&line)?;
            settings.output_modes.remove(sys::termios::OutputModes::ONLCR);
            sys::termios::tcsetattr(&line, sys::termios::OptionalActions::Now, &settings)?;
        }
        Ok(Self { controller, line })
    }

    /// Puts the line in the place of the standard streams, so that nothing holds those of the caller while it waits.
    pub(crate) fn take_streams(&self) -> Outcome {
        let line = self.line.as_fd();
        sys_dup([line, line, line])
    }

    /// Gives it a size in characters.
    pub(crate) fn resize(&self, rows: u64, columns: u64) -> Outcome {
        let number = |n: u64| u16::try_from(n).unwrap_or(u16::MAX);
        let size = sys::termios::Winsize {
            ws_row: number(rows),
            ws_col: number(columns),
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        Ok(sys::termios::tcsetwinsize(&self.controller, size)?)
    }
}

/// What becomes standard input, output and error.
pub(crate) struct Standard<'a> {
    pub(crate) streams: &'a Streams,
    pub(crate) terminal: Option<Terminal>,
    /// How many descriptors from 3 on the program gets as well.
    pub(crate) preserved: u32,
}

/// What a process becomes.
pub(crate) struct Becoming<'a> {
    pub(crate) process: &'a Process,
    pub(crate) filter: Option<&'a Filter>,
    /// A filter that forbids nothing and tells a listener of calls.
    pub(crate) tracer: Option<&'a Filter>,
    /// The container's: execution domain and memory policy are its processes'.
    pub(crate) linux: Option<&'a Linux>,
    /// It dies with its parent.
    pub(crate) is_tied: bool,
    /// Hooks that run at last, and the state that they are told.
    pub(crate) hooks: Option<(&'a [Hook], String)>,
    pub(crate) channel: BorrowedFd<'a>,
    /// What fails is written to the standard error as well: whoever gave the start order need not be who reads what the container says.
    pub(crate) tells_aloud: bool,
}

/// Becomes the program; reports why not and ends the process otherwise.
pub(crate) fn become_process(becoming: Becoming<'_>, standard: Standard<'_>) -> ! {
    let process = becoming.process;
    if let Err((step, failure)) = prepare(&becoming, standard) {
        end(&becoming, &Report::failed(step, failure), 1);
    }
    let arguments = process.args().as_deref().unwrap_or_default();
    let (program, errno) = execute(arguments, process.env().as_deref().unwrap_or_default());
    end(&becoming, &Report::NotExecuted { program, errno: errno.raw_os_error() }, 127)
}

/// Ends the process, which says why; it may be that nobody is left to be told.
fn end(becoming: &Becoming<'_>, report: &Report, code: i32) -> ! {
    let _ = channel::report(becoming.channel, report, &[]);
    if becoming.tells_aloud {
        let _ = sys::io::write(sys::stdio::stderr(), format!("{}\n", report.error()).as_bytes());
    }
    sys::clone::exit_now(code)
}

/// In this order because each step needs what a later one takes away.
fn prepare(
    becoming: &Becoming<'_>,
    standard: Standard<'_>,
) -> Result<(), (&'static str, crate::step::Failure)> {
    let Becoming { process, filter, tracer, linux, is_tied, hooks, channel, .. } = becoming;
    let named = |step| move |failure| (step, failure);
    let no_new_privileges = process.no_new_privileges().unwrap_or(false);
    let preserved = standard.preserved;
    set_streams(standard, process.user().uid()).map_err(named("set up standard streams"))?;
    if let Some((hooks, state)) = hooks {
        let place = crate::hooks::Place { directory: None, environment: process.env().as_deref() };
        crate::hooks::run("startContainer", hooks, state, &place).about("").map_err(named("run hooks"))?;
    }
    schedule::apply(process).map_err(named("set scheduling"))?;
    if let Some(personality) = linux.and_then(|linux| linux.personality().as_ref()) {
        schedule::set_personality(personality).map_err(named("set the personality"))?;
    }
    if let Some(policy) = linux.and_then(|linux| linux.memory_policy().as_ref()) {
        schedule::set_memory_policy(policy).map_err(named("set the memory policy"))?;
    }
    set_limits(process).map_err(named("set limits"))?;
    let capabilities = process.capabilities().clone().unwrap_or_default();
    drop_bounding(bits(capabilities.bounding())).map_err(named("drop capabilities"))?;
    let entered = set_user(process).map_err(named("set the user"))?;
    enter_directory(process, entered).map_err(named("enter the working directory"))?;
    // without no_new_privs the filter needs it; execve takes it away, since it is not in the bounding set
    let needed = if (filter.is_some() || tracer.is_some()) && !no_new_privileges {
        CapabilitySet::SYS_ADMIN
    } else {
        CapabilitySet::empty()
    };
    set_capabilities(&capabilities, needed).map_err(named("set capabilities"))?;
    sys::signal::reset();
    if *is_tied {
        tie_to_supervisor(*channel).map_err(named("tie to the supervisor"))?;
    }
    sys::clone::keep_on_exec(3, preserved).about("descriptors").map_err(named("preserve descriptors"))?;
    if no_new_privileges {
        sys::thread::set_no_new_privs(true).about("no_new_privs").map_err(named("drop privileges"))?;
    }
    // last, and the one that forbids after the one that does not: it need not allow anything but execve
    for filter in [tracer, filter].into_iter().copied().flatten() {
        load(filter, *channel).map_err(named("load seccomp"))?;
    }
    Ok(())
}

/// Loads a filter; the descriptor of one that notifies goes to the caller, who hands it to the agent.
fn load(filter: &Filter, channel: BorrowedFd<'_>) -> Outcome {
    if let Some(listener) = sys::seccomp::load(&filter.program, filter.flags).about("filter")? {
        channel::report(channel, &Report::Listening, &[listener.as_fd()]).about("listener")?;
    }
    Ok(())
}

fn set_limits(process: &Process) -> Outcome {
    for limit in process.rlimits().iter().flatten() {
        let wanted = rlimit(limit);
        let about = || format!("{:?}", limit.typ());
        match sys::process::setrlimit(resource(limit.typ()), wanted) {
            // a user namespace may not; its caller has done it
            Err(Errno::PERM) if sys::process::getrlimit(resource(limit.typ())) == wanted => {}
            set => set.about(about())?,
        }
    }
    Ok(())
}

/// Sets the limits of a process in another user namespace, which may not raise them itself.
pub(crate) fn limit_from_outside(process: &Process, pid: sys::process::Pid) -> Outcome {
    for limit in process.rlimits().iter().flatten() {
        sys::process::prlimit(Some(pid), resource(limit.typ()), rlimit(limit))
            .about(format!("{:?}", limit.typ()))?;
    }
    Ok(())
}

fn rlimit(limit: &PosixRlimit) -> Rlimit {
    let value = |n: u64| (n != u64::MAX).then_some(n);
    Rlimit { current: value(limit.soft()), maximum: value(limit.hard()) }
}

fn resource(kind: PosixRlimitType) -> Resource {
    match kind {
        PosixRlimitType::RlimitCpu => Resource::Cpu,
        PosixRlimitType::RlimitFsize => Resource::Fsize,
        PosixRlimitType::RlimitData => Resource::Data,
        PosixRlimitType::RlimitStack => Resource::Stack,
        PosixRlimitType::RlimitCore => Resource::Core,
        PosixRlimitType::RlimitRss => Resource::Rss,
        PosixRlimitType::RlimitNproc => Resource::Nproc,
        PosixRlimitType::RlimitNofile => Resource::Nofile,
        PosixRlimitType::RlimitMemlock => Resource::Memlock,
        PosixRlimitType::RlimitAs => Resource::As,
        PosixRlimitType::RlimitLocks => Resource::Locks,
        PosixRlimitType::RlimitSigpending => Resource::Sigpending,
        PosixRlimitType::RlimitMsgqueue => Resource::Msgqueue,
        PosixRlimitType::RlimitNice => Resource::Nice,
        PosixRlimitType::RlimitRtprio => Resource::Rtprio,
        PosixRlimitType::RlimitRttime => Resource::Rttime,
    }
}

fn set_streams(standard: Standard<'_>, uid: u32) -> Outcome {
    use sys::io::fcntl_setfd;
    if let Some(terminal) = &standard.terminal {
        sys::fs::fchown(&terminal.line, Some(Uid::from_raw(uid)), None).about("terminal")?;
        sys::process::ioctl_tiocsctty(&terminal.line).about("terminal")?;
        terminal.take_streams()?;
    } else if matches!(standard.streams, Streams::Inherited) {
        [sys::stdio::stdin(), sys::stdio::stdout(), sys::stdio::stderr()]
            .into_iter()
            .try_for_each(|s| give(s, uid))?;
    } else if let Some(descriptors) = standard.streams.descriptors() {
        for pipe in descriptors {
            // a program that opens /dev/stdout again must be allowed to; what is no pipe is not ours to give away
            if FileType::from_raw_mode(sys::fs::fstat(pipe)?.st_mode) == FileType::Fifo {
                sys::fs::fchown(pipe, Some(Uid::from_raw(uid)), None).about("standard stream")?;
            }
        }
        sys_dup(descriptors)?;
    }
    for stream in [sys::stdio::stdin(), sys::stdio::stdout(), sys::stdio::stderr()] {
        fcntl_setfd(stream, sys::io::FdFlags::empty())?;
    }
    Ok(())
}

/// A stream of the caller becomes the user's, so that he may open it again by its name; the null device is everybody's. Where that is not possible he
/// may still use it as it is.
fn give(stream: BorrowedFd<'_>, uid: u32) -> Outcome {
    let Ok(stat) = sys::fs::fstat(stream) else { return Ok(()) };
    let is_null = FileType::from_raw_mode(stat.st_mode) == FileType::CharacterDevice
        && (sys::fs::major(stat.st_rdev), sys::fs::minor(stat.st_rdev)) == (1, 3);
    if is_null || stat.st_uid == uid {
        return Ok(());
    }
    match sys::fs::fchown(stream, Some(Uid::from_raw(uid)), None) {
        Ok(()) | Err(Errno::PERM | Errno::ROFS | Errno::INVAL) => Ok(()),
        Err(errno) => Err(errno).about("standard stream"),
    }
}

fn sys_dup([input, output, error]: [BorrowedFd<'_>; 3]) -> Outcome {
    sys::stdio::dup2_stdin(input)?;
    sys::stdio::dup2_stdout(output)?;
    sys::stdio::dup2_stderr(error)?;
    Ok(())
}

/// Removes from the bounding set whatever the container must never have. Numbers that the kernel does not know end the loop.
fn drop_bounding(keep: CapabilitySet) -> Outcome {
    for number in 0..64 {
        let capability = CapabilitySet::from_bits_retain(1 << number);
        if keep.contains(capability) {
            continue;
        }
        match sys::thread::remove_capability_from_bounding_set(capability) {
            Ok(()) => {}
            Err(Errno::INVAL) => break,
            // without CAP_SETPCAP what is not there need not go
            Err(Errno::PERM) if sys::thread::capability_is_in_bounding_set(capability) == Ok(false) => {}
            Err(errno) => return Err(errno).about(format!("capability {number}")),
        }
    }
    Ok(())
}

/// Takes the process's identity. If it still is allowed to, the working directory is entered before as well: root may reach one that the user may not.
fn set_user(process: &Process) -> Outcome<bool> {
    let entered = enter(process.cwd()).is_ok();
    let user = process.user();
    if let Some(mask) = user.umask() {
        sys::process::umask(Mode::from_raw_mode(mask));
    }
    let groups: Vec<Gid> = user.additional_gids().iter().flatten().map(|gid| Gid::from_raw(*gid)).collect();
    sys::thread::set_keep_capabilities(true)?;
    match sys::thread::set_thread_groups(&groups) {
        // a user namespace that may not set groups has none to set
        Err(Errno::PERM) if groups.is_empty() => {}
        set => set.about("supplementary groups")?,
    }
    let gid = Gid::from_raw(user.gid());
    sys::thread::set_thread_res_gid(gid, gid, gid).about(format!("group {}", user.gid()))?;
    let uid = Uid::from_raw(user.uid());
    sys::thread::set_thread_res_uid(uid, uid, uid).about(format!("user {}", user.uid()))?;
    Ok(entered)
}

/// Enters the working directory as the user. No link of `/proc/self/fd` leads there: a descriptor of the host that had leaked in, reached by one,
/// was CVE-2024-21626. Where it leads is inside the root: what is outside has no path from here.
fn enter_directory(process: &Process, entered: bool) -> Outcome {
    if entered && process.user().uid() == 0 {
        // it was root that entered
        return Ok(());
    }
    match enter(process.cwd()) {
        // as root it was possible
        Err(failure) if failure.errno == Errno::ACCESS && entered => Ok(()),
        done => done,
    }
}

fn enter(cwd: &std::path::Path) -> Outcome {
    let about = || cwd.display().to_string();
    let root = sys::mount::open_directory("/").about("/")?;
    let flags = OFlags::PATH | OFlags::DIRECTORY;
    let directory = sys::rooted::open(root.as_fd(), cwd, flags, Mode::empty()).about(about())?;
    sys::process::fchdir(&directory).about(about())?;
    let inside = sys::process::getcwd(Vec::new()).is_ok_and(|path| path.as_bytes().starts_with(b"/"));
    if inside { Ok(()) } else { Err(Errno::NOENT).about(format!("{} is outside of the root", cwd.display())) }
}

/// Sets what the container has, and for this process what it needs beside that. Ambient capabilities that cannot be are left out, as runc does.
fn set_capabilities(capabilities: &LinuxCapabilities, needed: CapabilitySet) -> Outcome {
    let permitted = bits(capabilities.permitted());
    // the kernel refuses what this process never had; a container cannot have more than its engine
    let own = sys::thread::capabilities(None)?.permitted;
    let sets = CapabilitySets {
        effective: (bits(capabilities.effective()) & permitted | needed) & own,
        permitted: (permitted | needed) & own,
        inheritable: bits(capabilities.inheritable()) & own,
    };
    sys::thread::set_capabilities(None, sets).about("capset")?;
    sys::thread::set_keep_capabilities(false)?;
    // kernels without ambient capabilities have nothing to clear
    let _ = sys::thread::clear_ambient_capability_set();
    let ambient = bits(capabilities.ambient());
    for number in 0..64 {
        let capability = CapabilitySet::from_bits_retain(1 << number);
        if ambient.contains(capability) {
            match sys::thread::configure_capability_in_ambient_set(capability, true) {
                Ok(()) | Err(Errno::PERM) => {}
                Err(errno) => return Err(errno).about(format!("ambient capability {number}")),
            }
        }
    }
    Ok(())
}

/// After the last change of credentials, which clears it: if the supervisor dies, this process is killed. It may have died just before.
fn tie_to_supervisor(channel: BorrowedFd<'_>) -> Outcome {
    use sys::event::{PollFd, PollFlags, Timespec, poll};
    sys::process::set_parent_process_death_signal(Some(Signal::KILL))?;
    let mut fds = [PollFd::from_borrowed_fd(channel, PollFlags::empty())];
    poll(&mut fds, Some(&Timespec { tv_sec: 0, tv_nsec: 0 }))?;
    if fds[0].revents().contains(PollFlags::HUP) {
        return Err(Errno::PIPE).about("the supervisor is gone");
    }
    Ok(())
}

/// Executes `arguments[0]`, looking a bare name up in the environment's PATH as execvp(3) does. Returns the reason of a failure.
fn execute(arguments: &[String], environment: &[String]) -> (String, Errno) {
    let Some(program) = arguments.first() else { return (String::new(), Errno::NOENT) };
    let failed = |errno| (program.clone(), errno);
    let (Some(argv), Some(envp)) = (strings(arguments), strings(environment)) else {
        return failed(Errno::INVAL);
    };
    let mut reason = Errno::NOENT;
    for candidate in candidates(program, environment) {
        let Ok(candidate) = CString::new(candidate) else { return failed(Errno::INVAL) };
        match sys::clone::execve(&candidate, &argv, &envp) {
            Errno::NOENT | Errno::NOTDIR if !program.contains('/') => {}
            // a directory of that name is not what was meant, and does not end the search
            Errno::ACCESS if !program.contains('/') && is_directory(&candidate) => {}
            Errno::ACCESS if !program.contains('/') => reason = Errno::ACCESS,
            errno => return failed(errno),
        }
    }
    failed(reason)
}

/// Where a program is looked for.
fn candidates(program: &str, environment: &[String]) -> Vec<String> {
    let path = environment.iter().find_map(|v| v.strip_prefix("PATH=")).unwrap_or_default();
    match program {
        "" => Vec::new(),
        program if program.contains('/') => vec![program.to_owned()],
        program => path
            .split(':')
            .map(|directory| format!("{}/{program}", if directory.is_empty() { "." } else { directory }))
            .collect(),
    }
}

/// The report of a program that is nowhere, from a process that has entered the root: so that an engine hears of it before it starts anything.
pub(crate) fn missing(process: &Process) -> Option<Report> {
    let program = process.args().as_ref()?.first()?;
    let is_there = |candidate: String| {
        let found = sys::fs::stat(process.cwd().join(candidate));
        !matches!(found, Err(Errno::NOENT | Errno::NOTDIR))
    };
    if candidates(program, process.env().as_deref().unwrap_or_default()).into_iter().any(is_there) {
        return None;
    }
    Some(Report::NotExecuted { program: program.clone(), errno: Errno::NOENT.raw_os_error() })
}

fn is_directory(path: &CString) -> bool {
    sys::fs::stat(path.as_c_str())
        .is_ok_and(|stat| FileType::from_raw_mode(stat.st_mode) == FileType::Directory)
}

fn strings(list: &[String]) -> Option<Vec<CString>> {
    list.iter().map(|text| CString::new(text.as_str()).ok()).collect()
}

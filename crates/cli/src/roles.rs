//! The roles that are not commands: the supervisor of a container or build step, and the small init of `--init`.

use engine::{Engine, Layout};
use std::ffi::OsString;
use std::os::fd::OwnedFd;
use std::path::Path;

/// The small init's `argv[0]`, as Docker's.
pub(crate) const INIT: &str = "docker-init";

/// `tare-supervisor DATA-ROOT EXEC-ROOT PROGRAM (container ID | step | debug)`, with its control socket as standard input.
pub(crate) fn supervisor(arguments: &[OsString]) -> i32 {
    let [data_root, exec_root, program, role, rest @ ..] = arguments else { return 2 };
    // whatever a shell or script had open is none of a container's business for as long as it runs
    if sys::clone::close_inherited_from(3).is_err() {
        return 2;
    }
    let Ok(socket) = std::io::stdin().lock().as_socket() else { return 2 };
    let layout = Layout::new(Path::new(data_root), Path::new(exec_root), Path::new(program));
    let engine = match Engine::open(layout) {
        Ok(engine) => engine,
        // the command that waits for an event reads the end of the connection
        Err(_) => return 1,
    };
    match (role.to_str(), rest) {
        (Some("container"), [id]) => engine::supervise::supervise(&engine, &id.to_string_lossy(), socket),
        (Some("step"), []) => engine::step::supervise(&engine, socket),
        (Some("debug"), []) => engine::debug::supervise(&engine, socket),
        _ => return 2,
    }
    0
}

/// Takes the control socket off standard input, where the null device takes its place.
trait AsSocket {
    fn as_socket(&self) -> std::io::Result<OwnedFd>;
}

impl AsSocket for std::io::StdinLock<'_> {
    fn as_socket(&self) -> std::io::Result<OwnedFd> {
        use std::os::fd::AsFd;
        let socket = self.as_fd().try_clone_to_owned()?;
        let null = std::fs::File::open("/dev/null")?;
        sys::stdio::dup2_stdin(null)?;
        Ok(socket)
    }
}

/// `docker-init [--] PROGRAM …`: process 1 of a container that starts one program, passes signals on to it, reaps what is left to it, and ends with it.
pub(crate) fn init(arguments: &[OsString]) -> i32 {
    let arguments = match arguments {
        [first, rest @ ..] if first == "--" => rest,
        all => all,
    };
    match reap_around(arguments) {
        Ok(code) => code,
        Err(error) => {
            let program = arguments.first().map(|program| program.to_string_lossy()).unwrap_or_default();
            say!("docker-init: {program:?}: {error}");
            if error.kind() == std::io::ErrorKind::NotFound { 127 } else { 126 }
        }
    }
}

fn reap_around(arguments: &[OsString]) -> std::io::Result<i32> {
    use sys::process::{WaitOptions, wait};
    let [program, rest @ ..] = arguments else {
        return Err(std::io::Error::other("no program given"));
    };
    // all but those that report a fault of this process itself
    let passed: Vec<i32> = (1..=31).filter(|s| ![4, 5, 6, 7, 8, 9, 11, 17, 19, 31].contains(s)).collect();
    let queue = sys::signal::SignalQueue::new(&[passed.as_slice(), &[17]].concat())?;
    let guest = Guest::new()?;
    let mut command = std::process::Command::new(program);
    // signals blocked here must not be blocked there
    let child = sys::signal::spawn_in_foreground(command.args(rest))?;
    let main = i32::try_from(child.id()).unwrap_or(0);
    loop {
        let mut fds = [sys::event::PollFd::new(&queue, sys::event::PollFlags::IN)];
        let _ = sys::event::poll(&mut fds, None);
        while let Some(signal) = queue.next() {
            if signal != 17 {
                // it may have ended
                let _ = sys::signal::send_to_id(main, signal);
            }
        }
        if guest.as_ref().is_some_and(Guest::is_left) {
            end_children();
            return Ok(143);
        }
        while let Ok(Some((pid, status))) = wait(WaitOptions::NOHANG) {
            if pid.as_raw_nonzero().get() == main {
                let code = status.exit_status().or(status.terminating_signal().map(|s| 128 + s));
                if guest.is_some() {
                    end_children();
                }
                return Ok(code.unwrap_or(255));
            }
        }
    }
}

/// An init that is not process 1: it is in the pid namespace of another container, whose process 1 may never reap what is left to it. So all of its descendants
/// stay its own, and end before it.
struct Guest {
    parent: Option<sys::process::Pid>,
}

impl Guest {
    fn new() -> std::io::Result<Option<Self>> {
        use sys::process::{Signal, getpid, getppid, set_child_subreaper, set_parent_process_death_signal};
        if getpid().is_init() {
            return Ok(None);
        }
        let parent = getppid();
        // in the place of the signal that would end it before its children
        set_parent_process_death_signal(Some(Signal::TERM))?;
        set_child_subreaper(Some(getpid()))?;
        Ok(Some(Self { parent }))
    }

    /// Whether its supervisor is gone.
    fn is_left(&self) -> bool {
        sys::process::getppid() != self.parent
    }
}

/// Ends and reaps all children, and theirs, which become its own.
fn end_children() {
    use sys::process::{WaitOptions, wait};
    // whatever multiplies faster is ended with its control group
    for _ in 0..1000 {
        let children = std::fs::read_to_string("/proc/thread-self/children").unwrap_or_default();
        let children: Vec<i32> = children.split_whitespace().filter_map(|pid| pid.parse().ok()).collect();
        if children.is_empty() {
            return;
        }
        for child in &children {
            // it may have ended
            let _ = sys::signal::send_to_id(*child, 9);
        }
        for _ in &children {
            let _ = wait(WaitOptions::empty());
        }
    }
}

//! Making and replacing processes: `clone3`, `execve`, `_exit`.

use rustix::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use rustix::io::{Errno, Result};
use rustix::process::Pid;
use rustix::thread::UnshareFlags;
use std::ffi::{CStr, CString};
use std::time::Duration;

/// The two returns of [`fork`].
#[derive(Debug)]
pub enum Forked {
    /// This is the new process.
    Child,
    /// This is the caller; the new process is described by its id and a descriptor of it.
    Parent(Child),
}

/// A child process.
#[derive(Debug)]
pub struct Child {
    /// Its id in the caller's pid namespace.
    pub pid: Pid,
    /// Its pidfd: readable when it has ended, immune to reuse of the id.
    pub pidfd: OwnedFd,
}

const CLONE_PIDFD: u64 = 0x1000;
const CLONE_PARENT: u64 = 0x8000;
const CLONE_INTO_CGROUP: u64 = 0x2_0000_0000;

/// Forks into new namespaces, and into a cgroup of the unified hierarchy if one is given.
///
/// `as_sibling` makes the new process a child of the caller's parent (`CLONE_PARENT`), which is how a process that has joined a pid namespace
/// hands over to a supervisor.
///
/// # Errors
/// `EDEADLK` if the process has more than one thread: the child would inherit locks that nobody releases.
/// Otherwise what clone3(2) reports (Linux 5.7 for the cgroup).
pub fn fork(namespaces: UnshareFlags, cgroup: Option<BorrowedFd<'_>>, as_sibling: bool) -> Result<Forked> {
    single_threaded()?;
    let mut pidfd: i32 = -1;
    let mut flags = u64::from(namespaces.bits()) | CLONE_PIDFD;
    if cgroup.is_some() {
        flags |= CLONE_INTO_CGROUP;
    }
    if as_sibling {
        flags |= CLONE_PARENT;
    }
    let arguments = libc::clone_args {
        flags,
        pidfd: std::ptr::from_mut(&mut pidfd) as u64,
        child_tid: 0,
        parent_tid: 0,
        exit_signal: if as_sibling { 0 } else { libc::SIGCHLD as u64 },
        stack: 0,
        stack_size: 0,
        tls: 0,
        set_tid: 0,
        set_tid_size: 0,
        cgroup: cgroup.map_or(0, |c| c.as_raw_fd() as u64),
    };
    // SAFETY: the arguments live through the call; without CLONE_VM the child has a copy of the whole address space, and
    // the check above excludes locks held by other threads.
    let result =
        unsafe { libc::syscall(libc::SYS_clone3, &raw const arguments, size_of::<libc::clone_args>()) };
    match result {
        0 => Ok(Forked::Child),
        pid if pid > 0 => {
            let pid = Pid::from_raw(pid as i32).ok_or(Errno::INVAL)?;
            // SAFETY: clone3 succeeded, so the kernel stored a new descriptor that nobody else owns.
            Ok(Forked::Parent(Child { pid, pidfd: unsafe { OwnedFd::from_raw_fd(pidfd) } }))
        }
        _ => Err(last_error()),
    }
}

/// How often a thread that has ended is waited for, a tenth of a millisecond each time.
const LEAVING: u32 = 1000;

/// Fails with `EDEADLK` unless the process has exactly one thread. unshare(2) with `CLONE_THREAD` changes nothing and is refused to a process
/// with several; unlike `/proc/self` it also answers in a process that has joined another mount namespace.
fn single_threaded() -> Result<()> {
    for _ in 0..LEAVING {
        // SAFETY: the flag has no effect on a process with one thread, and is refused otherwise.
        if unsafe { libc::unshare(libc::CLONE_THREAD) } == 0 {
            return Ok(());
        }
        // the kernel tells who joins a thread of its end before it takes it off the process
        std::thread::sleep(Duration::from_micros(100));
    }
    Err(Errno::DEADLK)
}

/// Replaces the process by a program (execve(2)). Returns only on failure, with the reason.
#[must_use]
pub fn execve(program: &CStr, arguments: &[CString], environment: &[CString]) -> Errno {
    let argv = pointers(arguments);
    let envp = pointers(environment);
    // SAFETY: both arrays end in a null pointer and point to strings that live through the call.
    unsafe { libc::execve(program.as_ptr(), argv.as_ptr(), envp.as_ptr()) };
    last_error()
}

/// Replaces the process by the program behind a descriptor (execveat(2) with `AT_EMPTY_PATH`). Returns only on failure.
#[must_use]
pub fn fexecve(program: BorrowedFd<'_>, arguments: &[CString], environment: &[CString]) -> Errno {
    let argv = pointers(arguments);
    let envp = pointers(environment);
    // SAFETY: the path is an empty string, both arrays end in a null pointer and outlive the call.
    unsafe {
        libc::syscall(
            libc::SYS_execveat,
            program.as_raw_fd(),
            c"".as_ptr(),
            argv.as_ptr(),
            envp.as_ptr(),
            libc::AT_EMPTY_PATH,
        )
    };
    last_error()
}

fn pointers(strings: &[CString]) -> Vec<*const libc::c_char> {
    strings.iter().map(|s| s.as_ptr()).chain([std::ptr::null()]).collect()
}

/// Ends the process at once: no destructors, no handlers, no flushing. What a forked child uses when it cannot execute its program.
pub fn exit_now(code: i32) -> ! {
    // SAFETY: _exit has no preconditions.
    unsafe { libc::_exit(code) }
}

/// Marks every descriptor from `first` on as close-on-exec, known or inherited (close_range(2), Linux 5.11).
///
/// # Errors
/// What the system call reports.
pub fn close_on_exec_from(first: u32) -> Result<()> {
    // SAFETY: setting a flag on descriptors is no memory operation.
    let result = unsafe { libc::syscall(libc::SYS_close_range, first, u32::MAX, libc::CLOSE_RANGE_CLOEXEC) };
    if result == 0 { Ok(()) } else { Err(last_error()) }
}

/// How many descriptors from `first` on are open without a gap, at most `count`.
#[must_use]
pub fn open_from(first: u32, count: u32) -> u32 {
    // SAFETY: asking for a descriptor's flags is no memory operation.
    let is_open = |number: &u32| unsafe { libc::fcntl(*number as i32, libc::F_GETFD) } >= 0;
    u32::try_from((first..first.saturating_add(count)).take_while(is_open).count()).unwrap_or(count)
}

/// Lets `count` descriptors from `first` on outlive execve. Numbers that nothing is open at are passed over.
///
/// # Errors
/// What fcntl(2) reports.
pub fn keep_on_exec(first: u32, count: u32) -> Result<()> {
    for number in first..first.saturating_add(count) {
        // SAFETY: setting a flag on a descriptor is no memory operation.
        let result = unsafe { libc::fcntl(number as i32, libc::F_SETFD, 0) };
        if result != 0 && last_error() != Errno::BADF {
            return Err(last_error());
        }
    }
    Ok(())
}

/// Closes every descriptor from `first` on but the given ones. Only for a process that uses nothing else any more and ends by execve or [`exit_now`]:
/// whatever owned the others must not be dropped.
///
/// # Errors
/// What close_range(2) reports (Linux 5.9).
pub fn close_except(first: u32, kept: &[BorrowedFd<'_>]) -> Result<()> {
    let mut numbers: Vec<u32> = kept.iter().map(|fd| fd.as_raw_fd().cast_unsigned()).collect();
    numbers.sort_unstable();
    let mut next = first;
    for number in numbers.into_iter().chain([u32::MAX]) {
        if number > next {
            // SAFETY: as documented, nobody uses or drops what is closed here.
            let result = unsafe { libc::syscall(libc::SYS_close_range, next, number - 1, 0) };
            if result != 0 {
                return Err(last_error());
            }
        }
        next = next.max(number.saturating_add(1));
    }
    Ok(())
}

/// Closes every descriptor from `first` on. For the first lines of a process only: what it inherited and nobody in it knows.
///
/// # Errors
/// What close_range(2) reports (Linux 5.9).
pub fn close_inherited_from(first: u32) -> Result<()> {
    // SAFETY: called before anything in this process owns a descriptor beyond the standard streams, as the documentation demands.
    let result = unsafe { libc::syscall(libc::SYS_close_range, first, u32::MAX, 0) };
    if result == 0 { Ok(()) } else { Err(last_error()) }
}

/// The calling thread's last error.
pub(crate) fn last_error() -> Errno {
    Errno::from_io_error(&std::io::Error::last_os_error()).unwrap_or(Errno::IO)
}

//! Signals as descriptors, and the state that a program expects to start with.

use crate::clone::last_error;
use rustix::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use rustix::io::Result;
use std::mem::MaybeUninit;

/// `SIGSYS`, the last one with a meaning of its own (signal(7)).
const LAST_STANDARD: i32 = 31;

/// Signals that arrive as bytes to read instead of interruptions (signalfd(2)).
#[derive(Debug)]
pub struct SignalQueue {
    fd: OwnedFd,
}

impl SignalQueue {
    /// Blocks `signals` (numbers) in the calling thread, and in threads that it starts later, and queues them.
    ///
    /// # Errors
    /// What pthread_sigmask(3) and signalfd(2) report.
    pub fn new(signals: &[i32]) -> Result<Self> {
        let set = set_of(signals);
        // SAFETY: the set is initialised; no old set is asked for.
        let result = unsafe { libc::sigprocmask(libc::SIG_BLOCK, &raw const set, std::ptr::null_mut()) };
        if result != 0 {
            return Err(last_error());
        }
        // SAFETY: the set is initialised; -1 asks for a new descriptor.
        let fd = unsafe { libc::signalfd(-1, &raw const set, libc::SFD_CLOEXEC | libc::SFD_NONBLOCK) };
        if fd < 0 {
            return Err(last_error());
        }
        // SAFETY: the call succeeded, so the descriptor is new and ours.
        Ok(Self { fd: unsafe { OwnedFd::from_raw_fd(fd) } })
    }

    /// The next signal's number, if one is pending.
    #[must_use]
    pub fn next(&self) -> Option<i32> {
        let mut record = [0_u8; size_of::<libc::signalfd_siginfo>()];
        match rustix::io::read(&self.fd, &mut record) {
            Ok(read) if read == record.len() => {
                Some(i32::from_ne_bytes([record[0], record[1], record[2], record[3]]))
            }
            _ => None,
        }
    }
}

impl AsFd for SignalQueue {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

/// A pidfd's process gets the signal with this number, whatever the number (pidfd_send_signal(2)).
///
/// # Errors
/// `ESRCH` if the process has ended, `EINVAL` for a number that is no signal.
pub fn send(pidfd: BorrowedFd<'_>, number: i32) -> Result<()> {
    // SAFETY: no siginfo is passed; the descriptor is borrowed for the call.
    let result = unsafe {
        libc::syscall(
            libc::SYS_pidfd_send_signal,
            pidfd.as_raw_fd(),
            number,
            std::ptr::null::<libc::siginfo_t>(),
            0,
        )
    };
    if result == 0 { Ok(()) } else { Err(last_error()) }
}

/// Sends `number` to the process with id `pid` (kill(2)): only for members of a cgroup that is being ended, where no pidfd is at hand.
///
/// # Errors
/// What kill(2) reports.
pub fn send_to_id(pid: i32, number: i32) -> Result<()> {
    // SAFETY: kill has no memory preconditions.
    let result = unsafe { libc::kill(pid, number) };
    if result == 0 { Ok(()) } else { Err(last_error()) }
}

/// Gives every standard signal its default action and empties the mask: what a program expects from whoever executes it.
/// (Rust's runtime ignores `SIGPIPE`, and an ignored signal stays ignored across execve. Real-time signals are what programs agree on themselves.)
pub fn reset() {
    for number in 1..=LAST_STANDARD {
        if number != libc::SIGKILL && number != libc::SIGSTOP {
            // SAFETY: SIG_DFL installs no code; failures (signals reserved by the C library) change nothing.
            unsafe { libc::signal(number, libc::SIG_DFL) };
        }
    }
    let none = set_of(&[]);
    // SAFETY: the set is initialised; no old set is asked for.
    unsafe { libc::sigprocmask(libc::SIG_SETMASK, &raw const none, std::ptr::null_mut()) };
}

fn set_of(signals: &[i32]) -> libc::sigset_t {
    let mut set = MaybeUninit::<libc::sigset_t>::uninit();
    // SAFETY: sigemptyset initialises the whole set.
    unsafe { libc::sigemptyset(set.as_mut_ptr()) };
    for signal in signals {
        // SAFETY: the set is initialised; an invalid number is refused by the call.
        unsafe { libc::sigaddset(set.as_mut_ptr(), *signal) };
    }
    // SAFETY: initialised by sigemptyset above.
    unsafe { set.assume_init() }
}

/// Starts a program with the signal state of a fresh one, although this process blocks or ignores signals.
///
/// # Errors
/// What [`std::process::Command::spawn`] reports.
pub fn spawn_unblocked(command: &mut std::process::Command) -> std::io::Result<std::process::Child> {
    use std::os::unix::process::CommandExt;
    // SAFETY: the closure only makes system calls that are async-signal-safe.
    unsafe {
        command.pre_exec(|| {
            reset();
            Ok(())
        })
    };
    command.spawn()
}

/// As [`spawn_unblocked`], in a process group of its own, which is the foreground of the terminal on its standard input, if there is one, before the program
/// can look: a shell that finds itself in the background stops.
///
/// # Errors
/// What [`std::process::Command::spawn`] reports.
pub fn spawn_in_foreground(command: &mut std::process::Command) -> std::io::Result<std::process::Child> {
    use std::os::unix::process::CommandExt;
    command.process_group(0);
    let take_foreground = || {
        // whoever takes it from the background is asked to stop first
        // SAFETY: SIG_IGN installs no code.
        unsafe { libc::signal(libc::SIGTTOU, libc::SIG_IGN) };
        // without a terminal there is none
        let _ = rustix::termios::tcsetpgrp(rustix::stdio::stdin(), rustix::process::getpgrp());
        Ok(())
    };
    // SAFETY: the closure only makes system calls that are async-signal-safe.
    unsafe { command.pre_exec(take_foreground) };
    spawn_unblocked(command)
}

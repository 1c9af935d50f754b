//! The caller of a container in the foreground: signals go on to it, a terminal's bytes both ways.

use crate::failure::{Failure, Outcome};
use crate::terminal::{self, OtherMode};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use sys::Errno;
use sys::event::{PollFd, PollFlags, poll};
use sys::signal::SignalQueue;

const SIGCHLD: i32 = 17;
const SIGWINCH: i32 = 28;
/// What cannot be passed on: faults of this process itself, what stops it, and what cannot be caught.
const OWN: [i32; 9] = [4, 5, 7, 8, 9, 11, 19, 23, 31];

/// Signals are queued from its beginning on.
#[derive(Debug)]
pub(super) struct Watch {
    queue: SignalQueue,
}

impl Watch {
    pub(super) fn begin(subreaper: bool) -> Outcome<Self> {
        if subreaper {
            let own = sys::process::getpid();
            sys::process::set_child_subreaper(Some(own)).map_err(|e| Failure::new(e.to_string()))?;
        }
        let signals: Vec<i32> = (1..=31).filter(|signal| !OWN.contains(signal)).collect();
        let queue = SignalQueue::new(&signals).map_err(|errno| Failure::new(errno.to_string()))?;
        Ok(Self { queue })
    }

    /// Waits for the end of a process and returns its exit code.
    pub(super) fn until_end(&self, process: BorrowedFd<'_>, console: Option<&OwnedFd>) -> Outcome {
        let _raw = console.and_then(|_| OtherMode::raw());
        let mut input = console.is_some();
        if let Some(console) = console {
            resize(console);
        }
        loop {
            let stdin = sys::stdio::stdin();
            let mut fds = vec![
                PollFd::from_borrowed_fd(process, PollFlags::IN),
                PollFd::new(&self.queue, PollFlags::IN),
            ];
            if let Some(console) = console {
                fds.push(PollFd::new(console, PollFlags::IN));
                if input {
                    fds.push(PollFd::from_borrowed_fd(stdin, PollFlags::IN));
                }
            }
            match poll(&mut fds, None) {
                Ok(_) | Err(Errno::INTR) => {}
                Err(errno) => return Err(Failure::new(errno.to_string())),
            }
            let ready: Vec<bool> = fds.iter().map(|fd| !fd.revents().is_empty()).collect();
            drop(fds);
            if let Some(console) = console {
                if ready[2] {
                    copy(console.as_fd(), sys::stdio::stdout());
                }
                if input && ready[3] {
                    input = copy(stdin, console.as_fd());
                }
            }
            self.pass_signals(process, console);
            if ready[0] {
                // what it has written last
                while console
                    .is_some_and(|console| has_bytes(console) && copy(console.as_fd(), sys::stdio::stdout()))
                {
                }
                return lifecycle::reap(process).map_err(|errno| Failure::new(errno.to_string()));
            }
        }
    }

    fn pass_signals(&self, process: BorrowedFd<'_>, console: Option<&OwnedFd>) {
        while let Some(signal) = self.queue.next() {
            match (signal, console) {
                (SIGCHLD, _) => {}
                (SIGWINCH, Some(console)) => resize(console),
                // it may have ended
                (signal, _) => drop(sys::signal::send(process, signal)),
            }
        }
    }
}

fn resize(console: &OwnedFd) {
    if let Some((rows, columns)) = terminal::size() {
        let size = sys::termios::Winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
        // it may be gone
        let _ = sys::termios::tcsetwinsize(console, size);
    }
}

fn has_bytes(fd: &OwnedFd) -> bool {
    let now = sys::event::Timespec { tv_sec: 0, tv_nsec: 0 };
    let mut fds = [PollFd::new(fd, PollFlags::IN)];
    poll(&mut fds, Some(&now)).is_ok() && fds[0].revents().contains(PollFlags::IN)
}

/// Carries what is there; false at the end.
fn copy(from: BorrowedFd<'_>, to: BorrowedFd<'_>) -> bool {
    let mut bytes = [0; 16 << 10];
    let Ok(read) = sys::io::read(from, &mut bytes) else { return false };
    let mut rest = &bytes[..read];
    while !rest.is_empty() {
        match sys::io::write(to, rest) {
            Ok(written) => rest = &rest[written..],
            Err(Errno::INTR) => {}
            Err(_) => return false,
        }
    }
    read > 0
}

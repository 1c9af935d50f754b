//! A person at a terminal.

use crate::patience::LIMIT;
use crate::said;
use std::fs::File;
use std::io::Read;
use std::os::fd::{AsFd, OwnedFd};
use std::process::{Child, Command, Stdio};
use std::time::Instant;
use sys::event::{PollFd, PollFlags, Timespec, poll};
use sys::pty::{OpenptFlags, grantpt, ioctl_tiocgptpeer, openpt, unlockpt};
use sys::termios::{Winsize, tcsetwinsize};

/// A terminal with a command on it. Dropped, the command is killed.
#[derive(Debug)]
pub struct Terminal {
    controller: OwnedFd,
    child: Child,
    seen: String,
}

impl Terminal {
    /// Starts a command on a new terminal of this size, which controls it.
    ///
    /// # Panics
    /// If it cannot be started.
    #[must_use]
    pub fn start(command: &Command, rows: u16, columns: u16) -> Self {
        let controller = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC)
            .expect("a pseudo-terminal");
        grantpt(&controller).expect("it is ours");
        unlockpt(&controller).expect("it is ours");
        let line =
            ioctl_tiocgptpeer(&controller, OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC)
                .expect("its line");
        set_size(&controller, rows, columns);
        let stdio = || Stdio::from(line.try_clone().expect("a descriptor more"));
        // it makes a session, takes the terminal, and becomes the command
        let mut leader = Command::new("setsid");
        leader.arg("--ctty").arg(command.get_program()).args(command.get_args());
        leader.stdin(stdio()).stdout(stdio()).stderr(stdio());
        let child = leader.spawn().expect("setsid can be run");
        drop(leader);
        Self { controller, child, seen: String::new() }
    }

    /// Changes the terminal's size.
    ///
    /// # Panics
    /// If the kernel refuses.
    pub fn resize(&self, rows: u16, columns: u16) {
        set_size(&self.controller, rows, columns);
    }

    /// Types.
    ///
    /// # Panics
    /// If nobody holds the terminal any more.
    pub fn type_in(&self, keys: &[u8]) {
        let mut rest = keys;
        while !rest.is_empty() {
            let written = sys::io::write(&self.controller, rest).expect("the terminal takes keys");
            rest = &rest[written..];
        }
    }

    /// Reads until a text appears; everything that was shown since the last one that was waited for.
    ///
    /// # Panics
    /// If it does not appear.
    #[track_caller]
    pub fn wait_for(&mut self, text: &str) -> String {
        let deadline = Instant::now() + LIMIT;
        loop {
            if let Some(at) = self.seen.find(text) {
                let rest = self.seen.split_off(at + text.len());
                return std::mem::replace(&mut self.seen, rest);
            }
            let goes_on = self.read(deadline);
            assert!(goes_on, "the terminal does not show {text:?}, but {:?}", self.seen);
        }
    }

    /// Reads to the end; what was shown since the last text that was waited for, and the command's exit code.
    ///
    /// # Panics
    /// If it does not end.
    #[track_caller]
    pub fn finish(mut self) -> (String, i32) {
        let deadline = Instant::now() + LIMIT;
        while self.read(deadline) {}
        assert!(Instant::now() < deadline, "the command goes on; the terminal shows {:?}", self.seen);
        let status = self.child.wait().expect("it is our child");
        (std::mem::take(&mut self.seen), said::code(status))
    }

    /// Reads once; false at the end, and when patience ends.
    fn read(&mut self, deadline: Instant) -> bool {
        let left = deadline.saturating_duration_since(Instant::now()).as_secs();
        let limit = Timespec { tv_sec: i64::try_from(left).expect("a short time"), tv_nsec: 0 };
        let mut fds = [PollFd::from_borrowed_fd(self.controller.as_fd(), PollFlags::IN)];
        if !matches!(poll(&mut fds, Some(&limit)), Ok(1..)) {
            return false;
        }
        let mut bytes = [0; 4096];
        let mut file = File::from(self.controller.try_clone().expect("a descriptor more"));
        // the last holder of the line is gone: EIO
        let Ok(read @ 1..) = file.read(&mut bytes) else { return false };
        self.seen.push_str(&String::from_utf8_lossy(&bytes[..read]));
        true
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // it may have ended
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn set_size(terminal: &OwnedFd, rows: u16, columns: u16) {
    let size = Winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
    tcsetwinsize(terminal, size).expect("a terminal has a size");
}

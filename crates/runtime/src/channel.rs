//! What the supervisor and a process that it is starting say to each other.

use crate::error::{At, Error, Result};
use crate::step::Failure;
use serde::{Deserialize, Serialize};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use sys::Errno;
use sys::socket;

/// From the process being started.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Report {
    /// The namespaces that the init makes itself are there.
    Separated,
    /// The mounts are there and the root is not entered: the caller's hooks run now.
    Mounted,
    /// A filter is loaded; the descriptor on which its calls are notified comes with the message.
    Listening,
    /// All is set up; the terminal's other end comes with the message, if there is one.
    Ready,
    /// A process was made in the namespaces that were joined; its pidfd comes with the message.
    Joined {
        /// Its id as the supervisor sees it.
        pid: i32,
    },
    /// A step failed.
    Failed {
        /// Which.
        step: String,
        /// About what.
        object: String,
        /// `errno` of the system call.
        errno: i32,
    },
    /// The program could not be executed.
    NotExecuted {
        /// Which.
        program: String,
        /// `errno` of execve.
        errno: i32,
    },
}

/// To the process being started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    /// It is in its cgroup now, and its ids are mapped.
    Attached,
    /// The caller's hooks have run.
    HooksDone,
    /// Everything is ready: execute the program.
    Start,
}

impl Order {
    fn byte(self) -> u8 {
        match self {
            Self::Attached => b'a',
            Self::HooksDone => b'h',
            Self::Start => b's',
        }
    }
}

/// What failed when the other end of the channel was gone.
pub(crate) const SEND: &str = "send to";
/// The same in the other direction.
pub(crate) const RECEIVE: &str = "receive from";

pub(crate) fn order(channel: BorrowedFd<'_>, order: Order) -> Result<()> {
    socket::send(channel, &[order.byte()], &[]).at(SEND, "init")
}

/// Waits for an order. `EPIPE`: the supervisor is gone.
pub(crate) fn await_order(channel: BorrowedFd<'_>, order: Order) -> Result<(), Errno> {
    let message = socket::receive(channel)?.ok_or(Errno::PIPE)?;
    if message.bytes == [order.byte()] { Ok(()) } else { Err(Errno::PROTO) }
}

pub(crate) fn report(
    channel: BorrowedFd<'_>,
    report: &Report,
    descriptors: &[BorrowedFd<'_>],
) -> Result<(), Errno> {
    let text = serde_json::to_vec(report).expect("a report serialises");
    socket::send(channel, &text, descriptors)
}

/// Waits for the next report of a process, or for its end: false if it has ended without one, while another process has its end of the channel.
pub(crate) fn comes_from(process: BorrowedFd<'_>, channel: &OwnedFd) -> Result<bool, Errno> {
    use sys::event::{PollFd, PollFlags, Timespec, poll};
    loop {
        let mut both = [channel.as_fd(), process].map(|fd| PollFd::from_borrowed_fd(fd, PollFlags::IN));
        match poll(&mut both, None) {
            Err(Errno::INTR) => {}
            Err(errno) => return Err(errno),
            Ok(_) if !both[0].revents().is_empty() => return Ok(true),
            // what it has said before is there by now
            Ok(_) => {
                let now = Timespec { tv_sec: 0, tv_nsec: 0 };
                return poll(&mut both[..1], Some(&now)).map(|ready| ready > 0);
            }
        }
    }
}

/// The next report; `None` when the other end is closed, which is what a successful execve does.
pub(crate) fn next(channel: &OwnedFd) -> Result<Option<(Report, Vec<OwnedFd>)>> {
    let received = match socket::receive(channel.as_fd()) {
        // the other end went with an order unread, which is told before what it had sent itself
        Err(Errno::CONNRESET) => socket::receive(channel.as_fd()),
        other => other,
    };
    match received {
        Ok(None) | Err(Errno::CONNRESET) => Ok(None),
        Ok(Some(message)) => {
            let report = serde_json::from_slice(&message.bytes)
                .map_err(|_| Error::Invalid("init sent something else than a report".into()))?;
            Ok(Some((report, message.descriptors)))
        }
        Err(errno) => Err(errno).at(RECEIVE, "init"),
    }
}

impl Report {
    /// What a step's failure is reported as.
    pub(crate) fn failed(step: &str, failure: Failure) -> Self {
        Self::Failed { step: step.into(), object: failure.object, errno: failure.errno.raw_os_error() }
    }

    /// The error that a failure report stands for.
    pub(crate) fn error(&self) -> Error {
        match self {
            Self::Failed { step, object, errno } => Error::Step {
                step: step.clone(),
                object: object.clone(),
                errno: Errno::from_raw_os_error(*errno),
            },
            Self::NotExecuted { program, errno } => {
                Error::Exec { program: program.clone(), errno: Errno::from_raw_os_error(*errno) }
            }
            Self::Ready | Self::Separated | Self::Mounted | Self::Listening | Self::Joined { .. } => {
                Error::InitLost
            }
        }
    }
}

/// Reports a failure and ends the process.
pub(crate) fn fail(channel: BorrowedFd<'_>, step: &str, failure: Failure) -> ! {
    // without a supervisor nobody is left to be told
    let _ = report(channel, &Report::failed(step, failure), &[]);
    sys::clone::exit_now(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use sys::identity::Identity;

    #[test]
    fn who_has_ended_says_nothing_more_and_what_it_said_is_heard() {
        let (ours, theirs) = socket::pair().unwrap();
        let mut process = std::process::Command::new("sleep").arg("60").spawn().unwrap();
        let pidfd = Identity::of(process.id().cast_signed()).unwrap().open().unwrap();
        process.kill().unwrap();
        assert!(!comes_from(pidfd.as_fd(), &ours).unwrap());
        report(theirs.as_fd(), &Report::Ready, &[]).unwrap();
        assert!(comes_from(pidfd.as_fd(), &ours).unwrap());
        process.wait().unwrap();
        assert!(matches!(next(&ours), Ok(Some((Report::Ready, _)))));
    }
}

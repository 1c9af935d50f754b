//! The time between a probe's start and its end.

use super::server::{self, Server};
use super::{Bench, Outcome, Probe};
use crate::error::{At, Error, Result};
use engine::step::Step;
use std::os::fd::{AsFd, BorrowedFd};
use std::time::{Duration, Instant};
use sys::event::{PollFd, PollFlags, Timespec, poll};

/// How long a program that nobody asks anything is left to itself before it is taken for a server.
const SETTLING: Duration = Duration::from_secs(5);
/// How long a program may take to end when it is asked to.
const GRACE: Duration = Duration::from_secs(10);
/// `SIGTERM`.
const TERMINATE: i32 = 15;

/// Does what the probe says, and waits for the program's end.
pub(super) fn hold(bench: &Bench<'_>, probe: &Probe, step: Step, outcome: &mut Outcome) -> Result<()> {
    let deadline = Instant::now() + bench.timeout;
    match probe {
        Probe::Arguments(_) => {
            if !wait(bench, &step, deadline)? {
                return Err(Error::Invalid(format!("it has not ended after {} s", bench.timeout.as_secs())));
            }
            outcome.code = Some(step.wait()?);
            return Ok(());
        }
        Probe::Own => {
            let ports = server::exposed(bench.execution);
            // a client of ours is told to a server only if it is one
            if wait(bench, &step, deadline.min(Instant::now() + SETTLING))? {
                outcome.code = Some(step.wait()?);
                return Ok(());
            }
            let server = Server { address: address(&step), deadline };
            for port in ports {
                server.greet(port);
            }
        }
        Probe::Http(requests) => {
            let server = Server { address: address(&step), deadline };
            for request in requests {
                let port = request.port.or_else(|| server::exposed(bench.execution).first().copied());
                let port = port
                    .ok_or_else(|| Error::Invalid("the image exposes no port: write GET:PORT/PATH".into()))?;
                let alive = || !is_over(&step);
                outcome.answers.push(server.ask(port, request, &alive)?);
            }
        }
        Probe::Script(path) => {
            let server = Server { address: address(&step), deadline };
            server.script(path, bench.execution)?;
        }
    }
    end(bench, step, outcome)
}

fn address(step: &Step) -> std::net::Ipv4Addr {
    step.address().unwrap_or(std::net::Ipv4Addr::LOCALHOST)
}

/// Asks a program to end, as `stop` would. How it ends then is its own affair.
fn end(bench: &Bench<'_>, step: Step, _: &mut Outcome) -> Result<()> {
    let _ = step.signal(stop_signal(bench));
    let ended = wait(bench, &step, Instant::now() + GRACE);
    // dropping it ends what is left
    drop(step);
    ended.map(|_| ())
}

fn stop_signal(bench: &Bench<'_>) -> i32 {
    let name = bench.execution.stop_signal.as_deref().unwrap_or_default();
    engine::containers::kill::parse_signal(name).unwrap_or(TERMINATE)
}

fn is_over(step: &Step) -> bool {
    let mut watched = [PollFd::from_borrowed_fd(step.as_fd(), PollFlags::IN)];
    let now = Timespec { tv_sec: 0, tv_nsec: 0 };
    poll(&mut watched, Some(&now)).is_ok_and(|ready| ready > 0)
}

/// Waits for a step's end until a time; whether it has ended.
fn wait(bench: &Bench<'_>, step: &Step, until: Instant) -> Result<bool> {
    loop {
        let left = until.saturating_duration_since(Instant::now());
        let timeout = Timespec {
            tv_sec: i64::try_from(left.as_secs()).unwrap_or(i64::MAX),
            tv_nsec: i64::from(left.subsec_nanos()),
        };
        let fds: [BorrowedFd<'_>; 2] = [step.as_fd(), bench.stop.as_fd()];
        let mut watched = fds.map(|fd| PollFd::from_borrowed_fd(fd, PollFlags::IN));
        match poll(&mut watched, Some(&timeout)) {
            Err(sys::Errno::INTR) => continue,
            other => other.at("wait for", "a probe")?,
        };
        if !watched[1].revents().is_empty() {
            return Err(Error::Canceled);
        }
        if !watched[0].revents().is_empty() {
            return Ok(true);
        }
        if left.is_zero() {
            return Ok(false);
        }
    }
}

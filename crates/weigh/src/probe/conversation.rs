//! The time between a probe's start and its end.

use super::server::{self, Server};
use super::{Bench, Outcome, Probe};
use crate::error::{At, Error, Result};
use engine::step::Step;
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use sys::event::{PollFd, PollFlags, Timespec, poll};

/// How long a program touches nothing new when it is taken for a server that waits.
const QUIET: Duration = Duration::from_secs(3);
/// How often it is looked at.
const GLANCE: Duration = Duration::from_millis(100);
/// How long a program may take to end when it is asked to.
const GRACE: Duration = Duration::from_secs(10);
/// `SIGTERM`.
const TERMINATE: i32 = 15;

/// Does what the probe says, and waits for the program's end.
pub(super) fn hold(
    bench: &Bench<'_>,
    probe: &Probe,
    step: Step,
    progress: &AtomicU64,
    outcome: &mut Outcome,
) -> Result<()> {
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
            if own(bench, &step, progress, deadline)? {
                outcome.code = Some(step.wait()?);
                return Ok(());
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

/// Lets a program run until it ends (true), or has become quiet; a server is asked for the ports of its image as soon as they are open.
fn own(bench: &Bench<'_>, step: &Step, progress: &AtomicU64, deadline: Instant) -> Result<bool> {
    let server = Server { address: address(step), deadline };
    let mut ports = server::exposed(bench.execution);
    let (mut seen, mut since) = (0, Instant::now());
    while Instant::now() < deadline {
        if wait(bench, step, Instant::now() + GLANCE)? {
            return Ok(true);
        }
        ports.retain(|port| !server.greet(*port));
        let now = progress.load(Ordering::Relaxed);
        if now != seen {
            (seen, since) = (now, Instant::now());
        }
        // one that opens no port that it exposes may still be on its way
        let patience = if ports.is_empty() { QUIET } else { QUIET * 4 };
        if since.elapsed() >= patience {
            break;
        }
    }
    Ok(false)
}

fn address(step: &Step) -> std::net::Ipv4Addr {
    step.address().unwrap_or(std::net::Ipv4Addr::LOCALHOST)
}

/// Asks a program to end, as `stop` would. How it ends then is its own affair.
fn end(bench: &Bench<'_>, step: Step, _: &mut Outcome) -> Result<()> {
    let signal = stop_signal(bench);
    let grace = if step.handles(signal) { GRACE } else { Duration::ZERO };
    let _ = step.signal(signal);
    let ended = wait(bench, &step, Instant::now() + grace);
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

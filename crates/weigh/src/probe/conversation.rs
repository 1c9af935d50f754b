//! The time between a probe's start and its end.

use super::running::Running;
use super::server;
use super::{Bench, Outcome, Probe};
use crate::error::{Error, Result};
use engine::step::Step;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// How long a program touches nothing new when it is taken for a server that waits.
const QUIET: Duration = Duration::from_secs(3);
/// How often it is looked at.
const GLANCE: Duration = Duration::from_millis(100);

/// Does what the probe says, and waits for the program's end.
pub(super) fn hold(
    bench: &Bench<'_>,
    probe: &Probe,
    step: Step,
    progress: &AtomicU64,
    outcome: &mut Outcome,
) -> Result<()> {
    let running = Running { bench, step, deadline: Instant::now() + bench.timeout };
    match probe {
        Probe::Arguments(_) => {
            if !running.ends_until(running.deadline)? {
                return Err(Error::Invalid(format!("it has not ended after {} s", bench.timeout.as_secs())));
            }
            outcome.code = Some(running.step.wait()?);
            return Ok(());
        }
        Probe::Own => {
            if own(&running, progress)? {
                outcome.code = Some(running.step.wait()?);
                return Ok(());
            }
        }
        Probe::Http(requests) => {
            for request in requests {
                let port = request.port.or_else(|| server::exposed(bench.execution).first().copied());
                let port = port
                    .ok_or_else(|| Error::Invalid("the image exposes no port: write GET:PORT/PATH".into()))?;
                outcome.answers.push(server::ask(&running, port, request)?);
            }
        }
        Probe::Script(path) => server::script(&running, path)?,
    }
    running.end()
}

/// Lets a program run until it ends (true), or has become quiet; a server is asked for the ports of its image as soon as they are open.
fn own(running: &Running<'_>, progress: &AtomicU64) -> Result<bool> {
    let mut ports = server::exposed(running.bench.execution);
    let (mut seen, mut since) = (0, Instant::now());
    while Instant::now() < running.deadline {
        if running.ends_until(Instant::now() + GLANCE)? {
            return Ok(true);
        }
        let open: Vec<u16> = ports.iter().copied().filter(|port| server::is_open(running, *port)).collect();
        for port in &open {
            server::greet(running, *port)?;
        }
        ports.retain(|port| !open.contains(port));
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

//! Being the client of a program that serves.

use super::Request;
use super::running::Running;
use crate::error::{At, Error, Result};
use oci::image::Execution;
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::os::fd::AsFd;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};
use sys::process::{Pid, PidfdFlags, pidfd_open};

/// How long between two tries to reach a program that is about to listen: nothing tells of that.
const PAUSE: Duration = Duration::from_millis(50);
/// The most bytes of an answer that are read.
const ANSWER_LIMIT: u64 = 64 << 20;
/// How long an answer is waited for that may not be one of HTTP.
const ANSWER: Duration = Duration::from_secs(5);
/// How long a connection is waited for; the program is on this machine.
const CONNECTION: Duration = Duration::from_millis(200);

/// Status and body of an answer.
type Answer = (u16, Vec<u8>);

/// The ports that an image exposes for TCP.
pub(super) fn exposed(execution: &Execution) -> Vec<u16> {
    let ports = execution.exposed_ports.keys().filter(|port| !port.ends_with("/udp"));
    ports.filter_map(|port| port.split('/').next()?.parse().ok()).collect()
}

/// Whether something listens on a port.
pub(super) fn is_open(running: &Running<'_>, port: u16) -> bool {
    TcpStream::connect_timeout(&SocketAddr::from((running.address(), port)), CONNECTION).is_ok()
}

/// Waits until something listens on a port.
fn reach(running: &Running<'_>, port: u16) -> Result<()> {
    while !is_open(running, port) {
        if Instant::now() >= running.deadline {
            return Err(Error::Invalid(format!("nothing listens on port {port}")));
        }
        if running.ends_until(Instant::now() + PAUSE)? {
            return Err(Error::Invalid(format!("it ended before it listened on port {port}")));
        }
    }
    Ok(())
}

/// Asks for `/` on an open port, whatever comes of it.
///
/// # Errors
/// [`Error::Canceled`].
pub(super) fn greet(running: &Running<'_>, port: u16) -> Result<()> {
    let request = Request { method: "GET".into(), port: None, path: "/".into(), body: String::new() };
    match exchange(running, port, &request, Instant::now() + ANSWER) {
        Err(Error::Canceled) => Err(Error::Canceled),
        _ => Ok(()),
    }
}

/// Sends a request as soon as the port is open, and returns status and body of the answer.
pub(super) fn ask(running: &Running<'_>, port: u16, request: &Request) -> Result<Answer> {
    reach(running, port)?;
    exchange(running, port, request, running.deadline)
}

/// Sends a request and waits for the answer, in a thread of its own: the client blocks, and ends with the program if nobody waits for it any more.
fn exchange(running: &Running<'_>, port: u16, request: &Request, until: Instant) -> Result<Answer> {
    let done = sys::event::eventfd(0, sys::event::EventfdFlags::CLOEXEC).at("make", "an event")?;
    let done = Arc::new(done);
    let (sender, receiver) = mpsc::channel();
    let left = until.saturating_duration_since(Instant::now()).max(Duration::from_secs(1));
    let (event, request, address) = (done.clone(), request.clone(), running.address());
    let client = move || {
        // whoever asked may have given up
        let _ = sender.send(send(address, port, &request, left));
        let _ = sys::io::write(&*event, &1_u64.to_ne_bytes());
    };
    std::thread::Builder::new().spawn(client).at("start", "a thread")?;
    // if the program ends, so does the connection
    if !running.is_ready(done.as_fd(), until + Duration::from_secs(1))? {
        return Err(Error::Invalid(format!("there was no answer on port {port}")));
    }
    receiver.recv().map_err(|_| Error::Invalid(format!("there was no answer on port {port}")))?
}

fn send(address: Ipv4Addr, port: u16, request: &Request, left: Duration) -> Result<Answer> {
    let config = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .timeout_global(Some(left))
        .proxy(None)
        .build();
    let agent = ureq::Agent::new_with_config(config);
    let url = format!("http://{address}:{port}{}", request.path);
    let failed = |error: ureq::Error| Error::Invalid(format!("{} {url}: {error}", request.method));
    let sent = ureq::http::Request::builder()
        .method(request.method.as_str())
        .uri(&url)
        .body(request.body.clone())
        .map_err(|error| Error::Invalid(format!("{} {url}: {error}", request.method)))?;
    let mut answer = agent.run(sent).map_err(failed)?;
    let status = answer.status().as_u16();
    let body = answer.body_mut().with_config().limit(ANSWER_LIMIT).read_to_vec().map_err(failed)?;
    Ok((status, body))
}

/// Runs a program of the host's that asks the server, which is told where it is. It has as long as the probe.
pub(super) fn script(running: &Running<'_>, path: &Path) -> Result<()> {
    let port = exposed(running.bench.execution).first().copied();
    if let Some(port) = port {
        reach(running, port)?;
    }
    let program = std::fs::canonicalize(path).at("open", path)?;
    let mut command = Command::new(&program);
    command
        .env("TARE_PROBE_ADDRESS", running.address().to_string())
        .env("TARE_PROBE_PORT", port.map(|port| port.to_string()).unwrap_or_default())
        .stdin(Stdio::null());
    let mut child = sys::signal::spawn_unblocked(&mut command).at("execute", &program)?;
    let pid = Pid::from_child(&child);
    let finished = pidfd_open(pid, PidfdFlags::empty())
        .at("watch", &program)
        .and_then(|pidfd| running.is_ready(pidfd.as_fd(), running.deadline));
    if !matches!(finished, Ok(true)) {
        // it may have ended meanwhile
        let _ = child.kill();
    }
    let status = child.wait().at("wait for", &program)?;
    if !finished? {
        return Err(Error::Invalid(format!("{} has not ended in time", path.display())));
    }
    if status.success() {
        return Ok(());
    }
    Err(Error::Invalid(format!("{} ended with {status}", path.display())))
}

//! Being the client of a program that serves.

use super::Request;
use crate::error::{At, Error, Result};
use oci::image::Execution;
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// How long between two tries to reach a program that is about to listen.
const PAUSE: Duration = Duration::from_millis(50);
/// The most bytes of an answer that are read.
const ANSWER_LIMIT: u64 = 64 << 20;
/// How long an answer is waited for that may not be one of HTTP.
const ANSWER: Duration = Duration::from_secs(5);
/// How long a port is tried that nobody asked to be tried.
const GREETING: Duration = Duration::from_millis(200);

/// A program that listens, or is about to.
pub(super) struct Server {
    pub(super) address: Ipv4Addr,
    pub(super) deadline: Instant,
}

/// The ports that an image exposes for TCP.
pub(super) fn exposed(execution: &Execution) -> Vec<u16> {
    let ports = execution.exposed_ports.keys().filter(|port| !port.ends_with("/udp"));
    ports.filter_map(|port| port.split('/').next()?.parse().ok()).collect()
}

impl Server {
    /// Waits until something listens on a port.
    fn reach(&self, port: u16, until: Instant, alive: &dyn Fn() -> bool) -> Result<()> {
        let address = SocketAddr::from((self.address, port));
        loop {
            if TcpStream::connect_timeout(&address, Duration::from_secs(1)).is_ok() {
                return Ok(());
            }
            if !alive() {
                return Err(Error::Invalid(format!("it ended before it listened on port {port}")));
            }
            if Instant::now() >= until {
                return Err(Error::Invalid(format!("nothing listens on port {port}")));
            }
            std::thread::sleep(PAUSE);
        }
    }

    /// Asks for `/` on a port, if it is open, whatever comes of it. Whether it was.
    pub(super) fn greet(&self, port: u16) -> bool {
        let address = SocketAddr::from((self.address, port));
        if TcpStream::connect_timeout(&address, GREETING).is_err() {
            return false;
        }
        let request = Request { method: "GET".into(), port: None, path: "/".into(), body: String::new() };
        let _ = Self::send(self.address, port, &request, ANSWER);
        true
    }

    /// Sends a request as soon as the port is open, and returns status and body of the answer.
    pub(super) fn ask(
        &self,
        port: u16,
        request: &Request,
        alive: &dyn Fn() -> bool,
    ) -> Result<(u16, Vec<u8>)> {
        self.reach(port, self.deadline, alive)?;
        let left = self.deadline.saturating_duration_since(Instant::now()).max(Duration::from_secs(1));
        Self::send(self.address, port, request, left)
    }

    fn send(address: Ipv4Addr, port: u16, request: &Request, left: Duration) -> Result<(u16, Vec<u8>)> {
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

    /// Runs a program of the host's that asks the server, which is told where it is.
    pub(super) fn script(&self, path: &Path, execution: &Execution) -> Result<()> {
        if let Some(port) = exposed(execution).first() {
            self.reach(*port, self.deadline, &|| true)?;
        }
        let program = std::fs::canonicalize(path).at("open", path)?;
        let status = Command::new(&program)
            .env("TARE_PROBE_ADDRESS", self.address.to_string())
            .env("TARE_PROBE_PORT", exposed(execution).first().map(u16::to_string).unwrap_or_default())
            .stdin(Stdio::null())
            .status()
            .at("execute", &program)?;
        if status.success() {
            return Ok(());
        }
        Err(Error::Invalid(format!("{} ended with {status}", path.display())))
    }
}

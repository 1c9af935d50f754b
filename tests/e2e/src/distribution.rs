//! A real registry: Debian's `docker-registry`, on a port of this machine's.

mod access;
mod plan;

pub use access::Access;
pub use plan::DistributionPlan;

use crate::patience::{LIMIT, until_none, until_some};
use crate::sockets;
use std::fs;
use std::io::{self, Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;

/// How our own question whether it answers is told from those of tests.
const PROBE: &str = "tare-e2e-probe";
/// How often another port is tried when somebody else took the free one.
const ATTEMPTS: usize = 5;

/// A registry. Dropped, its process is killed. What it stored stays in a directory of the test's, and goes with one of its own.
#[derive(Debug)]
pub struct Distribution {
    child: Child,
    host: String,
    is_tls: bool,
    directory: PathBuf,
    /// Removes the directory, if it is ours.
    _own: Option<TempDir>,
}

impl Distribution {
    /// What a registry is to be like that stores in a directory of its own, which is removed with it.
    ///
    /// # Panics
    /// If there can be no such directory.
    #[must_use]
    pub fn temporary() -> DistributionPlan {
        DistributionPlan::temporary()
    }

    /// What a registry is to be like that stores below this directory; [`DistributionPlan::start`] starts it.
    #[must_use]
    pub fn at(directory: &Path) -> DistributionPlan {
        DistributionPlan::new(directory)
    }

    /// `127.0.0.1:PORT`.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// `http://HOST`, or `https://HOST`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http{}://{}", if self.is_tls { "s" } else { "" }, self.host)
    }

    /// Its access log: all that it was asked by clients that have ended, or closed their connections.
    ///
    /// A line is written when the answer has been sent, which may be after the client has read it: this waits
    /// until no connection is open, for half a minute at most.
    ///
    /// # Panics
    /// If one is open still, or the log is not what it should be.
    #[must_use]
    pub fn requests(&self) -> Vec<Access> {
        let open = until_none(LIMIT, || self.open_connections());
        assert!(open.is_empty(), "connections stay open: {open:?}");
        let text = fs::read_to_string(self.directory.join("access.log")).expect("the access log can be read");
        let lines = text.lines().filter(|line| !line.contains(PROBE));
        lines
            .map(|line| Access::parse(line).unwrap_or_else(|| panic!("no line of an access log: {line:?}")))
            .collect()
    }

    /// What it wrote about itself.
    #[must_use]
    pub fn log(&self) -> String {
        fs::read_to_string(self.directory.join("log")).unwrap_or_default()
    }

    /// The file where it keeps a blob.
    ///
    /// # Panics
    /// If this is no digest.
    #[must_use]
    pub fn blob_file(&self, digest: &str) -> PathBuf {
        let (algorithm, hex) = digest.split_once(':').expect("a digest has a colon");
        let blobs = self.directory.join("data/docker/registry/v2/blobs").join(algorithm);
        blobs.join(&hex[..2]).join(hex).join("data")
    }

    /// The sockets of its process that belong to clients: all but the one that listens, and its own to other registries.
    fn open_connections(&self) -> Vec<u64> {
        let port = self.host.rsplit(':').next().and_then(|port| port.parse().ok()).unwrap_or(0_u16);
        let known = sockets::connections();
        let is_other = |inode: &u64| {
            let mut of_inode = known.iter().filter(|connection| connection.inode == *inode);
            of_inode.any(|connection| connection.is_listening || connection.local_port != port)
        };
        sockets::inodes(self.child.id()).into_iter().filter(|inode| !is_other(inode)).collect()
    }
}

impl Drop for Distribution {
    fn drop(&mut self) {
        // it may have ended
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Starts the registry with its configuration on a port; nothing if the port is taken.
fn start(plan: &DistributionPlan, port: u16) -> Option<Distribution> {
    let directory = plan.directory();
    let host = format!("127.0.0.1:{port}");
    let configuration = directory.join("config.yml");
    fs::write(&configuration, plan.configuration(&host)).expect("write a file");
    let file = |name| fs::File::create(directory.join(name)).expect("make a file");
    let mut command = Command::new("docker-registry");
    command.arg("serve").arg(configuration).env_clear().current_dir(directory);
    command.stdin(Stdio::null()).stdout(file("access.log")).stderr(file("log"));
    let child = command.spawn().expect("docker-registry can be run");
    let mut registry =
        Distribution { child, host, is_tls: plan.is_tls(), directory: directory.into(), _own: None };
    // somebody else's answer on this port is none: ours says that it listens
    let outcome = until_some(|| {
        let has_ended = registry.child.try_wait().expect("it is our child").is_some();
        let listens = registry.log().contains("listening on ") && answers(&registry.host).is_ok();
        (has_ended || listens).then_some(listens)
    });
    let log = registry.log();
    match outcome {
        Some(true) => Some(registry),
        Some(false) if log.contains("address already in use") => None,
        _ => panic!("docker-registry does not answer: {log}"),
    }
}

/// Asks for `/v2/` and waits for any answer; a port for TLS has one for this too.
fn answers(host: &str) -> io::Result<()> {
    let mut stream = TcpStream::connect(host)?;
    stream.set_read_timeout(Some(LIMIT))?;
    let request = format!("GET /v2/ HTTP/1.0\r\nHost: {host}\r\nUser-Agent: {PROBE}\r\n\r\n");
    stream.write_all(request.as_bytes())?;
    stream.read_exact(&mut [0; 5])
}

//! A registry of the sweep's own: Debian's `docker-registry` on a free port of the loopback. Its directory and its process go with it.

use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// The repository that an operation pushes to; it is empty each time (`operation.rs`).
pub(super) const PUSHED: &str = "pushed";

/// How often another port is tried when somebody else took the free one.
const ATTEMPTS: usize = 5;
const PATIENCE: Duration = Duration::from_secs(10);
const TURN: Duration = Duration::from_millis(10);

#[derive(Debug)]
pub(super) struct Registry {
    child: Child,
    host: String,
    place: PathBuf,
}

impl Registry {
    /// Starts it, with what it stores below this directory.
    pub(super) fn start(place: &Path) -> Result<Self, String> {
        fs::create_dir_all(place).map_err(|error| format!("{}: {error}", place.display()))?;
        let mut complaint = String::new();
        for _ in 0..ATTEMPTS {
            match Self::try_start(place) {
                Ok(registry) => return Ok(registry),
                Err(error) => complaint = error,
            }
        }
        Err(format!("docker-registry: {complaint}"))
    }

    fn try_start(place: &Path) -> Result<Self, String> {
        let failed = |error: std::io::Error| error.to_string();
        let port = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
        let host = port.map_err(failed)?.to_string();
        let [configuration, log] = ["config.yml", "log"].map(|name| place.join(name));
        let text = format!(
            "version: 0.1\nlog:\n  level: warn\n  accesslog:\n    disabled: true\n\
             storage:\n  filesystem:\n    rootdirectory: '{}'\nhttp:\n  addr: {host}\n  secret: tare\n",
            place.join("data").display()
        );
        fs::write(&configuration, text).map_err(failed)?;
        // a killed sweep leaves none
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "KILL", "docker-registry", "serve"]).arg(&configuration);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(File::create(&log).map_err(failed)?);
        let child = command.spawn().map_err(failed)?;
        let mut registry = Self { child, host, place: place.to_path_buf() };
        let deadline = Instant::now() + PATIENCE;
        while !answers(&registry.host) {
            if !matches!(registry.child.try_wait(), Ok(None)) || Instant::now() > deadline {
                return Err(fs::read_to_string(log).unwrap_or_default());
            }
            sleep(TURN);
        }
        Ok(registry)
    }

    /// `127.0.0.1:PORT`.
    pub(super) fn host(&self) -> &str {
        &self.host
    }

    /// Takes away what was pushed to [`PUSHED`], so that it has to come again: it keeps nothing of that in memory.
    pub(super) fn forget(&self) -> Result<(), String> {
        let path = self.place.join("data/docker/registry/v2/repositories").join(PUSHED);
        match fs::remove_dir_all(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(format!("{}: {error}", path.display()))
            }
            _ => Ok(()),
        }
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        // it may have ended
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Whether anybody answers there as a registry does.
fn answers(host: &str) -> bool {
    let ask = || {
        let mut stream = TcpStream::connect(host)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.write_all(format!("GET /v2/ HTTP/1.0\r\nHost: {host}\r\n\r\n").as_bytes())?;
        let mut text = String::new();
        stream.read_to_string(&mut text).map(|_| text)
    };
    ask().is_ok_and(|text| text.to_ascii_lowercase().contains("docker-distribution-api-version"))
}

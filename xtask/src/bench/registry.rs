//! A registry of the benchmark's own: the peers' program on a loopback port of the lab's network, with its data on the ground.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::ground::{Ground, PEERS};

/// A running registry; dropped, it ends, and its data stays.
#[derive(Debug)]
pub(super) struct Registry {
    process: Child,
    port: u16,
}

impl Registry {
    /// Starts one on a port, with what one on this port had before, and waits until it answers.
    pub(super) fn open(ground: &Ground, port: u16) -> Result<Self, String> {
        let network = &ground.lab()?.network;
        let data = data(port);
        fs::create_dir_all(&data).map_err(|error| format!("create {}: {error}", data.display()))?;
        let configuration = data.with_extension("yml");
        let text = serde_json::json!({
            "version": 0.1,
            "log": { "level": "error", "accesslog": { "disabled": true } },
            "storage": { "filesystem": { "rootdirectory": data } },
            "http": { "addr": format!("127.0.0.1:{port}") },
        });
        fs::write(&configuration, text.to_string())
            .map_err(|error| format!("write {}: {error}", configuration.display()))?;
        let process = Command::new("setpriv")
            .args(["--pdeathsig", "KILL", "nsenter", &format!("--net={network}"), "chroot", PEERS])
            .args(["docker-registry", "serve"])
            .arg(configuration)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| format!("start a registry: {error}"))?;
        let registry = Self { process, port };
        registry.wait(network)?;
        Ok(registry)
    }

    /// The name of a repository's image here.
    pub(super) fn image(&self, repository: &str) -> String {
        format!("127.0.0.1:{}/{repository}:latest", self.port)
    }

    /// Whether it has an image of this repository.
    pub(super) fn has(&self, repository: &str) -> bool {
        let tags = format!("docker/registry/v2/repositories/{repository}/_manifests/tags/latest");
        data(self.port).join(tags).exists()
    }

    /// Removes all that it has. It keeps nothing in memory.
    pub(super) fn empty(&self) -> Result<(), String> {
        let place = data(self.port).join("docker");
        match fs::remove_dir_all(&place) {
            Err(error) if place.exists() => Err(format!("remove {}: {error}", place.display())),
            _ => Ok(()),
        }
    }

    /// Waits until somebody listens on the port, in the network namespace of the lab.
    fn wait(&self, network: &str) -> Result<(), String> {
        let sockets = network.replace("/ns/net", "/net/tcp");
        let wanted = format!(":{:04X} 00000000:0000 0A", self.port);
        let deadline = Instant::now() + Duration::from_secs(10);
        while Instant::now() < deadline {
            if fs::read_to_string(&sockets).is_ok_and(|text| text.contains(&wanted)) {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Err(format!("the registry does not listen on port {}", self.port))
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        // one that has ended by itself is as good
        let _ = self.process.kill().and_then(|()| self.process.wait());
    }
}

/// The same path for the registry in the peers' root directory.
fn data(port: u16) -> PathBuf {
    Path::new("/media/data").join(format!("registry-{port}"))
}

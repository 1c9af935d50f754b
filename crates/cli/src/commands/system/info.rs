//! `tare info`.

use crate::failure::Outcome;
use crate::globals::Globals;
use engine::containers::{self, Status};
use engine::{Engine, images};
use output::{size, template};
use serde_json::{Value, json};
use std::io::Write;
use std::path::Path;

/// Arguments of `info`.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// json, or a Go template
    #[arg(short, long, default_value = "", hide_default_value = true)]
    format: String,
}

pub(crate) fn run(globals: &Globals, arguments: Arguments) -> Outcome {
    let engine = globals.engine()?;
    let (machine, counts) = (Machine::new(), Counts::new(&engine)?);
    let root = engine.layout().data_root.as_path();
    let out = &mut std::io::stdout().lock();
    match arguments.format.as_str() {
        "" => out.write_all(text(&machine, counts, root).as_bytes())?,
        format => template::object(out, format, &document(&machine, counts, root))?,
    }
    Ok(0)
}

/// What the engine has.
#[derive(Debug, Clone, Copy, Default)]
struct Counts {
    containers: usize,
    running: usize,
    paused: usize,
    images: usize,
}

impl Counts {
    fn new(engine: &Engine) -> Outcome<Self> {
        let containers = containers::list(engine)?;
        let count = |status| containers.iter().filter(|container| container.status == status).count();
        Ok(Self {
            containers: containers.len(),
            running: count(Status::Running),
            paused: count(Status::Paused),
            images: images::list(engine.store())?.len(),
        })
    }

    fn stopped(self) -> usize {
        self.containers - self.running - self.paused
    }
}

/// What the machine is.
#[derive(Debug)]
struct Machine {
    name: String,
    kernel: String,
    system: String,
    architecture: String,
    processors: usize,
    /// Bytes.
    memory: u64,
    cgroup: &'static str,
}

impl Machine {
    fn new() -> Self {
        let host = sys::system::uname();
        let words = |text: &std::ffi::CStr| text.to_string_lossy().into_owned();
        let release = ["/etc/os-release", "/usr/lib/os-release"];
        let system = release.iter().find_map(|path| pretty_name(&std::fs::read_to_string(path).ok()?));
        let memory = sys::system::sysinfo();
        let is_unified = Path::new("/sys/fs/cgroup/cgroup.controllers").exists();
        Self {
            name: words(host.nodename()),
            kernel: words(host.release()),
            system: system.unwrap_or_else(|| words(host.sysname())),
            architecture: words(host.machine()),
            processors: std::thread::available_parallelism().map_or(1, usize::from),
            memory: memory.totalram.saturating_mul(u64::from(memory.mem_unit)),
            cgroup: if is_unified { "2" } else { "1" },
        }
    }
}

/// The system's name in an os-release file (os-release(5)).
fn pretty_name(text: &str) -> Option<String> {
    let value = text.lines().find_map(|line| line.strip_prefix("PRETTY_NAME="))?;
    let name = value.trim().trim_matches(['"', '\'']);
    (!name.is_empty()).then(|| name.to_owned())
}

/// With Docker's keys in Docker's order, those that mean something here.
fn document(machine: &Machine, counts: Counts, root: &Path) -> Value {
    json!({
        "Containers": counts.containers,
        "ContainersRunning": counts.running,
        "ContainersPaused": counts.paused,
        "ContainersStopped": counts.stopped(),
        "Images": counts.images,
        "Driver": "overlay2",
        "DriverStatus": [],
        "Plugins": { "Volume": ["local"], "Network": ["bridge", "host", "null"], "Authorization": null, "Log": ["json-file"] },
        "MemoryLimit": true,
        "SwapLimit": true,
        "PidsLimit": true,
        "IPv4Forwarding": true,
        "Debug": false,
        "LoggingDriver": "json-file",
        "CgroupDriver": "cgroupfs",
        "CgroupVersion": machine.cgroup,
        "KernelVersion": machine.kernel,
        "OperatingSystem": machine.system,
        "OSType": "linux",
        "Architecture": machine.architecture,
        "NCPU": machine.processors,
        "MemTotal": machine.memory,
        "DockerRootDir": root,
        "Name": machine.name,
        "Labels": [],
        "ExperimentalBuild": false,
        "ServerVersion": env!("CARGO_PKG_VERSION"),
        "Runtimes": { "tare": {} },
        "DefaultRuntime": "tare",
        "Swarm": { "LocalNodeState": "inactive" },
        "LiveRestoreEnabled": true,
        "SecurityOptions": ["name=seccomp,profile=builtin", "name=cgroupns"],
        "Warnings": null,
        "ClientInfo": {
            "Debug": false,
            "Version": env!("CARGO_PKG_VERSION"),
            "Os": "linux",
            "Arch": oci::Platform::host().architecture,
            "Context": "default",
            "Plugins": [],
            "Warnings": null,
        },
    })
}

fn text(machine: &Machine, counts: Counts, root: &Path) -> String {
    let version = env!("CARGO_PKG_VERSION");
    let Counts { containers, running, paused, images } = counts;
    let Machine { name, kernel, system, architecture, processors, memory, cgroup } = machine;
    format!(
        "\
Client:
 Version:    {version}
 Context:    default
 Debug Mode: false

Server:
 Containers: {containers}
  Running: {running}
  Paused: {paused}
  Stopped: {stopped}
 Images: {images}
 Server Version: {version}
 Storage Driver: overlay2
 Logging Driver: json-file
 Cgroup Driver: cgroupfs
 Cgroup Version: {cgroup}
 Plugins:
  Volume: local
  Network: bridge host null
  Log: json-file
 Swarm: inactive
 Runtimes: tare
 Default Runtime: tare
 Security Options:
  seccomp
   Profile: builtin
  cgroupns
 Kernel Version: {kernel}
 Operating System: {system}
 OSType: linux
 Architecture: {architecture}
 CPUs: {processors}
 Total Memory: {memory}
 Name: {name}
 Docker Root Dir: {root}
 Debug Mode: false
 Experimental: false
 Live Restore Enabled: true

",
        stopped = counts.stopped(),
        memory = size::binary(*memory),
        root = root.display(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn system_names() {
        assert_eq!(pretty_name("ID=x\nPRETTY_NAME=\"A B 1 (c)\"\n").as_deref(), Some("A B 1 (c)"));
        assert_eq!(pretty_name("PRETTY_NAME=Plain").as_deref(), Some("Plain"));
        assert_eq!(pretty_name("PRETTY_NAME=\"\"\nNAME=x"), None);
    }

    #[test]
    fn text_and_document_agree() {
        let machine = Machine {
            name: "box".into(),
            kernel: "6.12.1".into(),
            system: "Debian".into(),
            architecture: "x86_64".into(),
            processors: 4,
            memory: 8 << 30,
            cgroup: "2",
        };
        let counts = Counts { containers: 6, running: 3, paused: 2, images: 9 };
        let document = document(&machine, counts, Path::new("/d"));
        assert_eq!(document["ContainersStopped"], 1);
        let text = text(&machine, counts, Path::new("/d"));
        for line in [
            " Containers: 6",
            "  Stopped: 1",
            " Images: 9",
            " CPUs: 4",
            " Total Memory: 8GiB",
            " Docker Root Dir: /d",
        ] {
            assert!(text.lines().any(|found| found == line), "{line}");
        }
    }
}

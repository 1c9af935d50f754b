//! Who takes part.

use std::fs;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

use super::cgroup;
use super::seat::{Place, Seat};

/// Those that can be measured.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Kind {
    Tare,
    Crun,
    Runc,
    /// No runtime: a program that asks the kernel for the same.
    Floor,
    /// The daemon with BuildKit, in a lab only: what a benchmark builds there is pruned with all build cache.
    Docker,
    Podman,
    /// Podman's library without its engine.
    Skopeo,
    /// The daemon below docker's, by its own client.
    Containerd,
}

impl Kind {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Tare => "tare",
            Self::Crun => "crun",
            Self::Runc => "runc",
            Self::Floor => "floor",
            Self::Docker => "docker",
            Self::Podman => "podman",
            Self::Skopeo => "skopeo",
            Self::Containerd => "containerd",
        }
    }

    /// The words that print the version, and nothing else of it that has a digit.
    fn version(self, program: &str) -> Vec<String> {
        let words: &[&str] = match self {
            Self::Tare | Self::Crun | Self::Runc | Self::Podman | Self::Skopeo => &[program, "--version"],
            Self::Floor => &["echo", "floor 1"],
            Self::Docker => &[program, "version", "--format", "{{.Server.Version}}"],
            Self::Containerd => &["containerd", "--version"],
        };
        words.iter().map(|&word| word.into()).collect()
    }
}

/// One that takes part, or the reason why it does not.
#[derive(Debug)]
pub(super) struct Contender {
    pub(super) kind: Kind,
    /// Name and version.
    pub(super) label: String,
    pub(super) seat: Result<Seat, String>,
}

impl Contender {
    /// Starts a seat and asks `program` for its version there.
    pub(super) fn seated(kind: Kind, program: &str, place: &Place<'_>) -> Self {
        let asked = Seat::start(place).and_then(|mut seat| {
            let said = seat.output(&kind.version(program))?;
            Ok((seat, said))
        });
        match asked {
            Ok((seat, said)) => {
                Self { kind, label: format!("{} {}", kind.name(), number(&said)), seat: Ok(seat) }
            }
            Err(reason) => Self::absent(kind, reason),
        }
    }

    pub(super) fn absent(kind: Kind, reason: String) -> Self {
        Self { kind, label: kind.name().into(), seat: Err(reason) }
    }
}

/// The first word of what a program says about its version that begins with a digit.
fn number(said: &str) -> &str {
    let mut words = said.split_whitespace();
    words
        .find(|word| word.starts_with(|first: char| first.is_ascii_digit()))
        .unwrap_or("?")
        .trim_end_matches(',')
}

/// How to reach the docker daemon of a lab.
#[derive(Debug)]
pub(super) struct Daemon {
    /// The same path on the host and in the lab's root directory.
    pub(super) socket: PathBuf,
    /// The cgroup of the daemon, what it starts and its containers.
    pub(super) group: Option<String>,
    /// The network namespace of the lab, as a path that is the same everywhere.
    pub(super) network: String,
    /// The socket of the daemon below, when that is up; also a path that is the same everywhere.
    pub(super) below: Option<String>,
}

impl Daemon {
    /// The daemon that the lab's configuration describes, when it answers.
    pub(super) fn of_lab(lab: &Path) -> Result<Self, String> {
        let path = lab.join("etc/docker/daemon.json");
        let text = fs::read_to_string(&path).map_err(|error| format!("read {}: {error}", path.display()))?;
        let settings: serde_json::Value =
            serde_json::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))?;
        let socket = settings["hosts"][0].as_str().and_then(|host| host.strip_prefix("unix://"));
        let socket = PathBuf::from(socket.unwrap_or("/run/docker.sock"));
        UnixStream::connect(&socket).map_err(|error| format!("not up ({}: {error})", socket.display()))?;
        let process = running("dockerd").ok_or("not up (no process dockerd)")?;
        Ok(Self {
            socket,
            group: cgroup::of_process(&process),
            network: format!("/proc/{process}/ns/net"),
            below: running("containerd")
                .map(|process| format!("/proc/{process}/root/run/containerd/containerd.sock")),
        })
    }
}

/// The id of a process by its name.
fn running(name: &str) -> Option<String> {
    let ids = fs::read_dir("/proc").ok()?.filter_map(Result::ok).map(|entry| entry.file_name());
    let mut ids = ids.map(|id| id.to_string_lossy().into_owned());
    ids.find(|id| fs::read_to_string(format!("/proc/{id}/comm")).is_ok_and(|comm| comm.trim_end() == name))
}

#[cfg(test)]
mod tests {
    use super::number;

    #[test]
    fn versions_are_found_in_what_programs_say() {
        assert_eq!(number("crun version 1.28\ncommit: 0"), "1.28");
        assert_eq!(number("Docker version 28.5.2, build x"), "28.5.2");
        assert_eq!(number("no idea"), "?");
    }
}

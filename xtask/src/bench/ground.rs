//! The ground on which the contenders meet: one mount namespace, one file system, a root directory for each side.
//!
//! ```text
//! /media        tmpfs
//!   data        ext4 in a file: stores, bundles, contexts; the file is unlinked, so the mount is all that holds it
//!   run         run-time state: tmpfs, as /run is
//!   bin         the measured binary, a copy: its inode tells our processes from others
//!   peers       the peers' root directory, with this /media in it
//! ```

use std::fs;
use std::path::Path;
use std::process::Command;

use super::contender::{Contender, Daemon, Kind};
use super::fixture;
use super::host::{self, program};
use super::seat::{Place, Seat};
use super::{cases, cgroup};
use crate::target;

/// Where the measured binary is.
pub(super) const BINARY: &str = "/media/bin/tare";
/// The bundle of the bare runtime.
pub(super) const BUNDLE: &str = "/media/data/bundle";
/// The image of all contenders, a tar of the bundle's root file system.
pub(super) const IMAGE: &str = "tare-bench/busybox:latest";

/// The program without a runtime.
pub(super) const FLOOR: &str = "/media/bin/floor";

/// The peers' root directory.
pub(super) const PEERS: &str = "/media/peers";
/// Where programs put what they need for a while.
const SCRATCH: &str = "/media/data/scratch";
const ARCHIVE: &str = "/media/data/busybox.tar";

/// The ground, and those on it.
#[derive(Debug)]
pub(super) struct Ground {
    run: String,
    contenders: Vec<Contender>,
    /// The lab's daemon, or why there is none.
    lab: Result<Daemon, String>,
}

impl Ground {
    /// Mounts everything, makes the image and the bundle, and seats the contenders.
    pub(super) fn lay(image: &Path, run: &str, peers: &Path) -> Result<Self, String> {
        mount(&["-t", "tmpfs", "-o", "mode=755", "tmpfs", "/media"])?;
        for directory in ["bin", "data", "peers", "run", "run/home"] {
            make(&Path::new("/media").join(directory))?;
        }
        mount(&["-o", "loop,noinit_itable", &image.to_string_lossy(), "/media/data"])?;
        fs::remove_file(image).map_err(|error| format!("unlink {}: {error}", image.display()))?;
        make(Path::new(SCRATCH))?;
        let lab =
            if peers == Path::new("/") { Err("needs a lab (--peers)".into()) } else { Daemon::of_lab(peers) };
        enter_peers(peers, lab.as_ref().ok())?;
        fixture::bundles(Path::new(BUNDLE), &cases::oci::bundles(&host::group(run)))?;
        program(Command::new("tar").args(["-C", &format!("{BUNDLE}/rootfs"), "-cf", ARCHIVE, "."]))?;
        let mut ground = Self { run: run.into(), contenders: Vec::new(), lab };
        ground.contenders = vec![
            ground.tare_seated()?,
            ground.peer_seated(Kind::Crun),
            ground.peer_seated(Kind::Runc),
            ground.floor_seated(),
            ground.daemon_seated(Kind::Docker),
            ground.daemon_seated(Kind::Containerd),
            ground.peer_seated(Kind::Podman),
            ground.peer_seated(Kind::Skopeo),
        ];
        ground.import()?;
        Ok(ground)
    }

    fn tare_seated(&self) -> Result<Contender, String> {
        let Some(binary) = target::tare().filter(|path| path.exists()) else {
            return Ok(Contender::absent(Kind::Tare, "not built".into()));
        };
        fs::copy(&binary, BINARY).map_err(|error| format!("copy {}: {error}", binary.display()))?;
        // pages that are not on the disk yet would count as dirty memory of whoever executes the file
        fs::File::open(BINARY)
            .and_then(|file| file.sync_all())
            .map_err(|error| format!("sync {BINARY}: {error}"))?;
        let place = Place {
            root: Path::new("/"),
            group: &format!("{}/tare", host::group(&self.run)),
            others: vec![format!("tare-{}", host::suffix(&self.run)?)],
            environment: Vec::new(),
        };
        Ok(Contender::seated(Kind::Tare, BINARY, &place))
    }

    fn peer_seated(&self, kind: Kind) -> Contender {
        let group = format!("{}/{}", host::group(&self.run), kind.name());
        // what they put aside while they work must not be on another file system
        let environment = vec![("TMPDIR", SCRATCH.to_owned())];
        let place = Place { root: Path::new(PEERS), group: &group, others: Vec::new(), environment };
        Contender::seated(kind, kind.name(), &place)
    }

    /// The program without a runtime makes one group in each hierarchy, and expects those above.
    fn floor_seated(&self) -> Contender {
        let group = format!("{}/floor", host::group(&self.run));
        let made = fixture::floor(Path::new(FLOOR)).and_then(|()| cgroup::create_everywhere(&group));
        if let Err(reason) = made {
            return Contender::absent(Kind::Floor, reason);
        }
        let place =
            Place { root: Path::new("/"), group: &group, others: Vec::new(), environment: Vec::new() };
        Contender::seated(Kind::Floor, FLOOR, &place)
    }

    /// The cgroup of a contender in this run.
    pub(super) fn group(&self, kind: Kind) -> String {
        format!("{}/{}", host::group(&self.run), kind.name())
    }

    /// The daemons of the lab share a cgroup.
    fn daemon_seated(&self, kind: Kind) -> Contender {
        let daemon = match &self.lab {
            Ok(daemon) => daemon,
            Err(reason) => return Contender::absent(kind, reason.clone()),
        };
        let place = Place {
            root: Path::new(PEERS),
            group: &format!("{}/{}", host::group(&self.run), kind.name()),
            others: daemon.group.clone().into_iter().collect(),
            environment: vec![("DOCKER_HOST", format!("unix://{}", daemon.socket.display()))],
        };
        Contender::seated(kind, kind.name(), &place)
    }

    /// The lab's daemon, or why there is none.
    pub(super) fn lab(&self) -> Result<&Daemon, String> {
        self.lab.as_ref().map_err(Clone::clone)
    }

    /// Gives the image to the engines. One that cannot take it does not take part.
    fn import(&mut self) -> Result<(), String> {
        let tare = self.tare(&["import", ARCHIVE, IMAGE]);
        let docker = ["docker", "import", ARCHIVE, IMAGE].map(String::from).to_vec();
        for (kind, words) in [(Kind::Tare, tare), (Kind::Docker, docker)] {
            let outcome = self.seat(kind).and_then(|seat| seat.output(&words));
            if let Err(reason) = outcome {
                self.dismiss(kind, reason)?;
            }
        }
        Ok(())
    }

    fn dismiss(&mut self, kind: Kind, reason: String) -> Result<(), String> {
        let all = self.contenders.iter_mut();
        for contender in all.filter(|contender| contender.kind == kind && contender.seat.is_ok()) {
            std::mem::replace(&mut contender.seat, Err(reason.clone()))?.leave()?;
        }
        Ok(())
    }

    /// The command line of `tare` with `words`, on a store of its own.
    pub(super) fn tare(&self, words: &[&str]) -> Vec<String> {
        let exec_root = host::exec_root(&self.run);
        let global = [BINARY, "--data-root", "/media/data/tare", "--exec-root", &exec_root];
        global.iter().chain(words).map(|&word| word.into()).collect()
    }

    /// The contender's seat, or why it has none.
    pub(super) fn seat(&mut self, kind: Kind) -> Result<&mut Seat, String> {
        let contender = self.contenders.iter_mut().find(|contender| contender.kind == kind);
        let contender = contender.ok_or("does not take part")?;
        contender.seat.as_mut().map_err(|reason| reason.clone())
    }

    /// Name and version of the contender.
    pub(super) fn label(&self, kind: Kind) -> String {
        let contender = self.contenders.iter().find(|contender| contender.kind == kind);
        contender.map_or(kind.name().into(), |contender| contender.label.clone())
    }

    /// Name and version of everybody who takes part.
    pub(super) fn versions(&self) -> Vec<String> {
        let present = self.contenders.iter().filter(|contender| contender.seat.is_ok());
        present.map(|contender| contender.label.clone()).collect()
    }

    /// Has everybody remove what they keep outside the mount namespace, and ends the seats.
    pub(super) fn clear(mut self) -> Result<(), String> {
        let cleared = self.clear_tare().and(self.clear_docker());
        let seats = self.contenders.into_iter().filter_map(|contender| contender.seat.ok());
        seats.map(Seat::leave).fold(cleared, Result::and)
    }

    fn clear_tare(&mut self) -> Result<(), String> {
        let prune = self.tare(&["system", "prune", "--all", "--force"]);
        self.seat(Kind::Tare).map_or(Ok(()), |seat| seat.output(&prune).map(drop))
    }

    /// The build cache holds what was built, and the lab has no other use for it.
    fn clear_docker(&mut self) -> Result<(), String> {
        let Ok(seat) = self.seat(Kind::Docker) else { return Ok(()) };
        let image = format!("docker image rm --force {IMAGE}");
        [&image, "docker image prune --force", "docker builder prune --all --force"].iter().try_for_each(
            |words| seat.output(&words.split(' ').map(String::from).collect::<Vec<_>>()).map(drop),
        )
    }
}

/// Makes the peers' root directory: a lab's with the kernel's file systems and the daemon's socket, or the host's own.
fn enter_peers(peers: &Path, daemon: Option<&Daemon>) -> Result<(), String> {
    if peers == Path::new("/") {
        mount(&["--rbind", "/", PEERS])?;
    } else {
        mount(&["--bind", &peers.to_string_lossy(), PEERS])?;
        for kernel in ["proc", "dev", "sys"] {
            mount(&["--rbind", &format!("/{kernel}"), &format!("{PEERS}/{kernel}")])?;
        }
        for scratch in ["run", "tmp"] {
            mount(&["-t", "tmpfs", "tmpfs", &format!("{PEERS}/{scratch}")])?;
        }
        if let Some(directory) = daemon.and_then(|daemon| daemon.socket.parent()) {
            let there = format!("{PEERS}{}", directory.display());
            make(Path::new(&there))?;
            mount(&["--bind", &directory.to_string_lossy(), &there])?;
        }
        mount(&["--bind", "/media", &format!("{PEERS}/media")])?;
        mount(&["--bind", "/media/data", &format!("{PEERS}/media/data")])?;
    }
    // crun refuses version 1 hierarchies beside a version 2 one that lists any controller.
    let cgroups = Path::new(PEERS).join("sys/fs/cgroup");
    if cgroups.join("memory").is_dir() && cgroups.join("unified/cgroup.procs").exists() {
        program(Command::new("umount").arg(cgroups.join("unified")))?;
    }
    Ok(())
}

fn mount(words: &[&str]) -> Result<(), String> {
    program(Command::new("mount").args(words)).map_err(|error| format!("mount {}: {error}", words.join(" ")))
}

fn make(directory: &Path) -> Result<(), String> {
    fs::create_dir_all(directory).map_err(|error| format!("create {}: {error}", directory.display()))
}

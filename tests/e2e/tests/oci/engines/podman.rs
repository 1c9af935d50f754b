//! Podman: one command, no daemon.

use e2e::{Bundle, Said, ask, needs_programs};
use std::fs;
use std::path::PathBuf;
use std::process::Command;

/// Podman with a store of its own, and our runtime.
struct Podman {
    bundle: Bundle,
    runtime: PathBuf,
}

impl Podman {
    fn new() -> Option<Self> {
        if !needs_programs(&["podman"]) {
            return None;
        }
        let bundle = Bundle::new()?;
        let runtime = super::runtime(bundle.engine(), "tare-runtime");
        Some(Self { bundle, runtime })
    }

    fn podman(&self, words: &[&str]) -> Said {
        let place = |name: &str| self.bundle.engine().path(name).display().to_string();
        let mut podman = Command::new("podman");
        podman.args([
            "--root",
            &place("podman-root"),
            "--runroot",
            &place("podman-run"),
            "--tmpdir",
            &place("podman-tmp"),
        ]);
        podman.args(["--cgroup-manager", "cgroupfs", "--events-backend", "file", "--storage-driver", "vfs"]);
        // its containers are this test's: the default state directory is the machine's
        podman.args(["--runtime-flag", &format!("root={}", self.bundle.state().display())]);
        podman.arg("--runtime").arg(&self.runtime).args(words);
        ask(&mut podman, b"")
    }
}

#[test]
fn podman_runs_execs_and_removes() {
    let Some(podman) = Podman::new() else { return };
    let root = podman.bundle.root("").display().to_string();
    let name = format!("tare-{}", podman.bundle.engine().table());
    let run = |more: &[&str]| {
        let base = [
            "run",
            "--network",
            "none",
            "--security-opt",
            "unmask=ALL",
            "--ulimit",
            "nofile=1000:1000",
            "--ulimit",
            "nproc=1000:1000",
        ];
        podman.podman(&[&base, more].concat())
    };
    let rootfs = ["--rootfs", &root];
    assert_eq!(run(&[&["--rm"], &rootfs[..], &["echo", "from podman"]].concat()).text(), "from podman");
    assert_eq!(run(&[&["--rm"], &rootfs[..], &["sh", "-c", "exit 5"]].concat()).code, 5);
    run(&[&["-d", "--name", &name], &rootfs[..], &["sleep", "1000"]].concat()).ok();
    assert_eq!(podman.podman(&["exec", &name, "cat", "/proc/1/comm"]).text(), "sleep");
    podman.podman(&["pause", &name]).ok();
    podman.podman(&["unpause", &name]).ok();
    podman.podman(&["stop", "-t", "0", &name]).ok();
    podman.podman(&["rm", &name]).ok();
    let said = run(&[&["--rm"], &rootfs[..], &["/no/such"]].concat());
    assert_ne!(said.code, 0);
    assert!(said.err.contains("/no/such"), "{said:?}");
    let _ = fs::remove_dir_all(podman.bundle.engine().path("podman-root"));
}

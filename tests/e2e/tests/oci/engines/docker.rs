//! Docker, with our runtime as its default.

use super::{image, runtime};
use e2e::{Client, Daemon, Said, Terminal, TestEngine, ask, needs_programs};
use std::process::Command;

struct Docker {
    _daemon: Daemon,
    client: Client,
    _engine: TestEngine,
}

impl Docker {
    fn new() -> Option<Self> {
        if !needs_programs(&["dockerd", "docker", "containerd", "unshare"]) {
            return None;
        }
        let engine = TestEngine::new()?;
        let place = |name: &str| engine.path(name).display().to_string();
        let runtime = format!("tare={}", runtime(&engine, "tare-runtime").display());
        let (socket, parent) = (format!("unix://{}", place("socket")), format!("/{}", engine.table()));
        let mut command = Command::new("dockerd");
        command.args([
            "--host",
            &socket,
            "--data-root",
            &place("docker-root"),
            "--exec-root",
            &place("docker-run"),
        ]);
        command.args(["--pidfile", &place("docker-pid"), "--storage-driver", "vfs"]);
        // a test must not lower its own, and its network namespace has no way out
        command.args([
            "--oom-score-adjust",
            "0",
            "--bridge",
            "none",
            "--iptables=false",
            "--ip6tables=false",
        ]);
        command.args(["--cgroup-parent", &parent, "--add-runtime", &runtime, "--default-runtime", "tare"]);
        let log = engine.path("dockerd.log");
        let daemon = Daemon::start(&command, &["/run", "/etc/docker"], &log, &engine.table());
        let words = ["--config", &place("docker-config"), "--host", &socket].map(Into::into).to_vec();
        let client = Client { program: "docker", words };
        daemon.wait_until(|| client.ask(&["version"]));
        client.ask(&["load", "--quiet", "--input", &image(&engine).display().to_string()]).ok();
        Some(Self { _daemon: daemon, client, _engine: engine })
    }

    fn run(&self, flags: &[&str], command: &[&str]) -> Said {
        self.client.ask(&[&["run", "--network", "none"], flags, &["busybox"], command].concat())
    }

    fn exec(&self, script: &str) -> Said {
        self.client.ask(&["exec", "stays", "sh", "-c", script])
    }

    fn inspect(&self, name: &str, format: &str) -> String {
        self.client.ask(&["inspect", "--format", format, name]).text()
    }
}

/// Where a container sees a limit of its own, by the version of control groups.
const LIMITS: &str = "cat /sys/fs/cgroup/memory/memory.limit_in_bytes /sys/fs/cgroup/pids/pids.max 2>/dev/null || cat /sys/fs/cgroup/memory.max /sys/fs/cgroup/pids.max";

#[test]
fn it_runs_with_limits_and_exit_codes() {
    let Some(docker) = Docker::new() else { return };
    let info = docker.client.ask(&["info", "--format", "{{.DefaultRuntime}}"]).text();
    assert_eq!(info, "tare");
    assert_eq!(docker.run(&["--rm"], &["echo", "from docker"]).text(), "from docker");
    assert_eq!(docker.run(&["--rm"], &["sh", "-c", "exit 5"]).code, 5);
    docker.run(&["--rm"], &["/no/such"]).fails(127, "/no/such");
    assert_eq!(docker.run(&["--rm"], &["/etc"]).code, 126);
    let limits = docker.run(&["--rm", "--memory", "64m", "--pids-limit", "20"], &["sh", "-c", LIMITS]);
    assert_eq!(limits.lines(), ["67108864", "20"]);
    let memory = ["--name", "large", "--memory", "16m", "--memory-swap", "16m"];
    assert_eq!(docker.run(&memory, &["sh", "-c", "x=a; while :; do x=$x$x; done"]).code, 137);
    assert_eq!(docker.inspect("large", "{{.State.OOMKilled}}"), "true");
    docker.client.ask(&["rm", "large"]).ok();
    assert_eq!(docker.client.ask(&["ps", "--all", "--quiet"]).text(), "");
}

#[test]
fn one_that_stays_is_executed_in_paused_updated_and_stopped() {
    let Some(docker) = Docker::new() else { return };
    docker.run(&["--detach", "--name", "stays"], &["sleep", "1000"]).ok();
    assert_eq!(docker.exec("cat /proc/1/comm").text(), "sleep");
    assert_eq!(
        ask(&mut docker.client.command(&["exec", "--interactive", "stays", "cat"]), b"in").text(),
        "in"
    );
    assert_eq!(docker.exec("exit 7").code, 7);
    assert_ne!(docker.client.ask(&["exec", "stays", "/no/such"]).code, 0);
    // its own processes and disks, not the machine's
    let stats =
        docker.client.ask(&["stats", "--no-stream", "--format", "{{.PIDs}} {{.BlockIO}}", "stays"]).text();
    assert!(stats.starts_with("1 ") && !stats.contains("GB"), "{stats}");
    assert!(docker.client.ask(&["top", "stays"]).text().contains("sleep 1000"));
    docker.client.ask(&["pause", "stays"]).ok();
    assert_eq!(docker.inspect("stays", "{{.State.Status}}"), "paused");
    docker.client.ask(&["unpause", "stays"]).ok();
    assert_eq!(docker.inspect("stays", "{{.State.Status}}"), "running");
    docker
        .client
        .ask(&["update", "--memory", "64m", "--memory-swap", "64m", "--pids-limit", "30", "stays"])
        .ok();
    assert_eq!(docker.exec(LIMITS).lines(), ["67108864", "30"]);
    docker.client.ask(&["stop", "--time", "0", "stays"]).ok();
    assert_eq!(docker.inspect("stays", "{{.State.Status}} {{.State.ExitCode}}"), "exited 137");
    docker.client.ask(&["start", "stays"]).ok();
    docker.client.ask(&["kill", "stays"]).ok();
    docker.client.ask(&["rm", "stays"]).ok();
    let words = ["run", "--network", "none", "--rm", "--tty", "busybox", "sh", "-c", "tty; exit 3"];
    let (seen, code) = Terminal::start(&docker.client.command(&words), 24, 80).finish();
    assert!(seen.contains("/dev/pts/0"), "{seen:?}");
    assert_eq!(code, 3);
}

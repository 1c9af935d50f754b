//! containerd: its shim calls the runtime, as under Kubernetes.

use super::{image, runtime};
use e2e::{Client, Daemon, Said, Terminal, TestEngine, eventually, needs_programs};
use std::fs;
use std::process::Command;

const BUSYBOX: &str = "docker.io/library/busybox:latest";

struct Containerd {
    daemon: Daemon,
    ctr: Client,
    runtime: String,
    fifos: String,
    group: String,
    engine: TestEngine,
}

impl Containerd {
    fn new() -> Option<Self> {
        if !needs_programs(&["containerd", "ctr", "unshare"]) {
            return None;
        }
        let engine = TestEngine::new()?;
        let place = |name: &str| engine.path(name).display().to_string();
        // a part that is for Kubernetes alone and takes long, and one that writes to /opt
        let settings = "version = 2\ndisabled_plugins = [\"io.containerd.grpc.v1.cri\", \"io.containerd.internal.v1.opt\"]\n";
        engine.write("containerd.toml", settings);
        let mut command = Command::new("containerd");
        command.args(["--config", &place("containerd.toml"), "--root", &place("containerd-root")]);
        command.args(["--state", &place("containerd-state"), "--address", &place("socket")]);
        // what it makes with mapped users it makes with the `runc` of its path
        let runc = runtime(&engine, "runc");
        let path = std::env::var("PATH").unwrap_or_default();
        command.env("PATH", format!("{}:{path}", runc.parent().unwrap().display()));
        let group = engine.table();
        let daemon = Daemon::start(&command, &["/run"], &engine.path("containerd.log"), &group);
        let words = vec!["--address".into(), place("socket").into()];
        let ctr = Client { program: "ctr", words };
        daemon.wait_until(|| ctr.ask(&["version"]));
        let archive = image(&engine).display().to_string();
        ctr.ask(&["images", "import", "--snapshotter", "native", &archive]).ok();
        fs::create_dir(engine.path("fifos")).unwrap();
        let runtime = runtime(&engine, "tare-runtime").display().to_string();
        Some(Self { daemon, ctr, runtime, fifos: place("fifos"), group, engine })
    }

    /// The words of `ctr run` for a container of this name.
    fn run<'a>(
        &'a self,
        flags: &[&'a str],
        name: &'a str,
        group: &'a str,
        command: &[&'a str],
    ) -> Vec<&'a str> {
        let fixed = [
            "run",
            "--snapshotter",
            "native",
            "--runc-binary",
            &self.runtime,
            "--fifo-dir",
            &self.fifos,
            "--cgroup",
            group,
        ];
        [&fixed, flags, &[BUSYBOX, name], command].concat()
    }

    fn runs(&self, flags: &[&str], name: &str, command: &[&str]) -> Said {
        let group = format!("/{}/{name}", self.group);
        self.ctr.ask(&self.run(flags, name, &group, command))
    }

    fn exec(&self, container: &str, id: &str, command: &[&str]) -> Said {
        self.ctr.ask(
            &[&["task", "exec", "--fifo-dir", &self.fifos, "--exec-id", id, container], command].concat(),
        )
    }
}

#[test]
fn it_runs_execs_pauses_and_removes() {
    let Some(containerd) = Containerd::new() else { return };
    assert_eq!(containerd.runs(&["--rm"], "hello", &["echo", "from containerd"]).text(), "from containerd");
    assert_eq!(containerd.runs(&["--rm"], "five", &["sh", "-c", "exit 5"]).code, 5);
    let memory = ["--rm", "--memory-limit", "16000000"];
    assert_eq!(containerd.runs(&memory, "large", &["sh", "-c", "x=a; while :; do x=$x$x; done"]).code, 137);
    containerd.runs(&["-d", "--null-io"], "stays", &["sleep", "1000"]).ok();
    assert_eq!(containerd.exec("stays", "one", &["cat", "/proc/1/comm"]).text(), "sleep");
    assert_eq!(containerd.exec("stays", "two", &["sh", "-c", "exit 7"]).code, 7);
    containerd.exec("stays", "three", &["/no/such"]).fails(1, "/no/such");
    let list = || containerd.ctr.ask(&["task", "ls"]).text();
    containerd.ctr.ask(&["task", "pause", "stays"]).ok();
    assert!(list().contains("PAUSED"), "{}", list());
    containerd.ctr.ask(&["task", "resume", "stays"]).ok();
    assert!(list().contains("RUNNING"), "{}", list());
    let metrics = containerd.ctr.ask(&["task", "metrics", "stays"]).text();
    assert!(metrics.contains("pids.current") && metrics.contains("memory"), "{metrics}");
    containerd.ctr.ask(&["task", "kill", "--signal", "SIGKILL", "stays"]).ok();
    eventually("the task stops", || list().contains("STOPPED").then_some(()));
    containerd.ctr.ask(&["task", "delete", "stays"]).ok();
    containerd.ctr.ask(&["container", "rm", "stays"]).ok();
    assert_eq!(containerd.ctr.ask(&["container", "ls", "-q"]).text(), "");
}

#[test]
fn what_cannot_be_started_is_told_and_leaves_nothing() {
    let Some(containerd) = Containerd::new() else { return };
    for round in 0..5 {
        containerd.runs(&["--rm"], &format!("none-{round}"), &["/no/such"]).fails(1, "/no/such");
        // it is there, and no program
        containerd.runs(&["--rm"], &format!("bad-{round}"), &["/etc"]).fails(1, "/etc");
    }
    eventually("all are gone", || {
        let left = containerd.ctr.ask(&["task", "ls", "-q"]).text()
            + &containerd.ctr.ask(&["container", "ls", "-q"]).text();
        left.is_empty().then_some(())
    });
    let tasks = containerd.engine.path("containerd-state/io.containerd.runtime.v2.task/default");
    let left = fs::read_dir(tasks).into_iter().flatten().count();
    assert_eq!(left, 0, "{}", containerd.daemon.log());
}

#[test]
fn it_has_a_terminal_and_user_namespaces() {
    let Some(containerd) = Containerd::new() else { return };
    let group = format!("/{}/terminal", containerd.group);
    let words = containerd.run(&["--rm", "-t"], "terminal", &group, &["sh", "-c", "tty; exit 3"]);
    let terminal = Terminal::start(&containerd.ctr.command(&words), 24, 80);
    let (seen, code) = terminal.finish();
    assert!(seen.contains("/dev/pts/0"), "{seen:?}");
    assert_eq!(code, 3);
    let map = "0:100000:65536";
    let said = containerd.runs(
        &["--rm", "--uidmap", map, "--gidmap", map],
        "mapped",
        &["cat", "/proc/self/uid_map"],
    );
    assert!(said.text().contains("100000"));
}

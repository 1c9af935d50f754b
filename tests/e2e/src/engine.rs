//! An engine of a test's own.

use crate::kernel::{self, Process};
use crate::patience::eventually;
use crate::remains::{self, Remains};
use crate::root::Root;
use crate::said::{self, Said, ask};
use crate::{binary, skip};
use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;

/// Settings of the machine that tests run on, which are none of a test's.
const FOREIGN: [&str; 17] = [
    "TARE_DATA_ROOT",
    "TARE_EXEC_ROOT",
    "TARE_REGISTRIES",
    "REGISTRY_AUTH_FILE",
    "CONTAINERS_REGISTRIES_CONF",
    "XDG_RUNTIME_DIR",
    "XDG_CONFIG_HOME",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "ALL_PROXY",
    "http_proxy",
    "https_proxy",
    "no_proxy",
    "all_proxy",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
];

/// A private engine. Its end removes what it has and checks that nothing of it is left on the machine.
#[derive(Debug)]
pub struct TestEngine {
    place: TempDir,
    binary: PathBuf,
}

impl TestEngine {
    /// An engine with the image `busybox`; none, with a word on why, on a machine where it cannot run.
    #[must_use]
    pub fn new() -> Option<Self> {
        let engine = Self::empty()?;
        engine.import("busybox", &Root::busybox(), &[]);
        Some(engine)
    }

    /// An engine without an image.
    #[must_use]
    pub fn empty() -> Option<Self> {
        if !skip::needs_root() || !skip::needs_programs(&["busybox", "cc", "nft", "ip"]) {
            return None;
        }
        let place = tempfile::Builder::new().prefix("tare-").tempdir().expect("a temporary directory");
        Some(Self { place, binary: binary::find() })
    }

    /// The tested binary.
    #[must_use]
    pub fn binary(&self) -> &Path {
        &self.binary
    }

    /// A path in the test's own directory.
    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        self.place.path().join(name)
    }

    /// The data root.
    #[must_use]
    pub fn data_root(&self) -> PathBuf {
        self.path("data")
    }

    /// The exec root.
    #[must_use]
    pub fn exec_root(&self) -> PathBuf {
        self.path("exec")
    }

    /// Writes a file into the test's own directory.
    ///
    /// # Panics
    /// If it cannot.
    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("it is in a directory")).expect("make a directory");
        fs::write(&path, content).expect("write a file");
        path
    }

    /// The binary with this engine's roots and these arguments. Its user's home is `home`, and `etc` has the settings of registries.
    pub fn command<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Command {
        let mut command = Command::new(&self.binary);
        command.arg("--data-root").arg(self.data_root()).arg("--exec-root").arg(self.exec_root());
        command.args(arguments);
        for name in FOREIGN {
            command.env_remove(name);
        }
        command.env("HOME", self.path("home")).env("DOCKER_CONFIG", self.path("home/.docker"));
        command.env("TARE_REGISTRIES", self.path("etc"));
        command
    }

    /// What the binary says to these arguments.
    #[track_caller]
    pub fn tare<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Said {
        ask(&mut self.command(arguments), b"")
    }

    /// The same with words that have no spaces in them, written as one types them.
    #[track_caller]
    pub fn line(&self, words: &str) -> Said {
        self.tare(words.split_whitespace())
    }

    /// The same with a last argument that may have spaces, such as a script.
    #[track_caller]
    pub fn line_then(&self, words: &str, last: &str) -> Said {
        self.tare(words.split_whitespace().chain([last]))
    }

    /// `run --rm FLAGS busybox COMMAND`, without a network if the flags do not name one.
    #[track_caller]
    pub fn run(&self, flags: &[&str], command: &[&str]) -> Said {
        let network: &[&str] = if flags.contains(&"--network") { &[] } else { &["--network", "none"] };
        self.tare([&["run", "--rm"], network, flags, &["busybox"], command].concat())
    }

    /// The same with a script for the shell.
    #[track_caller]
    pub fn sh(&self, flags: &[&str], script: &str) -> Said {
        self.run(flags, &["sh", "-c", script])
    }

    /// Starts a container in the background; its id.
    ///
    /// # Panics
    /// If it does not start.
    #[track_caller]
    pub fn start(&self, flags: &[&str], command: &[&str]) -> String {
        let start: &[&str] = &["run", "-d"];
        self.tare([start, flags, &["busybox"], command].concat()).text()
    }

    /// Starts a command of ours that goes on while the test does something else.
    ///
    /// # Panics
    /// If it cannot be run.
    pub fn spawn<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Background {
        Background::start(&mut self.command(arguments))
    }

    /// Makes an image of a root file system, with changes of its configuration (`CMD …`).
    ///
    /// # Panics
    /// If it cannot.
    #[track_caller]
    pub fn import(&self, name: &str, root: &Root, changes: &[&str]) {
        let archive = self.write(&format!("{name}.tar"), root.archive());
        let mut arguments = vec![OsString::from("import")];
        for change in changes {
            arguments.extend(["-c".into(), change.into()]);
        }
        arguments.extend([archive.clone().into(), name.into()]);
        self.tare(arguments).ok();
        fs::remove_file(archive).expect("remove the archive");
    }

    /// `inspect` of one thing, parsed.
    ///
    /// # Panics
    /// If there is no such thing.
    #[track_caller]
    #[must_use]
    pub fn inspect(&self, name: &str) -> serde_json::Value {
        let text = self.tare(["inspect", name]).text();
        let mut list: Vec<serde_json::Value> = serde_json::from_str(&text).expect("inspect prints JSON");
        assert_eq!(list.len(), 1, "one thing was asked for: {text}");
        list.remove(0)
    }

    /// What the engine calls its control group and nftables table (docs/adr/0007).
    pub(crate) fn host_name(&self) -> String {
        format!("tare-{}", remains::suffix(&self.exec_root()))
    }

    /// The bridge's name.
    #[must_use]
    pub fn bridge(&self) -> String {
        format!("tare{}", remains::suffix(&self.exec_root()))
    }

    /// The nftables table's name.
    #[must_use]
    pub fn table(&self) -> String {
        self.host_name()
    }

    /// The supervisors of this engine.
    #[must_use]
    pub fn supervisors(&self) -> Vec<Process> {
        let root = self.exec_root().display().to_string();
        let is_ours = |process: &Process| process.arguments().contains(&root) && process.is_alive();
        Process::all().into_iter().filter(is_ours).collect()
    }

    /// The supervisor of a container.
    ///
    /// # Panics
    /// If there is none.
    #[track_caller]
    #[must_use]
    pub fn supervisor(&self, id: &str) -> Process {
        let found =
            self.supervisors().into_iter().find(|process| process.arguments().iter().any(|a| a == id));
        found.expect("the container has a supervisor")
    }

    /// The container's control group in a hierarchy, by the name of a file in it.
    ///
    /// # Panics
    /// If there is none.
    #[track_caller]
    #[must_use]
    pub fn cgroup_file(&self, id: &str, file: &str) -> String {
        let groups = kernel::cgroups(&Path::new(&self.host_name()).join(id));
        let path = groups.iter().map(|group| group.join(file)).find(|path| path.exists());
        let path = path.unwrap_or_else(|| panic!("no control group of {id} has {file}: {groups:?}"));
        fs::read_to_string(path).expect("it can be read").trim_end().to_owned()
    }

    /// The engine's control groups.
    #[must_use]
    pub fn cgroups(&self) -> Vec<PathBuf> {
        let own = kernel::cgroups(Path::new(&self.host_name()));
        let below = |group: &PathBuf| fs::read_dir(group).into_iter().flatten().flatten().map(|e| e.path());
        let mut groups: Vec<PathBuf> = own.iter().flat_map(below).filter(|path| path.is_dir()).collect();
        groups.sort();
        groups
    }

    /// The processes of a container.
    #[must_use]
    pub fn processes(&self, id: &str) -> Vec<Process> {
        let groups = kernel::cgroups(&Path::new(&self.host_name()).join(id));
        let mut processes: Vec<Process> = groups.iter().flat_map(|group| kernel::members(group)).collect();
        processes.sort();
        processes.dedup();
        processes
    }

    /// A container's process 1.
    ///
    /// # Panics
    /// If it does not run.
    #[track_caller]
    #[must_use]
    pub fn init(&self, id: &str) -> Process {
        let processes = self.processes(id);
        let is_init = |process: &&Process| {
            process.status("NSpid").is_some_and(|numbers| numbers.split_whitespace().last() == Some("1"))
        };
        *processes.iter().find(is_init).expect("the container has a process 1")
    }

    /// Waits until a container has ended and its supervisor too.
    #[track_caller]
    pub fn await_end(&self, id: &str) {
        eventually("the container's supervisor ends", || {
            let runs = self.supervisors().iter().any(|process| process.arguments().iter().any(|a| a == id));
            (!runs).then_some(())
        });
    }

    /// The ids of the containers that the engine knows.
    #[must_use]
    pub fn containers(&self) -> Vec<String> {
        let entries = fs::read_dir(self.data_root().join("containers")).into_iter().flatten().flatten();
        entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
    }

    /// Removes everything by the engine's own commands.
    fn clear(&self) {
        // one with `--rm` may be about to remove itself
        remains::until_gone(|| {
            let containers = self.containers();
            let arguments = ["rm", "-f", "-v"].map(str::to_owned).into_iter().chain(containers.clone());
            containers.is_empty() || self.tare(arguments).code == 0
        });
        // the kernel takes its time with a network namespace, and the bridge stays as long as something is plugged into it
        remains::until_gone(|| {
            self.tare(["system", "prune", "-af"]).ok();
            !Path::new("/sys/class/net").join(self.bridge()).exists()
        });
    }
}

impl Drop for TestEngine {
    fn drop(&mut self) {
        let failing = std::thread::panicking();
        let cleared = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| self.clear()));
        let remains = Remains {
            place: self.place.path(),
            exec_root: &self.exec_root(),
            group: &self.host_name(),
            bridge: &self.bridge(),
        };
        let left = remains.wait_for_none();
        if left.is_empty() && cleared.is_ok() {
            return;
        }
        remains.remove();
        eprintln!("the engine left behind: {left:#?}");
        assert!(failing, "the engine left something behind: {left:#?}");
    }
}

/// A command of ours that goes on. Dropped, it is killed.
#[derive(Debug)]
pub struct Background {
    child: Child,
}

impl Background {
    /// Starts a command.
    ///
    /// # Panics
    /// If it cannot be run.
    pub fn start(command: &mut Command) -> Self {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        Self { child: command.spawn().expect("the binary can be run") }
    }

    /// Its process.
    ///
    /// # Panics
    /// Never: the kernel's numbers fit.
    #[must_use]
    pub fn process(&self) -> Process {
        Process { pid: i32::try_from(self.child.id()).expect("a process number fits") }
    }

    /// Its standard input.
    ///
    /// # Panics
    /// If it was taken before.
    pub fn input(&mut self) -> std::process::ChildStdin {
        self.child.stdin.take().expect("the input is still here")
    }

    /// Its standard output.
    ///
    /// # Panics
    /// If it was taken before.
    pub fn output(&mut self) -> std::process::ChildStdout {
        self.child.stdout.take().expect("the output is still here")
    }

    /// Waits for its end.
    #[track_caller]
    #[must_use]
    pub fn finish(mut self) -> Said {
        self.child.stdin.take();
        // the child that is left here has ended: dropping it does nothing
        let placeholder = Command::new("true").stdout(Stdio::null()).spawn().expect("true can be run");
        let child = std::mem::replace(&mut self.child, placeholder);
        said::finish(child, "a command in the background")
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        // it may have ended
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

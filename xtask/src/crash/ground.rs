//! An engine of the sweep's own: its binary, its roots, its fixtures.

use super::operation::Operation;
use super::registry::Registry;
use super::stand_in::SUPERVISOR;
use super::{checker, remains};
use crate::program::output;
use crate::target;
use std::fs::{self, File};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// What a command may take before it hangs.
pub(super) const LIMIT: Duration = Duration::from_secs(20);

/// Programs of the host that the sweep needs.
const PROGRAMS: [&str; 8] =
    ["strace", "unshare", "busybox", "tar", "sha256sum", "nft", "ip", "docker-registry"];

/// Its steps change, replace, and delete what the base has, so that loading it makes whiteouts and opaque directories.
const DOCKERFILE: &str = "\
FROM bb
COPY one two /copied/
RUN rm -r /old && mkdir /old && echo new > /old/new && rm /gone && chown 1:1 /copied/one
";

/// How the archives and images are made that the operations begin with.
const FIXTURES: [&str; 5] = [
    "import @/bb.tar bb",
    "build -q -t app @/context",
    "save -o @/app.tar app",
    "build -q -t %/pulled @/pulled",
    "push -q %/pulled",
];

/// What is pulled: its first layer arrives in several pieces.
const PULLED: &str = "FROM scratch\nCOPY large one /copied/\nCOPY two /copied/\n";
/// Bytes of the large file, which cannot be compressed.
const LARGE: usize = 600_000;

/// The engine. Its directory goes with it.
#[derive(Debug)]
pub(super) struct Ground {
    place: PathBuf,
    data_root: PathBuf,
    /// So that each command has files of its own for what it prints.
    commands: AtomicU64,
    registry: Registry,
    /// What the names of host objects end with (docs/adr/0007).
    suffix: String,
}

impl Ground {
    /// Makes the fixtures, with the binary that is to be tested.
    pub(super) fn prepare() -> Result<Self, String> {
        let binary = target::tare().ok_or("no tare binary: build it, or name it with TARE_BIN")?;
        for program in PROGRAMS {
            located(program)?;
        }
        let place = new_place()?;
        let exec_root = place.join("exec");
        let suffix = suffix(&exec_root)?;
        let registry = Registry::start(&place.join("registry"))?;
        let ground =
            Self { data_root: place.join("data"), place, commands: AtomicU64::new(0), registry, suffix };
        let failed = |error: std::io::Error| format!("{}: {error}", ground.place.display());
        fs::create_dir_all(ground.place.join("bin")).map_err(failed)?;
        fs::copy(&binary, ground.tare_program()).map_err(|error| format!("{}: {error}", binary.display()))?;
        fs::hard_link(ground.tare_program(), ground.supervisor_program()).map_err(failed)?;
        ground.make_fixtures().map_err(failed)?;
        ground.archive("small")?;
        ground.archive("bb")?;
        for command in FIXTURES {
            ground.tare(command)?;
        }
        checker::clean(&ground)?;
        Ok(ground)
    }

    fn make_fixtures(&self) -> std::io::Result<()> {
        let base = self.place.join("bb");
        for directory in ["bb/bin", "bb/old", "bb/tmp", "small/directory", "context", "pulled"] {
            fs::create_dir_all(self.place.join(directory))?;
        }
        fs::copy(find("busybox").unwrap_or_default(), base.join("bin/busybox"))?;
        for applet in ["sh", "true", "sleep", "rm", "mkdir", "chown"] {
            symlink("busybox", base.join("bin").join(applet))?;
        }
        let files = ["context/one", "context/two", "pulled/one", "pulled/two"];
        for file in ["bb/old/file", "bb/gone", "small/directory/file"].iter().chain(&files) {
            fs::write(self.place.join(file), format!("content of {file}\n"))?;
        }
        fs::write(self.place.join("context/Dockerfile"), DOCKERFILE)?;
        fs::write(self.place.join("pulled/Dockerfile"), PULLED)?;
        fs::write(self.place.join("pulled/large"), noise())?;
        fs::hard_link(self.place.join("small/directory/file"), self.place.join("small/again"))?;
        symlink("directory/file", self.place.join("small/link"))
    }

    fn archive(&self, name: &str) -> Result<(), String> {
        let mut command = Command::new("tar");
        command.arg("-C").arg(self.place.join(name)).arg("-cf").arg(self.place.join(format!("{name}.tar")));
        command.arg(".");
        self.finish(command, "tar")?.said("tar").map(drop)
    }

    pub(super) fn place(&self) -> &Path {
        &self.place
    }

    pub(super) fn data_root(&self) -> &Path {
        &self.data_root
    }

    /// Moves the engine to another data root; what is in the old one is not looked at any more.
    pub(super) fn move_to(&mut self, data_root: PathBuf) {
        self.data_root = data_root;
    }

    pub(super) fn exec_root(&self) -> PathBuf {
        self.place.join("exec")
    }

    /// strace's output.
    pub(super) fn log(&self) -> PathBuf {
        self.place.join("strace")
    }

    pub(super) fn tare_program(&self) -> PathBuf {
        self.place.join("bin/tare")
    }

    /// The same program under the name that makes it a supervisor. A link of its own: the other one is covered (`stand_in.rs`).
    pub(super) fn supervisor_program(&self) -> PathBuf {
        self.place.join("bin").join(SUPERVISOR)
    }

    /// The name of the cgroup and of the nftables table.
    pub(super) fn group(&self) -> String {
        format!("tare-{}", self.suffix)
    }

    pub(super) fn bridge(&self) -> String {
        format!("tare{}", self.suffix)
    }

    /// Where a program of the host is.
    pub(super) fn program(&self, name: &str) -> Result<String, String> {
        located(name)
    }

    /// The flags that choose this engine.
    pub(super) fn roots(&self) -> [String; 4] {
        let [data, exec] = [self.data_root(), &self.exec_root()].map(|path| path.display().to_string());
        ["--data-root".into(), data, "--exec-root".into(), exec]
    }

    /// A command of the table as words: `@` is the directory of fixtures, `%` the registry.
    pub(super) fn words(&self, command: &str) -> Vec<String> {
        let place = self.place.display().to_string();
        let replaced = |word: &str| word.replacen('@', &place, 1).replacen('%', self.registry.host(), 1);
        command.split_whitespace().map(replaced).collect()
    }

    /// Runs a command of the engine; what it printed, or what it complained about.
    pub(super) fn tare(&self, command: &str) -> Result<String, String> {
        self.end_of(command)?.said(&format!("tare {command}"))
    }

    /// Runs a command of the engine to its end, which may be any; an error if it hangs.
    pub(super) fn end_of(&self, command: &str) -> Result<Ended, String> {
        let mut program = Command::new(self.tare_program());
        program.args(self.roots()).args(self.words(command));
        self.finish(program, &format!("tare {command}"))
    }

    /// Runs something to its end, which may be any; an error if it hangs.
    pub(super) fn finish(&self, mut command: Command, name: &str) -> Result<Ended, String> {
        let number = self.commands.fetch_add(1, Ordering::Relaxed);
        let [said, complained] =
            ["said", "complained"].map(|word| self.place.join(format!("{word}-{number}")));
        let failed = |error: std::io::Error| format!("{name}: {error}");
        let file = |path| File::create(path).map_err(failed);
        command.stdin(Stdio::null()).stdout(file(&said)?).stderr(file(&complained)?);
        let status = wait(&mut command, name);
        let read = |path: &Path| {
            let bytes = fs::read(path).unwrap_or_default();
            // nobody reads it again
            let _ = fs::remove_file(path);
            String::from_utf8_lossy(&bytes).into_owned()
        };
        let (output, complaint) = (read(&said), read(&complained));
        Ok(Ended { status: status?, output, complaint })
    }

    /// Brings the engine into the state that an operation begins in.
    pub(super) fn stock(&self, operation: &Operation) -> Result<(), String> {
        self.try_stock(operation).or_else(|_| {
            self.scrap()?;
            self.try_stock(operation)
        })
    }

    fn try_stock(&self, operation: &Operation) -> Result<(), String> {
        if operation.fresh {
            return self.scrap();
        }
        // so that making these is part of what is killed
        let _ = fs::remove_dir_all(self.exec_root().join("seccomp"));
        self.registry.forget()?;
        self.tare("import @/bb.tar bb")?;
        self.take_new()?;
        operation.setup.iter().try_for_each(|command| self.tare(command).map(drop))
    }

    /// Takes `@/new.tar` away, which no command replaces. If it is there, it is whole.
    pub(super) fn take_new(&self) -> Result<(), String> {
        let path = self.place.join("new.tar");
        if !path.exists() {
            return Ok(());
        }
        let loaded = self.tare("load -i @/new.tar");
        fs::remove_file(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        loaded.map(drop)
    }

    /// The processes of this engine, and those that trace them.
    pub(super) fn processes(&self) -> Vec<u32> {
        remains::processes(&self.exec_root(), &self.group())
    }

    /// A supervisor of this engine.
    pub(super) fn supervisor(&self) -> Option<u32> {
        self.processes().into_iter().find(|pid| {
            let arguments = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
            let name = arguments.split(|byte| *byte == 0).next().unwrap_or_default();
            name.ends_with(SUPERVISOR.as_bytes())
        })
    }

    /// Ends all that lives in memory only, as a power cut does.
    pub(super) fn power_off(&self) -> Result<(), String> {
        remains::remove(self)?;
        match fs::remove_dir_all(self.exec_root()) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(format!("{}: {error}", self.exec_root().display()))
            }
            _ => Ok(()),
        }
    }

    /// Throws everything away, whatever state it is in.
    pub(super) fn scrap(&self) -> Result<(), String> {
        remains::remove(self)?;
        for root in [self.data_root(), &self.exec_root()] {
            if root.exists() {
                fs::remove_dir_all(root).map_err(|error| format!("{}: {error}", root.display()))?;
            }
        }
        Ok(())
    }
}

/// How a program ended.
#[derive(Debug)]
pub(super) struct Ended {
    pub(super) status: ExitStatus,
    pub(super) output: String,
    pub(super) complaint: String,
}

impl Ended {
    /// What it printed, if it succeeded; or what it complained about, in one line.
    pub(super) fn said(self, name: &str) -> Result<String, String> {
        let Self { status, output, complaint } = self;
        if status.success() {
            return Ok(output);
        }
        Err(format!("{name}: {status}: {}", complaint.trim().replace('\n', "; ")))
    }
}

impl Drop for Ground {
    fn drop(&mut self) {
        // what stays is seen by `cargo xtask leftovers`
        let _ = self.scrap();
        let _ = fs::remove_dir_all(&self.place);
    }
}

/// Bytes without a pattern, the same each time.
fn noise() -> Vec<u8> {
    let step = |state: &u64| {
        Some(state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407))
    };
    std::iter::successors(Some(1), step).map(|state: u64| (state >> 56) as u8).take(LARGE).collect()
}

/// A directory that no other sweep has had, not even one that was killed.
fn new_place() -> Result<PathBuf, String> {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    let name = format!("tare-crash-{}-{:x}", std::process::id(), now.as_nanos());
    let place = std::env::temp_dir().join(name);
    fs::create_dir(&place).map_err(|error| format!("{}: {error}", place.display()))?;
    Ok(place)
}

/// What the names of host objects of an engine end with. Nothing may ever be looked for without it: that would be anybody's.
fn suffix(exec_root: &Path) -> Result<String, String> {
    let path = exec_root.with_extension("text");
    fs::write(&path, exec_root.as_os_str().as_encoded_bytes()).map_err(|error| error.to_string())?;
    let digest = output(Command::new("sha256sum").arg(&path))?;
    digest.get(..8).map(str::to_owned).ok_or_else(|| "sha256sum: no digest".into())
}

fn located(program: &str) -> Result<String, String> {
    find(program).map(|path| path.display().to_string()).ok_or_else(|| format!("{program} is not installed"))
}

fn find(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|directory| directory.join(program)).find(|file| file.is_file())
}

/// Runs a program to its end, but not longer than any may take.
fn wait(command: &mut Command, name: &str) -> Result<ExitStatus, String> {
    let failed = |error: std::io::Error| format!("{name}: {error}");
    let mut child = command.spawn().map_err(failed)?;
    let deadline = Instant::now() + LIMIT;
    loop {
        if let Some(status) = child.try_wait().map_err(failed)? {
            return Ok(status);
        }
        if Instant::now() > deadline {
            // it may have ended just now
            let _ = child.kill();
            let _ = child.wait();
            return Err(format!("{name}: hangs"));
        }
        std::thread::sleep(Duration::from_millis(1));
    }
}

//! Bundles for the OCI runtime's command line, and the runtime called on them.

use crate::engine::TestEngine;
use crate::root::Root;
use crate::said::{Said, ask};
use serde_json::{Value, json};
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The host's user who is root in a bundle with mapped users.
pub const MAPPED: u32 = 100_000;

/// A bundle directory of a private engine, with busybox as its root file system.
#[derive(Debug)]
pub struct Bundle {
    engine: TestEngine,
    directory: PathBuf,
    /// Its configuration; [`Bundle::write`] puts it on disk.
    pub config: Value,
}

impl Bundle {
    /// A bundle that runs `true`; none (said in a line) where that is impossible.
    #[must_use]
    pub fn new() -> Option<Self> {
        Self::of(&Root::busybox())
    }

    /// The same with another root file system.
    ///
    /// # Panics
    /// If it cannot be made.
    #[must_use]
    pub fn of(root: &Root) -> Option<Self> {
        let engine = TestEngine::empty()?;
        let directory = engine.path("bundle");
        fs::create_dir_all(directory.join("rootfs")).expect("make a directory");
        root.unpack(&directory.join("rootfs")).expect("unpack the root file system");
        let mut bundle = Self { engine, directory, config: Value::Null };
        bundle.oci(["spec", "--bundle", &bundle.name()]).ok();
        let text = fs::read(bundle.directory.join("config.json")).expect("it was written");
        bundle.config = serde_json::from_slice(&text).expect("it is JSON");
        bundle.config["process"]["terminal"] = json!(false);
        bundle.config["process"]["args"] = json!(["true"]);
        bundle.config["root"]["readonly"] = json!(false);
        bundle.config["linux"]["cgroupsPath"] = json!(format!("/{}/bundle", bundle.engine.table()));
        bundle.write();
        Some(bundle)
    }

    /// Where it is.
    #[must_use]
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// The same as text.
    #[must_use]
    pub fn name(&self) -> String {
        self.directory.display().to_string()
    }

    /// Where the runtime keeps the state of containers.
    #[must_use]
    pub fn state(&self) -> PathBuf {
        self.engine.exec_root().join("oci")
    }

    /// A file of the root file system.
    #[must_use]
    pub fn root(&self, path: &str) -> PathBuf {
        self.directory.join("rootfs").join(path)
    }

    /// The private engine that it belongs to.
    #[must_use]
    pub fn engine(&self) -> &TestEngine {
        &self.engine
    }

    /// Writes the configuration.
    ///
    /// # Panics
    /// If it cannot.
    pub fn write(&self) {
        fs::write(self.directory.join("config.json"), self.config.to_string()).expect("write a file");
    }

    /// Changes the configuration at a JSON pointer and writes it.
    ///
    /// # Panics
    /// If the place is not there.
    #[track_caller]
    pub fn set(&mut self, pointer: &str, value: Value) -> &mut Self {
        let (parent, name) = pointer.rsplit_once('/').expect("a pointer");
        let place = self.config.pointer_mut(parent).expect("the place is there");
        match place {
            Value::Array(list) => list.push(value),
            place => place[name] = value,
        }
        self.write();
        self
    }

    /// The runtime with these words.
    pub fn command<S: AsRef<OsStr>>(&self, words: impl IntoIterator<Item = S>) -> Command {
        let mut command = self.engine.command(["oci"]);
        command.args(words).current_dir(&self.directory);
        command
    }

    /// What the runtime says to these words.
    #[track_caller]
    pub fn oci<S: AsRef<OsStr>>(&self, words: impl IntoIterator<Item = S>) -> Said {
        ask(&mut self.command(words), b"")
    }

    /// As [`Bundle::oci`], for what leaves a container behind: it has the streams of its maker, so that these are a file here.
    ///
    /// # Panics
    /// If it cannot be run.
    #[track_caller]
    pub fn detached<S: AsRef<OsStr>>(&self, words: impl IntoIterator<Item = S>) -> Said {
        let path = self.engine.path("detached");
        let file = fs::File::create(&path).expect("make a file");
        let output = || file.try_clone().expect("duplicate a descriptor");
        let mut command = self.command(words);
        let status = command.stdin(Stdio::null()).stdout(output()).stderr(output()).status();
        let code = status.expect("it can be run").code().unwrap_or(255);
        let text = fs::read_to_string(&path).expect("read a file");
        Said { code, out: text.clone(), err: text }
    }

    /// Gives it a user namespace whose root is the host's user [`MAPPED`], to whom its directories belong.
    ///
    /// # Panics
    /// If they cannot be made.
    pub fn map_users(&mut self) {
        self.set("/linux/namespaces/-", json!({"type": "user"}));
        for list in ["/linux/uidMappings", "/linux/gidMappings"] {
            self.set(list, json!([{"containerID": 0, "hostID": MAPPED, "size": 65536}]));
        }
        for path in ["", "proc", "sys", "dev", "tmp", "etc"] {
            fs::create_dir_all(self.root(path)).expect("make a directory");
            std::os::unix::fs::chown(self.root(path), Some(MAPPED), Some(MAPPED)).expect("change an owner");
        }
    }

    /// Runs the bundle in the background, with a program that sleeps.
    #[track_caller]
    pub fn sleep(&mut self) {
        self.set("/process/args", json!(["sleep", "1000"]));
        self.detached(["run", "--detach", "bundle"]).ok();
    }

    /// Runs the bundle with a script for its shell.
    #[track_caller]
    pub fn sh(&mut self, script: &str) -> Said {
        self.set("/process/args", json!(["sh", "-c", script]));
        self.oci(["run", "bundle"])
    }

    /// The state of the bundle's container, as its word.
    #[track_caller]
    #[must_use]
    pub fn status(&self) -> String {
        let state: Value = serde_json::from_str(&self.oci(["state", "bundle"]).text()).expect("it is JSON");
        state["status"].as_str().expect("it has a status").to_owned()
    }

    /// Nothing of a container is left: no state, no mount, no cgroup.
    ///
    /// # Panics
    /// If something is.
    #[track_caller]
    pub fn nothing_is_left(&self) {
        let entries = fs::read_dir(self.state()).into_iter().flatten().flatten();
        let ids: Vec<_> = entries.map(|e| e.file_name()).filter(|n| n != ".seccomp").collect();
        assert!(ids.is_empty(), "containers: {ids:?}");
        let mounts = fs::read_to_string("/proc/self/mountinfo").expect("read the mounts");
        let own: Vec<&str> = mounts.lines().filter(|line| line.contains(&self.name())).collect();
        assert!(own.is_empty(), "mounts: {own:?}");
        let groups = crate::kernel::cgroups(Path::new(&format!("{}/bundle", self.engine.table())));
        assert!(groups.is_empty(), "cgroups: {groups:?}");
    }
}

impl Drop for Bundle {
    fn drop(&mut self) {
        // what a test left running must not outlive it; there may be nothing
        let _ = self.oci(["delete", "--force", "bundle"]);
        for group in crate::kernel::cgroups(Path::new(&self.engine.table())) {
            let _ = fs::remove_dir(group);
        }
    }
}

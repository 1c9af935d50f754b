//! `tare build`, theme by theme. What is expected of metadata and copied files is what Docker 28 does with the same Dockerfile.

mod arguments;
mod cache;
mod closure;
mod commands;
mod copy;
mod copy_from;
mod failure;
mod ignore;
mod layers;
mod metadata;
mod registry;
mod request;
mod stages;
mod unpack;

use e2e::{Said, TestEngine};
use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::thread::{self, JoinHandle};

/// A build context, and an engine that makes the image `built` of it.
struct Project {
    engine: TestEngine,
}

impl Project {
    fn new() -> Option<Self> {
        TestEngine::new().map(|engine| Self { engine })
    }

    /// Writes a file of the context.
    fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        self.engine.write(&format!("context/{name}"), content)
    }

    fn directory(&self) -> String {
        self.engine.path("context").display().to_string()
    }

    /// `build --network none FLAGS -t built CONTEXT` with this Dockerfile.
    #[track_caller]
    fn build(&self, flags: &[&str], dockerfile: &str) -> Said {
        self.file("Dockerfile", dockerfile);
        self.rebuild(flags)
    }

    /// The same with the Dockerfile that is there.
    #[track_caller]
    fn rebuild(&self, flags: &[&str]) -> Said {
        let network: &[&str] = if flags.contains(&"--network") { &[] } else { &["--network", "none"] };
        self.engine.tare([&["build"], network, flags, &["-t", "built", &self.directory()]].concat())
    }

    /// It builds.
    #[track_caller]
    fn builds(&self, dockerfile: &str) {
        self.build(&[], dockerfile).ok();
    }

    /// What a script says in the image.
    #[track_caller]
    fn sh(&self, script: &str) -> Said {
        let run = [
            "run",
            "--rm",
            "--network",
            "none",
            "-u",
            "0",
            "-w",
            "/",
            "--entrypoint",
            "/bin/sh",
            "built",
            "-c",
            script,
        ];
        self.engine.tare(run)
    }

    /// A Go template over the image.
    #[track_caller]
    fn inspect(&self, template: &str) -> String {
        self.engine.tare(["image", "inspect", "--format", template, "built"]).text()
    }

    /// The lines of the image's history that this build made, first to last.
    #[track_caller]
    fn history(&self) -> Vec<String> {
        // an entry may have several lines; an imported base's has none
        let template = "{{.CreatedBy}}\u{1e}";
        let said = self.engine.tare(["history", "--no-trunc", "--format", template, "built"]).text();
        let entries = said.split_terminator('\u{1e}').map(|entry| entry.trim_start_matches('\n').to_owned());
        let mut lines: Vec<String> = entries.filter(|entry| !entry.is_empty()).collect();
        lines.reverse();
        lines
    }

    #[track_caller]
    fn id(&self) -> String {
        self.inspect("{{.Id}}")
    }

    /// Steps that were left half done.
    fn staging(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.engine.data_root().join("staging")).into_iter().flatten().flatten();
        entries.map(|entry| entry.path()).collect()
    }
}

/// How many steps the plain progress says were cached.
fn cached(said: &Said) -> usize {
    said.err.lines().filter(|line| line.ends_with(" CACHED")).count()
}

/// Where steps with the host's network report (`echo WHO | nc 127.0.0.1 $PORT`) and wait for an answer.
struct Meeting {
    listener: TcpListener,
}

impl Meeting {
    fn new() -> Self {
        Self { listener: TcpListener::bind("127.0.0.1:0").unwrap() }
    }

    /// The flags that tell a build the port.
    fn flags(&self) -> [String; 4] {
        let port = self.listener.local_addr().unwrap().port();
        ["--network".into(), "host".into(), "--build-arg".into(), format!("PORT={port}")]
    }

    /// Waits in the background until `count` steps have come.
    fn gather(&self, count: usize) -> JoinHandle<Vec<(String, TcpStream)>> {
        let listener = self.listener.try_clone().unwrap();
        thread::spawn(move || (0..count).map(|_| greet(&listener)).collect())
    }
}

fn greet(listener: &TcpListener) -> (String, TcpStream) {
    use std::io::{BufRead as _, BufReader};
    let (stream, _) = listener.accept().unwrap();
    let mut line = String::new();
    BufReader::new(&stream).read_line(&mut line).unwrap();
    (line.trim_end().to_owned(), stream)
}

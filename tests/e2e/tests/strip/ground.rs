//! The store that all programs' images are in, and how they get there.

use crate::strip::fetched;
use crate::strip::program::{CONTEXTS, Program};
use e2e::TestEngine;
use std::path::Path;
use std::process::{Command, Output};
use std::sync::{Arc, Mutex, PoisonError, Weak};

/// As long as somebody has it: what is installed in one image is not installed again for the next one with the same line.
static GROUND: Mutex<Weak<Ground>> = Mutex::new(Weak::new());

/// An engine with the image `base`: Debian, with the lists of its packages.
#[derive(Debug)]
pub(crate) struct Ground {
    pub(crate) engine: TestEngine,
}

impl Ground {
    /// The ground that another test has, or a new one; none, with a word on why, where it cannot be.
    pub(crate) fn open() -> Option<Arc<Self>> {
        let mut shared = GROUND.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(ground) = shared.upgrade() {
            return Some(ground);
        }
        let engine = TestEngine::empty()?;
        if !e2e::needs_programs(&["mmdebstrap", "pip3", "npm"]) {
            return None;
        }
        crate::examples::prepare(&engine, "debian");
        let ground = Arc::new(Self { engine });
        ground.build_context("base", &Path::new(CONTEXTS).join("base"));
        *shared = Arc::downgrade(&ground);
        Some(ground)
    }

    /// Builds a program's fat image.
    #[track_caller]
    pub(crate) fn build(&self, program: &Program) {
        let context = self.engine.path(&format!("contexts/{}", program.name));
        copy(&Path::new(CONTEXTS).join(program.name), &context);
        fetched::add(&context);
        self.build_context(program.name, &context);
    }

    #[track_caller]
    fn build_context(&self, name: &str, context: &Path) {
        let context = context.display().to_string();
        self.takes_long(&["build", "-t", name, &context]);
    }

    /// A command that may take minutes, and succeeds.
    #[track_caller]
    pub(crate) fn takes_long(&self, arguments: &[&str]) {
        let output = self.run(arguments);
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8_lossy(&said);
        // the packages that were installed before it failed fill pages
        let start = said.lines().count().saturating_sub(40);
        let end: Vec<&str> = said.lines().skip(start).collect();
        let words = arguments.join(" ");
        assert!(output.status.success(), "tare {words}: {}\n{}", output.status, end.join("\n"));
    }

    /// A command that may take minutes.
    pub(super) fn run(&self, arguments: &[&str]) -> Output {
        let tare = self.engine.command(arguments);
        let mut command = Command::new("timeout");
        command.args(["--kill-after=10", "900"]).arg(tare.get_program()).args(tare.get_args());
        for (name, value) in tare.get_envs() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        command.output().expect("timeout can be run")
    }
}

impl Drop for Ground {
    fn drop(&mut self) {
        // gigabytes in a hundred thousand files: more than the engine's own end has patience for, which tells what is left
        let _ = self.run(&["system", "prune", "-af"]);
    }
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to.parent().unwrap()).unwrap();
    let copied = Command::new("cp").arg("-aT").args([from, to]).status().unwrap();
    assert!(copied.success(), "copy {}", from.display());
}

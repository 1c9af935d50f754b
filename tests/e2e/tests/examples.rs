//! The examples of the repository: each one builds and runs, and says itself whether the output is what it should be.

use e2e::TestEngine;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Output};
use std::sync::{Mutex, PoisonError};

/// An example makes files in its own directory, and a base that another one needs too.
static ONE_AFTER_THE_OTHER: Mutex<()> = Mutex::new(());

/// Runs examples one after the other in an engine of their own.
#[track_caller]
fn run(names: &[&str], programs: &[&str]) {
    let Some(engine) = TestEngine::empty() else { return };
    if !e2e::needs_programs(programs) {
        return;
    }
    for name in names {
        prepare(&engine, name);
    }
}

/// Runs one example in an engine, which has its images then.
#[track_caller]
pub(crate) fn prepare(engine: &TestEngine, name: &str) {
    let _turn = ONE_AFTER_THE_OTHER.lock().unwrap_or_else(PoisonError::into_inner);
    let said = example(engine, name);
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(said.status.success(), "{name}: {}\n{}\n{}", said.status, text(&said.stdout), text(&said.stderr));
}

fn example(engine: &TestEngine, name: &str) -> Output {
    let place = engine.path("bin");
    std::fs::create_dir_all(&place).unwrap();
    // an error: it is there already
    let _ = symlink(engine.binary(), place.join("tare"));
    let path = std::env::var("PATH").unwrap_or_default();
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples");
    // half an hour is longer than any of them takes
    let mut command = Command::new("timeout");
    command.args(["--kill-after=10", "1800"]).arg(examples.join(name).join("run"));
    command.env("PATH", format!("{}:{path}", place.display()));
    command.env("TARE_DATA_ROOT", engine.data_root()).env("TARE_EXEC_ROOT", engine.exec_root());
    command.output().expect("the example can be run")
}

#[test]
fn programs_on_nothing() {
    run(&["scratch", "scratch-rust"], &["cc", "rustc"]);
}

#[test]
fn a_few_megabytes() {
    run(&["musl-base"], &["busybox"]);
}

#[test]
fn every_instruction() {
    run(&["everything"], &["busybox"]);
}

#[test]
fn programs_that_cannot_run() {
    let other = if cfg!(target_arch = "aarch64") { "x86_64" } else { "aarch64" };
    run(&["wrong-cpu"], &[&format!("{other}-linux-gnu-gcc")]);
    run(&["wrong-libc"], &["cc"]);
}

#[test]
fn debian_and_its_packages() {
    run(&["debian", "debian-curl", "golang"], &["mmdebstrap"]);
}

#[test]
fn each_example_is_tested() {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples");
    let source = include_str!("examples.rs");
    for entry in std::fs::read_dir(examples).unwrap() {
        let path = entry.unwrap().path();
        if !path.join("run").exists() {
            continue;
        }
        let name = path.file_name().unwrap().to_string_lossy();
        assert!(source.contains(&format!("\"{name}\"")), "no test runs {name}");
        let lines = std::fs::read_to_string(path.join("run")).unwrap().lines().count();
        assert!(lines <= 50, "{name} has {lines} lines");
    }
}

//! The most memory that a command ever has.

use crate::engine::TestEngine;
use crate::program::compile_into;
use crate::said::{Said, ask};
use std::ffi::OsStr;
use std::fs;
use std::process::Command;

/// What the binary says to these arguments, and the most memory that it had, in KiB.
///
/// # Panics
/// If it cannot be run.
#[track_caller]
pub fn footprint<S: AsRef<OsStr>>(
    engine: &TestEngine,
    arguments: impl IntoIterator<Item = S>,
) -> (Said, u64) {
    let (program, result) = (engine.path("footprint"), engine.path("footprint.result"));
    if !program.exists() {
        compile_into(&program, include_str!("footprint.c"));
    }
    let measured = engine.command(arguments);
    let mut command = Command::new(program);
    command.arg(&result).arg(measured.get_program()).args(measured.get_args());
    for (name, value) in measured.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    let said = ask(&mut command, b"");
    let text = fs::read_to_string(&result).unwrap_or_else(|error| panic!("no result: {error}: {said:?}"));
    (said, text.trim().parse().expect("it is a number"))
}

//! A program for another CPU than its image says that it is for.

use super::look;
use crate::spec;
use elf::{Fit, Look, Machine, Program};
use oci::Platform;
use oci::image::Execution;
use std::os::fd::BorrowedFd;

/// How many interpreters of interpreters are followed.
const DEPTH: usize = 4;

/// What contradicts what an image says of its CPU, in words; nothing if nothing does, or nobody can tell.
pub(crate) fn contradiction(
    root: BorrowedFd<'_>,
    execution: &Execution,
    platform: &Platform,
) -> Option<String> {
    let said = Machine::from_platform(&platform.architecture)?;
    let words = execution.entrypoint.iter().flatten().chain(execution.cmd.iter().flatten());
    let mut program = words.into_iter().next()?.clone();
    for _ in 0..DEPTH {
        let (path, head) = find(root, &program, execution)?;
        match Program::read(&head) {
            Program::Elf(elf) if elf.machine.fit(said) == Fit::Foreign => {
                return Some(format!(
                    "the image says that it is for {platform}, but {path} is for {}",
                    elf.machine
                ));
            }
            Program::Script(script) => program = script.interpreter,
            _ => return None,
        }
    }
    None
}

/// A program and its first bytes, looked up as a start does.
fn find(root: BorrowedFd<'_>, program: &str, execution: &Execution) -> Option<(String, Vec<u8>)> {
    let candidates: Vec<String> = if program.starts_with('/') {
        vec![program.to_owned()]
    } else if program.contains('/') {
        vec![format!("{}/{program}", execution.working_dir)]
    } else {
        let path = execution.env.iter().rev().find_map(|variable| variable.strip_prefix("PATH="));
        let directories = path.unwrap_or(spec::DEFAULT_PATH).split(':');
        directories.map(|directory| format!("{directory}/{program}")).collect()
    };
    candidates.into_iter().find_map(|path| match look(root, &path) {
        Look::File { head, .. } => Some((path, head)),
        _ => None,
    })
}

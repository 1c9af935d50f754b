//! The program that an image starts: what it is, its loader, its libraries.

use super::scale::missing_text;
use closure::{Closure, Id, Missing, Object, Tree, find_program};
use elf::{Interpreter, Linkage};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// The most interpreters of interpreters that the kernel follows.
const CHAIN_LIMIT: usize = 5;
/// The most bytes of a script's first line that are read.
const HEAD: u64 = 4096;

/// A program.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Program {
    /// Entry point and arguments.
    pub command: Vec<String>,
    /// Where the program lies.
    pub path: Option<String>,
    /// `elf`, `script`, or what else it is; empty if there is none.
    pub kind: String,
    /// Its bytes.
    pub bytes: u64,
    /// Of a script the programs that read it, one of another: `/usr/bin/env`, `/usr/bin/python3.11`.
    pub interpreters: Vec<String>,
    /// `static` or `dynamic`, of what the kernel executes in the end.
    pub linkage: Option<String>,
    /// Its architecture.
    pub machine: Option<String>,
    /// The loader that it names.
    pub loader: Option<String>,
    /// The libraries that the loader loads, in its order.
    pub libraries: Vec<Library>,
    /// Why it does not start.
    pub missing: Vec<String>,
}

/// A library that a program is loaded with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Library {
    /// As it is asked for.
    pub name: String,
    /// The file; nothing if it is not there, or if nobody looked.
    pub path: Option<String>,
}

/// A program with the files that start with it.
#[derive(Debug, Default)]
pub(super) struct Started {
    pub(super) program: Program,
    /// The program, its interpreters and their libraries, the nearest first.
    pub(super) files: Vec<Id>,
}

/// Follows a command to what the kernel and the loader load.
pub(super) fn start(tree: &Tree, closure: &Closure<'_>, setting: &closure::Setting) -> Started {
    let mut started = Started::default();
    started.program.command.clone_from(&setting.command);
    let Some(first) = setting.command.first() else { return started };
    let Some(path) = find_program(tree, setting, first) else {
        started.program.missing.push(format!("{first} is not there, or is not executable"));
        return started;
    };
    let objects: HashMap<Id, &Object> = closure.objects().collect();
    let mut at = tree.find(&path);
    let program = &mut started.program;
    program.path = Some(path);
    program.bytes = at.map_or(0, |id| tree.node(id).size);
    for _ in 0..CHAIN_LIMIT {
        let Some(id) = at else { break };
        started.files.push(id);
        if let Some(object) = objects.get(&id) {
            executable(tree, &objects, id, object, &mut started);
            break;
        }
        let head = tree.content(id, HEAD).unwrap_or_default();
        let elf::Program::Script(script) = elf::Program::read(&head) else {
            if started.program.kind.is_empty() {
                started.program.kind = "unknown".into();
            }
            break;
        };
        started.program.kind = "script".into();
        started.program.interpreters.push(script.interpreter.clone());
        at = tree.find(&script.interpreter);
        if script.interpreter.ends_with("/env") {
            // what `env` starts is what matters
            let words = script.argument.as_deref().unwrap_or_default().split_ascii_whitespace();
            let name = words.into_iter().find(|word| !word.starts_with('-') && !word.contains('='));
            if let Some(path) = name.and_then(|name| find_program(tree, setting, name)) {
                at = tree.find(&path);
                started.program.interpreters.push(path);
            }
        }
    }
    started.program.missing.extend(missing(tree, closure, &started.files));
    started
}

/// An ELF program, with its loader and its libraries in the loader's order.
fn executable(tree: &Tree, objects: &HashMap<Id, &Object>, id: Id, object: &Object, started: &mut Started) {
    let program = &mut started.program;
    if program.kind.is_empty() {
        program.kind = "elf".into();
    }
    program.linkage = linkage(object.elf.linkage).map(str::to_owned);
    program.machine = Some(object.elf.machine.name().to_owned());
    if let Some(Interpreter::Path(path)) = &object.elf.interpreter {
        program.loader = Some(path.clone());
        started.files.extend(tree.find(path));
    }
    let mut names: Vec<String> = Vec::new();
    let mut waiting = std::collections::VecDeque::from([id]);
    while let Some(id) = waiting.pop_front() {
        let Some(user) = objects.get(&id) else { continue };
        for name in &user.dynamic.needed {
            if names.contains(name) {
                continue;
            }
            names.push(name.clone());
            let file = library(tree, objects, object, name);
            if let Some(file) = file.filter(|file| !started.files.contains(file)) {
                started.files.push(file);
                waiting.push_back(file);
            }
            let path = file.map(|file| tree.text(file));
            started.program.libraries.push(Library { name: name.clone(), path });
        }
    }
}

/// The kept library of a name: found before by the model of the loader, so that the name is enough.
fn library(tree: &Tree, objects: &HashMap<Id, &Object>, program: &Object, name: &str) -> Option<Id> {
    let last = name.rsplit('/').next().unwrap_or(name);
    let fits =
        |object: &Object| (object.elf.class, object.elf.machine) == (program.elf.class, program.elf.machine);
    let named = objects.iter().filter(|(id, object)| {
        let is_soname = object.dynamic.soname.as_deref() == Some(last);
        fits(object) && (is_soname || *tree.node(**id).name == *last.as_bytes())
    });
    let named = named.map(|(id, _)| *id).min();
    // musl's libraries are its loader
    named.or_else(|| match &program.elf.interpreter {
        Some(Interpreter::Path(path)) if last.starts_with("libc.musl-") || last == "libc.so" => {
            tree.find(path)
        }
        _ => None,
    })
}

pub(super) fn linkage(linkage: Linkage) -> Option<&'static str> {
    match linkage {
        Linkage::Static => Some("static"),
        Linkage::Dynamic => Some("dynamic"),
        Linkage::Unknown => None,
    }
}

/// What the program itself misses: it does not start then. What others miss may never be asked for.
fn missing(tree: &Tree, closure: &Closure<'_>, files: &[Id]) -> Vec<String> {
    let is_own = |missing: &&Missing| match missing {
        Missing::Loader { of, .. } | Missing::Interpreter { of, .. } => files.contains(of),
        Missing::Library { program: Some(program), by, .. } => files.contains(program) && files.contains(by),
        Missing::Library { program: None, .. } => false,
        Missing::Version { by, .. } => files.contains(by),
    };
    closure.missing().filter(is_own).map(|missing| missing_text(tree, missing)).collect()
}

/// Whether a command is a shell that waits for what it is told: no script, no `-c`.
pub(super) fn is_open_shell(command: &[String]) -> bool {
    const SHELLS: [&str; 8] = ["sh", "bash", "dash", "ash", "ksh", "zsh", "fish", "busybox"];
    let Some((program, arguments)) = command.split_first() else { return false };
    let name = program.rsplit('/').next().unwrap_or(program);
    let arguments = if name == "busybox" {
        match arguments.split_first() {
            Some((applet, rest)) if SHELLS.contains(&applet.as_str()) => rest,
            Some(_) => return false,
            None => arguments,
        }
    } else {
        arguments
    };
    SHELLS.contains(&name)
        && arguments
            .iter()
            .all(|word| word.starts_with('-') && (word.starts_with("--") || !word.ends_with('c')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shells_that_wait() {
        let of = |line: &str| is_open_shell(&line.split(' ').map(str::to_owned).collect::<Vec<_>>());
        assert!(of("/bin/sh") && of("bash -l") && of("busybox sh") && of("bash --login"));
        assert!(
            !of("sh -c x")
                && !of("bash /run.sh")
                && !of("busybox httpd")
                && !of("ruby")
                && !is_open_shell(&[])
        );
    }
}

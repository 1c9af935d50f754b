//! What the sources of a closure ask for and do not find.

use crate::error::{Error, Result};
use closure::{Closure, Id, Missing, Reason, Tree};
use std::collections::HashSet;

/// How many lines of one kind are told.
const TOLD: usize = 5;

/// Refuses a closure without which a named program cannot start; returns what else is not there, in words.
pub(super) fn check(tree: &Tree, closure: &Closure<'_>, named: &HashSet<Id>) -> Result<Vec<String>> {
    let needed = chain(closure, named);
    let (fatal, other): (Vec<_>, Vec<_>) = closure.missing().partition(|missing| stops(missing, &needed));
    if fatal.is_empty() {
        return Ok(list(tree, &other));
    }
    Err(Error::Context(format!("COPY --closure: {}", list(tree, &fatal).join("; "))))
}

/// The named files, and all that is loaded with them: loaders, interpreters, libraries.
fn chain(closure: &Closure<'_>, named: &HashSet<Id>) -> HashSet<Id> {
    let mut chain = named.clone();
    loop {
        let before = chain.len();
        for (id, reason) in closure.files() {
            if let Reason::Loader(of) | Reason::Needed(of) | Reason::Interpreter(of) = reason
                && chain.contains(of)
            {
                chain.insert(id);
            }
        }
        if chain.len() == before {
            return chain;
        }
    }
}

/// Whether something of the chain does not start because of it.
fn stops(missing: &Missing, chain: &HashSet<Id>) -> bool {
    match missing {
        Missing::Loader { of, .. } | Missing::Interpreter { of, .. } => chain.contains(of),
        Missing::Library { by, program, .. } => program.map_or(chain.contains(by), |id| chain.contains(&id)),
        Missing::Version { by, .. } => chain.contains(by),
    }
}

fn list(tree: &Tree, missing: &[&Missing]) -> Vec<String> {
    let mut lines: Vec<String> = missing.iter().take(TOLD).map(|missing| text(tree, missing)).collect();
    if missing.len() > TOLD {
        lines.push(format!("and {} more such", missing.len() - TOLD));
    }
    lines
}

fn text(tree: &Tree, missing: &Missing) -> String {
    let path = |id: &Id| shown(&tree.text(*id));
    match missing {
        Missing::Loader { of, path: loader } => {
            format!("{} needs the loader {}, which is not in its source", path(of), shown(loader))
        }
        Missing::Interpreter { of, name } => {
            format!("{} needs the interpreter {}, which is not in its source", path(of), shown(name))
        }
        Missing::Version { version, library, by } => {
            format!("{} needs {} of {}, which is older", path(by), shown(version), path(library))
        }
        Missing::Library { name, by, program, unfit } => {
            let mut line =
                format!("{} needs the library {}, which is not found in its source", path(by), shown(name));
            if let Some(program) = program.filter(|program| program != by) {
                line.push_str(&format!(" ({} loads it)", path(&program)));
            }
            if let Some(unfit) = unfit {
                line.push_str(&format!("; {} is for another machine", path(unfit)));
            }
            line
        }
    }
}

/// Text of an image as it may be printed.
pub(super) fn shown(text: &str) -> String {
    text.escape_debug().collect()
}

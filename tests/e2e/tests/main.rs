//! End-to-end tests: one module for a command or a theme.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on ends")]

mod archives;
mod attach;
mod build;
mod check;
mod commit;
mod copy;
mod cp;
mod debug;
mod diagnosis;
mod diff;
mod examples;
mod exec;
mod export;
mod hostile;
mod images;
mod import;
mod information;
mod inspect;
mod kill;
mod login;
mod logs;
mod manifest;
mod oci;
mod pause;
mod platforms;
mod prune;
mod ps;
mod registry;
mod registry_kit;
mod rename;
mod rm;
mod run;
mod start;
mod stop;
mod strip;
mod supervisor;
mod top;
mod usage;
mod volume;
mod wait;
mod weigh;
mod why;

use std::fs;
use std::path::Path;

/// A file that no `mod` names is not compiled, and nobody would notice.
#[test]
fn no_file_is_forgotten() {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let mut waiting = vec![(tests.clone(), tests.join("main.rs"))];
    while let Some((directory, parent)) = waiting.pop() {
        let text = fs::read_to_string(&parent).unwrap();
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            if path.is_dir() {
                waiting.push((path.clone(), path.with_extension("rs")));
            }
            let is_named = text.lines().any(|line| line == format!("mod {name};"));
            assert!(path == parent || is_named, "{} does not name {}", parent.display(), path.display());
        }
    }
}

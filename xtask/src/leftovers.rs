//! `cargo xtask leftovers`: what the tests left on the machine.
//!
//! `snapshot FILE` before the tests and `compare FILE` after them. Only what is there now and was not there
//! before is a leftover, so that the check does not mind what else lives on the machine.
//!
//! Start reading at [`survey`].

use std::collections::BTreeMap;
use std::fs;
use std::thread;
use std::time::{Duration, Instant};

mod survey;

use survey::Survey;

/// How long work that a finished command left to a background process may take.
const PATIENCE: Duration = Duration::from_secs(5);
const PAUSE: Duration = Duration::from_millis(100);

/// Records (`snapshot FILE`) or compares (`compare FILE`).
pub fn run(args: &[String]) -> Result<(), String> {
    match args {
        [verb, file] if verb == "snapshot" => snapshot(file),
        [verb, file] if verb == "compare" => compare(file),
        _ => Err("usage: cargo xtask leftovers snapshot|compare FILE".to_owned()),
    }
}

fn snapshot(file: &str) -> Result<(), String> {
    let text = serde_json::to_string_pretty(&survey::take()).map_err(|error| error.to_string())?;
    fs::write(file, text).map_err(|error| format!("{file}: {error}"))
}

fn compare(file: &str) -> Result<(), String> {
    let text = fs::read_to_string(file).map_err(|error| format!("{file}: {error}"))?;
    let before: Survey = serde_json::from_str(&text).map_err(|error| format!("{file}: {error}"))?;
    let deadline = Instant::now() + PATIENCE;
    let mut left = leftovers(&before, &survey::take());
    while !left.is_empty() && Instant::now() < deadline {
        thread::sleep(PAUSE);
        left = leftovers(&before, &survey::take());
    }
    for line in &left {
        eprintln!("left behind: {line}");
    }
    match left.len() {
        0 => println!("leftovers: nothing is left behind"),
        many => return Err(format!("leftovers: {many} left behind")),
    }
    Ok(())
}

/// A line for each thing that is there after and was not before.
fn leftovers(before: &Survey, after: &Survey) -> Vec<String> {
    let none = BTreeMap::new();
    let mut lines = Vec::new();
    for (kind, things) in after {
        let known = before.get(kind).unwrap_or(&none);
        let new = things.iter().filter(|(thing, _)| !known.contains_key(*thing));
        lines.extend(new.map(|(thing, owner)| match owner.as_str() {
            "" => format!("{kind} {thing}"),
            owner => format!("{kind} {thing} ({owner})"),
        }));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn survey(things: &[(&str, &str, &str)]) -> Survey {
        let mut survey = Survey::new();
        for (kind, thing, owner) in things {
            survey.entry((*kind).to_owned()).or_default().insert((*thing).to_owned(), (*owner).to_owned());
        }
        survey
    }

    #[test]
    fn only_what_is_new_is_left_behind() {
        let before = survey(&[("mount", "/a", ""), ("process", "1", "init")]);
        let after =
            survey(&[("mount", "/a", "other words"), ("mount", "/b", "tmpfs"), ("interface", "tare0", "")]);
        assert_eq!(leftovers(&before, &after), ["interface tare0", "mount /b (tmpfs)"]);
    }

    #[test]
    fn a_snapshot_compares_clean_with_itself_and_finds_a_new_directory() {
        let place = tempfile::tempdir().unwrap();
        let file = place.path().join("before.json").display().to_string();
        snapshot(&file).unwrap();
        let before: Survey = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
        assert!(before.contains_key("mount"));
        let left = tempfile::Builder::new().prefix("tare-left").tempdir().unwrap();
        let path = left.path().display().to_string();
        let found = leftovers(&before, &survey::take());
        assert!(found.iter().any(|line| line.starts_with(&format!("file {path}"))), "{found:?}");
    }
}

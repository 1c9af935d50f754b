//! Rules on plain text: headings of modules, lengths of pages and scripts, paths of one machine.

use super::finding::Finding;
use super::workspace::File;

/// Directories of the machine that this happens to be developed on, without the leading slash.
const PRIVATE: [&str; 4] = ["work/", "root/.cargo/", "root/.rustup/", "tmp/target-"];
const MOST_PAGE_LINES: usize = 300;
const MOST_SCRIPT_LINES: usize = 50;

/// The findings on one file of any kind.
pub fn check(file: &File) -> Vec<Finding> {
    let mut found = private_paths(file);
    found.extend(missing_heading(file));
    found.extend(too_long(file));
    found
}

/// A module says at its top what it is for.
fn missing_heading(file: &File) -> Option<Finding> {
    let first = file.text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    let missing = file.path.ends_with(".rs") && !first.starts_with("//!");
    missing.then(|| Finding::new(&file.path, 1, "begin with `//!` and what this module is for"))
}

fn too_long(file: &File) -> Option<Finding> {
    let lines = file.text.lines().count();
    let (most, advice) = if file.path == "ARCHITECTURE.md" {
        (MOST_PAGE_LINES, "a map is read in one sitting")
    } else if is_shell_script(file) {
        (MOST_SCRIPT_LINES, "logic belongs in xtask")
    } else {
        return None;
    };
    (lines > most)
        .then(|| Finding::new(&file.path, most + 1, format!("{lines} lines, more than {most}: {advice}")))
}

/// Our scripts; those inside of test images and examples are not ours to shorten.
fn is_shell_script(file: &File) -> bool {
    let place = ["scripts/", ".ci/"].iter().any(|place| file.path.starts_with(place));
    place && file.text.lines().next().is_some_and(|line| line.starts_with("#!") && line.ends_with("sh"))
}

fn private_paths(file: &File) -> Vec<Finding> {
    if file.path == "Cargo.lock" {
        return Vec::new();
    }
    let lines = file.text.lines().enumerate();
    let guilty = lines.filter_map(|(at, line)| private_path(line).map(|path| (at + 1, path)));
    let complaint =
        |(line, path)| Finding::new(&file.path, line, format!("`/{path}` is a path of one machine only"));
    guilty.map(complaint).collect()
}

/// The private directory that a line names from the root.
fn private_path(line: &str) -> Option<&'static str> {
    let from_root = |at: usize| {
        let before = line[..at].chars().next_back();
        !before.is_some_and(|letter| letter.is_alphanumeric() || "_-.})*/".contains(letter))
    };
    let slashes = line.match_indices('/').map(|(at, _)| at).filter(|&at| from_root(at));
    let mut rests = slashes.map(|at| &line[at + 1..]);
    rests.find_map(|rest| PRIVATE.into_iter().find(|path| rest.starts_with(path)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings(path: &str, text: &str) -> Vec<String> {
        check(&File { path: path.to_owned(), text: text.to_owned() })
            .iter()
            .map(ToString::to_string)
            .collect()
    }

    #[test]
    fn a_module_begins_with_its_purpose() {
        assert!(findings("a.rs", "\n//! What it is.\n").is_empty());
        assert_eq!(
            findings("a.rs", "// What it is.\n"),
            ["a.rs:1: begin with `//!` and what this module is for"]
        );
        assert_eq!(findings("a.rs", "").len(), 1);
        assert!(findings("a.md", "text").is_empty());
    }

    #[test]
    fn paths_of_one_machine() {
        let private = format!("cd {}work/main", '/');
        let found = findings("a.md", &private);
        assert!(found[0].ends_with("is a path of one machine only"), "{found:?}");
        assert!(findings("Cargo.lock", &private).is_empty());
        assert!(
            findings("a.md", "upper/work/x $root/work/y {dir}/work/z WORKDIR /work\n/worker/x").is_empty()
        );
    }

    #[test]
    fn pages_and_scripts_have_a_length() {
        assert_eq!(findings("ARCHITECTURE.md", &"a\n".repeat(301)).len(), 1);
        assert!(findings("ARCHITECTURE.md", &"a\n".repeat(300)).is_empty());
        let script = format!("#!/bin/bash\n{}", "a\n".repeat(50));
        assert_eq!(
            findings("scripts/x", &script),
            ["scripts/x:51: 51 lines, more than 50: logic belongs in xtask"]
        );
        assert!(findings("examples/a/run.sh", &script).is_empty());
    }
}

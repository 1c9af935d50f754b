//! Sizes of files and crates, and the table of `--sizes`.

use std::fmt::Write as _;

use super::exception::Exception;
use super::finding::Finding;
use super::function::{Function, functions};
use super::source::Source;

const MOST_FILE_LINES: usize = 500;
const MOST_CRATE_LINES: usize = 10_000;

/// The finding on one file that is too long.
pub fn check_file(source: &Source<'_>, exceptions: &[Exception]) -> Option<Finding> {
    let excused = exceptions.iter().any(|exception| exception.path == source.path);
    let text = || {
        format!("{} lines without tests, more than {MOST_FILE_LINES}: split it by what it does", source.lines)
    };
    (source.lines > MOST_FILE_LINES && !excused)
        .then(|| Finding::new(source.path, MOST_FILE_LINES + 1, text()))
}

/// The finding on one crate that is too long.
pub fn check_crate(name: &str, manifest: &str, sources: &[&Source<'_>]) -> Option<Finding> {
    let lines: usize = sources.iter().map(|source| source.lines).sum();
    let text = || format!("crate `{name}` has {lines} lines without tests, more than {MOST_CRATE_LINES}");
    (lines > MOST_CRATE_LINES).then(|| Finding::new(manifest, 1, text()))
}

/// A line of the table for each crate, given with its sources.
pub fn table(crates: &[(&str, Vec<&Source<'_>>)]) -> String {
    let mut out = format!(
        "{:<12}{:>6}{:>8}{:>8}{:>6}{:>8}{:>6}{:>6}  longest file, longest function\n",
        "crate", "files", "lines", "tests", "fns", "median", "p90", "most"
    );
    for (name, sources) in crates {
        let _ = writeln!(out, "{}", row(name, sources));
    }
    out
}

fn row(name: &str, sources: &[&Source<'_>]) -> String {
    let mut bodies: Vec<Function<'_>> = sources.iter().flat_map(|source| functions(source)).collect();
    bodies.sort_by_key(|function| function.lines);
    let percentile = |percent: usize| bodies.get(bodies.len() * percent / 100).map_or(0, |body| body.lines);
    let (median, p90) = (percentile(50), percentile(90));
    let most = bodies.last().map_or(0, |body| body.lines);
    let longest = bodies.last().map(|body| format!(", {}", body.name)).unwrap_or_default();
    let file = sources.iter().max_by_key(|source| source.lines);
    let file = file.map(|file| format!("{} ({})", file.path, file.lines)).unwrap_or_default();
    let lines: usize = sources.iter().map(|source| source.lines).sum();
    let tests: usize = sources.iter().map(|source| source.test_lines).sum();
    let (files, count) = (sources.len(), bodies.len());
    format!("{name:<12}{files:>6}{lines:>8}{tests:>8}{count:>6}{median:>8}{p90:>6}{most:>6}  {file}{longest}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_files_are_found() {
        let text = "a();\n".repeat(501);
        let source = Source::new("src/x.rs", &text);
        let expected = "src/x.rs:501: 501 lines without tests, more than 500: split it by what it does";
        assert_eq!(check_file(&source, &[]).unwrap().to_string(), expected);
        assert!(check_file(&source, &[Exception { path: "src/x.rs", reason: "a table" }]).is_none());
    }

    #[test]
    fn tests_do_not_count() {
        let text = format!("a();\n#[cfg(test)]\nmod tests {{\n{}}}\n", "b();\n".repeat(600));
        assert!(check_file(&Source::new("src/x.rs", &text), &[]).is_none());
        assert!(check_file(&Source::new("crates/a/tests/x.rs", &"a();\n".repeat(600)), &[]).is_none());
    }

    #[test]
    fn long_crates_are_found() {
        let text = "a();\n".repeat(MOST_CRATE_LINES / 2 + 1);
        let source = Source::new("src/x.rs", &text);
        assert!(check_crate("a", "Cargo.toml", &[&source]).is_none());
        assert!(check_crate("a", "Cargo.toml", &[&source, &source]).is_some());
    }

    #[test]
    fn the_table_has_a_row_for_each_crate() {
        let source = Source::new("src/x.rs", "fn a() {}\nfn b() {\n  c();\n  d();\n}\n");
        let rows = table(&[("store", vec![&source]), ("empty", Vec::new())]);
        let fields: Vec<&str> = rows.lines().nth(1).unwrap().split_whitespace().collect();
        assert_eq!(fields, ["store", "1", "5", "0", "2", "2", "2", "2", "src/x.rs", "(5),", "b"]);
    }
}

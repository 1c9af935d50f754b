//! What a prune tells: what was deleted, and how much space that gave back.

use crate::failure::Outcome;
use output::size;
use std::io::Write;

/// What one kind of prune removed.
#[derive(Debug)]
pub(super) struct Reclaimed {
    /// The line above what was deleted.
    pub(super) title: &'static str,
    /// What was deleted, a line each; nothing is printed where there is none.
    pub(super) lines: Vec<String>,
    /// Bytes on disk.
    pub(super) bytes: u64,
}

/// Prints the lists, and the sum.
pub(super) fn tell(prunes: &[Reclaimed]) -> Outcome {
    std::io::stdout().lock().write_all(text(prunes).as_bytes())?;
    Ok(0)
}

fn text(prunes: &[Reclaimed]) -> String {
    let mut text = String::new();
    for prune in prunes.iter().filter(|prune| !prune.lines.is_empty()) {
        text.extend([prune.title, "\n"]);
        text.extend(prune.lines.iter().flat_map(|line| [line, "\n"]));
        text.push('\n');
    }
    let bytes = prunes.iter().map(|prune| prune.bytes).sum();
    text + "Total reclaimed space: " + &size::decimal_precise(bytes) + "\n"
}

#[cfg(test)]
mod tests {
    use super::{Reclaimed, text};
    use insta::assert_snapshot;

    #[test]
    fn only_what_was_deleted_is_listed() {
        let some = Reclaimed { title: "Deleted Volumes:", lines: vec!["a".into(), "b".into()], bytes: 1234 };
        let none = Reclaimed { title: "Deleted Images:", lines: vec![], bytes: 0 };
        assert_snapshot!(text(&[some, none]), @"
        Deleted Volumes:
        a
        b

        Total reclaimed space: 1.234kB
        ");
        assert_snapshot!(text(&[]), @"Total reclaimed space: 0B");
    }
}

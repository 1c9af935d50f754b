//! The few places where a rule does not hold, each with its reason. This list stays short.

use super::finding::Finding;

/// A file that may be longer than others.
#[derive(Debug)]
pub struct Exception {
    /// Relative to the checkout.
    pub path: &'static str,
    /// Why: a table of data, or generated.
    pub reason: &'static str,
}

/// Tables and generated files.
pub const LONG_FILES: &[Exception] = &[];

/// An exception for a file that is gone, or without a reason, is a finding itself.
pub fn check(exceptions: &[Exception], exists: impl Fn(&str) -> bool) -> Vec<Finding> {
    let stale = exceptions.iter().filter(|exception| exception.reason.is_empty() || !exists(exception.path));
    stale
        .map(|exception| Finding::new(exception.path, 1, "an exception of tidy is stale or has no reason"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stale_exceptions_are_found() {
        let list = [
            Exception { path: "a.rs", reason: "a table" },
            Exception { path: "b.rs", reason: "a table" },
            Exception { path: "c.rs", reason: "" },
        ];
        let found: Vec<String> =
            check(&list, |path| path != "b.rs").into_iter().map(|finding| finding.path).collect();
        assert_eq!(found, ["b.rs", "c.rs"]);
    }
}

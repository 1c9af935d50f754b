//! A Rust file as the rules see it: its tokens, and which lines are tests.

use std::ops::RangeInclusive;

use super::lex::{Kind, Token, tokens};

/// One Rust file.
#[derive(Debug)]
pub struct Source<'text> {
    /// Relative to the workspace.
    pub path: &'text str,
    /// Every token.
    pub tokens: Vec<Token<'text>>,
    /// The tokens outside of tests.
    pub code: Vec<Token<'text>>,
    /// How many lines lie outside of tests, with comments and blanks.
    pub lines: usize,
    /// How many lines are tests.
    pub test_lines: usize,
}

impl<'text> Source<'text> {
    /// Reads a file's text; `path` tells whether the whole file is a test.
    pub fn new(path: &'text str, text: &'text str) -> Self {
        let tokens = tokens(text);
        let all = text.lines().count();
        let tests = if is_test_file(path) { vec![0..=all] } else { test_regions(&tokens) };
        let is_test = |line: usize| tests.iter().any(|region| region.contains(&line));
        let code = tokens.iter().filter(|token| !is_test(token.line)).copied().collect();
        let test_lines = (1..=all).filter(|&line| is_test(line)).count();
        Self { path, tokens, code, lines: all - test_lines, test_lines }
    }

    /// The file's name without `.rs`.
    pub fn stem(&self) -> &'text str {
        let name = self.path.rsplit('/').next().unwrap_or(self.path);
        name.strip_suffix(".rs").unwrap_or(name)
    }
}

/// A file under `tests/`, or the body of a `mod tests;`.
fn is_test_file(path: &str) -> bool {
    path.split('/').any(|part| part == "tests" || part == "tests.rs")
}

/// The lines of every item under `#[cfg(test)]` or `#[test]`, with its attribute.
fn test_regions(tokens: &[Token<'_>]) -> Vec<RangeInclusive<usize>> {
    let mut regions = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let Some(end) = attribute(tokens, at) else {
            at += 1;
            continue;
        };
        if marks_test(&tokens[at..end]) {
            let last = item_end(tokens, end);
            regions.push(tokens[at].line..=tokens[last].line);
            at = last;
        } else {
            at = end;
        }
    }
    regions
}

/// Where the outer attribute that begins here ends (past its bracket).
fn attribute(tokens: &[Token<'_>], at: usize) -> Option<usize> {
    let opens = tokens[at].is("#") && tokens.get(at + 1)?.is("[");
    closing(tokens, at + 1).filter(|_| opens).map(|end| end + 1)
}

fn marks_test(attribute: &[Token<'_>]) -> bool {
    let words: Vec<&str> =
        attribute.iter().filter(|token| token.kind == Kind::Word).map(|token| token.text).collect();
    match words.as_slice() {
        ["test"] => true,
        ["cfg", rest @ ..] => rest.contains(&"test") && !rest.contains(&"not"),
        _ => false,
    }
}

/// The last token of the item at `at`: its semicolon or the brace that closes it.
fn item_end(tokens: &[Token<'_>], mut at: usize) -> usize {
    while at < tokens.len() {
        if tokens[at].is(";") {
            return at;
        }
        let block = tokens[at].is("{");
        if block || tokens[at].is("(") || tokens[at].is("[") {
            let Some(end) = closing(tokens, at) else { break };
            at = end;
        }
        if block {
            return at;
        }
        at += 1;
    }
    tokens.len() - 1
}

/// The bracket that closes the one at `open`.
pub fn closing(tokens: &[Token<'_>], open: usize) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate().skip(open) {
        if ["(", "[", "{"].iter().any(|mark| token.is(mark)) {
            depth += 1;
        } else if [")", "]", "}"].iter().any(|mark| token.is(mark)) {
            depth = depth.saturating_sub(1);
        }
        if depth == 0 {
            return Some(at);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code_words(path: &str, text: &str) -> Vec<String> {
        let source = Source::new(path, text);
        let words = source.code.iter().filter(|token| token.kind == Kind::Word);
        words.map(|token| token.text.to_owned()).collect()
    }

    #[test]
    fn test_items_are_not_code() {
        let text = "fn a() {}\n#[cfg(test)]\n#[allow(x)]\nmod tests {\n  fn b() {}\n}\nfn c() {}\n";
        assert_eq!(code_words("src/x.rs", text), ["fn", "a", "fn", "c"]);
        let source = Source::new("src/x.rs", text);
        assert_eq!((source.lines, source.test_lines), (2, 5));
    }

    #[test]
    fn a_test_module_elsewhere_and_a_test_function_are_not_code() {
        assert_eq!(code_words("x.rs", "#[cfg(test)]\nmod tests;\nfn c();"), ["fn", "c"]);
        assert_eq!(code_words("x.rs", "#[test]\nfn a() -> [u8; 2] { b }\nfn c();"), ["fn", "c"]);
    }

    #[test]
    fn what_is_built_without_tests_is_code() {
        assert_eq!(code_words("x.rs", "#[cfg(not(test))]\nfn a() {}").last().map(String::as_str), Some("a"));
    }

    #[test]
    fn broken_text_ends() {
        for text in ["#[", "#[cfg(test)]", "#[cfg(test)] mod a {", "#[test] fn a(", "}}", "#"] {
            Source::new("x.rs", text);
        }
    }

    #[test]
    fn files_of_tests_have_no_code() {
        assert!(code_words("crates/a/tests/b.rs", "fn a() {}").is_empty());
        assert!(code_words("crates/a/src/b/tests.rs", "fn a() {}").is_empty());
    }
}

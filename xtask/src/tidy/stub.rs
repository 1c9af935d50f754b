//! What is left unfinished or switched off: stubs, debugging, ignored tests.

use super::finding::Finding;
use super::source::Source;

const STUBS: [&str; 3] = ["todo", "unimplemented", "dbg"];

/// The findings on one file, its tests included.
pub fn check(source: &Source<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for window in source.tokens.windows(3) {
        let [first, second, third] = window else { continue };
        if second.is("!") && STUBS.iter().any(|stub| first.is(stub)) {
            found.push(Finding::new(source.path, first.line, format!("`{}!` is left", first.text)));
        } else if first.is("#") && second.is("[") && third.is("ignore") {
            let text = "an ignored test: make it pass, or assert what happens today and say why";
            found.push(Finding::new(source.path, first.line, text));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<usize> {
        check(&Source::new("src/x.rs", text)).iter().map(|finding| finding.line).collect()
    }

    #[test]
    fn stubs_are_found_in_tests_too() {
        assert_eq!(
            lines("fn a() { todo!() }\nunimplemented!(\"x\");\n#[test]\nfn b() { dbg!(1); }"),
            [1, 2, 4]
        );
    }

    #[test]
    fn ignored_tests() {
        assert_eq!(lines("#[test]\n#[ignore]\nfn a() {}\n#[ignore = \"slow\"]\nfn b() {}"), [2, 4]);
    }

    #[test]
    fn other_uses_of_the_words() {
        assert!(lines("let todo = !x; // todo!()\nfn ignore() {}\n\"dbg!\"").is_empty());
    }
}

//! Names that say nothing about what they name.

use super::finding::Finding;
use super::lex::Kind;
use super::source::Source;

/// Words that no name has anywhere.
const EMPTY_WORDS: [&str; 12] = [
    "util", "utils", "common", "helper", "helpers", "misc", "manager", "managers", "handler", "handlers",
    "impl", "impls",
];
/// Words that no type's name ends with, besides those.
const EMPTY_ENDINGS: [&str; 3] = ["base", "data", "context"];

/// Names of the trade that have such a word.
const TRADE: [(&str, &str); 2] = [
    ("BuildContext", "the directory or archive that a build reads; Docker's word"),
    ("Data", "what `http_body::Body` calls a piece of a body"),
];

/// The findings on one file's name and on the modules, types and functions that it declares.
pub fn check(source: &Source<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    if words(source.stem()).iter().any(|word| EMPTY_WORDS.contains(&word.as_str())) {
        found.push(Finding::new(
            source.path,
            1,
            format!("file name `{}` says nothing: name what it is about", source.stem()),
        ));
    } else if source.stem() == "mod" {
        found.push(Finding::new(source.path, 1, "write `foo.rs` beside `foo/`, not `foo/mod.rs`"));
    }
    for pair in source.tokens.windows(2).filter(|pair| pair[1].kind == Kind::Word) {
        if let Some(complaint) = complaint(pair[0].text, pair[1].text) {
            found.push(Finding::new(source.path, pair[1].line, complaint));
        }
    }
    found
}

fn complaint(keyword: &str, name: &str) -> Option<String> {
    let words = words(name);
    let empty = words.iter().any(|word| EMPTY_WORDS.contains(&word.as_str()));
    let ending = words.last().is_some_and(|word| EMPTY_ENDINGS.contains(&word.as_str()));
    match keyword {
        "mod" if empty => Some(format!("module name `{name}` says nothing: name what it is about")),
        "struct" | "enum" | "trait" | "type" | "union" if (empty || ending) && !is_trade(name) => {
            Some(format!("type name `{name}` says nothing: name what it is"))
        }
        "fn" if name.starts_with("get_") => Some(format!("`{name}`: leave out `get_`")),
        _ => None,
    }
}

fn is_trade(name: &str) -> bool {
    TRADE.iter().any(|(known, _)| *known == name)
}

/// The lower-case words of a `snake_case` or `CamelCase` name.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut before_small = false;
    for letter in name.chars() {
        if letter == '_' || letter == '-' || (letter.is_uppercase() && before_small) {
            words.push(String::new());
        }
        before_small = letter.is_lowercase() || letter.is_ascii_digit();
        if letter.is_alphanumeric() {
            words.last_mut().expect("there is always a word").extend(letter.to_lowercase());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(path: &str, text: &str) -> Vec<String> {
        check(&Source::new(path, text)).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn words_of_a_name() {
        assert_eq!(words("LayerStore2Go"), ["layer", "store2", "go"]);
        assert_eq!(words("open_in_root"), ["open", "in", "root"]);
        assert_eq!(words("__"), Vec::<String>::new());
    }

    #[test]
    fn files_and_modules() {
        assert_eq!(
            names("src/cli_util.rs", ""),
            ["src/cli_util.rs:1: file name `cli_util` says nothing: name what it is about"]
        );
        assert_eq!(
            names("src/a/mod.rs", ""),
            ["src/a/mod.rs:1: write `foo.rs` beside `foo/`, not `foo/mod.rs`"]
        );
        assert_eq!(
            names("src/a.rs", "\nmod helpers;"),
            ["src/a.rs:2: module name `helpers` says nothing: name what it is about"]
        );
        assert!(names("src/commonmark.rs", "mod misconfigured;").is_empty());
    }

    #[test]
    fn types() {
        let text = "struct StoreManager;\nenum Context {}\ntrait Impl {}\ntype ImageData = u8;\nstruct BuildContext;\nstruct Database;";
        let lines: Vec<usize> =
            check(&Source::new("a.rs", text)).iter().map(|finding| finding.line).collect();
        assert_eq!(lines, [1, 2, 3, 4]);
    }

    #[test]
    fn functions() {
        assert_eq!(
            names("a.rs", "fn get_name() {}\nfn getter() {}\nfn target() {}"),
            ["a.rs:1: `get_name`: leave out `get_`"]
        );
    }

    #[test]
    fn comments_may_say_anything() {
        assert!(names("a.rs", "// struct Manager\n\"mod utils\"").is_empty());
    }
}

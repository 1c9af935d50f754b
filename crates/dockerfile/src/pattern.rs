//! The wildcards of `COPY` and `ADD`: Go's `filepath.Match`, one path component at a time.

pub use crate::glob::PatternError;
use crate::glob::{Token, matches, tokens};

/// A path with wildcards. `*` and `?` match inside one component, `[a-z]` and `[^x]` one character of it,
/// a backslash makes the next character ordinary. A name that begins with a dot is nothing special.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    components: Vec<Component>,
}

/// One component of a [`Pattern`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Component {
    tokens: Vec<Token>,
}

impl Pattern {
    /// Reads a pattern. Empty components (`//`, a leading or final `/`) and `.` are dropped.
    ///
    /// # Errors
    /// Brackets that are no class, or a lone backslash at the end of a component.
    pub fn parse(text: &str) -> Result<Self, PatternError> {
        let parts = text.split('/').filter(|part| !part.is_empty() && *part != ".");
        let components: Result<_, _> =
            parts.map(|part| tokens(part).map(|tokens| Component { tokens })).collect();
        Ok(Self { components: components? })
    }

    /// The components in order, for a walk that reads only the directories that it must.
    pub fn components(&self) -> &[Component] {
        &self.components
    }

    /// Whether the whole of `path` matches, component by component.
    pub fn matches(&self, path: &str) -> bool {
        let mut names = path.split('/').filter(|name| !name.is_empty() && *name != ".");
        self.components.iter().all(|component| names.next().is_some_and(|name| component.matches(name)))
            && names.next().is_none()
    }
}

impl Component {
    /// Whether a directory entry's name matches.
    pub fn matches(&self, name: &str) -> bool {
        matches(&self.tokens, name)
    }

    /// The one name that matches, where there is no wildcard: the entry can be opened without listing.
    pub fn literal(&self) -> Option<String> {
        let characters = self.tokens.iter().map(|token| match token {
            Token::Literal(c) => Some(*c),
            _ => None,
        });
        characters.collect()
    }
}

/// Whether `text` holds a wildcard that no backslash precedes. Without one it is a plain path, in which a
/// backslash is a character like any other.
pub fn has_wildcards(text: &str) -> bool {
    let mut characters = text.chars();
    while let Some(c) = characters.next() {
        match c {
            '\\' => drop(characters.next()),
            '*' | '?' | '[' => return true,
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The facts are those of the documentation of Go's `path/filepath.Match`.
    #[test]
    fn filepath_match() {
        for (pattern, path, expected) in [
            ("abc", "abc", true),
            ("*", "abc", true),
            ("*c", "abc", true),
            ("a*", "a", true),
            ("a*", "ab/c", false),
            ("a*/b", "abc/b", true),
            ("a*/b", "a/c/b", false),
            ("a*b*c*d*e*/f", "axbxcxdxe/f", true),
            ("a*b?c*x", "abxbbxdbxebxczzx", true),
            ("a*b?c*x", "abxbbxdbxebxczzy", false),
            ("ab[c]", "abc", true),
            ("ab[b-d]", "abc", true),
            ("ab[e-g]", "abc", false),
            ("ab[^c]", "abc", false),
            ("ab[^e-g]", "abc", true),
            (r"a\*b", "a*b", true),
            (r"a\*b", "ab", false),
            ("a?b", "a☺b", true),
            ("a[^a]b", "a☺b", true),
            ("a???b", "a☺b", false),
            ("[a-ζ]*", "α", true),
            ("*[a-ζ]", "A", false),
            ("a?b", "a/b", false),
            (r"[\]a]", "]", true),
            (r"[\-x]", "-", true),
            ("*", "", false),
            ("**", "a/b", false),
            ("./a//*/", "a/b", true),
        ] {
            assert_eq!(Pattern::parse(pattern).unwrap().matches(path), expected, "{pattern} {path}");
        }
    }

    #[test]
    fn bad_patterns() {
        for pattern in ["[]a]", "[-]", "[x-]", "[-x]", "[a-b-c]", "[", "[^", "[^bc", "a[", "a\\", "[a/b]"] {
            assert!(Pattern::parse(pattern).is_err(), "{pattern}");
        }
    }

    #[test]
    fn wildcards_and_literals() {
        assert!(has_wildcards("a/*.c") && has_wildcards("a?") && has_wildcards("[a]"));
        assert!(!has_wildcards(r"a\*b") && !has_wildcards("a/b") && !has_wildcards("a\\"));
        let pattern = Pattern::parse(r"a\*/b?").unwrap();
        assert_eq!(pattern.components()[0].literal().as_deref(), Some("a*"));
        assert_eq!(pattern.components()[1].literal(), None);
    }
}

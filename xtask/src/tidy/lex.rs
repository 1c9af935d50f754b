//! Rust text to tokens: just enough to tell code from comments and literals, with the line of each.
//!
//! **Not here:** a parser. The rules look at short runs of tokens, so that no syntax tree is needed.

/// What a token is, as far as the rules care.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// An identifier or keyword, without the `r#` of a raw one.
    Word,
    /// A number, string, byte string or character.
    Literal,
    /// One punctuation character, or one of `::`, `->`, `=>`.
    Mark,
    /// `'name`.
    Lifetime,
}

/// One token of Rust, borrowed from its file's text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token<'text> {
    /// What it is.
    pub kind: Kind,
    /// As it is written.
    pub text: &'text str,
    /// The line it begins in, from 1.
    pub line: usize,
}

impl Token<'_> {
    /// Whether this is the word or mark `text` (and not a literal that happens to look so).
    pub fn is(&self, text: &str) -> bool {
        self.kind != Kind::Literal && self.text == text
    }

    /// The line that it ends in: a string may go on for several.
    pub fn last_line(&self) -> usize {
        self.line + self.text.matches('\n').count()
    }
}

/// Splits a Rust file into tokens. Comments vanish; text that is not Rust gives tokens all the same.
pub fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut found = Vec::new();
    let (mut at, mut line) = (0, 1);
    while let Some(first) = text[at..].chars().next() {
        let (length, kind) = scan(&text[at..], first);
        let piece = &text[at..at + length];
        if let Some(kind) = kind {
            let text = if kind == Kind::Word { piece.trim_start_matches("r#") } else { piece };
            found.push(Token { kind, text, line });
        }
        line += piece.matches('\n').count();
        at += length;
    }
    found
}

/// How long the piece at the start of `rest` is, and what it is (nothing: a comment or white space).
fn scan(rest: &str, first: char) -> (usize, Option<Kind>) {
    if rest.starts_with("//") {
        return (rest.find('\n').unwrap_or(rest.len()), None);
    }
    if rest.starts_with("/*") {
        return (block_comment(rest), None);
    }
    if first == '\'' {
        return quote(rest);
    }
    if let Some(length) = string(rest) {
        return (length, Some(Kind::Literal));
    }
    if first.is_alphabetic() || first == '_' {
        return (word(rest), Some(Kind::Word));
    }
    if first.is_ascii_digit() {
        return (number(rest), Some(Kind::Literal));
    }
    if ["::", "->", "=>"].iter().any(|mark| rest.starts_with(mark)) {
        return (2, Some(Kind::Mark));
    }
    (first.len_utf8(), (!first.is_whitespace()).then_some(Kind::Mark))
}

/// The length of a block comment; they nest.
fn block_comment(rest: &str) -> usize {
    let (mut depth, mut at) = (0_usize, 0);
    while at < rest.len() {
        match &rest.as_bytes()[at..] {
            [b'/', b'*', ..] => (depth, at) = (depth + 1, at + 2),
            [b'*', b'/', ..] => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            break;
        }
    }
    at
}

/// `'c'`, `'\n'` or `'lifetime`.
fn quote(rest: &str) -> (usize, Option<Kind>) {
    let mut inner = rest[1..].chars();
    match (inner.next(), inner.next()) {
        (Some('\\'), Some(escaped)) => {
            let after = 2 + escaped.len_utf8();
            let end = rest[after..].find('\'').map_or(rest.len(), |end| after + end + 1);
            (end, Some(Kind::Literal))
        }
        (Some(letter), Some('\'')) => (2 + letter.len_utf8(), Some(Kind::Literal)),
        (Some(letter), _) if letter.is_alphabetic() || letter == '_' => {
            (1 + word(&rest[1..]), Some(Kind::Lifetime))
        }
        _ => (1, Some(Kind::Mark)),
    }
}

/// The length of a string of any kind, prefix included, when one begins here.
fn string(rest: &str) -> Option<usize> {
    let prefix = ["br", "cr", "r", "b", "c", ""].into_iter().find(|prefix| {
        rest.strip_prefix(prefix).is_some_and(|after| {
            let hashes = if prefix.ends_with('r') { after.trim_start_matches('#') } else { after };
            hashes.starts_with('"')
        })
    })?;
    let hashes = rest[prefix.len()..].bytes().take_while(|&byte| byte == b'#').count();
    let body = prefix.len() + hashes + 1;
    if prefix.ends_with('r') {
        let closing = format!("\"{}", "#".repeat(hashes));
        return Some(rest[body..].find(&closing).map_or(rest.len(), |end| body + end + closing.len()));
    }
    Some(body + escaped_string(&rest[body..]))
}

/// The length of a string's inside with its closing quote, where a backslash hides the next character.
fn escaped_string(inside: &str) -> usize {
    let mut hidden = false;
    for (at, letter) in inside.char_indices() {
        match letter {
            _ if hidden => hidden = false,
            '\\' => hidden = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    inside.len()
}

fn word(rest: &str) -> usize {
    let raw = if rest.starts_with("r#") { 2 } else { 0 };
    let end = rest[raw..].find(|letter: char| !letter.is_alphanumeric() && letter != '_');
    end.map_or(rest.len(), |end| raw + end)
}

/// `0x1f_u8`, `1.5e3`; the dots of `1..2` and of `1.max(2)` do not belong to it.
fn number(rest: &str) -> usize {
    let whole = word(rest);
    match rest.as_bytes().get(whole..) {
        Some([b'.', digit, ..]) if digit.is_ascii_digit() => whole + 1 + word(&rest[whole + 1..]),
        _ => whole,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<&str> {
        tokens(text).into_iter().filter(|token| token.kind == Kind::Word).map(|token| token.text).collect()
    }

    #[test]
    fn comments_and_literals_hold_no_words() {
        assert_eq!(words("a // b\n/* c /* d */ e */ f"), ["a", "f"]);
        assert_eq!(words(r####"a "b \" c" r#"d " e"# br##"f "# g"## c"h" i"####), ["a", "i"]);
        assert_eq!(words(r"'a' '\'' '\u{7f}' b'x' 'é' z"), ["b", "z"]);
    }

    #[test]
    fn lifetimes_are_not_characters() {
        let kinds: Vec<Kind> = tokens("<'a, 'static> 'x'").iter().map(|token| token.kind).collect();
        let expected = [Kind::Mark, Kind::Lifetime, Kind::Mark, Kind::Lifetime, Kind::Mark, Kind::Literal];
        assert_eq!(kinds, expected);
    }

    #[test]
    fn lines_are_counted_through_strings() {
        let found = tokens("a\n\"b\nc\"\nd");
        assert_eq!(
            found.iter().map(|token| (token.line, token.last_line())).collect::<Vec<_>>(),
            [(1, 1), (2, 3), (4, 4)]
        );
    }

    #[test]
    fn numbers_leave_ranges_and_methods_alone() {
        let texts: Vec<&str> = tokens("0..1 1.5e3 2.max").iter().map(|token| token.text).collect();
        assert_eq!(texts, ["0", ".", ".", "1", "1.5e3", "2", ".", "max"]);
    }

    #[test]
    fn raw_identifiers_are_words() {
        assert_eq!(words("r#type r"), ["type", "r"]);
    }

    #[test]
    fn unfinished_text_ends() {
        for text in ["\"a", "r#\"a", "/* a", "'", "'\\", "b'", "/*/", "0.", "r#"] {
            tokens(text);
        }
    }
}

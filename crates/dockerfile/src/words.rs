//! Cutting an instruction's text into words and fields.

/// A part of a logical line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Word<'a> {
    pub(crate) text: &'a str,
    /// Where it begins in the joined text of its line, in bytes.
    pub(crate) offset: usize,
}

impl<'a> Word<'a> {
    /// The part from byte `start` to byte `end` of this one.
    pub(crate) fn slice(self, start: usize, end: usize) -> Word<'a> {
        Word { text: &self.text[start..end], offset: self.offset + start }
    }

    /// The same part without surrounding white space.
    pub(crate) fn trim(self) -> Word<'a> {
        let start = self.text.len() - self.text.trim_start().len();
        let end = start + self.text.trim().len();
        self.slice(start, end)
    }

    /// The first word and the trimmed rest.
    pub(crate) fn split_first(self) -> (Word<'a>, Word<'a>) {
        let end = self.text.find(is_blank).unwrap_or(self.text.len());
        (self.slice(0, end), self.slice(end, self.text.len()).trim())
    }
}

/// The blanks that separate words: no line feed can stand inside a logical line.
fn is_blank(c: char) -> bool {
    matches!(c, '\t' | '\x0b' | '\x0c' | '\r' | ' ')
}

/// The words between blanks, quotes having no meaning: sources, ports, stage names.
pub(crate) fn split_plain(rest: Word<'_>) -> Vec<Word<'_>> {
    let mut words = Vec::new();
    let mut at = 0;
    for text in rest.text.split(is_blank) {
        if !text.is_empty() {
            words.push(Word { text, offset: rest.offset + at });
        }
        at += text.len() + 1;
    }
    words
}

/// The words between blanks, where quotes and the escape character protect blanks and stay in the word:
/// `name="two words"`. Expansion removes them later. An escape character at the very end is dropped.
pub(crate) fn split_quoted(rest: Word<'_>, escape: char) -> Vec<Word<'_>> {
    let mut words = Vec::new();
    let mut start = None;
    let mut end = rest.text.len();
    let mut quote = None;
    let mut characters = rest.text.char_indices();
    while let Some((at, c)) = characters.next() {
        if c.is_whitespace() && quote.is_none() {
            words.extend(start.take().map(|from| rest.slice(from, at)));
            continue;
        }
        if c == escape && quote != Some('\'') {
            if characters.next().is_none() {
                end = at;
                break;
            }
        } else if quote == Some(c) {
            quote = None;
        } else if quote.is_none() && matches!(c, '\'' | '"') {
            quote = Some(c);
        }
        start.get_or_insert(at);
    }
    words.extend(start.map(|from| rest.slice(from, end)));
    words
}

/// The comma-separated fields of a flag's value. A field that begins with `"` ends at the next lone
/// `"` and may hold commas; `""` inside it is one quote (RFC 4180, section 2).
pub(crate) fn split_fields(value: &str) -> Vec<String> {
    let mut fields = vec![String::new()];
    let mut quoted = false;
    let mut characters = value.chars().peekable();
    while let Some(c) = characters.next() {
        let field = fields.last_mut().expect("there is always a field");
        match c {
            '"' if quoted && characters.peek() == Some(&'"') => {
                characters.next();
                field.push('"');
            }
            '"' if quoted => quoted = false,
            '"' if field.is_empty() => quoted = true,
            ',' if !quoted => fields.push(String::new()),
            _ => field.push(c),
        }
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::*;

    fn word(text: &str) -> Word<'_> {
        Word { text, offset: 10 }
    }

    #[test]
    fn quoted_words() {
        for (text, expected) in [
            ("a=1 b=2", vec!["a=1", "b=2"]),
            (r#"a="x y"  b='x "y' "#, vec![r#"a="x y""#, r#"b='x "y'"#]),
            (r"a=x\ y b=\", vec![r"a=x\ y", "b="]),
            (r#""a\"b c" d"#, vec![r#""a\"b c""#, "d"]),
            (r"'a\' b", vec![r"'a\'", "b"]),
            ("\"open quote", vec!["\"open quote"]),
            (r"\", vec![]),
            ("", vec![]),
        ] {
            let words: Vec<_> = split_quoted(word(text), '\\').into_iter().map(|word| word.text).collect();
            assert_eq!(words, expected, "{text}");
        }
    }

    #[test]
    fn plain_words_know_their_places() {
        let words = split_plain(word(" a  'b c"));
        assert_eq!(words, [(1, "a"), (4, "'b"), (7, "c")].map(|(at, text)| Word { text, offset: 10 + at }));
    }

    #[test]
    fn fields_may_be_quoted() {
        assert_eq!(split_fields(r#"type=bind,"target=/a,b",ro"#), ["type=bind", "target=/a,b", "ro"]);
        assert_eq!(split_fields(r#""a""b",c"d"#), ["a\"b", "c\"d"]);
        assert_eq!(split_fields(""), [""]);
    }
}

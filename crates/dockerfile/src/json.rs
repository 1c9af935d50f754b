//! The JSON array of strings that many instructions take (RFC 8259).

/// What an instruction's text is, seen as JSON.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Parsed {
    /// An array of strings.
    Strings(Vec<String>),
    /// An array that holds something else, which is surely a mistake.
    OtherArray,
    /// No JSON array: plain text.
    No,
}

/// How deeply arrays and objects may nest before the text counts as plain.
const MAX_DEPTH: usize = 64;

/// Reads `text` as one JSON array.
pub(crate) fn parse(text: &str) -> Parsed {
    let mut reader = Reader { text, at: 0 };
    reader.blanks();
    match reader.strings() {
        Some(strings) if reader.at_end() => strings.map_or(Parsed::OtherArray, Parsed::Strings),
        _ => Parsed::No,
    }
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

/// `None` everywhere means: not JSON.
impl Reader<'_> {
    /// An array: its strings, or `Some(None)` if one element is something else.
    fn strings(&mut self) -> Option<Option<Vec<String>>> {
        let mut strings = Some(Vec::new());
        self.list('[', ']', &mut |reader| {
            if reader.peek() == Some('"') {
                let string = reader.string()?;
                if let Some(strings) = &mut strings {
                    strings.push(string);
                }
            } else {
                reader.value(1)?;
                strings = None;
            }
            Some(())
        })?;
        Some(strings)
    }

    /// Elements between `open` and `close`, separated by commas.
    fn list(
        &mut self,
        open: char,
        close: char,
        element: &mut dyn FnMut(&mut Self) -> Option<()>,
    ) -> Option<()> {
        self.take(open)?;
        if self.take(close).is_some() {
            return Some(());
        }
        loop {
            element(self)?;
            self.blanks();
            if self.take(close).is_some() {
                return Some(());
            }
            self.take(',')?;
        }
    }

    fn value(&mut self, depth: usize) -> Option<()> {
        if depth > MAX_DEPTH {
            return None;
        }
        match self.peek()? {
            '"' => self.string().map(drop),
            '[' => self.list('[', ']', &mut |reader| reader.value(depth + 1)),
            '{' => self.list('{', '}', &mut |reader| {
                reader.string()?;
                reader.blanks();
                reader.take(':')?;
                reader.value(depth + 1)
            }),
            _ => self.scalar(),
        }
    }

    /// A number, `true`, `false` or `null`.
    fn scalar(&mut self) -> Option<()> {
        let rest = &self.text[self.at..];
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && !"+-.".contains(c)).unwrap_or(rest.len());
        let word = &rest[..end];
        self.at += end;
        (matches!(word, "true" | "false" | "null") || is_number(word)).then_some(())
    }

    fn string(&mut self) -> Option<String> {
        if self.peek() != Some('"') {
            return None;
        }
        self.at += 1;
        let mut string = String::new();
        loop {
            match self.next()? {
                '"' => return Some(string),
                '\\' => string.push(self.escaped()?),
                c if c < ' ' => return None,
                c => string.push(c),
            }
        }
    }

    fn escaped(&mut self) -> Option<char> {
        Some(match self.next()? {
            c @ ('"' | '\\' | '/') => c,
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => self.unicode()?,
            _ => return None,
        })
    }

    /// The four digits after `\u`, and a low surrogate's after a high one's. A lone surrogate is no
    /// character and becomes U+FFFD.
    fn unicode(&mut self) -> Option<char> {
        let unit = self.hex4()?;
        if (0xd800..0xdc00).contains(&unit) && self.text[self.at..].starts_with("\\u") {
            let back = self.at;
            self.at += 2;
            let low = self.hex4()?;
            if (0xdc00..0xe000).contains(&low) {
                return char::from_u32(0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00));
            }
            self.at = back;
        }
        Some(char::from_u32(unit).unwrap_or(char::REPLACEMENT_CHARACTER))
    }

    fn hex4(&mut self) -> Option<u32> {
        let digits = self.text.get(self.at..self.at + 4)?;
        self.at += 4;
        let hexadecimal = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        hexadecimal.then(|| u32::from_str_radix(digits, 16).ok()).flatten()
    }

    fn peek(&mut self) -> Option<char> {
        self.blanks();
        self.text[self.at..].chars().next()
    }

    fn next(&mut self) -> Option<char> {
        let c = self.text[self.at..].chars().next()?;
        self.at += c.len_utf8();
        Some(c)
    }

    fn take(&mut self, wanted: char) -> Option<()> {
        (self.peek()? == wanted).then(|| self.at += wanted.len_utf8())
    }

    fn blanks(&mut self) {
        let rest = &self.text[self.at..];
        self.at += rest.len() - rest.trim_start_matches([' ', '\t', '\n', '\r']).len();
    }

    fn at_end(&mut self) -> bool {
        self.peek().is_none()
    }
}

/// `-? (0 | [1-9][0-9]*) (. [0-9]+)? ([eE] [+-]? [0-9]+)?`
fn is_number(word: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let word = word.strip_prefix('-').unwrap_or(word);
    let (mantissa, exponent) = match word.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (word, None),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    digits(whole)
        && (whole == "0" || !whole.starts_with('0'))
        && fraction.is_none_or(digits)
        && exponent.is_none_or(|exponent| digits(exponent.strip_prefix(['+', '-']).unwrap_or(exponent)))
}

/// Writes `strings` as a JSON array, the way it is usually typed: `["a", "b"]`.
pub(crate) fn write(strings: &[String], out: &mut impl std::fmt::Write) -> std::fmt::Result {
    out.write_char('[')?;
    for (index, string) in strings.iter().enumerate() {
        out.write_str(if index == 0 { "\"" } else { ", \"" })?;
        for c in string.chars() {
            match c {
                '"' | '\\' => write!(out, "\\{c}")?,
                '\n' => out.write_str("\\n")?,
                '\t' => out.write_str("\\t")?,
                c if c < ' ' => write!(out, "\\u{:04x}", u32::from(c))?,
                c => out.write_char(c)?,
            }
        }
        out.write_char('"')?;
    }
    out.write_char(']')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrays_of_strings() {
        for (text, expected) in [
            (r#"["a","b c"]"#, vec!["a", "b c"]),
            (r#" [ "a" , "" ]  "#, vec!["a", ""]),
            ("[]", vec![]),
            ("[ ]", vec![]),
            (r#"["\"\\\/\n\u00e9\ud83d\ude00\ud83d"]"#, vec!["\"\\/\né😀\u{fffd}"]),
        ] {
            let expected = Parsed::Strings(expected.into_iter().map(str::to_owned).collect());
            assert_eq!(parse(text), expected, "{text}");
        }
    }

    #[test]
    fn other_arrays_and_plain_text() {
        for text in [r#"["a", 1]"#, r#"[["a"]]"#, r#"[null, -1.5e+3, {"a": [true]}, "x"]"#] {
            assert_eq!(parse(text), Parsed::OtherArray, "{text}");
        }
        let deep = "[".repeat(100_000);
        for text in
            ["['a']", "[ -f x ]", r#"["a",]"#, r#"["a"] x"#, r#"["a"#, "[01]", r#"["\x"]"#, "a", "", &deep]
        {
            assert_eq!(parse(text), Parsed::No, "{text}");
        }
    }
}

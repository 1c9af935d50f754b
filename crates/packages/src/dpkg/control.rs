//! Stanzas of fields, as deb822(5) has them.

use crate::error::{Error, Problem};
use crate::line::lines;

/// Fields of one package.
#[derive(Debug)]
pub(super) struct Stanza<'a> {
    /// The line of its first field, counted from 1.
    pub line: usize,
    /// The text, without the line feed at its end.
    pub raw: &'a [u8],
    fields: Vec<Field<'a>>,
}

/// A field.
#[derive(Debug, Clone, Copy)]
pub(super) struct Field<'a> {
    name: &'a [u8],
    /// The value without blanks around it; its lines are joined by line feeds as in the text.
    pub value: &'a [u8],
    /// The line of its name.
    pub line: usize,
    /// Where its value begins within the text.
    start: usize,
    /// The whole value, its first line included.
    whole: &'a [u8],
}

impl<'a> Stanza<'a> {
    /// The first field of a name, whatever the case of its letters.
    pub(super) fn field(&self, name: &str) -> Option<Field<'a>> {
        let field = self.fields.iter().find(|field| field.name.eq_ignore_ascii_case(name.as_bytes()))?;
        Some(Field { value: field.whole.trim_ascii(), ..*field })
    }
}

impl<'a> Field<'a> {
    /// The lines of the value that are not empty, without blanks around them.
    pub(super) fn lines(&self) -> impl Iterator<Item = (usize, &'a [u8])> + use<'a> {
        let first = self.line - 1;
        let trimmed = lines(self.whole).map(move |(line, text)| (first + line, text.trim_ascii()));
        trimmed.filter(|(_, text)| !text.is_empty())
    }
}

/// The stanzas of a text, up to the first error.
pub(super) fn stanzas(text: &[u8]) -> impl Iterator<Item = Result<Stanza<'_>, Error>> {
    let mut rest = Some((1, text));
    std::iter::from_fn(move || {
        let (line, here) = rest.take()?;
        match next(here, line) {
            Ok(Some((stanza, behind))) => {
                rest = Some(behind);
                Some(Ok(stanza))
            }
            Ok(None) => None,
            Err(error) => Some(Err(error)),
        }
    })
}

/// A stanza, and the line and the text behind it.
type Next<'a> = Option<(Stanza<'a>, (usize, &'a [u8]))>;

/// The first stanza of a text whose first line has a number.
fn next(text: &[u8], first: usize) -> Result<Next<'_>, Error> {
    let mut fields: Vec<Field<'_>> = Vec::new();
    let (mut begin, mut at, mut behind) = (0, 0, first);
    let mut begun = first;
    while at < text.len() {
        let end = text[at..].iter().position(|&byte| byte == b'\n').map_or(text.len(), |end| at + end);
        let line = &text[at..end];
        let number = behind;
        behind += 1;
        if line.trim_ascii().is_empty() {
            if !fields.is_empty() {
                let stanza = Stanza { line: begun, raw: &text[begin..at - 1], fields };
                return Ok(Some((stanza, (behind, text.get(end + 1..).unwrap_or_default()))));
            }
        } else if matches!(line[0], b' ' | b'\t') {
            let field = fields.last_mut().ok_or(Problem::NotAField.at(number))?;
            field.extend(text, end);
        } else {
            if fields.is_empty() {
                (begin, begun) = (at, number);
            }
            fields.push(Field::begin(text, at, end).ok_or(Problem::NotAField.at(number))?.on(number));
        }
        at = end + 1;
    }
    let whole = text.strip_suffix(b"\n").unwrap_or(text);
    let stanza = (!fields.is_empty()).then(|| Stanza { line: begun, raw: &whole[begin..], fields });
    Ok(stanza.map(|stanza| (stanza, (behind, &b""[..]))))
}

impl<'a> Field<'a> {
    /// A field whose first line is a part of a text.
    fn begin(text: &'a [u8], at: usize, end: usize) -> Option<Self> {
        let colon = text[at..end].iter().position(|&byte| byte == b':')?;
        let name = text[at..at + colon].trim_ascii();
        let start = at + colon + 1;
        let mut field = Self { name, value: b"", line: 0, start, whole: b"" };
        field.extend(text, end);
        (!name.is_empty()).then_some(field)
    }

    fn on(self, line: usize) -> Self {
        Self { line, ..self }
    }

    /// The value goes on to a place in the text. It is trimmed when it is asked for: doing so for
    /// every line would take the square of their number.
    fn extend(&mut self, text: &'a [u8], end: usize) {
        self.whole = &text[self.start..end];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<Stanza<'_>>, Error> {
        stanzas(text.as_bytes()).collect()
    }

    #[test]
    fn stanzas_keep_their_lines_and_their_text() {
        let found = read("\n\nA: 1\nb:2\n 3\n\n \nC : x y \n\n").expect("a good text");
        assert_eq!(found.len(), 2);
        assert_eq!((found[0].line, found[0].raw), (3, &b"A: 1\nb:2\n 3"[..]));
        assert_eq!((found[1].line, found[1].raw), (8, &b"C : x y "[..]));
        assert_eq!(found[0].field("a").map(|field| field.value), Some(&b"1"[..]));
        let field = found[0].field("B").expect("it is there");
        assert_eq!(field.lines().collect::<Vec<_>>(), [(4, &b"2"[..]), (5, b"3")]);
        assert_eq!(found[1].field("c").map(|field| field.value), Some(&b"x y"[..]));
    }

    #[test]
    fn what_is_no_field_is_found() {
        for (text, line) in [("x", 1), ("\n a: b", 2), ("a: b\n\nc: d\n: e", 4), ("a: b\nc", 2)] {
            assert_eq!(read(text).expect_err(text), Problem::NotAField.at(line), "{text:?}");
        }
        assert!(read("").expect("an empty text").is_empty());
        assert!(read(" \n\t\n").expect("a blank text").is_empty());
    }
}

//! Logical lines: physical lines joined where one ends in the escape character.

use crate::{
    error::Fault,
    position::{Position, Span},
    source::Source,
};

/// An instruction's text on one line, which still knows where its parts came from.
#[derive(Debug)]
pub(crate) struct Line {
    /// The joined text without surrounding blanks.
    pub(crate) text: String,
    /// Where each physical line's part begins in `text`, and in the source.
    pieces: Vec<(usize, Position)>,
    /// The last physical line.
    last_line: u32,
    /// The texts of the comment lines directly above.
    pub(crate) comments: Vec<String>,
    /// The first blank line inside a continuation.
    pub(crate) blank_inside: Option<Position>,
}

impl Line {
    /// Where byte `offset` of the joined text stands in the source.
    pub(crate) fn position(&self, offset: usize) -> Position {
        let next = self.pieces.partition_point(|(start, _)| *start <= offset);
        let (start, position) = self.pieces[next.saturating_sub(1)];
        Position::at(position.line, position.column as usize - 1 + offset.saturating_sub(start))
    }

    /// A fault at byte `offset` of the joined text.
    pub(crate) fn fault(&self, offset: usize, message: impl Into<String>) -> Fault {
        Fault::new(self.position(offset), message)
    }

    /// The lines covered, up to `last_line` where heredocs follow.
    pub(crate) fn span(&self, last_line: u32) -> Span {
        let Position { line, column } = self.position(0);
        Span { first_line: line, last_line: last_line.max(self.last_line), column }
    }
}

/// Reads logical lines one after the other; heredoc bodies are taken from it in between.
pub(crate) struct Lines<'a> {
    source: &'a Source,
    escape: char,
    /// The next physical line, counted from 1.
    next: u32,
    comments: Vec<String>,
}

impl<'a> Lines<'a> {
    /// Starts at line `first`, counted from 1.
    pub(crate) fn new(source: &'a Source, escape: char, first: u32) -> Self {
        Self { source, escape, next: first, comments: Vec::new() }
    }

    /// The next physical line as it stands in the source.
    pub(crate) fn next_raw(&mut self) -> Option<&'a str> {
        let line = self.source.raw_line(self.next)?;
        self.next += 1;
        Some(line)
    }

    /// The number of the physical line read last.
    pub(crate) fn line_number(&self) -> u32 {
        self.next - 1
    }

    /// The next instruction's line; blank lines and comments in front of it are passed over.
    pub(crate) fn next_line(&mut self) -> Option<Line> {
        loop {
            let raw = self.next_raw()?.trim_end_matches(['\r', '\n']);
            let text = raw.trim_start();
            if let Some(comment) = text.strip_prefix('#') {
                self.note(comment.trim());
                continue;
            }
            let start = Position::at(self.line_number(), raw.len() - text.len());
            let (text, continues) = cut_continuation(text, self.escape);
            let mut line = Line {
                text: text.to_owned(),
                pieces: vec![(0, start)],
                last_line: self.line_number(),
                comments: Vec::new(),
                blank_inside: None,
            };
            if continues {
                self.join(&mut line);
            }
            trim(&mut line);
            if !line.text.is_empty() {
                line.comments = std::mem::take(&mut self.comments);
                return Some(line);
            }
        }
    }

    /// Keeps a comment for the instruction below; an empty one separates.
    fn note(&mut self, comment: &str) {
        if comment.is_empty() {
            self.comments.clear();
        } else {
            self.comments.push(comment.to_owned());
        }
    }

    /// Appends the physical lines that continue `line`.
    fn join(&mut self, line: &mut Line) {
        while let Some(raw) = self.next_raw() {
            let text = raw.trim_end_matches(['\r', '\n']);
            if text.trim_start().starts_with('#') {
                continue;
            }
            if text.trim_start().is_empty() {
                line.blank_inside.get_or_insert(Position::at(self.line_number(), 0));
                continue;
            }
            let (text, continues) = cut_continuation(text, self.escape);
            line.pieces.push((line.text.len(), Position::at(self.line_number(), 0)));
            line.text.push_str(text);
            line.last_line = self.line_number();
            if !continues {
                break;
            }
        }
    }
}

/// Removes surrounding blanks and moves the pieces along.
fn trim(line: &mut Line) {
    line.text.truncate(line.text.trim_end().len());
    let blanks = line.text.len() - line.text.trim_start().len();
    if blanks == 0 {
        return;
    }
    let start = line.position(blanks);
    line.text.drain(..blanks);
    line.pieces.retain(|(offset, _)| *offset > blanks);
    line.pieces.iter_mut().for_each(|(offset, _)| *offset -= blanks);
    line.pieces.insert(0, (0, start));
}

/// Cuts a final escape character (blanks may follow it) and tells whether there was one. Two of them
/// are an escaped escape character and continue nothing.
fn cut_continuation(text: &str, escape: char) -> (&str, bool) {
    match text.trim_end_matches([' ', '\t']).strip_suffix(escape) {
        Some(rest) if !rest.ends_with(escape) => (rest, true),
        _ => (text, false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<Line> {
        let source = Source::new("Dockerfile", text.as_bytes()).unwrap();
        let mut lines = Lines::new(&source, '\\', 1);
        std::iter::from_fn(|| lines.next_line()).collect()
    }

    #[test]
    fn continuations_keep_their_places() {
        let text = "\r\n  RUN a \\  \r\n# note\n   # note\n\n  b \\\\\nUSER x";
        let lines = lines(text);
        assert_eq!(lines[0].text, "RUN a   b \\\\");
        assert_eq!(lines[0].position(0), Position::new(2, 3));
        assert_eq!(lines[0].position(8), Position::new(6, 3));
        assert_eq!(lines[0].blank_inside, Some(Position::new(5, 1)));
        assert_eq!(format!("{:?}", lines[0].span(0)), "2:3..6");
        assert_eq!(lines[1].text, "USER x");
    }

    #[test]
    fn a_lone_escape_continues_and_the_end_of_the_file_ends() {
        let lines = lines("\\\n\\\n RUN a\\\n \\");
        assert_eq!(lines[0].text, "RUN a");
        assert_eq!(lines[0].position(0), Position::new(3, 2));
        assert_eq!(lines.len(), 1);
    }

    #[test]
    fn comments_above_belong_to_the_instruction() {
        let lines = lines("# a\n#\n# b c\n\nFROM x\n# last");
        assert_eq!(lines[0].comments, ["b c"]);
    }
}

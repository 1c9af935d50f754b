//! What a step prints, made safe to show: whole lines without control characters.

/// The longest line in bytes; a longer one is broken.
const LONGEST: usize = 4096;

/// The stops of tabs on a terminal.
const TAB: usize = 8;

/// Cuts a stream of bytes into lines.
#[derive(Debug, Default)]
pub(super) struct Log {
    /// The beginning of a line whose end has not come yet.
    partial: Vec<u8>,
}

impl Log {
    /// Takes more output and gives the lines that it completes.
    pub(super) fn push(&mut self, bytes: &[u8]) -> Vec<String> {
        let mut lines = Vec::new();
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            for part in piece.chunks(LONGEST) {
                self.partial.extend_from_slice(part);
                self.overwrite();
                while self.partial.len() > LONGEST {
                    lines.push(self.take(boundary(&self.partial)));
                }
            }
            if self.partial.ends_with(b"\n") {
                lines.push(self.take(self.partial.len()));
            }
        }
        lines
    }

    /// Gives the last line, if the output did not end with its end.
    pub(super) fn finish(&mut self) -> Option<String> {
        (!self.partial.is_empty()).then(|| self.take(self.partial.len()))
    }

    /// The line that is being written, as far as it has come.
    pub(super) fn unfinished(&self) -> Option<String> {
        (!self.partial.is_empty()).then(|| sanitise(&self.partial))
    }

    /// Drops what a carriage return has let later text overwrite, so that a progress bar, which may
    /// never end its line, takes no room.
    fn overwrite(&mut self) {
        let text = self.partial.trim_ascii_end().len();
        if let Some(position) = self.partial[..text].iter().rposition(|byte| *byte == b'\r') {
            self.partial.drain(..=position);
        }
    }

    fn take(&mut self, length: usize) -> String {
        let line: Vec<u8> = self.partial.drain(..length).collect();
        sanitise(&line)
    }
}

/// The largest end of a line that is not too long and does not split a character.
fn boundary(bytes: &[u8]) -> usize {
    let continues = |position: &usize| bytes[*position] & 0xc0 == 0x80;
    (LONGEST - 3..=LONGEST).rev().find(|position| !continues(position)).unwrap_or(LONGEST)
}

/// The text of a line without what would steer a terminal: escape sequences, control characters and
/// marks that turn the direction of writing. Tabs become blanks.
fn sanitise(line: &[u8]) -> String {
    let text = String::from_utf8_lossy(line);
    let mut shown = String::with_capacity(text.len());
    let mut column = 0;
    let mut rest = text.chars();
    while let Some(character) = rest.next() {
        match character {
            '\u{1b}' => skip_escape(&mut rest),
            '\t' => {
                let blanks = TAB - column % TAB;
                shown.extend(std::iter::repeat_n(' ', blanks));
                column += blanks;
            }
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {}
            hidden if hidden.is_control() => {}
            character => {
                shown.push(character);
                column += 1;
            }
        }
    }
    shown.truncate(shown.trim_end().len());
    shown
}

/// Skips what follows an escape character: a control sequence up to its final letter, an operating
/// system command or another string up to its terminator, or a character with its intermediates.
fn skip_escape(rest: &mut std::str::Chars<'_>) {
    match rest.next() {
        Some('[') => {
            rest.find(|character| ('\u{40}'..='\u{7e}').contains(character));
        }
        Some(']' | 'P' | 'X' | '^' | '_') => skip_string(rest),
        Some(' '..='/') => {
            rest.find(|character| ('0'..='~').contains(character));
        }
        _ => {}
    }
}

fn skip_string(rest: &mut std::str::Chars<'_>) {
    while let Some(character) = rest.next() {
        match character {
            '\u{7}' => return,
            '\u{1b}' => {
                rest.next();
                return;
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{LONGEST, Log, sanitise};
    use proptest::prelude::*;

    #[test]
    fn lines_come_whole() {
        let mut log = Log::default();
        assert_eq!(log.push(b"one\ntw"), ["one"]);
        assert_eq!(log.unfinished().as_deref(), Some("tw"));
        assert_eq!(log.push(b"o\r\n\nthree"), ["two", ""]);
        assert_eq!((log.finish().as_deref(), log.finish()), (Some("three"), None));
    }

    #[test]
    fn characters_survive_being_cut() {
        let mut log = Log::default();
        assert_eq!(log.push(b"\xc3"), Vec::<String>::new());
        assert_eq!(log.push(b"\xa9\n"), ["é"]);
    }

    #[test]
    fn a_carriage_return_overwrites() {
        let mut log = Log::default();
        assert!(log.push(b" 10%\r 20%\r").is_empty());
        assert_eq!(log.unfinished().as_deref(), Some(" 20%"));
        assert_eq!(log.push(b"100%\n"), ["100%"]);
        assert_eq!(log.push(b"50%\rdone\r\n"), ["done"]);
    }

    #[test]
    fn long_lines_break_between_characters() {
        let mut log = Log::default();
        let lines = log.push("é".repeat(LONGEST).as_bytes());
        let rest = log.finish().unwrap_or_default();
        assert_eq!(lines.len(), 1);
        assert_eq!(lines[0].clone() + &rest, "é".repeat(LONGEST));
    }

    #[test]
    fn nothing_steers_the_terminal() {
        let hostile = b"\x1b[31;1mred\x1b[0m\x1b]0;title\x07 \x1b]8;;x\x1b\\link\x1b(B a\x08b\x00 \xe2\x80\xae \xc2\x9bx\tt\xff";
        assert_eq!(sanitise(hostile), "red link ab  x  t\u{fffd}");
        assert_eq!(sanitise(b"open \x1b[31"), "open");
        assert_eq!(sanitise(b"open \x1b]0;"), "open");
        assert_eq!(sanitise(b"\x1b"), "");
    }

    proptest! {
        #[test]
        fn output_stays_harmless_and_bounded(chunks in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..64), 0..32)) {
            let mut log = Log::default();
            let mut lines: Vec<String> = chunks.iter().flat_map(|chunk| log.push(chunk)).collect();
            lines.extend(log.finish());
            prop_assert!(lines.iter().all(|line| !line.chars().any(char::is_control)));
            prop_assert!(log.partial.len() <= LONGEST);
        }

        #[test]
        fn cutting_elsewhere_gives_the_same_lines(text in "[a-cé\n]{0,60}", cut in 0_usize..60) {
            let bytes = text.as_bytes();
            let (head, tail) = bytes.split_at(cut.min(bytes.len()));
            let (mut whole, mut parts) = (Log::default(), Log::default());
            let expected = whole.push(bytes);
            let mut lines = parts.push(head);
            lines.extend(parts.push(tail));
            prop_assert_eq!((lines, parts.finish()), (expected, whole.finish()));
        }
    }
}

//! Small forms of text in tables: shortened, quoted, joined.

use std::fmt::Write;

use unicode_width::UnicodeWidthChar;

/// The hexadecimal digits of a short id.
const SHORT_ID: usize = 12;

/// The terminal columns that a table gives a container's command, without its quotes.
const COMMAND: usize = 20;

/// `text` cut to `width` terminal columns, the last of them an ellipsis where something was cut
/// (but a single column is given to the text).
pub fn ellipsis(text: &str, width: usize) -> String {
    let columns = |character: char| character.width().unwrap_or(1);
    if text.chars().map(columns).sum::<usize>() <= width {
        return text.to_owned();
    }
    let (room, mark) = if width > 1 { (width - 1, "…") } else { (width, "") };
    let mut used = 0;
    let kept = text.char_indices().find(|(_, character)| {
        used += columns(*character);
        used > room
    });
    let end = kept.map_or(text.len(), |(position, _)| position);
    format!("{}{mark}", &text[..end])
}

/// A container's command as `ps` shows it: at most twenty columns, in quotes.
pub fn command(text: &str) -> String {
    quote(&ellipsis(text, COMMAND))
}

/// `text` as a string literal of Go: what cannot be printed is escaped, so that a container cannot
/// steer the terminal of whoever lists it.
pub fn quote(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for character in text.chars() {
        match character {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\u{7}' => quoted.push_str("\\a"),
            '\u{8}' => quoted.push_str("\\b"),
            '\u{c}' => quoted.push_str("\\f"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            '\u{b}' => quoted.push_str("\\v"),
            shown if is_printable(shown) => quoted.push(shown),
            hidden => append_code(&mut quoted, hidden),
        }
    }
    quoted.push('"');
    quoted
}

/// Rust's own debug form leaves exactly the printable characters alone, and a few quotes.
fn is_printable(character: char) -> bool {
    character == '\'' || character.escape_debug().len() == 1
}

fn append_code(quoted: &mut String, character: char) {
    let code = u32::from(character);
    match code {
        0..0x80 => write!(quoted, "\\x{code:02x}"),
        0x80..0x1_0000 => write!(quoted, "\\u{code:04x}"),
        _ => write!(quoted, "\\U{code:08x}"),
    }
    .expect("a string takes any text");
}

/// The short form of an id or a digest: twelve digits, without the name of the algorithm.
pub fn short_id(id: &str) -> &str {
    let digits = id.split_once(':').map_or(id, |(_, digits)| digits);
    digits.char_indices().nth(SHORT_ID).map_or(digits, |(end, _)| &digits[..end])
}

/// Labels in one cell: `key=value,key=value`, in the order given.
pub fn labels<'a>(labels: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let pairs: Vec<String> = labels.into_iter().map(|(key, value)| format!("{key}={value}")).collect();
    pairs.join(",")
}

#[cfg(test)]
mod tests {
    use super::{command, ellipsis, labels, quote, short_id};
    use proptest::prelude::*;
    use unicode_width::UnicodeWidthStr;

    #[test]
    fn text_that_fits_stays() {
        assert_eq!(ellipsis("", 0), "");
        assert_eq!(ellipsis("abc", 3), "abc");
        assert_eq!(ellipsis("日本", 4), "日本");
    }

    #[test]
    fn text_that_does_not_ends_in_an_ellipsis() {
        assert_eq!(ellipsis("abcd", 3), "ab…");
        assert_eq!(ellipsis("日本語", 5), "日本…");
        assert_eq!(ellipsis("日本語", 4), "日…");
        assert_eq!(ellipsis("abc", 1), "a");
        assert_eq!(ellipsis("abc", 0), "");
    }

    #[test]
    fn commands_as_docker_prints_them() {
        assert_eq!(command("/bin/sh -c 'while true; do sleep 1; done'"), "\"/bin/sh -c 'while t…\"");
        assert_eq!(command("x\ty"), "\"x\\ty\"");
    }

    #[test]
    fn quoted_text_steers_no_terminal() {
        assert_eq!(
            quote("a\"b\\\u{1b}[31m\u{202e}é\u{0}\u{f0000}'"),
            "\"a\\\"b\\\\\\x1b[31m\\u202eé\\x00\\U000f0000'\""
        );
    }

    #[test]
    fn short_ids() {
        assert_eq!(short_id("sha256:0123456789abcdef"), "0123456789ab");
        assert_eq!(short_id("0123456789abcdef"), "0123456789ab");
        assert_eq!(short_id("012"), "012");
    }

    #[test]
    fn labels_in_one_cell() {
        assert_eq!(labels([("a", "1"), ("b", "")]), "a=1,b=");
    }

    proptest! {
        #[test]
        fn ellipsis_never_exceeds_its_width(text in "\\PC{0,40}", width in 0usize..50) {
            prop_assert!(ellipsis(&text, width).width() <= width);
        }

        #[test]
        fn quoted_text_has_no_control_characters(text in any::<String>()) {
            prop_assert!(!quote(&text).chars().any(char::is_control));
        }
    }
}

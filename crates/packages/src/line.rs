//! Lines, and what stands in them: numbers, names and paths.

use crate::error::{Error, Problem};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path};

/// The longest path that Linux takes (`PATH_MAX`), without the NUL at its end. A record that repeats
/// its directories' names costs at most this much for each file.
const LONGEST_PATH: usize = 4095;

/// The lines of a text with their numbers, from 1. What stands behind the last line feed is a line
/// if it is not empty.
pub(crate) fn lines(text: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    let whole = text.strip_suffix(b"\n").unwrap_or(text);
    let count = if text.is_empty() { 0 } else { usize::MAX };
    whole.split(|&byte| byte == b'\n').take(count).enumerate().map(|(index, line)| (index + 1, line))
}

/// Text as it is; what is not UTF-8 becomes the replacement character.
pub(crate) fn lossy(text: &[u8]) -> String {
    String::from_utf8_lossy(text).into_owned()
}

/// A decimal number without sign.
pub(crate) fn number(text: &[u8]) -> Option<u64> {
    let digits = text.iter().all(u8::is_ascii_digit);
    std::str::from_utf8(text).ok().filter(|_| digits)?.parse().ok()
}

/// The name of a package: letters, digits and `+-._@`, of which the first is a letter, a digit or
/// `_`, as all three managers have it. Alpine's virtual packages (`apk add -t .name`) begin with `.`.
pub(crate) fn name(text: &[u8], line: usize) -> Result<String, Error> {
    let fits = |byte: &u8| byte.is_ascii_alphanumeric() || b"+-._@".contains(byte);
    let starts = match text {
        [b'.', next, ..] => *next != b'.',
        [first, ..] => first.is_ascii_alphanumeric() || *first == b'_',
        [] => false,
    };
    if starts && text.iter().all(fits) { Ok(lossy(text)) } else { Err(Problem::Name.at(line)) }
}

/// The name of an architecture: `amd64`, `x86_64`, `any-i386`.
pub(crate) fn architecture(text: &[u8], line: usize) -> Result<String, Error> {
    let fits = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_".contains(byte);
    let is_name = !text.is_empty() && text.iter().all(fits);
    if is_name { Ok(lossy(text)) } else { Err(Problem::Architecture.at(line)) }
}

/// A path as it is, absolute or not, without `..` in it.
pub(crate) fn path(text: &[u8], line: usize) -> Result<&Path, Error> {
    let path = Path::new(OsStr::from_bytes(text));
    let climbs = path.components().any(|part| part == Component::ParentDir);
    let fits = (1..=LONGEST_PATH).contains(&text.len()) && !text.contains(&0);
    if fits && !climbs { Ok(path) } else { Err(Problem::Path.at(line)) }
}

/// A path that is absolute; `/.` is `/`.
pub(crate) fn absolute(text: &[u8], line: usize) -> Result<&Path, Error> {
    if text == b"/." {
        return Ok(Path::new("/"));
    }
    path(text, line).and_then(|path| if path.is_absolute() { Ok(path) } else { Err(Problem::Path.at(line)) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_line_may_lack_its_end() {
        let of = |text| lines(text).map(|(number, line)| (number, lossy(line))).collect::<Vec<_>>();
        assert_eq!(of(b""), []);
        assert_eq!(of(b"\n"), [(1, String::new())]);
        assert_eq!(of(b"a\n\nb"), [(1, "a".into()), (2, String::new()), (3, "b".into())]);
        assert_eq!(of(b"a\n\nb\n"), of(b"a\n\nb"));
    }

    #[test]
    fn numbers_have_digits_only() {
        assert_eq!(number(b"0012"), Some(12));
        for text in [&b""[..], b"+1", b"-1", b" 1", b"1 ", b"18446744073709551616", b"\xff"] {
            assert_eq!(number(text), None, "{text:?}");
        }
    }

    #[test]
    fn names_are_parts_of_paths() {
        for text in ["libstdc++6", "python3.11", "lib32z1", "_x", ".build-deps", "7zip", "gtk+3.0"] {
            assert!(name(text.as_bytes(), 1).is_ok(), "{text}");
        }
        for text in ["", ".", "..", "../x", "a/b", "a b", "-a", "a\0", "é", "a:amd64"] {
            assert_eq!(name(text.as_bytes(), 7), Err(Problem::Name.at(7)), "{text}");
        }
    }

    #[test]
    fn paths_do_not_climb() {
        assert_eq!(absolute(b"/.", 1), Ok(Path::new("/")));
        assert_eq!(absolute(b"/a/..b", 1), Ok(Path::new("/a/..b")));
        assert_eq!(path(b"a b", 1), Ok(Path::new("a b")));
        let long = [b'/'; 4096];
        for text in [&b""[..], b"a", b"/a/../b", b"/..", b"/a\0", &long] {
            assert_eq!(absolute(text, 2), Err(Problem::Path.at(2)), "{text:?}");
        }
    }
}

//! The user's terminal: raw mode that is always undone, its size, the keys that detach.

use crate::failure::{Failure, Outcome};
use sys::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcgetwinsize, tcsetattr};

/// Another mode of standard input; dropped, the mode is what it was.
#[derive(Debug)]
pub(crate) struct OtherMode {
    before: Termios,
}

impl OtherMode {
    /// Switches standard input to raw mode, if it is a terminal.
    pub(crate) fn raw() -> Option<Self> {
        Self::enter(Termios::make_raw)
    }

    /// Lets standard input show nothing of what is typed, if it is a terminal.
    pub(crate) fn silent() -> Option<Self> {
        Self::enter(|mode| mode.local_modes.remove(LocalModes::ECHO))
    }

    fn enter(change: impl Fn(&mut Termios)) -> Option<Self> {
        let stdin = sys::stdio::stdin();
        let before = tcgetattr(stdin).ok()?;
        let mut other = before.clone();
        change(&mut other);
        tcsetattr(stdin, OptionalActions::Now, &other).ok()?;
        Some(Self { before })
    }
}

impl Drop for OtherMode {
    fn drop(&mut self) {
        // the terminal may be gone
        let _ = tcsetattr(sys::stdio::stdin(), OptionalActions::Now, &self.before);
    }
}

/// Whether standard input is a terminal.
pub(crate) fn input_is_terminal() -> bool {
    sys::termios::isatty(sys::stdio::stdin())
}

/// Lines and columns of the terminal on standard output, if it is one.
pub(crate) fn size() -> Option<(u16, u16)> {
    let size = tcgetwinsize(sys::stdio::stdout()).ok()?;
    (size.ws_row > 0 && size.ws_col > 0).then_some((size.ws_row, size.ws_col))
}

/// Keys that end an attachment without ending the container, and how many of them have been typed.
#[derive(Debug)]
pub(crate) struct DetachKeys {
    keys: Vec<u8>,
    typed: usize,
}

impl DetachKeys {
    /// Parses `ctrl-p,ctrl-q`: single characters, or `ctrl-` with a letter or one of `@[\]^_`. Empty: no keys.
    pub(crate) fn parse(text: &str) -> Outcome<Self> {
        let key = |word: &str| match word.strip_prefix("ctrl-").map(str::as_bytes) {
            Some([letter]) if letter.is_ascii_alphabetic() => Some(letter.to_ascii_lowercase() & 0x1f),
            Some([sign]) if b"@[\\]^_".contains(sign) => Some(sign & 0x1f),
            _ => match word.as_bytes() {
                [byte] => Some(*byte),
                _ => None,
            },
        };
        let keys: Option<Vec<u8>> = text.split(',').filter(|w| !w.is_empty()).map(key).collect();
        keys.map(|keys| Self { keys, typed: 0 }).ok_or_else(|| {
            Failure::usage(format!(
                "invalid detach keys ({text}): use ctrl-<letter> or single characters, separated by ','"
            ))
        })
    }

    /// Looks for the keys in what was typed. Returns what is to be passed on, and whether they are complete. Keys that may still become complete are held back.
    pub(crate) fn filter(&mut self, bytes: &[u8]) -> (Vec<u8>, bool) {
        let mut passed = Vec::with_capacity(bytes.len());
        for byte in bytes {
            if self.keys.get(self.typed) == Some(byte) {
                self.typed += 1;
                if self.typed == self.keys.len() {
                    return (passed, true);
                }
                continue;
            }
            passed.extend_from_slice(&self.keys[..self.typed]);
            self.typed = 0;
            if self.keys.first() == Some(byte) {
                self.typed = 1;
            } else {
                passed.push(*byte);
            }
        }
        (passed, false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_found_across_pieces_and_held_back_otherwise() {
        let mut keys = DetachKeys::parse("ctrl-p,ctrl-q").unwrap();
        assert_eq!(keys.filter(b"ab\x10"), (b"ab".to_vec(), false));
        assert_eq!(keys.filter(b"c"), (b"\x10c".to_vec(), false));
        assert_eq!(keys.filter(b"x\x10"), (b"x".to_vec(), false));
        assert_eq!(keys.filter(b"\x11y"), (vec![], true));
    }

    #[test]
    fn what_is_no_key() {
        assert!(DetachKeys::parse("ctrl-pp").is_err());
        assert!(DetachKeys::parse("").unwrap().filter(b"\x10\x11") == (b"\x10\x11".to_vec(), false));
    }
}

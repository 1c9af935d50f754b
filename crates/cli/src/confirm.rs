//! Questions to whoever sits at the terminal.

use crate::failure::Outcome;
use std::io::{BufRead, Read, Write};

/// The longest answer that is read, in bytes.
const LONGEST: u64 = 1024;

/// Asks on standard output and reads the answer from standard input: only a line with `y` or `Y` is a yes, a closed input is a no.
///
/// # Errors
/// What the system reports of either stream.
pub(crate) fn confirm(question: &str) -> Outcome<bool> {
    ask(question, &mut std::io::stdin().lock(), &mut std::io::stdout().lock())
}

/// Asks on standard output for a line of text.
///
/// # Errors
/// What the system reports of either stream.
pub(crate) fn line(question: &str) -> Outcome<String> {
    let mut out = std::io::stdout().lock();
    write!(out, "{question}")?;
    out.flush()?;
    let mut answer = Vec::new();
    std::io::stdin().lock().take(LONGEST).read_until(b'\n', &mut answer)?;
    Ok(String::from_utf8_lossy(answer.trim_ascii()).into_owned())
}

fn ask(question: &str, input: &mut dyn BufRead, out: &mut dyn Write) -> Outcome<bool> {
    write!(out, "{question} [y/N] ")?;
    out.flush()?;
    let mut answer = Vec::new();
    input.take(LONGEST).read_until(b'\n', &mut answer)?;
    Ok(answer.trim_ascii().eq_ignore_ascii_case(b"y"))
}

#[cfg(test)]
mod tests {
    use super::ask;

    #[test]
    fn only_y_is_a_yes() {
        for (answer, expected) in [
            ("y\n", true),
            (" Y \n", true),
            ("y", true),
            ("", false),
            ("\n", false),
            ("yes\n", false),
            ("n\ny\n", false),
        ] {
            let mut out = Vec::new();
            let agreed = ask("Sure?", &mut answer.as_bytes(), &mut out).expect("memory takes anything");
            assert_eq!((agreed, out.as_slice()), (expected, &b"Sure? [y/N] "[..]), "{answer:?}");
        }
    }
}

//! Scripts: the kernel's reading of the `#!` line (`fs/binfmt_script.c`), and text that lacks one.

use crate::text::lossy;

/// How much of a script the kernel looks at (`BINPRM_BUF_SIZE`, since Linux 5.1; 128 before).
const LINE: usize = 256;
/// How much of a text is looked at to guess whether it is a script.
const SAMPLE: usize = 4096;

/// The `#!` line of a script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Script {
    /// The interpreter's path as written, without a carriage return at its end.
    pub interpreter: String,
    /// The rest of the line, which the kernel passes as one argument, blanks inside it included.
    pub argument: Option<String>,
    /// The line ends in CR LF, as a Windows editor writes it: the kernel takes the carriage return
    /// for a part of the interpreter's name or of the argument.
    pub ends_in_carriage_return: bool,
}

impl Script {
    /// Reads `#!interpreter [argument]`; `None` where the kernel finds no interpreter: an empty
    /// line, or a path that does not end within 256 bytes.
    pub(crate) fn read(head: &[u8]) -> Option<Self> {
        let seen = &head[..head.len().min(LINE)];
        let end = seen.iter().position(|&byte| byte == b'\n' || byte == 0);
        let line = trim_start(seen.get(2..end.unwrap_or(seen.len()))?);
        let is_cut = end.is_none() && head.len() >= LINE;
        let blank = line.iter().position(|byte| is_blank(*byte));
        if line.is_empty() || (is_cut && blank.is_none()) {
            return None;
        }
        let (interpreter, rest) = line.split_at(blank.unwrap_or(line.len()));
        let argument = Some(trim_end(trim_start(rest))).filter(|rest| !rest.is_empty());
        let last = argument.unwrap_or(interpreter);
        let ends_in_carriage_return = last.ends_with(b"\r");
        let plain = |word: &[u8]| lossy(word.strip_suffix(b"\r").unwrap_or(word));
        Some(Self {
            interpreter: if argument.is_none() { plain(interpreter) } else { lossy(interpreter) },
            argument: argument.map(plain),
            ends_in_carriage_return,
        })
    }

    /// The interpreter's path as the kernel opens it: with the carriage return, if it ends in one.
    pub fn opened_interpreter(&self) -> String {
        let stray = self.ends_in_carriage_return && self.argument.is_none();
        format!("{}{}", self.interpreter, if stray { "\r" } else { "" })
    }

    /// The program that `#!/usr/bin/env [-S] name` looks for in `PATH`.
    ///
    /// `None` if the interpreter is not `env` or names none. Without `-S` the whole argument is one
    /// name, blanks and all, just as `env` gets it.
    pub fn sought_by_env(&self) -> Option<String> {
        if crate::text::file_name(&self.interpreter) != "env" {
            return None;
        }
        let argument = self.argument.as_deref()?;
        let stray = if self.ends_in_carriage_return { "\r" } else { "" };
        let Some(split) = argument.strip_prefix("-S").or_else(|| argument.strip_prefix("--split-string="))
        else {
            let is_name = !argument.starts_with('-') && !argument.contains('=');
            return is_name.then(|| format!("{argument}{stray}"));
        };
        let word = split.split_ascii_whitespace().find(|word| !word.starts_with('-') && !word.contains('='));
        word.map(str::to_owned)
    }
}

fn is_blank(byte: u8) -> bool {
    byte == b' ' || byte == b'\t'
}

fn trim_start(line: &[u8]) -> &[u8] {
    let start = line.iter().position(|byte| !is_blank(*byte)).unwrap_or(line.len());
    &line[start..]
}

fn trim_end(line: &[u8]) -> &[u8] {
    let end = line.iter().rposition(|byte| !is_blank(*byte)).map_or(0, |last| last + 1);
    &line[..end]
}

/// Words that begin a line of a shell script and hardly anything else.
const SHELL_WORDS: [&str; 22] = [
    "#", ":", "set", "export", "exec", "echo", "cd", "if", "for", "while", "case", "source", ".", "function",
    "trap", "sleep", "mkdir", "chown", "chmod", "test", "[", "printf",
];

/// Whether bytes are text whose first line with words in it begins as a shell command does.
pub(crate) fn looks_like_shell(head: &[u8]) -> bool {
    let sample = &head[..head.len().min(SAMPLE)];
    let text = match std::str::from_utf8(sample) {
        Ok(text) => text,
        // a character cut by the end of the sample is no reason to call it binary
        Err(cut) if cut.error_len().is_none() => {
            std::str::from_utf8(&sample[..cut.valid_up_to()]).unwrap_or_default()
        }
        Err(_) => return false,
    };
    if text.chars().any(|char| char.is_control() && !matches!(char, '\n' | '\r' | '\t')) {
        return false;
    }
    let Some(line) = text.lines().map(str::trim).find(|line| !line.is_empty()) else {
        return false;
    };
    let word = line.split_ascii_whitespace().next().unwrap_or_default();
    SHELL_WORDS.contains(&word) || line.starts_with('#') || is_assignment(word) || word.ends_with("()")
}

/// Whether a word is `NAME=value`.
fn is_assignment(word: &str) -> bool {
    word.split_once('=').is_some_and(|(name, _)| {
        name.starts_with(|char: char| char.is_ascii_alphabetic() || char == '_')
            && name.chars().all(|char| char.is_ascii_alphanumeric() || char == '_')
    })
}

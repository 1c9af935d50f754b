//! A logical line cut into keyword, flags and the rest, and what instructions ask of it.

use crate::{
    error::Fault,
    flags::Flags,
    heredoc::{self, Heredoc},
    json::{self, Parsed},
    line::Line,
    suggest,
    words::{Word, split_plain},
};

/// All keywords.
const KEYWORDS: &[&str] = &[
    "ADD",
    "ARG",
    "CMD",
    "COPY",
    "ENTRYPOINT",
    "ENV",
    "EXPOSE",
    "FROM",
    "HEALTHCHECK",
    "LABEL",
    "MAINTAINER",
    "ONBUILD",
    "RUN",
    "SHELL",
    "STOPSIGNAL",
    "USER",
    "VOLUME",
    "WORKDIR",
];

/// A logical line cut into its keyword, flags and the rest.
pub(crate) struct Statement<'a> {
    pub(crate) line: &'a Line,
    /// The keyword as it is written.
    written: Word<'a>,
    /// The keyword in capitals.
    pub(crate) keyword: String,
    pub(crate) flags: Flags,
    /// What follows the flags, without surrounding blanks.
    pub(crate) rest: Word<'a>,
    /// The character of continuations and escapes.
    pub(crate) escape: char,
}

impl<'a> Statement<'a> {
    /// Cuts a whole line.
    pub(crate) fn split(line: &'a Line, escape: char) -> Self {
        Self::split_part(line, Word { text: &line.text, offset: 0 }, escape)
    }

    /// Cuts the part of a line that is an instruction of its own: the trigger of an `ONBUILD`.
    pub(crate) fn split_part(line: &'a Line, part: Word<'a>, escape: char) -> Self {
        let (written, rest) = part.split_first();
        let (flags, rest) = Flags::split(line, rest, escape);
        Self { line, written, keyword: written.text.to_ascii_uppercase(), flags, rest, escape }
    }

    /// Whether this is a `FROM`.
    pub(crate) fn is_from(&self) -> bool {
        self.keyword == "FROM"
    }

    /// Whether this is an `ARG`.
    pub(crate) fn is_arg(&self) -> bool {
        self.keyword == "ARG"
    }

    /// The heredocs that the line declares, with the place of each. Only `RUN`, `COPY` and `ADD` take
    /// them, also as triggers, and only when they are not written as JSON.
    pub(crate) fn heredocs(&self) -> Vec<(usize, Heredoc)> {
        match self.keyword.as_str() {
            "ONBUILD" => Self::split_part(self.line, self.rest, self.escape).own_heredocs(),
            _ => self.own_heredocs(),
        }
    }

    fn own_heredocs(&self) -> Vec<(usize, Heredoc)> {
        let takes_them = matches!(self.keyword.as_str(), "RUN" | "COPY" | "ADD");
        if !takes_them || !self.rest.text.contains("<<") || json::parse(self.rest.text) != Parsed::No {
            return Vec::new();
        }
        heredoc::declarations(&self.line.text)
    }

    /// The fault of a keyword that is none.
    pub(crate) fn unknown(&self) -> Fault {
        let written = self.written.text;
        let continues = written.starts_with(['&', '|', ';', '-']);
        let hint = if continues { "; does the line above lack its continuation?" } else { "" };
        let suggestion = suggest::nearest(&self.keyword, KEYWORDS).map(str::to_owned);
        self.fault(format!("unknown instruction `{}`{hint}", excerpt(written))).suggest(suggestion)
    }

    /// Refuses what cannot be a trigger of `ONBUILD`.
    pub(crate) fn check_trigger(&self) -> Result<(), Fault> {
        if matches!(self.keyword.as_str(), "FROM" | "ONBUILD" | "MAINTAINER") {
            return Err(self.fault(format!("{} cannot be a trigger of ONBUILD", self.keyword)));
        }
        Ok(())
    }

    /// Whether the keyword is one.
    pub(crate) fn is_known(&self) -> bool {
        KEYWORDS.contains(&self.keyword.as_str())
    }

    /// A fault at the keyword.
    pub(crate) fn fault(&self, message: impl Into<String>) -> Fault {
        self.line.fault(self.written.offset, message)
    }

    /// A fault at a word of the rest.
    pub(crate) fn fault_at(&self, word: Word<'_>, message: impl Into<String>) -> Fault {
        self.line.fault(word.offset, message)
    }

    /// Refuses flags other than `known`.
    pub(crate) fn allow_flags(&self, known: &[&str]) -> Result<(), Fault> {
        self.flags.check(&self.keyword, known)
    }

    /// The rest of the line, which must not be empty.
    pub(crate) fn required_rest(&self) -> Result<Word<'a>, Fault> {
        if self.rest.text.is_empty() {
            return Err(self.fault(format!("{} requires at least one argument", self.keyword)));
        }
        Ok(self.rest)
    }

    /// The rest of the line as one value.
    pub(crate) fn single(&self) -> Result<String, Fault> {
        self.allow_flags(&[])?;
        if self.rest.text.is_empty() {
            return Err(self.fault(format!("{} requires exactly one argument", self.keyword)));
        }
        Ok(self.rest.text.to_owned())
    }

    /// A JSON array of strings, if `text` is one.
    pub(crate) fn strings(&self, text: Word<'_>) -> Result<Option<Vec<String>>, Fault> {
        match json::parse(text.text) {
            Parsed::Strings(strings) => Ok(Some(strings)),
            Parsed::OtherArray => Err(self.fault_at(text, "a JSON array here holds strings only")),
            Parsed::No => Ok(None),
        }
    }

    /// The strings of a JSON array, or else the words.
    pub(crate) fn strings_or_words(&self, text: Word<'_>) -> Result<Vec<String>, Fault> {
        let words = || split_plain(text).into_iter().map(|word| word.text.to_owned()).collect();
        Ok(self.strings(text)?.unwrap_or_else(words))
    }
}

/// The beginning of a word that may be of any length.
pub(crate) fn excerpt(text: &str) -> String {
    let mut short: String = text.chars().take(40).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}

//! The `--name=value` flags between an instruction's keyword and its arguments.

use std::fmt;

use crate::{error::Fault, line::Line, position::Position, suggest, words::Word};

/// A flag's value together with where the flag stands.
#[derive(Clone, PartialEq, Eq)]
pub struct Flag<T> {
    /// What the flag was given. Text is unexpanded.
    pub value: T,
    /// Where its `--` stands.
    pub position: Position,
}

/// `value@line:column`, so that trees stay readable.
impl<T: fmt::Debug> fmt::Debug for Flag<T> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:?}@{:?}", self.value, self.position)
    }
}

/// The flags of one instruction, not yet typed.
#[derive(Debug, Default)]
pub(crate) struct Flags {
    flags: Vec<Given>,
}

#[derive(Debug)]
struct Given {
    name: String,
    value: Option<String>,
    position: Position,
}

impl Flags {
    /// Takes the flags off the front of `rest`; gives them and what follows. Quotes and escapes are
    /// resolved here, a lone `--` ends the flags.
    pub(crate) fn split<'a>(line: &Line, rest: Word<'a>, escape: char) -> (Self, Word<'a>) {
        let mut flags = Vec::new();
        let mut rest = rest.trim();
        while rest.text.starts_with("--") {
            let (text, length) = unquote_word(rest.text, escape);
            let position = line.position(rest.offset);
            rest = rest.slice(length, rest.text.len()).trim();
            if text == "--" {
                break;
            }
            let (name, value) = match text.split_once('=') {
                Some((name, value)) => (name, Some(value.to_owned())),
                None => (text.as_str(), None),
            };
            flags.push(Given { name: name[2..].to_owned(), value, position });
        }
        (Self { flags }, rest)
    }

    /// Refuses flags that are not among `known`.
    pub(crate) fn check(&self, keyword: &str, known: &[&str]) -> Result<(), Fault> {
        let Some(flag) = self.flags.iter().find(|flag| !known.contains(&flag.name.as_str())) else {
            return Ok(());
        };
        let suggestion = suggest::nearest(&flag.name, known).map(|name| format!("--{name}"));
        let message = format!("unknown flag `--{}` of {keyword}", flag.name);
        Err(Fault::new(flag.position, message).suggest(suggestion))
    }

    /// The value of a flag that may be given once.
    pub(crate) fn text(&self, name: &str) -> Result<Option<Flag<String>>, Fault> {
        let Some(given) = self.single(name)? else { return Ok(None) };
        valued(given).map(Some)
    }

    /// The values of a flag that may be repeated.
    pub(crate) fn texts(&self, name: &str) -> Result<Vec<Flag<String>>, Fault> {
        self.flags.iter().filter(|flag| flag.name == name).map(valued).collect()
    }

    /// A flag that is true when it is given without a value.
    pub(crate) fn switch(&self, name: &str) -> Result<Option<Flag<bool>>, Fault> {
        let Some(given) = self.single(name)? else { return Ok(None) };
        let value = match given.value.as_deref().map(str::to_ascii_lowercase).as_deref() {
            None | Some("true") => true,
            Some("false") => false,
            Some(other) => {
                let message = format!("`--{name}` is true or false, not `{other}`");
                return Err(Fault::new(given.position, message));
            }
        };
        Ok(Some(Flag { value, position: given.position }))
    }

    /// A flag whose value is one of a few words.
    pub(crate) fn choice<T: Copy>(
        &self,
        name: &str,
        choices: &[(&str, T)],
    ) -> Result<Option<Flag<T>>, Fault> {
        self.text(name)?.map(|flag| chosen(name, flag, choices)).transpose()
    }

    /// A flag whose value is one of a few words, or none, which means `default`.
    pub(crate) fn choice_or<T: Copy>(
        &self,
        name: &str,
        choices: &[(&str, T)],
        default: T,
    ) -> Result<Option<Flag<T>>, Fault> {
        let Some(given) = self.single(name)? else { return Ok(None) };
        let position = given.position;
        match &given.value {
            None => Ok(Some(Flag { value: default, position })),
            Some(value) => chosen(name, Flag { value: value.clone(), position }, choices).map(Some),
        }
    }

    fn single(&self, name: &str) -> Result<Option<&Given>, Fault> {
        let mut given = self.flags.iter().filter(|flag| flag.name == name);
        let first = given.next();
        match given.next() {
            Some(second) => Err(Fault::new(second.position, format!("`--{name}` is given twice"))),
            None => Ok(first),
        }
    }
}

/// The choice that a word names.
fn chosen<T: Copy>(name: &str, flag: Flag<String>, choices: &[(&str, T)]) -> Result<Flag<T>, Fault> {
    let Flag { value, position } = flag;
    if let Some((_, choice)) = choices.iter().find(|(word, _)| *word == value) {
        return Ok(Flag { value: *choice, position });
    }
    let words: Vec<&str> = choices.iter().map(|(word, _)| *word).collect();
    let message = format!("`--{name}` is one of {}, not `{value}`", words.join(", "));
    let suggestion = suggest::nearest(&value, &words).map(|word| format!("--{name}={word}"));
    Err(Fault::new(position, message).suggest(suggestion))
}

fn valued(given: &Given) -> Result<Flag<String>, Fault> {
    match &given.value {
        Some(value) => Ok(Flag { value: value.clone(), position: given.position }),
        None => Err(Fault::new(given.position, format!("`--{0}` needs a value: --{0}=VALUE", given.name))),
    }
}

/// The first word of `text` with quotes and escapes resolved, and its length in the text.
fn unquote_word(text: &str, escape: char) -> (String, usize) {
    let mut word = String::new();
    let mut quote = None;
    let mut characters = text.char_indices();
    while let Some((at, c)) = characters.next() {
        match c {
            c if quote.is_none() && c.is_whitespace() => return (word, at),
            c if quote == Some(c) => quote = None,
            '\'' | '"' if quote.is_none() => quote = Some(c),
            c if c == escape => word.extend(characters.next().map(|(_, escaped)| escaped)),
            c => word.push(c),
        }
    }
    (word, text.len())
}

//! Replacing variables and removing quotes, as the official lexer does.
//!
//! Known forms: `$v ${v} ${v:-w} ${v-w} ${v:+w} ${v+w} ${v:?e} ${v?e} ${v#p} ${v##p} ${v%p} ${v%%p}
//! ${v/p/r} ${v//p/r}`. In double quotes the escape character keeps its place except before `"`, `$` and
//! itself; in single quotes nothing is special; elsewhere the character after it stands for itself.

use std::{cell::RefCell, collections::BTreeSet, ops::Range};

use affix::Glob;
pub use limit::ExpandError;
use limit::MAX_GROWTH;

mod affix;
mod limit;

/// How deeply `${a:-${b:-...}}` may nest.
const MAX_DEPTH: usize = 64;

/// The number of characters that one expansion may look at in values and patterns.
const MAX_WORK: usize = 1 << 28;

/// Replaces the variables of `word` and removes quotes and escapes. The result is one word whatever the
/// values hold. An unset variable (`lookup` gives `None`) is empty.
///
/// # Errors
/// The syntax is wrong, a `${v:?}` refuses, or the result grows out of proportion.
pub fn expand(
    word: &str,
    escape: char,
    lookup: &dyn Fn(&str) -> Option<String>,
) -> Result<String, ExpandError> {
    Lexer::new(word, escape, true, lookup).run(None, 0).map(|output| output.text)
}

/// Like [`expand`], then splits at white space that was not quoted; values of variables split too unless
/// the variable stands in double quotes. `EXPOSE $PORTS` is meant so. Empty words vanish.
///
/// # Errors
/// As for [`expand`].
pub fn expand_words(
    text: &str,
    escape: char,
    lookup: &dyn Fn(&str) -> Option<String>,
) -> Result<Vec<String>, ExpandError> {
    Lexer::new(text, escape, true, lookup).run(None, 0).map(|output| output.split())
}

/// Replaces the variables of a heredoc's text. Quotes are ordinary characters here, and the escape
/// character is the backslash whatever the file says.
///
/// # Errors
/// As for [`expand`].
pub fn expand_heredoc(text: &str, lookup: &dyn Fn(&str) -> Option<String>) -> Result<String, ExpandError> {
    Lexer::new(text, '\\', false, lookup).run(None, 0).map(|output| output.text)
}

/// The names of the variables that [`expand`] looks up for `word`, those in branches not taken included.
pub fn variables_in(word: &str, escape: char) -> BTreeSet<String> {
    names(|lookup| drop(expand(word, escape, lookup)))
}

/// The names of the variables that [`expand_heredoc`] looks up.
pub fn variables_in_heredoc(text: &str) -> BTreeSet<String> {
    names(|lookup| drop(expand_heredoc(text, lookup)))
}

/// Records what is looked up. Every variable counts as set, so that no `?` ends the search early, and to
/// something shorter than its name, so that the result cannot outgrow the limit.
fn names(expand: impl FnOnce(&dyn Fn(&str) -> Option<String>)) -> BTreeSet<String> {
    let names = RefCell::new(BTreeSet::new());
    expand(&|name| {
        names.borrow_mut().insert(name.to_owned());
        Some("x".to_owned())
    });
    names.into_inner()
}

/// What a run of the lexer gives.
#[derive(Default)]
struct Output {
    text: String,
    /// The parts of `text` at which words do not split.
    quoted: Vec<Range<usize>>,
}

impl Output {
    fn push_quoted(&mut self, text: &str) {
        let start = self.text.len();
        self.text.push_str(text);
        self.quoted.push(start..self.text.len());
    }

    fn split(self) -> Vec<String> {
        let mut words = vec![String::new()];
        let mut quoted = self.quoted.into_iter().filter(|range| !range.is_empty()).peekable();
        for (at, c) in self.text.char_indices() {
            while quoted.next_if(|range| range.end <= at).is_some() {}
            let protected = quoted.peek().is_some_and(|range| range.contains(&at));
            if c.is_whitespace() && !protected {
                words.push(String::new());
            } else {
                words.last_mut().expect("there is always a word").push(c);
            }
        }
        words.retain(|word| !word.is_empty());
        words
    }
}

struct Lexer<'a> {
    text: &'a str,
    at: usize,
    escape: char,
    /// Whether quotes are special.
    quotes: bool,
    /// Whether escapes stay in the output: true inside patterns, which resolve them.
    raw_escapes: bool,
    lookup: &'a dyn Fn(&str) -> Option<String>,
    /// Characters of values and patterns looked at so far.
    work: usize,
}

impl<'a> Lexer<'a> {
    fn new(text: &'a str, escape: char, quotes: bool, lookup: &'a dyn Fn(&str) -> Option<String>) -> Self {
        Self { text, at: 0, escape, quotes, raw_escapes: false, lookup, work: 0 }
    }

    fn peek(&self) -> Option<char> {
        self.text[self.at..].chars().next()
    }

    fn next(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += c.len_utf8();
        Some(c)
    }

    /// Reads up to `stop`, which is taken, or to the end.
    fn run(&mut self, stop: Option<char>, depth: usize) -> Result<Output, ExpandError> {
        let mut output = Output::default();
        if depth > MAX_DEPTH {
            return Err(ExpandError::TooLarge);
        }
        while let Some(c) = self.next() {
            match c {
                c if Some(c) == stop => return Ok(output),
                '$' => output.text.push_str(&self.dollar(depth)?),
                '\'' if self.quotes => output.push_quoted(self.single_quoted()?),
                '"' if self.quotes => output.push_quoted(&self.double_quoted(depth)?),
                c if c == self.escape => self.escaped(&mut output),
                c => output.text.push(c),
            }
            if output.text.len() > self.text.len() + MAX_GROWTH {
                return Err(ExpandError::TooLarge);
            }
        }
        stop.map_or(Ok(output), |stop| Err(ExpandError::Open(stop)))
    }

    /// The character after an escape stands for itself; at the very end the escape vanishes.
    fn escaped(&mut self, output: &mut Output) {
        let start = self.at - if self.raw_escapes { self.escape.len_utf8() } else { 0 };
        self.next();
        output.push_quoted(&self.text[start..self.at]);
    }

    fn single_quoted(&mut self) -> Result<&'a str, ExpandError> {
        let rest = &self.text[self.at..];
        let end = rest.find('\'').ok_or(ExpandError::OpenQuote('\''))?;
        self.at += end + 1;
        Ok(&rest[..end])
    }

    fn double_quoted(&mut self, depth: usize) -> Result<String, ExpandError> {
        let mut text = String::new();
        loop {
            match self.next().ok_or(ExpandError::OpenQuote('"'))? {
                '"' => return Ok(text),
                '$' => text.push_str(&self.dollar(depth)?),
                c if c == self.escape => {
                    if self.raw_escapes {
                        text.push(c);
                    }
                    let escapable =
                        self.peek().filter(|next| matches!(next, '"' | '$') || *next == self.escape);
                    self.at += escapable.map_or(0, char::len_utf8);
                    text.push(escapable.unwrap_or(c));
                }
                c => text.push(c),
            }
            if text.len() > self.text.len() + MAX_GROWTH {
                return Err(ExpandError::TooLarge);
            }
        }
    }

    /// What stands for the variable whose `$` was just read.
    fn dollar(&mut self, depth: usize) -> Result<String, ExpandError> {
        if self.peek() == Some('{') {
            self.at += 1;
            return self.braced(depth);
        }
        match self.name() {
            "" => Ok("$".to_owned()),
            name => Ok(self.value(name)?.unwrap_or_default()),
        }
    }

    /// A name: digits, one of the shell's special characters, or letters, digits and underscores.
    fn name(&mut self) -> &'a str {
        let rest = &self.text[self.at..];
        let length = match rest.chars().next() {
            Some(c) if c.is_numeric() => rest.find(|c: char| !c.is_numeric()),
            Some('@' | '*' | '#' | '?' | '-' | '$' | '!') => Some(1),
            _ => rest.find(|c: char| !c.is_alphanumeric() && c != '_'),
        };
        let length = length.unwrap_or(rest.len());
        self.at += length;
        &rest[..length]
    }

    fn value(&mut self, name: &str) -> Result<Option<String>, ExpandError> {
        let value = (self.lookup)(name);
        self.spend(value.as_ref().map_or(1, String::len))?;
        Ok(value)
    }

    fn spend(&mut self, characters: usize) -> Result<(), ExpandError> {
        self.work = self.work.saturating_add(characters);
        if self.work > MAX_WORK { Err(ExpandError::TooLarge) } else { Ok(()) }
    }

    /// The inside of `${...}`.
    fn braced(&mut self, depth: usize) -> Result<String, ExpandError> {
        if matches!(self.peek(), Some('{' | '}' | ':')) {
            return Err(ExpandError::NoName);
        }
        let name = self.name();
        match self.next().ok_or(ExpandError::Open('}'))? {
            '}' if !name.is_empty() => Ok(self.value(name)?.unwrap_or_default()),
            ':' => match self.next().ok_or(ExpandError::Open('}'))? {
                operator @ ('-' | '+' | '?') => self.choice(name, operator, true, depth),
                other => Err(ExpandError::Operator(format!(":{other}"), name.to_owned())),
            },
            operator @ ('-' | '+' | '?') if !name.is_empty() => self.choice(name, operator, false, depth),
            operator @ ('#' | '%') if !name.is_empty() => self.trimmed(name, operator, depth),
            '/' if !name.is_empty() => self.replaced(name, depth),
            other => Err(ExpandError::Operator(other.to_string(), name.to_owned())),
        }
    }

    /// `-`, `+` and `?`; with `empty_is_unset` those that follow a colon.
    fn choice(
        &mut self,
        name: &str,
        operator: char,
        empty_is_unset: bool,
        depth: usize,
    ) -> Result<String, ExpandError> {
        let word = self.inner('}', false, depth)?;
        let value = self.value(name)?;
        let usable = value.clone().filter(|value| !(empty_is_unset && value.is_empty()));
        match operator {
            '-' => Ok(usable.unwrap_or(word)),
            '+' => Ok(usable.map(|_| word).unwrap_or_default()),
            _ => usable.ok_or_else(|| {
                let state = if value.is_none() { "must be set" } else { "must not be empty" };
                let message = if word.is_empty() { state.to_owned() } else { word };
                ExpandError::Required { name: name.to_owned(), message }
            }),
        }
    }

    /// `#` and `##` remove a prefix, `%` and `%%` a suffix; doubled the longest, otherwise the shortest.
    fn trimmed(&mut self, name: &str, operator: char, depth: usize) -> Result<String, ExpandError> {
        let word = self.inner('}', true, depth)?;
        let (pattern, longest) = match word.strip_prefix(operator) {
            Some(pattern) => (pattern, true),
            None => (word.as_str(), false),
        };
        let glob = Glob::parse(pattern)?;
        let value: Vec<char> = self.value(name)?.unwrap_or_default().chars().collect();
        self.spend(value.len().saturating_mul(pattern.len()))?;
        Ok(if operator == '#' {
            glob.trim_prefix(&value, longest)
        } else {
            glob.trim_suffix(&value, longest)
        })
    }

    /// `/` replaces the first match, `//` every one.
    fn replaced(&mut self, name: &str, depth: usize) -> Result<String, ExpandError> {
        let all = self.peek() == Some('/');
        self.at += usize::from(all);
        let pattern = self.inner('/', true, depth)?;
        let replacement = self.inner('}', true, depth)?;
        let glob = Glob::parse(&pattern)?;
        let value: Vec<char> = self.value(name)?.unwrap_or_default().chars().collect();
        self.spend(value.len().saturating_mul(pattern.len().max(replacement.len())))?;
        glob.replace(&value, &replacement, all)
    }

    /// A word inside braces. Escapes stay in it if `raw`.
    fn inner(&mut self, stop: char, raw: bool, depth: usize) -> Result<String, ExpandError> {
        let outer = std::mem::replace(&mut self.raw_escapes, raw);
        let output = self.run(Some(stop), depth + 1);
        self.raw_escapes = outer;
        Ok(output?.text)
    }
}

#[cfg(test)]
mod tests;

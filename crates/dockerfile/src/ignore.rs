//! `.dockerignore`: which paths of a build context stay behind.
//!
//! Each line is a pattern with the syntax of [`crate::Pattern`], and `**` for any number of directories.
//! Lines are cleaned (surrounding blanks, a leading `/`, `.` and `..` components); `#` in the first column
//! begins a comment; `!` takes back what earlier lines excluded. The last line that matches a path or one of
//! its parents decides.

use crate::{
    error::{Error, Fault},
    glob::{PatternError, Token, Walk, tokens},
    position::Position,
    source::Source,
};

/// The rules of a `.dockerignore`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ignore {
    rules: Vec<Rule>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Rule {
    /// Whether it takes back.
    includes: bool,
    tokens: Vec<Token>,
    /// The characters that the pattern begins with before the first wildcard.
    prefix: String,
}

impl Ignore {
    /// Reads the rules from `text`; `name` is what messages call it.
    ///
    /// # Errors
    /// The text is too large or not UTF-8, a pattern is malformed, or `!` stands alone.
    pub fn parse(name: &str, text: &[u8]) -> Result<Self, Error> {
        let source = Source::new(name, text)?;
        let mut rules = Vec::new();
        for number in 1..=source.line_count() {
            let line = source.line(number).expect("the line was counted");
            let rule = Rule::parse(line).map_err(|(offset, message)| {
                source.error(Fault::new(Position::at(number, offset), message))
            })?;
            rules.extend(rule);
        }
        Ok(Self { rules })
    }

    /// Whether there are no rules.
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    /// Whether `path` stays behind. It is relative to the context's root, clean, with `/` between its
    /// components. The root itself (empty or `.`) never does.
    pub fn excludes(&self, path: &str) -> bool {
        if path.is_empty() || path == "." {
            return false;
        }
        self.rules.iter().fold(false, |excluded, rule| {
            // A rule that would change nothing need not be asked.
            if rule.includes == excluded && rule.matches_or_parent(path) { !rule.includes } else { excluded }
        })
    }

    /// Whether something below the excluded directory `dir` may be taken back: only then a walk need look
    /// inside. It is precise about `!` rules that come before the excluding one, cautious otherwise.
    pub fn may_reinclude_below(&self, dir: &str) -> bool {
        let excluding = self.rules.iter().rposition(|rule| !rule.includes && rule.matches_or_parent(dir));
        let later = excluding.map_or(0, |at| at + 1);
        self.rules[later..].iter().any(|rule| rule.includes && rule.can_match_below(dir))
    }
}

impl Rule {
    /// Reads a line; blank lines and comments are no rules. A fault comes with its place in the line.
    fn parse(line: &str) -> Result<Option<Self>, (usize, String)> {
        let text = line.trim();
        if line.starts_with('#') || text.is_empty() {
            return Ok(None);
        }
        let offset = line.len() - line.trim_start().len();
        let (includes, pattern) = match text.strip_prefix('!') {
            Some(pattern) => (true, pattern.trim()),
            None => (false, text),
        };
        if pattern.is_empty() {
            return Err((offset, "`!` without a pattern".to_owned()));
        }
        let pattern = clean(pattern);
        let tokens = compile(&pattern).map_err(|problem| (offset, problem.to_string()))?;
        let literals = tokens.iter().map_while(|token| match token {
            Token::Literal(c) => Some(*c),
            _ => None,
        });
        Ok(Some(Self { includes, prefix: literals.collect(), tokens }))
    }

    /// Whether the pattern matches `path` or a directory above it, in one pass.
    fn matches_or_parent(&self, path: &str) -> bool {
        if !path.starts_with(&self.prefix) {
            return false;
        }
        let mut walk = Walk::new(&self.tokens);
        for c in path.chars() {
            if c == '/' && walk.matches() {
                return true;
            }
            walk.step(c);
            if !walk.can_match() {
                return false;
            }
        }
        walk.matches()
    }

    fn can_match_below(&self, dir: &str) -> bool {
        let mut walk = Walk::new(&self.tokens);
        dir.chars().chain(['/']).for_each(|c| walk.step(c));
        walk.can_match()
    }
}

/// The shortest name of the same path (Go's `filepath.Clean`), without a leading `/`.
fn clean(pattern: &str) -> String {
    let rooted = pattern.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in pattern.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => drop(parts.pop()),
            ".." if rooted => {}
            part => parts.push(part),
        }
    }
    if parts.is_empty() { ".".to_owned() } else { parts.join("/") }
}

/// Like [`tokens`], with `**`: at the end it is anything, elsewhere any number of whole directories. Only
/// in `**name` without another wildcard does it match inside a component too, as Docker has it.
fn compile(pattern: &str) -> Result<Vec<Token>, PatternError> {
    let mut compiled = Vec::new();
    let mut plain = tokens(pattern)?.into_iter().peekable();
    while let Some(token) = plain.next() {
        if token != Token::Run || plain.next_if_eq(&Token::Run).is_none() {
            compiled.push(token);
            continue;
        }
        let whole = plain.next_if_eq(&Token::Literal('/')).is_some();
        if plain.peek().is_none() || !whole && compiled.is_empty() && is_literal_behind_stars(pattern) {
            compiled.push(Token::Anything);
        } else {
            compiled.extend([Token::Directories, Token::Inside]);
        }
    }
    Ok(compiled)
}

fn is_literal_behind_stars(pattern: &str) -> bool {
    pattern.strip_prefix("**").is_some_and(|rest| !rest.contains(['*', '?', '[', ']', '\\']))
}

#[cfg(test)]
mod tests;

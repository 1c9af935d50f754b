//! Path patterns: matching in time proportional to pattern times path, whatever they hold.

/// What a pattern has at one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Token {
    /// This character.
    Literal(char),
    /// `?`: any character but `/`.
    One,
    /// `*`: any number of characters but `/`.
    Run,
    /// `[...]`: one character in (or, negated, outside) the ranges.
    Class { negated: bool, ranges: Vec<(char, char)> },
    /// `**/`: nothing, or any characters up to a `/`. It is followed by [`Token::Inside`].
    Directories,
    /// The inside of the above.
    Inside,
    /// A final `**`: anything.
    Anything,
}

/// Why a text is no pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    /// `[` without `]`, or with an empty or half range in it.
    #[error("the brackets of the pattern are not a class such as [a-z]")]
    Class,
    /// The escape character at the end escapes nothing.
    #[error("the pattern ends in a lone `\\`")]
    Escape,
}

/// Reads the syntax of Go's `filepath.Match`, where `**` is no more than `*`.
pub(crate) fn tokens(pattern: &str) -> Result<Vec<Token>, PatternError> {
    let mut tokens = Vec::new();
    let mut characters = pattern.chars().peekable();
    while let Some(c) = characters.next() {
        tokens.push(match c {
            '*' => Token::Run,
            '?' => Token::One,
            '[' => class(&mut characters)?,
            '\\' => Token::Literal(characters.next().ok_or(PatternError::Escape)?),
            c => Token::Literal(c),
        });
    }
    Ok(tokens)
}

type Characters<'a> = std::iter::Peekable<std::str::Chars<'a>>;

/// The inside of brackets, up to and with the closing one.
fn class(characters: &mut Characters<'_>) -> Result<Token, PatternError> {
    let negated = characters.next_if_eq(&'^').is_some();
    let mut ranges = Vec::new();
    loop {
        if !ranges.is_empty() && characters.next_if_eq(&']').is_some() {
            return Ok(Token::Class { negated, ranges });
        }
        let low = class_member(characters)?;
        let ranged = characters.next_if_eq(&'-').is_some();
        ranges.push((low, if ranged { class_member(characters)? } else { low }));
    }
}

fn class_member(characters: &mut Characters<'_>) -> Result<char, PatternError> {
    match characters.next() {
        None | Some('-' | ']') => Err(PatternError::Class),
        Some('\\') => characters.next().ok_or(PatternError::Class),
        Some(c) => Ok(c),
    }
}

/// A run over a path: the set of places in the pattern that the path read so far can have led to.
pub(crate) struct Walk<'a> {
    tokens: &'a [Token],
    /// Whether each place is reached; one more than there are tokens.
    reached: Vec<bool>,
    spare: Vec<bool>,
}

impl<'a> Walk<'a> {
    /// Starts before the first token.
    pub(crate) fn new(tokens: &'a [Token]) -> Self {
        let mut reached = vec![false; tokens.len() + 1];
        enter(tokens, &mut reached, 0);
        Self { tokens, reached, spare: vec![false; tokens.len() + 1] }
    }

    /// Reads one character.
    pub(crate) fn step(&mut self, c: char) {
        self.spare.fill(false);
        for (place, token) in self.tokens.iter().enumerate() {
            if !self.reached[place] {
                continue;
            }
            let (stays, moves) = match token {
                Token::Literal(literal) => (false, *literal == c),
                Token::One => (false, c != '/'),
                Token::Run => (c != '/', false),
                Token::Class { negated, ranges } => {
                    (false, ranges.iter().any(|(low, high)| (*low..=*high).contains(&c)) != *negated)
                }
                Token::Directories => (false, false),
                Token::Inside => (true, c == '/'),
                Token::Anything => (true, false),
            };
            if stays {
                enter(self.tokens, &mut self.spare, place);
            }
            if moves {
                enter(self.tokens, &mut self.spare, place + 1);
            }
        }
        std::mem::swap(&mut self.reached, &mut self.spare);
    }

    /// Whether what was read matches.
    pub(crate) fn matches(&self) -> bool {
        self.reached.last() == Some(&true)
    }

    /// Whether what was read can be the beginning of something that matches.
    pub(crate) fn can_match(&self) -> bool {
        self.reached.contains(&true)
    }
}

/// Marks `place` and the places that are reached from it by reading nothing.
fn enter(tokens: &[Token], reached: &mut [bool], mut place: usize) {
    while !reached[place] {
        reached[place] = true;
        match tokens.get(place) {
            Some(Token::Run | Token::Anything) => place += 1,
            Some(Token::Directories) => {
                reached[place + 1] = true;
                place += 2;
            }
            _ => return,
        }
    }
}

/// Whether `tokens` match the whole of `text`.
pub(crate) fn matches(tokens: &[Token], text: &str) -> bool {
    let mut walk = Walk::new(tokens);
    text.chars().all(|c| {
        walk.step(c);
        walk.can_match()
    }) && walk.matches()
}

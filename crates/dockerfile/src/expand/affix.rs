//! The shell patterns of `${v#p}`, `${v%p}` and `${v/p/r}`: `*`, `?` and escapes, no brackets.

use super::limit::{ExpandError, MAX_GROWTH};

/// A pattern cut at its stars. Between two segments anything may stand; `None` is any one character.
pub(super) struct Glob {
    segments: Vec<Vec<Option<char>>>,
}

impl Glob {
    /// Reads a pattern in which escapes still stand.
    pub(super) fn parse(pattern: &str) -> Result<Self, ExpandError> {
        let mut segments = vec![Vec::new()];
        let mut characters = pattern.chars();
        while let Some(c) = characters.next() {
            let one = match c {
                '*' => {
                    segments.push(Vec::new());
                    continue;
                }
                '?' => None,
                '\\' => match characters.next() {
                    Some(escaped @ ('*' | '?' | '\\' | '/' | '}')) => Some(escaped),
                    other => return Err(ExpandError::Pattern(other.map(String::from).unwrap_or_default())),
                },
                c => Some(c),
            };
            segments.last_mut().expect("there is always a segment").push(one);
        }
        Ok(Self { segments })
    }

    /// `value` without the part at its start that matches.
    pub(super) fn trim_prefix(&self, value: &[char], longest: bool) -> String {
        value[self.matched_prefix(value, longest).unwrap_or(0)..].iter().collect()
    }

    /// `value` without the part at its end that matches: the same, seen in a mirror.
    pub(super) fn trim_suffix(&self, value: &[char], longest: bool) -> String {
        let reversed = self.segments.iter().rev().map(|segment| segment.iter().rev().copied().collect());
        let mirrored = Self { segments: reversed.collect() };
        let value: Vec<char> = value.iter().rev().copied().collect();
        let kept = &value[mirrored.matched_prefix(&value, longest).unwrap_or(0)..];
        kept.iter().rev().collect()
    }

    /// `value` with the first match, or every one, replaced. A match is as early and as long as possible;
    /// an empty one right behind another match does not count.
    pub(super) fn replace(
        &self,
        value: &[char],
        replacement: &str,
        all: bool,
    ) -> Result<String, ExpandError> {
        let mut replaced = String::new();
        let mut copied = 0;
        let mut from = 0;
        while let Some((start, end)) = self.find(value, from) {
            replaced.extend(&value[copied..start]);
            if end > copied || start == 0 {
                replaced.push_str(replacement);
            }
            if replaced.len() > MAX_GROWTH {
                return Err(ExpandError::TooLarge);
            }
            copied = end;
            from = end.max(from + 1);
            if !all || from > value.len() {
                break;
            }
        }
        replaced.extend(&value[copied..]);
        Ok(replaced)
    }

    /// How much of the start of `value` the whole pattern covers.
    fn matched_prefix(&self, value: &[char], longest: bool) -> Option<usize> {
        let (first, rest) = self.segments.split_first()?;
        matches_at(first, value, 0).then_some(())?;
        finish(rest, value, first.len(), longest)
    }

    fn find(&self, value: &[char], from: usize) -> Option<(usize, usize)> {
        let (first, rest) = self.segments.split_first()?;
        let start = leftmost(first, value, from)?;
        // Where the rest does not fit behind the first place, it does not behind a later one either.
        Some((start, finish(rest, value, start + first.len(), true)?))
    }
}

/// Places `segments`, each behind a star, from `at` on; gives the end of the last one.
fn finish(segments: &[Vec<Option<char>>], value: &[char], mut at: usize, longest: bool) -> Option<usize> {
    let Some((last, middle)) = segments.split_last() else { return Some(at) };
    for segment in middle {
        at = leftmost(segment, value, at)? + segment.len();
    }
    let start = if longest { rightmost(last, value, at)? } else { leftmost(last, value, at)? };
    Some(start + last.len())
}

fn matches_at(segment: &[Option<char>], value: &[char], at: usize) -> bool {
    let part = value.get(at..at + segment.len());
    part.is_some_and(|part| segment.iter().zip(part).all(|(one, c)| one.is_none_or(|one| one == *c)))
}

fn leftmost(segment: &[Option<char>], value: &[char], from: usize) -> Option<usize> {
    let last = value.len().checked_sub(segment.len())?;
    (from..=last).find(|at| matches_at(segment, value, *at))
}

fn rightmost(segment: &[Option<char>], value: &[char], from: usize) -> Option<usize> {
    let last = value.len().checked_sub(segment.len())?;
    (from..=last).rev().find(|at| matches_at(segment, value, *at))
}

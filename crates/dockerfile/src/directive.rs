//! Parser directives: `# syntax=`, `# escape=` and `# check=` at the head of a file.

use crate::{error::Fault, position::Position, source::Source};

/// One directive as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Directive {
    /// The text after `=`, without surrounding blanks.
    pub value: String,
    /// The line that it stands on, counted from 1.
    pub line: u32,
}

/// The directives of a file. They stand before anything else; the first blank line, other comment or
/// instruction ends them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Directives {
    /// `# syntax=`: the frontend that the file was written for.
    pub syntax: Option<Directive>,
    /// `# escape=`: the character of continuations and escapes.
    pub escape: Option<Directive>,
    /// `# check=`: which checks to skip and whether they are errors.
    pub check: Option<Directive>,
    /// How many lines the directives and a leading `#!` line take up.
    pub(crate) line_count: u32,
}

impl Directives {
    /// The character of continuations and escapes: `\` unless `# escape=` says "`".
    pub fn escape_character(&self) -> char {
        match &self.escape {
            Some(directive) if directive.value == "`" => '`',
            _ => '\\',
        }
    }

    /// Whether `# check=skip=…` names a check, or all of them.
    pub fn skips(&self, rule: &str) -> bool {
        let settings = self.check.iter().flat_map(|directive| directive.value.split(';'));
        let skipped = settings.filter_map(|setting| setting.trim().strip_prefix("skip="));
        skipped
            .flat_map(|rules| rules.split(','))
            .any(|name| name.trim().eq_ignore_ascii_case(rule) || name.trim() == "all")
    }
}

/// Reads the directives at the head of `source`. A `#!` line may come first.
pub(crate) fn read(source: &Source) -> Result<Directives, Fault> {
    let mut directives = Directives::default();
    if source.line(1).is_some_and(|line| line.starts_with("#!")) {
        directives.line_count = 1;
    }
    while let Some(line) = source.line(directives.line_count + 1) {
        if !accept(&mut directives, line)? {
            break;
        }
        directives.line_count += 1;
    }
    Ok(directives)
}

/// Takes in one line; false when it is no directive.
fn accept(directives: &mut Directives, text: &str) -> Result<bool, Fault> {
    let line = directives.line_count + 1;
    let Some((name, value)) = split(text) else { return Ok(false) };
    let slot = match name.to_ascii_lowercase().as_str() {
        "syntax" => &mut directives.syntax,
        "escape" => &mut directives.escape,
        "check" => &mut directives.check,
        _ => return Ok(false),
    };
    let at = |part: &str| Position::at(line, part.as_ptr() as usize - text.as_ptr() as usize);
    if let Some(first) = slot {
        let message = format!("`{}` is already set on line {}", name.to_ascii_lowercase(), first.line);
        return Err(Fault::new(at(name), message));
    }
    if name.eq_ignore_ascii_case("escape") && value != "\\" && value != "`" {
        let message = format!("`{value}` cannot be the escape character: only `\\` and the backtick can");
        return Err(Fault::new(at(value), message));
    }
    *slot = Some(Directive { value: value.to_owned(), line });
    Ok(true)
}

/// Splits `# name = value`.
fn split(text: &str) -> Option<(&str, &str)> {
    let (name, value) = text.trim_start().strip_prefix('#')?.split_once('=')?;
    let (name, value) = (name.trim(), value.trim());
    let named = name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.chars().all(|c| c.is_ascii_alphanumeric());
    (named && !value.is_empty()).then_some((name, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn directives(text: &str) -> Result<Directives, Fault> {
        read(&Source::new("Dockerfile", text.as_bytes()).unwrap())
    }

    #[test]
    fn the_three_directives_in_any_case_and_spacing() {
        let read = directives("#!/usr/bin/env tare\n#SYNTAX=a/b:1\n  # Escape =  `  \r\n# check=skip=all\n")
            .unwrap();
        assert_eq!(read.syntax, Some(Directive { value: "a/b:1".into(), line: 2 }));
        assert_eq!(read.check, Some(Directive { value: "skip=all".into(), line: 4 }));
        assert_eq!((read.escape_character(), read.line_count), ('`', 4));
    }

    #[test]
    fn checks_are_skipped_by_name_or_altogether() {
        let skips = |check: &str| directives(&format!("# check={check}")).unwrap().skips("Extension");
        assert!(
            skips("skip=all") && skips("skip=A, extension;error=true") && skips("error=true;skip=Extension")
        );
        assert!(
            !skips("skip=Other") && !skips("error=true") && !directives("FROM a").unwrap().skips("Extension")
        );
    }

    #[test]
    fn anything_else_ends_them() {
        for text in ["\n# escape=`", "# note\n# escape=`", "# foo=bar\n# escape=`", "FROM a\n# escape=`"] {
            assert_eq!(directives(text).unwrap().escape_character(), '\\', "{text}");
        }
    }

    #[test]
    fn repeated_and_bad_ones_are_faults() {
        assert_eq!(directives("# escape=\\\n# escape=`").unwrap_err().position, Position::at(2, 2));
        assert_eq!(directives("# escape= x").unwrap_err().position, Position::at(1, 10));
    }
}

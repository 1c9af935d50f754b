//! Heredocs: `<<NAME` on an instruction's line, and the lines up to `NAME` below it.

use crate::{error::Fault, line::Lines, position::Position};

/// A text that an instruction carries along.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heredoc {
    /// The terminator, and the file's name where `COPY` or `ADD` make a file of it.
    pub name: String,
    /// The lines as they stand in the source, each with its ending.
    pub content: String,
    /// Whether variables are replaced: true unless part of the terminator was quoted. `COPY` and `ADD`
    /// honour it with [`crate::expand_heredoc`]; in `RUN` it is the shell's business.
    pub expand: bool,
    /// Whether it was written `<<-NAME`: leading tabs do not belong to the text.
    pub strip_tabs: bool,
}

impl Heredoc {
    /// The content without the leading tabs that `<<-` disclaims.
    pub fn text(&self) -> String {
        if !self.strip_tabs {
            return self.content.clone();
        }
        self.content.split_inclusive('\n').map(|line| line.trim_start_matches('\t')).collect()
    }
}

/// Reads `word` as `<<NAME`, with an optional descriptor in front; the content is still empty.
pub(crate) fn declaration(word: &str) -> Option<Heredoc> {
    let rest = word.trim_start_matches(|c: char| c.is_ascii_digit()).strip_prefix("<<")?;
    let (rest, strip_tabs) = match rest.strip_prefix('-') {
        Some(rest) => (rest, true),
        None => (rest, false),
    };
    let rest = rest.trim_start_matches(['\t', '\x0c', '\r', ' ', '\n']);
    if rest.contains('<') {
        return None;
    }
    let (name, quoted) = unquote(rest)?;
    Some(Heredoc { name, content: String::new(), expand: !quoted, strip_tabs })
}

/// The terminator without its quotes, and whether it had any. `None` if this is not exactly one word.
/// The escape character is a backslash here, whatever the file says.
fn unquote(text: &str) -> Option<(String, bool)> {
    let mut name = String::new();
    let mut quoted = false;
    let mut characters = text.trim_end().chars();
    while let Some(c) = characters.next() {
        match c {
            '\\' => name.extend(characters.next()),
            '"' | '\'' => {
                quoted = true;
                loop {
                    match characters.next()? {
                        end if end == c => break,
                        '\\' if c == '"' => name.push(characters.next()?),
                        inside => name.push(inside),
                    }
                }
            }
            c if c.is_whitespace() => return None,
            c => name.push(c),
        }
    }
    (!name.is_empty()).then_some((name, quoted))
}

/// The heredocs that a logical line declares, with the offset of each. Quotes protect `<<`; a line whose
/// quotes do not match declares none, because its meaning is the shell's to find.
pub(crate) fn declarations(line: &str) -> Vec<(usize, Heredoc)> {
    if !line.contains("<<") {
        return Vec::new();
    }
    let Some(words) = shell_words(line) else { return Vec::new() };
    let declared = words.into_iter().filter_map(|(at, word)| Some((at, declaration(word)?)));
    declared.collect()
}

/// The words of a line that declares heredocs, as they are written.
pub(crate) fn words(line: &str) -> Vec<String> {
    let words = shell_words(line).unwrap_or_default();
    words.into_iter().map(|(_, word)| word.to_owned()).collect()
}

/// The words of a shell line as they are written, with their offsets; `None` for an unmatched quote.
/// Blanks between `<<` and the terminator do not separate.
fn shell_words(line: &str) -> Option<Vec<(usize, &str)>> {
    let mut words = Vec::new();
    let mut start = None;
    let mut characters = line.char_indices().peekable();
    while let Some((at, c)) = characters.next() {
        if c.is_whitespace() {
            words.extend(start.take().map(|from| (from, &line[from..at])));
            continue;
        }
        start.get_or_insert(at);
        match c {
            '\\' => drop(characters.next()),
            '\'' => drop(characters.find(|(_, c)| *c == '\'')?),
            '"' => loop {
                match characters.next()?.1 {
                    '"' => break,
                    '\\' => drop(characters.next()),
                    _ => {}
                }
            },
            '<' if characters.next_if(|(_, c)| *c == '<').is_some() => {
                while characters.next_if(|(_, c)| matches!(c, ' ' | '\t' | '\r')).is_some() {}
            }
            _ => {}
        }
    }
    words.extend(start.map(|from| (from, &line[from..])));
    Some(words)
}

/// `line` followed by the bodies of its heredocs, as a shell reads them.
pub(crate) fn attach(line: &str, heredocs: &[Heredoc]) -> String {
    let mut text = line.to_owned();
    for heredoc in heredocs {
        text.push('\n');
        text.push_str(&heredoc.content);
        text.push_str(&heredoc.name);
    }
    text
}

/// Reads the body of a heredoc declared at `position` from the lines that follow.
pub(crate) fn read_body(
    lines: &mut Lines<'_>,
    position: Position,
    heredoc: &mut Heredoc,
) -> Result<(), Fault> {
    while let Some(raw) = lines.next_raw() {
        let line = raw.trim_end_matches(['\r', '\n']);
        let line = if heredoc.strip_tabs { line.trim_start_matches('\t') } else { line };
        if line == heredoc.name {
            return Ok(());
        }
        heredoc.content.push_str(raw);
    }
    let message = format!("the heredoc never ends: no line is `{}` alone", heredoc.name);
    Err(Fault::new(position, message))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn declarations_on_a_line() {
        for (line, expected) in [
            ("RUN <<EOF", "EOF/true/false"),
            ("RUN 3<<EOF", "EOF/true/false"),
            ("RUN <<-EOF", "EOF/true/true"),
            ("RUN <<-'EOF'", "EOF/false/true"),
            ("RUN <<\"EOF\" cat", "EOF/false/false"),
            ("RUN <<eo'f'", "eof/false/false"),
            (r"RUN <<eo\'f", "eo'f/true/false"),
            (r"RUN <<'e'o\'f", "eo'f/false/false"),
            ("RUN <<'one two'", "one two/false/false"),
            ("RUN <<$EOF", "$EOF/true/false"),
            ("RUN <<  EOF  > foo", "EOF/true/false"),
            ("COPY <<a.txt <<b.txt /", "a.txt/true/false b.txt/true/false"),
            ("RUN cat <<EOF >/a && cat <<-E2", "EOF/true/false E2/true/true"),
            ("RUN \"<<EOF\"", ""),
            ("RUN '<<EOF'", ""),
            (r"RUN \<<EOF", ""),
            ("RUN cat <<<EOF", ""),
            ("RUN cat<<EOF", ""),
            ("RUN it's <<EOF", ""),
            ("RUN <<", ""),
            ("RUN <<''", ""),
            ("RUN a < b <c", ""),
        ] {
            let found = declarations(line)
                .into_iter()
                .map(|(_, h)| format!("{}/{}/{}", h.name, h.expand, h.strip_tabs));
            assert_eq!(found.collect::<Vec<_>>().join(" "), expected, "{line}");
        }
    }

    #[test]
    fn tabs_are_stripped_line_by_line() {
        let heredoc = Heredoc {
            name: "E".into(),
            content: "\ta\n\t\tb\tc\n\n d".into(),
            expand: true,
            strip_tabs: true,
        };
        assert_eq!(heredoc.text(), "a\nb\tc\n\n d");
    }
}

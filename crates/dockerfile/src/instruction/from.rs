//! `FROM`.

use crate::statement::{Statement, excerpt};
use crate::{
    ast::From,
    error::Fault,
    words::{Word, split_plain},
};

/// `FROM [--platform=P] image [AS name]`: the stage's name and where it starts.
pub(super) fn parse(statement: &Statement<'_>) -> Result<(Option<String>, From), Fault> {
    statement.allow_flags(&["platform"])?;
    let words = split_plain(statement.rest);
    let (image, name) = match words.as_slice() {
        [image] => (image, None),
        [image, between, name] if between.text.eq_ignore_ascii_case("as") => {
            (image, Some(stage_name(statement, *name)?))
        }
        _ => return Err(miscounted(statement, &words)),
    };
    let from = From {
        platform: statement.flags.text("platform")?,
        image: image.text.to_owned(),
        span: statement.line.span(0),
        original: statement.line.text.clone(),
        comments: statement.line.comments.clone(),
    };
    Ok((name, from))
}

fn miscounted(statement: &Statement<'_>, words: &[Word<'_>]) -> Fault {
    match words {
        [] => statement.fault("FROM requires an image, a stage or `scratch`"),
        [_, between, ..] if !between.text.eq_ignore_ascii_case("as") => {
            let message = format!("FROM takes `image` or `image AS name`, not `{}`", excerpt(between.text));
            statement.fault_at(*between, message)
        }
        [_, between] => statement.fault_at(*between, "AS requires a name for the stage"),
        [.., extra] => statement.fault_at(*extra, "FROM takes `image` or `image AS name`, nothing behind it"),
    }
}

/// A stage's name in lower case: a letter, then letters, digits and `-_.`
fn stage_name(statement: &Statement<'_>, word: Word<'_>) -> Result<String, Fault> {
    let name = word.text.to_lowercase();
    let first = name.starts_with(|c: char| c.is_ascii_lowercase());
    if first && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_.".contains(c)) {
        return Ok(name);
    }
    let message = format!(
        "`{}` cannot name a stage: a name begins with a letter and holds letters, digits, `-`, `_` and `.`",
        excerpt(word.text)
    );
    Err(statement.fault_at(word, message))
}

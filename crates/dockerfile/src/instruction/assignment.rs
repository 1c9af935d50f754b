//! `ARG`, `ENV` and `LABEL`.

use crate::statement::{Statement, excerpt};
use crate::{
    ast::{Argument, Pair},
    error::Fault,
    words::{Word, split_quoted},
};

/// `ARG name[=default] ...`
pub(super) fn arguments(statement: &Statement<'_>) -> Result<Vec<Argument>, Fault> {
    statement.allow_flags(&[])?;
    let words = split_quoted(statement.required_rest()?, statement.escape);
    words.into_iter().map(|word| argument(statement, word)).collect()
}

fn argument(statement: &Statement<'_>, word: Word<'_>) -> Result<Argument, Fault> {
    let (name, default) = match word.text.split_once('=') {
        Some((name, default)) => (name, Some(default.to_owned())),
        None => (word.text, None),
    };
    Ok(Argument { name: named(statement, word, name)?, default })
}

/// `ENV name=value ...`, `LABEL name=value ...`, or the legacy `ENV name value`, told apart by the
/// first word.
pub(super) fn pairs(statement: &Statement<'_>) -> Result<Vec<Pair>, Fault> {
    statement.allow_flags(&[])?;
    let rest = statement.required_rest()?;
    let words = split_quoted(rest, statement.escape);
    if words.first().is_some_and(|word| !word.text.contains('=')) {
        return legacy_pair(statement, rest).map(|pair| vec![pair]);
    }
    words.into_iter().map(|word| pair(statement, word)).collect()
}

fn pair(statement: &Statement<'_>, word: Word<'_>) -> Result<Pair, Fault> {
    let Some((name, value)) = word.text.split_once('=') else {
        let message = format!("`{}` is no name=value; quote values that hold blanks", excerpt(word.text));
        return Err(statement.fault_at(word, message));
    };
    Ok(Pair { name: named(statement, word, name)?, value: value.to_owned(), legacy: false })
}

fn legacy_pair(statement: &Statement<'_>, rest: Word<'_>) -> Result<Pair, Fault> {
    let (name, value) = rest.split_first();
    if value.text.is_empty() {
        let message = format!("{} requires a value for `{}`", statement.keyword, excerpt(name.text));
        let suggestion = Some(format!("{} {}=", statement.keyword, excerpt(name.text)));
        return Err(statement.fault_at(name, message).suggest(suggestion));
    }
    Ok(Pair { name: named(statement, name, name.text)?, value: value.text.to_owned(), legacy: true })
}

fn named(statement: &Statement<'_>, word: Word<'_>, name: &str) -> Result<String, Fault> {
    if name.is_empty() {
        return Err(statement.fault_at(word, format!("a name of {} is empty", statement.keyword)));
    }
    Ok(name.to_owned())
}

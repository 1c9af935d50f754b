//! `EXPOSE` and `VOLUME`.

use crate::{
    error::Fault,
    expand::{expand_words, variables_in},
    ports::Ports,
    statement::Statement,
    words::{Word, split_plain},
};

/// `EXPOSE port ...`
pub(super) fn ports(statement: &Statement<'_>) -> Result<Vec<String>, Fault> {
    statement.allow_flags(&[])?;
    let words = split_plain(statement.required_rest()?);
    words.iter().try_for_each(|word| check_port(statement, *word))?;
    Ok(words.into_iter().map(|word| word.text.to_owned()).collect())
}

/// Refuses a word without variables that names no ports. The others are known when they are replaced.
fn check_port(statement: &Statement<'_>, word: Word<'_>) -> Result<(), Fault> {
    if !variables_in(word.text, statement.escape).is_empty() {
        return Ok(());
    }
    let words = expand_words(word.text, statement.escape, &|_| None);
    let words = words.map_err(|problem| statement.fault_at(word, problem.to_string()))?;
    for port in words {
        Ports::parse(&port).map_err(|problem| statement.fault_at(word, problem.to_string()))?;
    }
    Ok(())
}

/// `VOLUME path ...` or `VOLUME ["path", ...]`
pub(super) fn volumes(statement: &Statement<'_>) -> Result<Vec<String>, Fault> {
    statement.allow_flags(&[])?;
    let paths = statement.strings_or_words(statement.required_rest()?)?;
    if paths.is_empty() || paths.iter().any(|path| path.trim().is_empty()) {
        return Err(statement.fault_at(statement.rest, "a volume's path must not be empty"));
    }
    Ok(paths.iter().map(|path| path.trim().to_owned()).collect())
}

//! `CMD`, `ENTRYPOINT` and `SHELL`.

use crate::statement::Statement;
use crate::{ast::Command, error::Fault, words::Word};

/// `CMD` or `ENTRYPOINT`, which may be empty.
pub(super) fn cmd(statement: &Statement<'_>) -> Result<Command, Fault> {
    statement.allow_flags(&[])?;
    form(statement, statement.rest)
}

/// A JSON array is the exec form, anything else the shell form.
pub(super) fn form(statement: &Statement<'_>, text: Word<'_>) -> Result<Command, Fault> {
    let strings = statement.strings(text)?;
    Ok(strings.map_or_else(|| Command::Shell(text.text.to_owned()), Command::Exec))
}

/// `SHELL ["program", "argument", ...]`
pub(super) fn shell(statement: &Statement<'_>) -> Result<Vec<String>, Fault> {
    statement.allow_flags(&[])?;
    let rest = statement.required_rest()?;
    match form(statement, rest)? {
        Command::Exec(arguments) if !arguments.is_empty() => Ok(arguments),
        Command::Exec(_) => Err(statement.fault_at(rest, "SHELL requires at least one argument")),
        Command::Shell(line) => {
            let arguments: Vec<String> = line.split_whitespace().take(8).map(str::to_owned).collect();
            let suggestion = format!("SHELL {}", Command::Exec(arguments));
            Err(statement.fault_at(rest, "SHELL requires a JSON array").suggest(Some(suggestion)))
        }
    }
}

//! From a statement to a typed instruction: one file per group of instructions.

use crate::{
    ast::{From, Heredoc, Kind},
    error::Fault,
    heredoc,
    statement::Statement,
};

mod assignment;
mod command;
mod from;
mod healthcheck;
mod listing;
mod run;
mod transfer;

/// Reads a `FROM`: the stage's name and where it starts.
pub(crate) fn parse_from(statement: &Statement<'_>) -> Result<(Option<String>, From), Fault> {
    from::parse(statement)
}

/// Reads any instruction but `FROM`.
pub(crate) fn parse(statement: &Statement<'_>, heredocs: Vec<Heredoc>) -> Result<Kind, Fault> {
    match statement.keyword.as_str() {
        "ADD" => transfer::add(statement, heredocs).map(Kind::Add),
        "ARG" => assignment::arguments(statement).map(Kind::Arg),
        "CMD" => command::cmd(statement).map(Kind::Cmd),
        "COPY" => transfer::copy(statement, heredocs).map(Kind::Copy),
        "ENTRYPOINT" => command::cmd(statement).map(Kind::Entrypoint),
        "ENV" => assignment::pairs(statement).map(Kind::Env),
        "EXPOSE" => listing::ports(statement).map(Kind::Expose),
        "HEALTHCHECK" => healthcheck::parse(statement).map(Kind::Healthcheck),
        "LABEL" => assignment::pairs(statement).map(Kind::Label),
        "MAINTAINER" => statement.single().map(Kind::Maintainer),
        "ONBUILD" => trigger(statement, heredocs).map(Kind::Onbuild),
        "RUN" => run::parse(statement, heredocs).map(Kind::Run),
        "SHELL" => command::shell(statement).map(Kind::Shell),
        "STOPSIGNAL" => statement.single().map(Kind::Stopsignal),
        "USER" => statement.single().map(Kind::User),
        "VOLUME" => listing::volumes(statement).map(Kind::Volume),
        "WORKDIR" => statement.single().map(Kind::Workdir),
        _ => Err(statement.unknown()),
    }
}

/// `ONBUILD instruction`: the trigger's text with its heredocs, after it has been checked.
fn trigger(statement: &Statement<'_>, heredocs: Vec<Heredoc>) -> Result<String, Fault> {
    statement.allow_flags(&[])?;
    let rest = statement.required_rest()?;
    let inner = Statement::split_part(statement.line, rest, statement.escape);
    inner.check_trigger()?;
    let text = heredoc::attach(rest.text, &heredocs);
    parse(&inner, heredocs)?;
    Ok(text)
}

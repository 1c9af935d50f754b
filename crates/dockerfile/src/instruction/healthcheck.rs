//! `HEALTHCHECK`.

use std::time::Duration;

use super::command;
use crate::statement::{Statement, excerpt};
use crate::{
    ast::{Command, Flag, HealthTest, Healthcheck},
    error::Fault,
    quantity::parse_duration,
    suggest,
};

const FLAGS: &[&str] = &["interval", "timeout", "start-period", "start-interval", "retries"];

/// `HEALTHCHECK NONE` or `HEALTHCHECK [flags] CMD command`
pub(super) fn parse(statement: &Statement<'_>) -> Result<Healthcheck, Fault> {
    statement.allow_flags(FLAGS)?;
    let (form, rest) = statement.required_rest()?.split_first();
    match form.text.to_ascii_uppercase().as_str() {
        "NONE" if rest.text.is_empty() => Ok(Healthcheck::None),
        "NONE" => Err(statement.fault_at(rest, "HEALTHCHECK NONE takes no arguments")),
        "CMD" => {
            let command = command::form(statement, rest)?;
            if matches!(&command, Command::Shell(line) if line.is_empty()) || command == Command::Exec(vec![])
            {
                return Err(statement.fault_at(form, "HEALTHCHECK CMD requires a command"));
            }
            test(statement, command).map(Healthcheck::Test)
        }
        other => {
            let message = format!("HEALTHCHECK takes CMD or NONE, not `{}`", excerpt(form.text));
            let suggestion = suggest::nearest(other, &["CMD", "NONE"]).map(str::to_owned);
            Err(statement.fault_at(form, message).suggest(suggestion))
        }
    }
}

fn test(statement: &Statement<'_>, command: Command) -> Result<HealthTest, Fault> {
    Ok(HealthTest {
        command,
        interval: duration(statement, "interval")?,
        timeout: duration(statement, "timeout")?,
        start_period: duration(statement, "start-period")?,
        start_interval: duration(statement, "start-interval")?,
        retries: retries(statement)?,
    })
}

/// Zero, which means the default, or at least a millisecond.
fn duration(statement: &Statement<'_>, name: &str) -> Result<Option<Flag<Duration>>, Fault> {
    let Some(Flag { value: text, position }) = statement.flags.text(name)? else { return Ok(None) };
    let Some(value) = parse_duration(&text) else {
        let message = format!("`--{name}={}` is no duration such as 30s or 1m30s", excerpt(&text));
        return Err(Fault::new(position, message));
    };
    if !value.is_zero() && value < Duration::from_millis(1) {
        return Err(Fault::new(position, format!("`--{name}` is at least 1ms")));
    }
    Ok(Some(Flag { value, position }))
}

fn retries(statement: &Statement<'_>) -> Result<Option<Flag<u32>>, Fault> {
    let Some(Flag { value: text, position }) = statement.flags.text("retries")? else { return Ok(None) };
    match text.parse::<u32>() {
        Ok(value) if i32::try_from(value).is_ok() => Ok(Some(Flag { value, position })),
        _ => Err(Fault::new(position, format!("`--retries={}` is no count", excerpt(&text)))),
    }
}

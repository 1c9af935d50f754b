//! `RUN`.

use super::command;
use crate::statement::{Statement, excerpt};
use crate::{
    ast::{Command, Device, Flag, Heredoc, Network, Run, Security},
    error::Fault,
    mount::Mount,
    suggest,
    words::split_fields,
};

const NETWORKS: &[(&str, Network)] =
    &[("default", Network::Default), ("none", Network::None), ("host", Network::Host)];

const SECURITIES: &[(&str, Security)] = &[("sandbox", Security::Sandbox), ("insecure", Security::Insecure)];

/// `RUN [flags] command`
pub(super) fn parse(statement: &Statement<'_>, heredocs: Vec<Heredoc>) -> Result<Run, Fault> {
    statement.allow_flags(&["mount", "network", "security", "device"])?;
    let flags = &statement.flags;
    let rest = statement.required_rest()?;
    let command = command::form(statement, rest)?;
    if command == Command::Exec(Vec::new()) {
        return Err(statement.fault_at(rest, "RUN requires a command"));
    }
    let mounts = flags.texts("mount")?;
    let mounts = mounts.iter().map(|flag| Mount::parse(&flag.value, flag.position, statement.escape));
    Ok(Run {
        command,
        heredocs,
        mounts: mounts.collect::<Result<_, _>>()?,
        network: flags.choice("network", NETWORKS)?,
        security: flags.choice("security", SECURITIES)?,
        devices: flags.texts("device")?.iter().map(device).collect::<Result<_, _>>()?,
    })
}

/// `[name=]NAME[,required[=BOOLEAN]]`. A qualified name may hold `=` itself.
fn device(flag: &Flag<String>) -> Result<Flag<Device>, Fault> {
    let mut device = Device { name: String::new(), required: false };
    for field in split_fields(&flag.value) {
        let (key, value) = field.split_once('=').unwrap_or((&field, "true"));
        match key.to_ascii_lowercase().as_str() {
            "required" => device.required = truth(flag, value)?,
            "name" if device.name.is_empty() && field.contains('=') => value.clone_into(&mut device.name),
            _ if device.name.is_empty() => device.name = field,
            other => {
                let message = format!("unknown key `{}` in `--device`", excerpt(other));
                let suggestion = suggest::nearest(other, &["name", "required"]).map(str::to_owned);
                return Err(Fault::new(flag.position, message).suggest(suggestion));
            }
        }
    }
    if device.name.is_empty() {
        return Err(Fault::new(flag.position, "`--device` needs a name"));
    }
    Ok(Flag { value: device, position: flag.position })
}

fn truth(flag: &Flag<String>, value: &str) -> Result<bool, Fault> {
    match value.to_ascii_lowercase().as_str() {
        "true" | "t" | "1" => Ok(true),
        "false" | "f" | "0" => Ok(false),
        other => {
            let message = format!("`required` in `--device` is true or false, not `{}`", excerpt(other));
            Err(Fault::new(flag.position, message))
        }
    }
}

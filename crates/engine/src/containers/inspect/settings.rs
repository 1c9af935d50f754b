//! `Config`: what a container executes.

use super::{list_or_null, object};
use crate::containers::record::Record;
use serde_json::{Map, Value, json};

pub(super) fn show(record: &Record) -> Value {
    let execution = &record.execution;
    let mut shown = Map::new();
    let mut put = |key: &str, value: Value| shown.insert(key.to_owned(), value);
    put("Hostname", json!(record.own_hostname()));
    put("Domainname", json!(record.domain_name));
    put("User", json!(execution.user));
    put("AttachStdin", json!(record.open_input && record.input_once));
    put("AttachStdout", json!(true));
    put("AttachStderr", json!(true));
    if !execution.exposed_ports.is_empty() {
        put("ExposedPorts", json!(execution.exposed_ports));
    }
    put("Tty", json!(record.terminal));
    put("OpenStdin", json!(record.open_input));
    put("StdinOnce", json!(record.input_once));
    put("Env", json!(execution.env));
    put("Cmd", json!(execution.cmd));
    if let Some(check) = &execution.healthcheck {
        put("Healthcheck", json!(check));
    }
    if execution.args_escaped {
        put("ArgsEscaped", json!(true));
    }
    put("Image", json!(record.image_name));
    put("Volumes", if execution.volumes.is_empty() { Value::Null } else { json!(execution.volumes) });
    put("WorkingDir", json!(execution.working_dir));
    put("Entrypoint", json!(execution.entrypoint));
    put("OnBuild", list_or_null(&execution.on_build));
    put("Labels", object_of(&execution.labels));
    if let Some(signal) = &execution.stop_signal {
        put("StopSignal", json!(signal));
    }
    if let Some(timeout) = execution.stop_timeout {
        put("StopTimeout", json!(timeout));
    }
    if let Some(shell) = &execution.shell {
        put("Shell", json!(shell));
    }
    Value::Object(shown)
}

fn object_of(labels: &std::collections::BTreeMap<String, String>) -> Value {
    if labels.is_empty() { object([]) } else { json!(labels) }
}

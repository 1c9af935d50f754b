//! `tare oci update`.

use super::globals::Globals;
use crate::failure::{Failure, Outcome};
use crate::flags::bytes_or_unlimited;
use serde_json::{Map, Value, json};
use std::io::Read;
use std::path::PathBuf;

/// What a file with limits says itself.
const LIMITS: [&str; 14] = [
    "blkio_weight",
    "cpu_period",
    "cpu_quota",
    "cpu_burst",
    "cpu_share",
    "cpu_rt_period",
    "cpu_rt_runtime",
    "cpuset_cpus",
    "cpuset_mems",
    "cpu_idle",
    "memory",
    "memory_reservation",
    "memory_swap",
    "pids_limit",
];

/// Arguments of `update`.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// A file with the limits, in the specification's form; - is standard input
    #[arg(short, long, value_name = "FILE", conflicts_with_all = LIMITS)]
    resources: Option<PathBuf>,
    /// Weight of the group for disks, 10 to 1000
    #[arg(long, value_name = "N")]
    blkio_weight: Option<u16>,
    /// Microseconds of a period of the quota
    #[arg(long, value_name = "US")]
    cpu_period: Option<u64>,
    /// Microseconds in a period
    #[arg(long, value_name = "US", allow_negative_numbers = true)]
    cpu_quota: Option<i64>,
    /// Microseconds that may be saved up
    #[arg(long, value_name = "US")]
    cpu_burst: Option<u64>,
    /// Relative weight
    #[arg(long, alias = "cpu-shares", value_name = "N")]
    cpu_share: Option<u64>,
    /// Microseconds of a real-time period
    #[arg(long, value_name = "US")]
    cpu_rt_period: Option<u64>,
    /// Real-time microseconds in a period
    #[arg(long, value_name = "US", allow_negative_numbers = true)]
    cpu_rt_runtime: Option<i64>,
    /// Processors
    #[arg(long, value_name = "LIST")]
    cpuset_cpus: Option<String>,
    /// Memory nodes
    #[arg(long, value_name = "LIST")]
    cpuset_mems: Option<String>,
    /// 1: it runs only when nobody else wants to
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    cpu_idle: Option<i64>,
    /// Memory
    #[arg(long, value_parser = bytes_or_unlimited, value_name = "BYTES", allow_negative_numbers = true)]
    memory: Option<i64>,
    /// Memory that it keeps under pressure
    #[arg(long, value_parser = bytes_or_unlimited, value_name = "BYTES", allow_negative_numbers = true)]
    memory_reservation: Option<i64>,
    /// Memory and swap together; -1 is no limit
    #[arg(long, value_parser = bytes_or_unlimited, value_name = "BYTES", allow_negative_numbers = true)]
    memory_swap: Option<i64>,
    /// Processes
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pids_limit: Option<i64>,
    /// Id of the container
    #[arg(value_name = "CONTAINER-ID")]
    id: String,
}

impl Arguments {
    /// The limits as the specification has them.
    fn document(&self) -> Value {
        let cpu = [
            ("period", self.cpu_period.map(|n| json!(n))),
            ("quota", self.cpu_quota.map(|n| json!(n))),
            ("burst", self.cpu_burst.map(|n| json!(n))),
            ("shares", self.cpu_share.map(|n| json!(n))),
            ("realtimePeriod", self.cpu_rt_period.map(|n| json!(n))),
            ("realtimeRuntime", self.cpu_rt_runtime.map(|n| json!(n))),
            ("cpus", self.cpuset_cpus.as_ref().map(|list| json!(list))),
            ("mems", self.cpuset_mems.as_ref().map(|list| json!(list))),
            ("idle", self.cpu_idle.map(|n| json!(n))),
        ];
        let memory = [
            ("limit", self.memory.map(|n| json!(n))),
            ("reservation", self.memory_reservation.map(|n| json!(n))),
            ("swap", self.memory_swap.map(|n| json!(n))),
        ];
        let sections = [
            ("cpu", object(cpu)),
            ("memory", object(memory)),
            ("pids", object([("limit", self.pids_limit.map(|n| json!(n)))])),
            ("blockIO", object([("weight", self.blkio_weight.map(|n| json!(n)))])),
        ];
        object(sections.map(|(name, section)| {
            (name, section.as_object().is_some_and(|s| !s.is_empty()).then_some(section))
        }))
    }
}

fn object<const N: usize>(fields: [(&str, Option<Value>); N]) -> Value {
    let present = fields.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
    Value::Object(present.collect::<Map<_, _>>())
}

pub(super) fn run(globals: &Globals, arguments: Arguments) -> Outcome {
    let text = match &arguments.resources {
        None => arguments.document().to_string(),
        Some(path) if path.as_os_str() == "-" => {
            let mut text = String::new();
            std::io::stdin().lock().read_to_string(&mut text)?;
            text
        }
        Some(path) => std::fs::read_to_string(path)
            .map_err(|error| Failure::new(format!("{}: {error}", path.display())))?,
    };
    let resources =
        serde_json::from_str(&text).map_err(|error| Failure::new(format!("resources: {error}")))?;
    lifecycle::update::update(&globals.lifecycle(), &arguments.id, &resources)?;
    Ok(0)
}

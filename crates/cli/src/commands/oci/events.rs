//! `tare oci events`: one JSON document a line, as runc's.

use super::globals::Globals;
use crate::failure::{Failure, Outcome};
use lifecycle::Lifecycle;
use lifecycle::events::{Event, Watch};
use lifecycle::stats::{self as uses, BlockIo, HugePages, Pressure, Stats};
use output::time::duration;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::Write;
use std::time::{Duration, Instant};

/// Arguments of `events`.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Time between two statistics: 100ms, 5s, 1m30s
    #[arg(long, default_value = "5s")]
    interval: String,
    /// Print the statistics once
    #[arg(long)]
    stats: bool,
    /// Id of the container
    #[arg(value_name = "CONTAINER-ID")]
    id: String,
}

pub(super) fn run(globals: &Globals, arguments: Arguments) -> Outcome {
    let lifecycle = globals.lifecycle();
    let interval = interval(&arguments.interval)?;
    let id = &arguments.id;
    if arguments.stats {
        print(id, "stats", Some(&uses::stats(&lifecycle, id)?))?;
        return Ok(0);
    }
    watch(&lifecycle, id, interval)?;
    Ok(0)
}

/// Statistics at each interval, and a line whenever the memory ended, until the container does.
fn watch(lifecycle: &Lifecycle, id: &str, interval: Duration) -> Outcome<()> {
    let mut watch = Watch::begin(lifecycle, id)?;
    print(id, "stats", Some(&uses::stats(lifecycle, id)?))?;
    let mut deadline = Instant::now() + interval;
    loop {
        match watch.next(deadline)? {
            Event::OutOfMemory(times) => {
                for _ in 0..times {
                    print(id, "oom", None)?;
                }
            }
            Event::Ended => return Ok(()),
            Event::Deadline => {
                match uses::stats(lifecycle, id) {
                    Ok(stats) => print(id, "stats", Some(&stats))?,
                    // it has ended in this moment
                    Err(lifecycle::Error::State(_) | lifecycle::Error::NoContainer(_)) => return Ok(()),
                    Err(error) => return Err(error.into()),
                }
                deadline += interval;
            }
        }
    }
}

fn interval(text: &str) -> Outcome<Duration> {
    let duration = duration::read(text).and_then(|duration| Duration::try_from(duration).ok());
    duration.filter(|duration| !duration.is_zero()).ok_or_else(|| {
        Failure::new(format!("invalid interval {text:?}: it is longer than zero, like 100ms, 5s or 1m30s"))
    })
}

fn print(id: &str, kind: &str, stats: Option<&Stats>) -> Outcome<()> {
    let mut event = json!({"type": kind, "id": id});
    if let Some(stats) = stats {
        event["data"] = data(stats);
    }
    writeln!(std::io::stdout(), "{event}")?;
    Ok(())
}

fn data(stats: &Stats) -> Value {
    let four = |[usage, most, failures, limit]: [u64; 4]| json!({"limit": limit, "usage": usage, "max": most, "failcnt": failures});
    let (cpu, memory) = (&stats.cpu, &stats.memory);
    let mut data = json!({
        "cpu": {
            "usage": {"total": cpu.total, "percpu": cpu.each, "kernel": cpu.kernel, "user": cpu.user},
            "throttling": {
                "periods": cpu.throttling.periods,
                "throttledPeriods": cpu.throttling.throttled,
                "throttledTime": cpu.throttling.time,
            },
        },
        "cpuset": {},
        "memory": {
            "cache": memory.cache,
            "usage": four([memory.usage, memory.most, memory.failures, memory.limit]),
            "swap": four(memory.swap),
            "kernel": four(memory.kernel),
            "kernelTCP": four(memory.kernel_tcp),
            "raw": memory.raw,
        },
        "pids": {"current": stats.pids.0, "limit": stats.pids.1},
        "blkio": block_io(&stats.block_io),
        "hugetlb": huge_pages(&stats.huge_pages),
        "intel_rdt": {},
        "network_interfaces": null,
    });
    for (section, pressure) in [("cpu", &cpu.pressure), ("memory", &memory.pressure)] {
        if let Some(pressure) = pressure {
            data[section]["psi"] = psi(pressure);
        }
    }
    data
}

fn huge_pages(sizes: &BTreeMap<String, HugePages>) -> Value {
    let page = |(size, pages): (&String, &HugePages)| {
        (size.clone(), json!({"usage": pages.usage, "max": pages.most, "failcnt": pages.failures}))
    };
    Value::Object(sizes.iter().map(page).collect())
}

fn block_io(io: &BlockIo) -> Value {
    let list = |entries: &[(u64, u64, String, u64)]| {
        let entry = |(major, minor, operation, value): &(u64, u64, String, u64)| json!({"major": major, "minor": minor, "op": operation, "value": value});
        entries.iter().map(entry).collect::<Vec<_>>()
    };
    let mut value = json!({
        "ioServiceBytesRecursive": list(&io.bytes),
        "ioServicedRecursive": list(&io.operations),
    });
    if let Some(pressure) = &io.pressure {
        value["psi"] = psi(pressure);
    }
    value
}

fn psi(pressure: &Pressure) -> Value {
    let line = |[ten, sixty, three_hundred, total]: &[String; 4]| {
        let number = |text: &str| text.parse::<f64>().unwrap_or(0.0);
        json!({
            "avg10": number(ten),
            "avg60": number(sixty),
            "avg300": number(three_hundred),
            "total": total.parse::<u64>().unwrap_or(0),
        })
    };
    json!({"some": line(&pressure.some), "full": line(&pressure.full)})
}

#[cfg(test)]
mod tests {
    use super::interval;
    use std::time::Duration;

    #[test]
    fn intervals() {
        assert_eq!(interval("100ms").unwrap(), Duration::from_millis(100));
        assert_eq!(interval("1m30s").unwrap(), Duration::from_secs(90));
        for bad in ["0", "0ms", "", "5", "5x", "-1s", "99999999h"] {
            assert!(interval(bad).is_err(), "{bad}");
        }
    }
}

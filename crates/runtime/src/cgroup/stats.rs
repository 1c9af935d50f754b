//! What a group has used, in the numbers that `runc events --stats` prints.

use super::{Cgroup, Hierarchies, keyed};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// Everything that is known of a group's use.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stats {
    /// Processors.
    pub cpu: Cpu,
    /// Memory.
    pub memory: Memory,
    /// Processes: how many there are, and how many there may be (0: any number).
    pub pids: (u64, u64),
    /// Disks.
    pub block_io: BlockIo,
    /// Huge pages by their size (`2MB`).
    pub huge_pages: BTreeMap<String, HugePages>,
}

/// Processor time in nanoseconds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cpu {
    /// All.
    pub total: u64,
    /// On each processor.
    pub each: Vec<u64>,
    /// In the kernel.
    pub kernel: u64,
    /// Outside of it.
    pub user: u64,
    /// How it was held back.
    pub throttling: Throttling,
    /// How it had to wait.
    pub pressure: Option<Pressure>,
}

/// Periods in which the quota ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Throttling {
    /// Periods altogether.
    pub periods: u64,
    /// Those in which it was held back.
    pub throttled: u64,
    /// For how long, in nanoseconds.
    pub time: u64,
}

/// Bytes of memory.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Memory {
    /// In use, page cache included.
    pub usage: u64,
    /// The most that ever was.
    pub most: u64,
    /// How often the limit was reached.
    pub failures: u64,
    /// The limit.
    pub limit: u64,
    /// Memory and swap together: in use, the most, failures, limit.
    pub swap: [u64; 4],
    /// The kernel's own for the group: in use, the most, failures, limit.
    pub kernel: [u64; 4],
    /// Of this for TCP.
    pub kernel_tcp: [u64; 4],
    /// Page cache.
    pub cache: u64,
    /// `memory.stat` as it is.
    pub raw: BTreeMap<String, u64>,
    /// How it had to wait.
    pub pressure: Option<Pressure>,
}

/// Huge pages in bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct HugePages {
    /// In use.
    pub usage: u64,
    /// The most that ever was.
    pub most: u64,
    /// How often the limit was reached.
    pub failures: u64,
}

/// Transfers: major, minor, operation, value.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BlockIo {
    /// Bytes.
    pub bytes: Vec<(u64, u64, String, u64)>,
    /// Operations.
    pub operations: Vec<(u64, u64, String, u64)>,
    /// How it had to wait.
    pub pressure: Option<Pressure>,
}

/// Pressure stall information (Documentation/accounting/psi.rst): the lines `some` and `full`, each `avg10`, `avg60`, `avg300` and `total`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pressure {
    /// Some tasks waited.
    pub some: [String; 4],
    /// All tasks waited.
    pub full: [String; 4],
}

/// `USER_HZ`: what `cpuacct.stat` counts in.
const TICK: u64 = 10_000_000;

impl Cgroup {
    /// Reads what the group has used. What the kernel does not count is zero.
    #[must_use]
    pub fn stats(&self) -> Stats {
        match &self.hierarchies {
            Hierarchies::Unified(mount) => unified(&mount.join(&self.path)),
            Hierarchies::Separate(_) => self.separate(),
        }
    }

    fn separate(&self) -> Stats {
        let text = |controller: &str, file: &str| {
            self.file(controller, file, "").and_then(|file| fs::read_to_string(file).ok()).unwrap_or_default()
        };
        let number = |controller: &str, file: &str| text(controller, file).trim().parse().unwrap_or(0);
        let four = |prefix: &str| {
            ["usage_in_bytes", "max_usage_in_bytes", "failcnt", "limit_in_bytes"]
                .map(|file| number("memory", &format!("{prefix}.{file}")))
        };
        let (times, throttled) = (text("cpuacct", "cpuacct.stat"), text("cpu", "cpu.stat"));
        let [usage, most, failures, limit] = four("memory");
        let raw = numbers(&text("memory", "memory.stat"));
        Stats {
            cpu: Cpu {
                total: number("cpuacct", "cpuacct.usage"),
                each: text("cpuacct", "cpuacct.usage_percpu")
                    .split_whitespace()
                    .filter_map(|n| n.parse().ok())
                    .collect(),
                kernel: keyed(&times, "system") * TICK,
                user: keyed(&times, "user") * TICK,
                throttling: Throttling {
                    periods: keyed(&throttled, "nr_periods"),
                    throttled: keyed(&throttled, "nr_throttled"),
                    time: keyed(&throttled, "throttled_time"),
                },
                pressure: None,
            },
            memory: Memory {
                usage,
                most,
                failures,
                limit,
                swap: four("memory.memsw"),
                kernel: four("memory.kmem"),
                kernel_tcp: four("memory.kmem.tcp"),
                cache: raw.get("cache").copied().unwrap_or(0),
                raw,
                pressure: None,
            },
            pids: (number("pids", "pids.current"), number("pids", "pids.max")),
            block_io: BlockIo {
                bytes: transfers(&text("blkio", "blkio.throttle.io_service_bytes_recursive")),
                operations: transfers(&text("blkio", "blkio.throttle.io_serviced_recursive")),
                pressure: None,
            },
            huge_pages: BTreeMap::new(),
        }
    }
}

fn unified(directory: &Path) -> Stats {
    let text = |file: &str| fs::read_to_string(directory.join(file)).unwrap_or_default();
    // `max` is the largest number, as with version 1
    let number = |file: &str| text(file).trim().parse().unwrap_or(0);
    let limit = |file: &str| match text(file).trim() {
        "max" => u64::MAX,
        other => other.parse().unwrap_or(0),
    };
    let (cpu, events) = (text("cpu.stat"), text("memory.events"));
    let raw = numbers(&text("memory.stat"));
    let swap = number("memory.swap.current");
    let memory_limit = limit("memory.max");
    let swap_limit = memory_limit.saturating_add(limit("memory.swap.max"));
    let usage = number("memory.current");
    let (bytes, operations) = io(&text("io.stat"));
    Stats {
        cpu: Cpu {
            total: keyed(&cpu, "usage_usec") * 1000,
            each: Vec::new(),
            kernel: keyed(&cpu, "system_usec") * 1000,
            user: keyed(&cpu, "user_usec") * 1000,
            throttling: Throttling {
                periods: keyed(&cpu, "nr_periods"),
                throttled: keyed(&cpu, "nr_throttled"),
                time: keyed(&cpu, "throttled_usec") * 1000,
            },
            pressure: pressure(&text("cpu.pressure")),
        },
        memory: Memory {
            usage,
            most: number("memory.peak"),
            failures: keyed(&events, "max"),
            limit: memory_limit,
            swap: [usage + swap, 0, 0, swap_limit],
            kernel: [raw.get("kernel").copied().unwrap_or(0), 0, 0, 0],
            kernel_tcp: [raw.get("sock").copied().unwrap_or(0), 0, 0, 0],
            cache: raw.get("file").copied().unwrap_or(0),
            raw,
            pressure: pressure(&text("memory.pressure")),
        },
        pids: (number("pids.current"), number("pids.max")),
        block_io: BlockIo { bytes, operations, pressure: pressure(&text("io.pressure")) },
        huge_pages: BTreeMap::new(),
    }
}

/// Lines of a name and a number.
fn numbers(text: &str) -> BTreeMap<String, u64> {
    let pair = |line: &str| {
        let (name, value) = line.split_once(' ')?;
        Some((name.to_owned(), value.trim().parse().ok()?))
    };
    text.lines().filter_map(pair).collect()
}

/// Lines `major:minor operation value`.
fn transfers(text: &str) -> Vec<(u64, u64, String, u64)> {
    let line = |line: &str| {
        let mut fields = line.split_whitespace();
        let (major, minor) = fields.next()?.split_once(':')?;
        let operation = fields.next()?.to_owned();
        Some((major.parse().ok()?, minor.parse().ok()?, operation, fields.next()?.parse().ok()?))
    };
    text.lines().filter_map(line).collect()
}

type Transfers = Vec<(u64, u64, String, u64)>;

/// Lines `major:minor rbytes=1 wbytes=2 rios=3 wios=4 …`: bytes and operations.
fn io(text: &str) -> (Transfers, Transfers) {
    let (mut bytes, mut operations) = (Vec::new(), Vec::new());
    for line in text.lines() {
        let mut fields = line.split_whitespace();
        let numbers = fields.next().and_then(|device| device.split_once(':'));
        let Some((Ok(major), Ok(minor))) = numbers.map(|(major, minor)| (major.parse(), minor.parse()))
        else {
            continue;
        };
        for (key, value) in fields.filter_map(|field| field.split_once('=')) {
            let value = value.parse().unwrap_or(0);
            match key {
                "rbytes" => bytes.push((major, minor, "Read".to_owned(), value)),
                "wbytes" => bytes.push((major, minor, "Write".to_owned(), value)),
                "rios" => operations.push((major, minor, "Read".to_owned(), value)),
                "wios" => operations.push((major, minor, "Write".to_owned(), value)),
                _ => {}
            }
        }
    }
    (bytes, operations)
}

fn pressure(text: &str) -> Option<Pressure> {
    let line = |kind: &str| {
        let rest = text.lines().find_map(|line| line.strip_prefix(kind))?;
        let mut values = rest.split_whitespace().filter_map(|field| field.split_once('='));
        let mut next = || values.next().map(|(_, value)| value.to_owned());
        Some([next()?, next()?, next()?, next()?])
    };
    let some = line("some ")?;
    Some(Pressure { some, full: line("full ").unwrap_or_default() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn disks_and_pressure() {
        let (bytes, operations) = io("8:0 rbytes=10 wbytes=20 rios=1 wios=2 dbytes=0 dios=0\nbad\n");
        assert_eq!(bytes, [(8, 0, "Read".into(), 10), (8, 0, "Write".into(), 20)]);
        assert_eq!(operations.len(), 2);
        let text = "some avg10=0.12 avg60=0.00 avg300=0.00 total=42\n";
        assert_eq!(pressure(text).unwrap().some, ["0.12", "0.00", "0.00", "42"]);
        assert_eq!(transfers("8:0 Read 4096\nTotal 4096\n"), [(8, 0, "Read".into(), 4096)]);
    }
}

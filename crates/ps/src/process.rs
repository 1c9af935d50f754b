//! What `/proc` tells of a process (proc_pid_stat(5), proc_pid_status(5)).

use std::fs::{self, File};
use std::io::Read;

/// Bytes of a command line that are shown at most.
const LONGEST: u64 = 64 << 10;

/// A process.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Process {
    pub(super) pid: i32,
    pub(super) parent: i32,
    pub(super) group: i32,
    pub(super) session: i32,
    pub(super) foreground: i32,
    /// Device number of its terminal, 0 if it has none.
    pub(super) terminal: u32,
    pub(super) uid: u32,
    pub(super) gid: u32,
    pub(super) state: char,
    pub(super) nice: i64,
    pub(super) threads: u64,
    /// Processor time used, in ticks.
    pub(super) ticks: u64,
    /// When it was started, in ticks since boot.
    pub(super) start: u64,
    /// Resident memory in KiB.
    pub(super) resident: u64,
    /// Virtual memory in KiB.
    pub(super) size: u64,
    /// Its name.
    pub(super) name: String,
    /// Its command line; empty if it has none.
    pub(super) arguments: String,
}

impl Process {
    /// Reads it; none if it has ended.
    pub(super) fn read(pid: i32) -> Option<Self> {
        let stat = fs::read(format!("/proc/{pid}/stat")).ok()?;
        let status = fs::read(format!("/proc/{pid}/status")).ok()?;
        let mut process = Self::parse(&String::from_utf8_lossy(&stat), &String::from_utf8_lossy(&status))?;
        process.pid = pid;
        let mut arguments = Vec::new();
        let file = File::open(format!("/proc/{pid}/cmdline")).ok()?;
        file.take(LONGEST).read_to_end(&mut arguments).ok()?;
        while arguments.last() == Some(&0) {
            arguments.pop();
        }
        arguments.iter_mut().filter(|byte| **byte == 0).for_each(|byte| *byte = b' ');
        process.arguments = printable(&String::from_utf8_lossy(&arguments));
        Some(process)
    }

    /// Parses `stat` and `status`. The name may contain anything, parentheses too.
    pub(super) fn parse(stat: &str, status: &str) -> Option<Self> {
        let name = stat.get(stat.find('(')? + 1..stat.rfind(')')?)?;
        let fields: Vec<&str> = stat.get(stat.rfind(')')? + 1..)?.split_ascii_whitespace().collect();
        // the first one here is field 3, the state
        let field = |number: usize| fields.get(number - 3).copied();
        let number = |at: usize| field(at).and_then(|text| text.parse::<i64>().ok()).unwrap_or(0);
        let unsigned = |at: usize| field(at).and_then(|text| text.parse::<u64>().ok()).unwrap_or(0);
        let id = |at: usize| i32::try_from(number(at)).unwrap_or(0);
        Some(Self {
            pid: 0,
            parent: id(4),
            group: id(5),
            session: id(6),
            foreground: id(8),
            // the kernel prints a signed number
            terminal: number(7) as u32,
            uid: effective(status, "Uid:")?,
            gid: effective(status, "Gid:")?,
            state: field(3)?.chars().next()?,
            nice: number(19),
            threads: unsigned(20),
            ticks: unsigned(14) + unsigned(15),
            start: unsigned(22),
            resident: kibibytes(status, "VmRSS:"),
            size: kibibytes(status, "VmSize:"),
            name: printable(name),
            arguments: String::new(),
        })
    }
}

fn line<'a>(status: &'a str, key: &str) -> Option<&'a str> {
    status.lines().find_map(|line| line.strip_prefix(key))
}

/// Real, effective, saved and file system's id stand in a line.
fn effective(status: &str, key: &str) -> Option<u32> {
    line(status, key)?.split_ascii_whitespace().nth(1)?.parse().ok()
}

fn kibibytes(status: &str, key: &str) -> u64 {
    line(status, key).and_then(|rest| rest.split_ascii_whitespace().next()?.parse().ok()).unwrap_or(0)
}

/// A container chooses the names of its processes: nothing in them may move the reader's cursor.
fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '?' } else { c }).collect()
}

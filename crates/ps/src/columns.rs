//! The columns of `ps`: which ones are asked for, and what stands in them (ps(1), "STANDARD FORMAT SPECIFIERS").

use super::process::Process;
use crate::Error;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use std::collections::HashMap;
use std::fs;

/// Clock ticks a second in `/proc`: the same on all machines that this runs on (`USER_HZ`, time(7)).
const TICKS: u64 = 100;

/// A column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Column {
    User,
    Uid,
    Gid,
    Pid,
    Parent,
    Group,
    Session,
    /// Share of a processor in whole percent.
    Share,
    /// The same with a decimal.
    Processor,
    Memory,
    Resident,
    Size,
    Terminal,
    Status,
    State,
    Nice,
    Threads,
    Start,
    Elapsed,
    ElapsedSeconds,
    /// Hours, minutes and seconds of processor time.
    Time,
    /// The same in minutes and seconds.
    ShortTime,
    Name,
    Command,
}

/// Specifiers of `-o`, the titles that `ps` gives them, and their columns.
const SPECIFIERS: [(&str, &str, Column); 41] = [
    ("user", "USER", Column::User),
    ("euser", "EUSER", Column::User),
    ("uid", "UID", Column::Uid),
    ("euid", "EUID", Column::Uid),
    ("gid", "GID", Column::Gid),
    ("egid", "EGID", Column::Gid),
    ("pid", "PID", Column::Pid),
    ("tgid", "TGID", Column::Pid),
    ("ppid", "PPID", Column::Parent),
    ("pgid", "PGID", Column::Group),
    ("pgrp", "PGRP", Column::Group),
    ("sid", "SID", Column::Session),
    ("sess", "SESS", Column::Session),
    ("c", "C", Column::Share),
    ("pcpu", "%CPU", Column::Processor),
    ("%cpu", "%CPU", Column::Processor),
    ("pmem", "%MEM", Column::Memory),
    ("%mem", "%MEM", Column::Memory),
    ("rss", "RSS", Column::Resident),
    ("rssize", "RSS", Column::Resident),
    ("vsz", "VSZ", Column::Size),
    ("vsize", "VSZ", Column::Size),
    ("tty", "TT", Column::Terminal),
    ("tt", "TT", Column::Terminal),
    ("tname", "TTY", Column::Terminal),
    ("stat", "STAT", Column::Status),
    ("state", "S", Column::State),
    ("s", "S", Column::State),
    ("ni", "NI", Column::Nice),
    ("nice", "NI", Column::Nice),
    ("nlwp", "NLWP", Column::Threads),
    ("thcount", "THCNT", Column::Threads),
    ("stime", "STIME", Column::Start),
    ("start_time", "START", Column::Start),
    ("etime", "ELAPSED", Column::Elapsed),
    ("etimes", "ELAPSED", Column::ElapsedSeconds),
    ("time", "TIME", Column::Time),
    ("comm", "COMMAND", Column::Name),
    ("args", "COMMAND", Column::Command),
    ("command", "COMMAND", Column::Command),
    ("cmd", "CMD", Column::Command),
];

const FULL: [(&str, Column); 8] = [
    ("UID", Column::User),
    ("PID", Column::Pid),
    ("PPID", Column::Parent),
    ("C", Column::Share),
    ("STIME", Column::Start),
    ("TTY", Column::Terminal),
    ("TIME", Column::Time),
    ("CMD", Column::Command),
];

const USER: [(&str, Column); 11] = [
    ("USER", Column::User),
    ("PID", Column::Pid),
    ("%CPU", Column::Processor),
    ("%MEM", Column::Memory),
    ("VSZ", Column::Size),
    ("RSS", Column::Resident),
    ("TTY", Column::Terminal),
    ("STAT", Column::Status),
    ("START", Column::Start),
    ("TIME", Column::ShortTime),
    ("COMMAND", Column::Command),
];

const PLAIN: [(&str, Column); 4] =
    [("PID", Column::Pid), ("TTY", Column::Terminal), ("TIME", Column::Time), ("CMD", Column::Name)];

/// Columns with their titles, from the arguments of `ps`. Which processes are shown is not the arguments' business.
pub(super) fn parse(arguments: &[String]) -> Result<Vec<(String, Column)>, Error> {
    let mut words = arguments.iter().flat_map(|argument| argument.split_ascii_whitespace()).peekable();
    let mut format: &[(&str, Column)] = if words.peek().is_none() { &FULL } else { &PLAIN };
    let mut own = Vec::new();
    while let Some(word) = words.next() {
        let letters = word.strip_prefix('-').unwrap_or(word);
        for (at, letter) in letters.char_indices() {
            match letter {
                'e' | 'A' | 'a' | 'x' | 'w' => {}
                'f' => format = &FULL,
                'u' => format = &USER,
                'o' => {
                    let attached = &letters[at + 1..];
                    let list = if attached.is_empty() { words.next().unwrap_or_default() } else { attached };
                    specifiers(list, &mut own)?;
                    break;
                }
                _ => return Err(unknown(word)),
            }
        }
    }
    if own.is_empty() {
        Ok(format.iter().map(|(title, column)| ((*title).to_owned(), *column)).collect())
    } else {
        Ok(own)
    }
}

/// `pid,comm=NAME`: a title of one's own goes to the end of the word.
fn specifiers(list: &str, columns: &mut Vec<(String, Column)>) -> Result<(), Error> {
    let (list, title) = list.split_once('=').map_or((list, None), |(list, title)| (list, Some(title)));
    for name in list.split(',').filter(|name| !name.is_empty()) {
        let known = SPECIFIERS.iter().find(|(known, _, _)| *known == name).ok_or_else(|| unknown(name))?;
        columns.push((known.1.to_owned(), known.2));
    }
    match (columns.last_mut(), title) {
        (None, _) => Err(unknown("-o")),
        (Some(last), Some(title)) => {
            last.0 = title.to_owned();
            Ok(())
        }
        (Some(_), None) => Ok(()),
    }
}

fn unknown(word: &str) -> Error {
    let mut names: Vec<&str> = SPECIFIERS.iter().map(|(name, _, _)| *name).collect();
    names.sort_unstable();
    Error::Unsupported(format!(
        "unknown ps argument {word}; known are -ef, aux and -o with {}",
        names.join(",")
    ))
}

/// What the machine tells about all processes.
#[derive(Debug)]
pub(super) struct Machine {
    /// When it was booted, in seconds of Unix time.
    pub(super) booted: i64,
    /// Ticks since then.
    pub(super) uptime: u64,
    /// Memory in KiB.
    pub(super) memory: u64,
    /// Names of the host's users: the same that the host's `ps` would show.
    pub(super) users: HashMap<u32, String>,
    pub(super) now: Timestamp,
    pub(super) zone: TimeZone,
}

impl Machine {
    /// Reads them; what cannot be read is 0.
    pub(super) fn read() -> Self {
        let text = |path| fs::read_to_string(path).unwrap_or_default();
        let number = |text: &str, key| {
            text.lines().find_map(|line: &str| line.strip_prefix(key)).and_then(first_number)
        };
        let seconds: f64 = text("/proc/uptime").split(' ').next().and_then(|n| n.parse().ok()).unwrap_or(0.0);
        Self {
            booted: number(&text("/proc/stat"), "btime ").and_then(|n| i64::try_from(n).ok()).unwrap_or(0),
            uptime: (seconds * TICKS as f64) as u64,
            memory: number(&text("/proc/meminfo"), "MemTotal:").unwrap_or(0),
            users: users(&text("/etc/passwd")),
            now: Timestamp::now(),
            zone: TimeZone::system(),
        }
    }
}

fn first_number(text: &str) -> Option<u64> {
    text.split_ascii_whitespace().next()?.parse().ok()
}

fn users(passwd: &str) -> HashMap<u32, String> {
    let user = |line: &str| {
        let mut fields = line.split(':');
        let name = fields.next()?.to_owned();
        Some((fields.nth(1)?.parse().ok()?, name))
    };
    // the first name of an id is the one that everybody shows
    passwd.lines().rev().filter_map(user).collect()
}

impl Column {
    /// What stands in this column.
    pub(super) fn render(self, process: &Process, machine: &Machine) -> String {
        let elapsed = machine.uptime.saturating_sub(process.start);
        let seconds = process.ticks / TICKS;
        match self {
            Self::User => machine.users.get(&process.uid).cloned().unwrap_or_else(|| process.uid.to_string()),
            Self::Uid => process.uid.to_string(),
            Self::Gid => process.gid.to_string(),
            Self::Pid => process.pid.to_string(),
            Self::Parent => process.parent.to_string(),
            Self::Group => process.group.to_string(),
            Self::Session => process.session.to_string(),
            Self::Share => (process.ticks * 100).checked_div(elapsed).unwrap_or(0).min(99).to_string(),
            Self::Processor => tenths((process.ticks * 1000).checked_div(elapsed)),
            Self::Memory => tenths((process.resident * 1000).checked_div(machine.memory)),
            Self::Resident => process.resident.to_string(),
            Self::Size => process.size.to_string(),
            Self::Terminal => terminal(process.terminal),
            Self::Status => status(process),
            Self::State => process.state.to_string(),
            Self::Nice => process.nice.to_string(),
            Self::Threads => process.threads.to_string(),
            Self::Start => start(process, machine),
            Self::Elapsed => span(elapsed / TICKS),
            Self::ElapsedSeconds => (elapsed / TICKS).to_string(),
            Self::Time => long_time(seconds),
            Self::ShortTime => format!("{}:{:02}", seconds / 60, seconds % 60),
            Self::Name => with_end(process, process.name.clone()),
            Self::Command if process.arguments.is_empty() => with_end(process, format!("[{}]", process.name)),
            Self::Command => process.arguments.clone(),
        }
    }
}

fn tenths(value: Option<u64>) -> String {
    let value = value.unwrap_or(0);
    format!("{}.{}", value / 10, value % 10)
}

fn with_end(process: &Process, name: String) -> String {
    if process.state == 'Z' { name + " <defunct>" } else { name }
}

/// Names of terminals by their device number (Linux, Documentation/admin-guide/devices.txt).
fn terminal(device: u32) -> String {
    let (major, minor) = ((device >> 8) & 0xfff, (device & 0xff) | ((device >> 12) & 0xfff00));
    match major {
        0 if minor == 0 => "?".into(),
        4 if minor < 64 => format!("tty{minor}"),
        4 => format!("ttyS{}", minor - 64),
        5 if minor == 1 => "console".into(),
        136..=143 => format!("pts/{}", (major - 136) * 256 + minor),
        _ => "?".into(),
    }
}

/// ps(1), "PROCESS STATE CODES".
fn status(process: &Process) -> String {
    let flags = [
        ('<', process.nice < 0),
        ('N', process.nice > 0),
        ('s', process.session == process.pid),
        ('l', process.threads > 1),
        ('+', process.foreground == process.group),
    ];
    let flags = flags.iter().filter(|(_, set)| *set).map(|(flag, _)| *flag);
    std::iter::once(process.state).chain(flags).collect()
}

/// The time of day if it was started today, otherwise the day, or the year.
fn start(process: &Process, machine: &Machine) -> String {
    let second = i64::try_from(process.start / TICKS).unwrap_or(0).saturating_add(machine.booted);
    let started = Timestamp::from_second(second).unwrap_or_default().to_zoned(machine.zone.clone());
    let now = machine.now.to_zoned(machine.zone.clone());
    let format = match (started.date() == now.date(), started.year() == now.year()) {
        (true, _) => "%H:%M",
        (false, true) => "%b%d",
        (false, false) => "%Y",
    };
    started.strftime(format).to_string()
}

/// `[[DD-]hh:]mm:ss`.
fn span(seconds: u64) -> String {
    let (days, hours, minutes, seconds) = parts(seconds);
    match (days, hours) {
        (0, 0) => format!("{minutes:02}:{seconds:02}"),
        (0, _) => format!("{hours:02}:{minutes:02}:{seconds:02}"),
        _ => format!("{days}-{hours:02}:{minutes:02}:{seconds:02}"),
    }
}

/// `[DD-]hh:mm:ss`.
fn long_time(seconds: u64) -> String {
    let (days, hours, minutes, seconds) = parts(seconds);
    let days = if days == 0 { String::new() } else { format!("{days}-") };
    format!("{days}{hours:02}:{minutes:02}:{seconds:02}")
}

fn parts(seconds: u64) -> (u64, u64, u64, u64) {
    (seconds / 86400, seconds / 3600 % 24, seconds / 60 % 60, seconds % 60)
}

#[cfg(test)]
mod tests;

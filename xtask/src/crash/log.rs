//! What strace wrote: how often each call was made, and what became of the processes.

use std::collections::{BTreeMap, BTreeSet, HashMap};

/// The calls that processes make.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Counts {
    /// The highest number of calls of a kind in one process.
    pub(super) most: BTreeMap<String, u32>,
    /// What the calls of a kind are about: the numbers of those that are, in any process, about each.
    pub(super) subjects: BTreeMap<String, BTreeMap<Subject, BTreeSet<u32>>>,
}

/// What a call is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Subject {
    /// A file that is created if it is not there.
    Creation,
    /// A pipe or a socket, whose other end may be gone.
    Stream,
    /// A counter or timer that only the kernel knows.
    Counter,
    /// Anything else.
    File,
}

impl Subject {
    /// Of a call as strace shows it after its name.
    fn of(arguments: &str) -> Self {
        let first = arguments.split([',', ')']).next().unwrap_or_default();
        let target = first.split_once('<').map_or("", |(_, target)| target);
        if arguments.contains("O_CREAT") {
            Self::Creation
        } else if target.starts_with("pipe:") || target.starts_with("socket:") {
            Self::Stream
        } else if target.starts_with("anon_inode:[eventfd]") || target.starts_with("anon_inode:[timerfd]") {
            Self::Counter
        } else {
            Self::File
        }
    }
}

/// What a log says.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Log {
    pub(super) counts: Counts,
    /// A process was killed in a traced call.
    pub(super) killed: bool,
    /// The calls that strace made fail, as they were made: with their arguments, as far as these are known.
    pub(super) failed: Vec<(Subject, String)>,
    /// Signals by which processes ended that end like that when they crash.
    pub(super) crashes: Vec<String>,
}

/// Signals that a program sends itself when it does not know how to go on, or is sent for what it did wrong.
const CRASHES: [&str; 6] = ["SIGABRT", "SIGSEGV", "SIGBUS", "SIGILL", "SIGTRAP", "SIGSYS"];

/// Reads strace's output with process ids. A call that was killed has no result: `= ?`, or it is never resumed.
pub(super) fn parse(text: &str) -> Log {
    let mut numbers: BTreeMap<(&str, &str), u32> = BTreeMap::new();
    let mut last: HashMap<&str, Call<'_>> = HashMap::new();
    let mut log = Log::default();
    for line in text.lines() {
        let Some((process, event)) = line.split_once(' ') else { continue };
        let event = event.trim_start();
        if let Some(signal) = event.strip_prefix("+++ killed by ") {
            let signal = signal.split(' ').next().unwrap_or_default();
            log.killed |= signal == "SIGKILL" && last.get(process).is_some_and(|call| call.is_without_result);
            if CRASHES.contains(&signal) {
                log.crashes.push(signal.to_owned());
            }
        } else if event.starts_with("<...") {
            let beginning = last.get(process).map_or("", |call| call.beginning);
            if is_injected(event) {
                log.failed.push((subject(beginning), format!("{beginning} {event}")));
            }
            last.insert(process, Call { beginning, is_without_result: event.ends_with("= ?") });
        } else if let Some((call, rest)) = event.split_once('(')
            && call.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        {
            let number = numbers.entry((process, call)).or_default();
            *number += 1;
            let subjects = log.counts.subjects.entry(call.to_owned()).or_default();
            subjects.entry(Subject::of(rest)).or_default().insert(*number);
            if is_injected(event) {
                log.failed.push((Subject::of(rest), event.to_owned()));
            }
            let is_without_result = rest.ends_with("= ?") || rest.ends_with("<unfinished ...>");
            last.insert(process, Call { beginning: event, is_without_result });
        }
    }
    for ((_, call), number) in numbers {
        let most = log.counts.most.entry(call.to_owned()).or_default();
        *most = number.max(*most);
    }
    log
}

/// The call that a process was last seen in.
struct Call<'a> {
    beginning: &'a str,
    is_without_result: bool,
}

fn subject(call: &str) -> Subject {
    Subject::of(call.split_once('(').map_or("", |(_, arguments)| arguments))
}

fn is_injected(event: &str) -> bool {
    event.ends_with("(INJECTED)")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_tells_the_calls_of_each_process_and_who_was_killed() {
        let text = "\
7  openat(AT_FDCWD, \"/a\", O_RDONLY) = 3
7  openat(AT_FDCWD, \"/b\", O_WRONLY|O_CREAT, 0666 <unfinished ...>
8  openat(AT_FDCWD, \"/c\", O_RDONLY) = 3
7  <... openat resumed>)             = 4
7  --- SIGCHLD {si_signo=SIGCHLD} ---
7  write(3, \"1\", 1)                = ?
7  +++ killed by SIGKILL +++
";
        let log = parse(text);
        assert_eq!(log.counts.most, BTreeMap::from([("openat".to_owned(), 2), ("write".to_owned(), 1)]));
        assert_eq!(log.counts.subjects["openat"][&Subject::Creation], BTreeSet::from([2]));
        assert!(log.killed);
    }

    #[test]
    fn who_was_killed_between_calls_was_killed_by_somebody_else() {
        let text = "7  write(3, \"1\", 1) = 1\n7  +++ killed by SIGKILL +++\n";
        assert!(!parse(text).killed);
    }

    #[test]
    fn calls_that_failed_and_crashes_are_told() {
        let text = "\
7  write(2<pipe:[7]>, \"1\", 1) = -1 ENOSPC (No space left on device) (INJECTED)
8  fsync(3 <unfinished ...>
7  write(2, \"1\", 1) = 1
8  <... fsync resumed>) = -1 EIO (Input/output error) (INJECTED)
8  +++ killed by SIGABRT (core dumped) +++
";
        let log = parse(text);
        assert_eq!(
            log.failed.iter().map(|(subject, _)| *subject).collect::<Vec<_>>(),
            [Subject::Stream, Subject::File]
        );
        assert!(log.failed[1].1.starts_with("fsync(3"));
        assert_eq!(log.crashes, ["SIGABRT"]);
    }
}
